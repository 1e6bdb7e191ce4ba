"""Tokens made with tokens, clients of the citizen API and passwords, over the API: no more than the
maker, no longer, and each secret told once (NF-7, AC-6, ON-3).
"""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from archive.actors import SYSTEM
from archive.models import (
    ApiClient,
    ApiScope,
    ApiToken,
    Connection,
    IdempotentCall,
    LedgerEvent,
    Membership,
    Role,
    User,
)
from archive.services import api_clients, api_tokens
from archive.values import now
from tests.cast import ESIMERKKILA, MALLILA, organisation
from tests.portal.api.calling import call, personal, systems

pytestmark = pytest.mark.django_db
OWN = {"name": "Night script", "scopes": ["cases:read"], "days": 365}


def made(token: str, path: str = "/api/tokens", **fields: Any) -> Any:
    answer = call(token, path, {**OWN, **fields})
    assert answer.status_code == 201, answer.json()
    return answer.json()


def for_system(**fields: Any) -> dict[str, Any]:
    owner = str(organisation(ESIMERKKILA).id)
    return {**OWN, "customer": owner, "role": "customer_admin", "environment": "test", **fields}


def test_a_token_made_with_a_token_does_no_more_and_ends_no_later() -> None:
    token = personal("support", [ApiScope.CASES_READ, ApiScope.CREDENTIALS_ACT])
    maker = ApiToken.objects.get()
    child = made(token)
    assert call(child["secret"], "/api/cases").status_code == 200
    row = ApiToken.objects.get(id=child["id"])
    assert row.expires_at == maker.expires_at and row.made_with == maker
    assert call(child["secret"], "/api/tokens", OWN).status_code == 403  # without the scope
    more = call(token, "/api/tokens", {**OWN, "scopes": ["studies:read"]})
    assert (more.status_code, more.json()["code"]) == (422, "API-TOKEN-BEYOND")
    assert ApiToken.objects.count() == 2


def test_it_is_revoked_with_its_maker_however_far_it_is() -> None:
    token = personal("support")
    secrets = [token]
    for _ in range(2):
        child = made(secrets[-1], scopes=["cases:read", "credentials:act"])
        secrets.append(child["secret"])
    first = ApiToken.objects.get(made_with=None)
    assert call(token, f"/api/tokens/{first.id}", method="DELETE").status_code == 204
    assert {call(each, "/api/cases").status_code for each in secrets} == {401}
    assert not ApiToken.objects.filter(revoked_at=None).exists()
    revoked = LedgerEvent.objects.filter(kind="token.changed", facts__what="revoked")
    assert revoked.count() == 3


def test_it_has_the_roles_that_its_maker_had_and_its_person_has() -> None:
    token = personal("support")
    child = made(token, scopes=["studies:read"])["secret"]
    assert call(child, "/api/studies").status_code == 200
    Membership.objects.filter(user__username="support").update(role="archivist")
    assert call(token, "/api/studies").status_code == 200
    assert call(child, "/api/studies").status_code == 401
    ApiToken.objects.filter(made_with=None).update(expires_at=now())
    Membership.objects.filter(user__username="support").update(role="support")
    assert call(child, "/api/studies").status_code == 401  # its maker's time is over


def test_a_token_of_a_system_is_bounded_by_the_person_who_made_it() -> None:
    token, path = personal("esim"), "/api/tokens/systems"
    child = call(token, path, for_system()).json()["secret"]
    assert call(child, "/api/cases").status_code == 200
    operator = str(organisation(MALLILA).id)
    for wrong in (
        {"role": "customer_technical"},  # which the maker is not
        {"role": "support"},
        {"customer": operator},
        {"scopes": ["studies:read"]},
        {"scopes": ["joining:act"]},  # a person's
        {"subject": "service-account"},  # there is no provider
    ):
        assert call(token, path, for_system(**wrong)).status_code == 422, wrong
    User.objects.filter(username="esim").update(is_active=False)
    assert call(child, "/api/cases").status_code == 401
    User.objects.filter(username="esim").update(is_active=True)
    Membership.objects.filter(user__username="esim").update(role="customer_technical")
    assert call(child, "/api/cases").status_code == 401
    assert call(token, "/api/cases").status_code == 200


def test_what_is_revoked_meanwhile_makes_nothing() -> None:
    personal("support")
    row = ApiToken.objects.get()
    maker = api_tokens.Maker(row, frozenset({"support"}))
    api_tokens.revoke(SYSTEM, row)
    holder = api_tokens.Holder(user=row.user)
    with pytest.raises(api_tokens.TokenExceedsMaker):
        api_tokens.make(SYSTEM, holder, name="x", scopes=[], days=1, maker=maker)
    assert ApiToken.objects.count() == 1


def test_persons_alone_see_tokens_and_only_their_own() -> None:
    own, foreign = personal("support"), personal("admin")
    (row,) = call(own, "/api/tokens").json()["results"]
    assert row["hint"] == own[:10] and own not in str(row) and row["in_use"]
    other = ApiToken.objects.get(hint=foreign[:10])
    assert call(own, f"/api/tokens/{other.id}", method="DELETE").status_code == 404
    system = systems(ESIMERKKILA, role=Role.CUSTOMER_ADMIN)
    (itself,) = call(system, "/api/tokens").json()["results"]
    assert itself["hint"] == system[:10]
    assert call(system, "/api/tokens", OWN).status_code == 403
    assert call(system, "/api/tokens/systems", for_system()).status_code == 403
    assert ApiToken.objects.count() == 3


def test_a_secret_is_told_once_and_a_repeat_says_when() -> None:
    token = personal("support")
    first = call(token, "/api/tokens", OWN, key="key-of-a-token").json()
    again = call(token, "/api/tokens", OWN, key="key-of-a-token").json()
    assert "secret" not in again and again.pop("secret_told_at")
    assert again == {name: each for name, each in first.items() if name != "secret"}
    assert first["secret"] not in str(IdempotentCall.objects.values())
    assert ApiToken.objects.count() == 2


def test_a_new_password_is_told_once_and_holds_at_once(demo: dict[str, Any]) -> None:
    owner, token = organisation(ESIMERKKILA), personal("esim")
    rows = call(token, f"/api/customers/{owner.id}/planned-connections").json()["results"]
    (row,) = [each for each in rows if each["kind"] == "xds" and each["connection_id"]][:1]
    path = f"/api/customers/{owner.id}/planned-connections/{row['id']}/password"
    before = bytes(Connection.objects.get(id=row["connection_id"]).xds_secret_sha256)
    first = call(token, path, {}, key="key-of-a-password")
    assert first.status_code == 200 and len(first.json()["secret"]) > 20
    after = bytes(Connection.objects.get(id=row["connection_id"]).xds_secret_sha256)
    again = call(token, path, {}, key="key-of-a-password").json()
    assert "secret" not in again and again["secret_told_at"] and again["user"]
    assert (
        bytes(Connection.objects.get(id=row["connection_id"]).xds_secret_sha256) == after != before
    )
    assert first.json()["secret"] not in str(IdempotentCall.objects.values())
    assert call(systems(ESIMERKKILA, Role.CUSTOMER_ADMIN), path, {}).status_code == 403
    assert call(personal("malli"), path, {}).status_code == 404


def test_an_officer_opens_a_document_source() -> None:
    owner = organisation(ESIMERKKILA)
    path, body = f"/api/customers/{owner.id}/document-sources", {"environment": "test"}
    answer = call(personal("onboarding"), path, body)
    assert answer.status_code == 201, answer.json()
    made = Connection.objects.get(id=answer.json()["connection_id"])
    assert (made.organisation, made.environment, made.xds_role) == (owner, "test", "source")
    assert answer.json()["user"] == made.xds_user and answer.json()["secret"]
    assert call(personal("esim"), path, body).status_code == 404


def test_an_administrator_lets_a_client_in_and_withdraws_it() -> None:
    token = personal("admin")
    key = api_clients.pem_of(ec.generate_private_key(ec.SECP256R1()).public_key())
    body = {
        "environment": "test",
        "name": "Citizen service",
        "issuer": "urn:test:citizens",
        "public_key": key,
        "reason": "Agreement 12/2026",
    }
    assert call(token, "/api/clients", {**body, "public_key": "none"}).status_code == 422
    row = call(token, "/api/clients", body).json()
    assert row["id"] in {each["id"] for each in call(token, "/api/clients").json()["results"]}
    path, why = f"/api/clients/{row['id']}/retire", {"reason": "The agreement has ended"}
    assert call(personal("support"), path, why).status_code == 403
    assert call(token, path, why).json()["valid_until"]
    assert call(token, path, why).status_code == 404
    assert not api_clients.live(body["issuer"]) and ApiClient.objects.filter(id=row["id"]).exists()
