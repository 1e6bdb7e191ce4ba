"""Who may call for a citizen: a signed assertion, once, for a short time (AC-6)."""

import logging
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.test import Client

from archive.actors import SYSTEM
from archive.errors import wishes as wish_errors
from archive.models import ApiClient, Case, Patient, SpentAssertion
from archive.services import api_clients
from tests import wishes
from tests.cast import VENLA
from tests.portal.api.citizens import ISSUER, CitizenService, claims, new_key, take_into_use
from tests.portal.test_pages import signed_in
from tests.wishes import AINO

pytestmark = pytest.mark.django_db


@pytest.fixture
def service() -> CitizenService:
    made = CitizenService()
    take_into_use(made.key)
    return made


def test_a_signed_assertion_opens_the_own_wishes(service: CitizenService) -> None:
    answer = service.get("wishes")
    assert answer.status_code == 200
    assert answer.json()["informed"] is None and answer.json()["history"] == []
    assert not Patient.objects.filter(identifier=AINO).exists()  # a look makes nobody
    assert answer.headers["Cache-Control"] == "no-store"


AKE, YOUNGER = "020516C903K", "010120A905T"
AT = 1_700_000_000
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "another audience": ({"aud": "urn:idr:xds"}, "audience is another"),
    "no audience": ({"aud": None}, "a required claim is missing"),
    "no person": ({"person": None}, "a required claim is missing"),
    "no jti": ({"jti": None}, "a required claim is missing"),
    "no end": ({"exp": None}, "a required claim is missing"),
    "an old one": ({"iat": AT, "exp": AT + 60}, "assertion has expired"),
    "one of tomorrow": (
        {"iat": int(time.time()) + 86_400, "exp": int(time.time()) + 86_460},
        "assertion is not valid yet",
    ),
    "one for a year": ({"exp": int(time.time()) + 31_536_000}, "assertion is valid for too long"),
    "an end without end": ({"exp": float("inf")}, "assertion is not in order"),
    "a time in words": ({"exp": str(int(time.time()) + 31_536_000)}, "a time is no number"),
    "a short jti": ({"jti": "1"}, "jti must be 16 to 128 unreserved characters"),
    "nobody's code": ({"person": "010181-900D"}, "not a personal identity code"),
    "a number for a person": ({"person": 7}, "person is no personal identity code"),
    "another issuer": ({"iss": "urn:test:other"}, "issuer or its key is not known here"),
    "an issuer that is none": ({"iss": ["a"]}, "issuer or its key is not known here"),
    "no ground": ({"acting_for": VENLA}, "acting_ground is none that is known here"),
    "a ground nobody knows": (
        {"acting_for": VENLA, "acting_ground": "friend"},
        "acting_ground is none that is known here",
    ),
    "a ground without a person": (
        {"acting_ground": "guardian"}, "person is no personal identity code"
    ),
    "a guardian of an adult": (
        {"acting_for": VENLA, "acting_ground": "guardian"},
        "who is acted for by a guardian is of age: it takes a mandate",
    ),
    "a guardian under age": (
        {"person": AKE, "acting_for": YOUNGER, "acting_ground": "guardian"},
        "who acts as a guardian is under age",
    ),
    "a trustee under age": (
        {"person": AKE, "acting_for": VENLA, "acting_ground": "trustee"},
        "who acts as a guardian is under age",
    ),
    "acting for oneself": (
        {"acting_for": AINO, "acting_ground": "guardian"}, "nobody acts for oneself"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_an_assertion_that_is_not_in_order_opens_nothing(
    service: CitizenService, name: str
) -> None:
    other, problem = WRONG[name]
    answer = service.get("wishes", **other)
    assert (answer.status_code, answer.json()["detail"]) == (401, problem)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert not SpentAssertion.objects.exists()
    (case,) = Case.objects.filter(edge="api")
    assert case.reason == "client-assertion-refused" and case.place == "citizen"


def test_a_signature_by_another_key_opens_nothing(service: CitizenService) -> None:
    stranger = CitizenService(key=new_key())
    assert stranger.get("wishes").json()["detail"] == "signature is not the client's"


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_the_key_decides_the_algorithm_not_the_header(
    service: CitizenService, algorithm: str
) -> None:
    secret = "" if algorithm == "none" else "0" * 32
    token = jwt.encode(claims(), secret, algorithm=algorithm)
    assert service.get("wishes", token=token).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "x" * 9_000])
def test_what_is_no_assertion_opens_nothing(client: Client, token: str) -> None:
    answer = client.get("/api/citizen/wishes", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def test_other_credentials_open_nothing_here(client: Client) -> None:
    assert client.get("/api/citizen/wishes").status_code == 401
    assert signed_in("admin").get("/api/citizen/wishes").status_code == 401


def test_an_assertion_serves_once(service: CitizenService) -> None:
    token = service.assertion()
    assert service.get("wishes", token=token).status_code == 200
    again = service.get("wishes", token=token)
    assert (again.status_code, again.json()["detail"]) == (401, "assertion has been used before")


def test_spent_assertions_go_when_they_can_no_longer_come_again(service: CitizenService) -> None:
    service.get("wishes")
    SpentAssertion.objects.update(expires_at=wishes.ago(seconds=1))
    service.get("wishes")
    assert SpentAssertion.objects.count() == 1


def test_a_service_may_change_its_key(service: CitizenService) -> None:
    old, fresh = service.key, new_key()
    row = ApiClient.objects.get(issuer=ISSUER)
    take_into_use(fresh)
    for key in (old, fresh):
        service.key = key
        assert service.get("wishes").status_code == 200
    api_clients.retire(SYSTEM, row, reason="changed")
    service.key = old
    assert service.get("wishes").status_code == 401
    service.key = fresh
    assert service.get("wishes").status_code == 200
    assert [event.facts["what"] for event in wishes.ledger("client.changed")][-3:] == [
        "key added",
        "key added",
        "key retired",
    ]


def test_an_rsa_key_serves_as_well() -> None:
    service = CitizenService(key=rsa.generate_private_key(65_537, 2_048))
    take_into_use(service.key)
    assert service.get("wishes", algorithm="RS256").status_code == 200


def test_the_environment_follows_from_the_key(service: CitizenService) -> None:
    test = CitizenService(key=new_key())
    take_into_use(test.key, "test", "urn:test:mykanta-test")
    test.post("informing", {"text_version": "2023"}, iss="urn:test:mykanta-test")
    assert Patient.objects.get(identifier=AINO).environment == "test"
    assert service.get("wishes").json()["informed"] is None
    with pytest.raises(wish_errors.ValueUnfit):
        take_into_use(new_key(), "test")


def test_a_client_is_held_to_its_measure() -> None:
    service = CitizenService()
    take_into_use(service.key, calls_a_minute=2)
    assert [service.get("wishes").status_code for _ in range(4)] == [200, 200, 429, 429]
    answer = service.get("wishes")
    assert 0 < int(answer.headers["Retry-After"]) <= 61
    SpentAssertion.objects.update(spent_at=wishes.ago(seconds=61))
    assert service.get("wishes").status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-----BEGIN PUBLIC KEY-----\nxxx\n-----END PUBLIC KEY-----",
        '{"kty": "oct", "k": "AAAA"}',
        "{",
        "a curve of another kind",
        "a short RSA key",
        "a private key",
    ],
)
def test_a_key_that_cannot_prove_anything_is_refused(text: str) -> None:
    made = {
        "a curve of another kind": lambda: api_clients.pem_of(
            ec.generate_private_key(ec.SECP384R1()).public_key()
        ),
        "a short RSA key": lambda: api_clients.pem_of(
            rsa.generate_private_key(65_537, 1_024).public_key()
        ),
        "a private key": lambda: jwt.algorithms.ECAlgorithm.to_jwk(new_key()),
    }
    with pytest.raises(wish_errors.KeyUnfit):
        api_clients.read_key(made[text]() if text in made else text)


def test_a_key_may_come_as_jwk() -> None:
    key = new_key().public_key()
    told = jwt.algorithms.ECAlgorithm.to_jwk(key)
    assert api_clients.thumbprint(api_clients.read_key(told)) == api_clients.thumbprint(key)


def test_the_thumbprint_is_that_of_the_standard() -> None:
    """RFC 7638 section 3.1."""
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJEC"
        "PebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2Qvz"
        "qY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZ"
        "u0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    key = api_clients.read_key(f'{{"kty": "RSA", "n": "{modulus}", "e": "AQAB"}}')
    assert api_clients.thumbprint(key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_a_code_stands_in_no_log(service: CitizenService, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    service.get("wishes", acting_for=VENLA, acting_ground="guardian")
    service.get("wishes", acting_for=VENLA, acting_ground="mandate")
    service.get("wishes", person="240260-922B")
    service.post("permission", {"given": True})
    for event in wishes.LedgerEvent.objects.all():
        assert AINO not in str(vars(event)) and VENLA not in str(vars(event))
    for code in (AINO, VENLA, "240260-922B"):
        assert code not in caplog.text
        assert code not in str(list(Case.objects.values_list("events__facts", "events__detail")))
