"""Access tokens of an OpenID provider over its real keys, and how often one may call (NF-7)."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from allauth.account.models import EmailAddress
from cryptography.hazmat.primitives.asymmetric import ec

from archive import config
from archive.actors import SYSTEM
from archive.edges.issuer import client
from archive.models import ApiCallCount, ApiScope, ApiToken, Environment, Membership, Role, User
from archive.services import api_tokens, limits
from archive.services.api_tokens import Holder
from archive.values import now, today
from onboarding.services import log_requests
from portal.staff import person_of
from tests import builders
from tests.cast import ESIMERKKILA, organisation
from tests.onboarding import cast
from tests.portal.api.calling import call, personal, systems
from tests.portal.openid import Provider, provider

pytestmark = pytest.mark.django_db
AUDIENCE, KEY_ID = "urn:test:api", "of-today"
SUBJECT = "service-account-7"


@pytest.fixture(scope="module")
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def issuer(
    key: ec.EllipticCurvePrivateKey, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Provider]:
    """A provider that tells its key, and whose tokens the API takes."""
    with provider(free_port) as made:
        public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        made.keys = [{**public, "kid": KEY_ID, "alg": "ES256", "use": "sig"}]
        given = replace(
            config.settings(),
            oidc_api_issuer=made.address,
            oidc_api_audience=AUDIENCE,
            oidc_api_roles="access.roles",
        )
        for module in ("client", "tokens"):
            monkeypatch.setattr(f"archive.edges.issuer.{module}.settings", lambda: given)
        monkeypatch.setattr(client.KEYS, "_address", "")
        yield made


@pytest.fixture
def claims(issuer: Provider) -> dict[str, Any]:
    """Of a person of the desk."""
    person = User.objects.get(username="support")
    EmailAddress.objects.update_or_create(
        user=person, email="desk@example.invalid", defaults={"verified": True}
    )
    return {
        "iss": issuer.address,
        "aud": [AUDIENCE, "another"],
        "sub": "f:123",
        "azp": "desk-tool",
        "exp": int(time.time()) + 300,
        "email": "Desk@Example.invalid",
        "email_verified": True,
        "scope": "openid cases:read studies:read",
        "access": {"roles": ["support", "admin"]},
    }


@pytest.fixture
def sign(key: ec.EllipticCurvePrivateKey) -> Any:
    def signed(claims: dict[str, Any], **headers: str) -> str:
        return jwt.encode(claims, key, "ES256", headers={"kid": KEY_ID, **headers})

    return signed


def test_a_person_calls_with_the_roles_of_the_account_and_the_scopes_of_the_token(
    claims: dict[str, Any], sign: Any
) -> None:
    builders.case()
    assert call(sign(claims), "/api/cases").status_code == 200
    lacking = call(sign(claims), "/api/queues")
    assert lacking.json()["type"] == "urn:idr:problem:scope-missing"
    assert (
        call(sign({**claims, "access": {"roles": ["archivist"]}}), "/api/cases").status_code == 401
    )
    row = ApiToken.objects.get(external_id="desk-tool")
    assert row.user.username == "support" and row.last_used_at and row.scopes == []
    api_tokens.revoke(SYSTEM, row)
    assert call(sign(claims), "/api/cases").status_code == 401


def test_a_system_is_known_by_its_subject_and_has_its_rows_role(
    claims: dict[str, Any], sign: Any
) -> None:
    holder = Holder(
        organisation=organisation(ESIMERKKILA),
        role=Role.CUSTOMER_TECHNICAL,
        environment=Environment.PRODUCTION,
        subject=SUBJECT,
    )
    api_tokens.make(SYSTEM, holder, name="pacs", scopes=[ApiScope.CASES_READ], days=30)
    own = builders.case(ESIMERKKILA)
    system = {name: value for name, value in claims.items() if not name.startswith("email")}
    answer = call(sign({**system, "sub": SUBJECT}), "/api/cases")
    assert [row["id"] for row in answer.json()["results"]] == [str(own.id)]
    unscoped = call(sign({**system, "sub": SUBJECT, "scope": "customers:read"}), "/api/cases")
    assert unscoped.status_code == 403
    # A person of the same client, whose address the token does not tell, is not that system.
    assert call(sign({**system, "azp": SUBJECT}), "/api/cases").status_code == 401


def test_the_providers_roles_narrow_what_a_customers_person_is_to_a_customer(
    claims: dict[str, Any], sign: Any
) -> None:
    road = cast.applicant()
    user, path = cast.user("applicant"), f"/api/customers/{road.organisation_id}/joining"
    Membership.objects.create(
        user=user, organisation=road.organisation, role=Role.CUSTOMER_TECHNICAL
    )
    asked = {**claims, "email": user.email, "scope": "joining:read"}
    for role, steps in (("customer_admin", ["submit"]), ("customer_technical", [])):
        token = sign({**asked, "access": {"roles": [role]}})
        assert call(token, path).json()["steps"] == steps
        actor = replace(person_of(user).actor(), roles=frozenset({role}))
        assert bool(log_requests.answers_for(actor)) == bool(steps)


def test_tokens_that_prove_nothing_are_refused(
    claims: dict[str, Any], sign: Any, issuer: Provider
) -> None:
    foreign = ec.generate_private_key(ec.SECP256R1())
    unproven = jwt.encode(claims, foreign, "ES256", headers={"kid": KEY_ID})
    unsigned = jwt.encode(claims, None, "none", headers={"kid": KEY_ID})
    wrong = [
        unproven,
        unsigned,
        sign({**claims, "exp": int(time.time()) - 60}),
        sign({**claims, "aud": "another"}),
        sign({**claims, "iss": "https://elsewhere.invalid"}),
        sign({**claims, "email_verified": False}),
        sign({**claims, "email": "nobody@example.invalid"}),
        sign({name: value for name, value in claims.items() if name != "exp"}),
        sign(claims, kid="unknown"),
        "a.b.c",
    ]
    for token in wrong:
        answer = call(token, "/api/cases")
        assert answer.status_code == 401, token
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    EmailAddress.objects.update(verified=False)
    assert call(sign(claims), "/api/cases").status_code == 401


def test_without_the_providers_keys_a_caller_is_told_to_come_later(
    claims: dict[str, Any], sign: Any, issuer: Provider
) -> None:
    issuer.broken = True
    answer = call(sign(claims), "/api/cases")
    assert answer.status_code == 503 and answer.json()["code"] == "API-ISSUER"


# --- how often ------------------------------------------------------------------------------------


def test_a_token_that_calls_too_often_is_told_when_to_come_again() -> None:
    customer = organisation(ESIMERKKILA)
    allowed = replace(limits.of(customer.id), calls_per_minute=3, token_calls_per_minute=2)
    limits.allow(SYSTEM, customer, allowed, reason="test")
    first, second = systems(ESIMERKKILA), systems(ESIMERKKILA)
    minute = now().replace(second=0, microsecond=0)
    for ahead in (0, 1):  # also when the minute turns meanwhile
        row = ApiToken.objects.get(hint=first[:10])
        ApiCallCount.objects.create(
            holder_id=row.id, minute=minute + timedelta(minutes=ahead), calls=2
        )
    refused = call(first, "/api/cases")
    assert refused.status_code == 429 and refused.headers["Content-Type"].startswith(
        "application/problem+json"
    )
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert call(second, "/api/cases").status_code == 200  # the organisation has one left
    ApiCallCount.objects.filter(holder_id=customer.id).update(calls=3)
    assert call(second, "/api/cases").status_code == 429
    assert call(personal("support"), "/api/cases").status_code == 200
    assert limits.own(customer) and limits.own(customer).valid_from == today()
