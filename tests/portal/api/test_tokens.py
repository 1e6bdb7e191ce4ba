"""Tokens: who calls with one, what it is good for, and that a write under a key is done once."""

from datetime import timedelta
from typing import Any

import pytest

from archive.actors import SYSTEM
from archive.models import (
    ApiScope,
    ApiToken,
    CaseComment,
    Environment,
    IdempotentCall,
    LedgerEvent,
    Membership,
    Organisation,
    User,
)
from archive.services import api_tokens
from archive.values import now
from tests import builders
from tests.cast import ESIMERKKILA, MALLILA
from tests.portal.api.calling import call, personal, systems

pytestmark = pytest.mark.django_db


def test_the_secret_is_told_once_and_kept_as_a_digest_alone() -> None:
    secret = personal("support")
    row = ApiToken.objects.get()
    assert secret.startswith(row.hint) and len(secret) > 40
    assert secret not in str(ApiToken.objects.values())
    event = LedgerEvent.objects.get(kind="token.changed")
    assert event.facts["what"] == "made" and secret not in str(event.facts)


def test_a_person_calls_with_the_roles_of_this_moment() -> None:
    token = personal("support")
    assert call(token, "/api/studies").status_code == 200
    Membership.objects.filter(user__username="support").update(role="onboarding")
    assert call(token, "/api/studies").status_code == 403
    User.objects.filter(username="support").update(is_active=False)
    assert call(token, "/api/studies").status_code == 401


def test_a_token_ends_when_it_is_revoked_and_when_its_time_is_over() -> None:
    first, second = personal("support"), personal("support")
    row = ApiToken.objects.get(hint=first[:10])
    api_tokens.revoke(SYSTEM, row)
    answer = call(first, "/api/studies")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"
    ApiToken.objects.filter(hint=second[:10]).update(expires_at=now())
    assert call(second, "/api/studies").status_code == 401


def test_when_it_was_last_used_is_known_to_the_minute() -> None:
    token = personal("support")
    call(token, "/api/studies")
    first = ApiToken.objects.get().last_used_at
    call(token, "/api/studies")
    assert first is not None and ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=now() - timedelta(minutes=2))
    call(token, "/api/studies")
    assert ApiToken.objects.get().last_used_at > first


def test_a_token_is_good_for_its_scopes_alone() -> None:
    token = personal("support", [ApiScope.CASES_READ])
    assert call(token, "/api/cases").status_code == 200
    refused = call(token, "/api/studies")
    assert (refused.status_code, refused.json()["title"]) == (403, "scope missing")
    acts = call(token, f"/api/cases/{builders.case().id}/resolve", {"reason": "Cleared up."})
    assert acts.status_code == 403


def test_a_system_has_one_environment_and_its_organisation_alone() -> None:
    builders.case(ESIMERKKILA)
    builders.case(ESIMERKKILA, environment="test")
    builders.case(MALLILA)
    token = systems(ESIMERKKILA, environment=Environment.TEST)
    for asked in ("", "?environment=production"):
        (shown,) = call(token, f"/api/cases{asked}").json()["results"]
        assert shown["environment"] == "test"
    Organisation.objects.filter(business_id=ESIMERKKILA).update(state="ended")
    assert call(token, "/api/cases").status_code == 401


def test_a_write_under_a_key_is_done_once_and_answered_alike() -> None:
    case, token = builders.case(), personal("support")
    path, body = f"/api/cases/{case.id}/comment", {"text": "Called back.", "readers": "shared"}
    first = call(token, path, body, key="key-of-a-call")
    again = call(token, path, body, key="key-of-a-call")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json() and again.headers["Idempotent-Replayed"] == "true"
    assert CaseComment.objects.count() == 1
    other = call(token, path, {"text": "Another."}, key="key-of-a-call")
    assert (other.status_code, other.json()["title"]) == (422, "idempotency key reused")
    # Another's key of the same name is another key; a refusal keeps none.
    assert call(personal("admin"), path, body, key="key-of-a-call").status_code == 200
    assert call(token, path, {}, key="key-of-a-refusal").status_code == 422
    assert call(token, path, body, key="key-of-a-refusal").status_code == 200
    assert CaseComment.objects.count() == 3


def test_what_was_asked_under_a_key_cannot_be_guessed_without_the_secret(settings: Any) -> None:
    case, token = builders.case(), personal("support")
    path, body = f"/api/cases/{case.id}/comment", {"text": "Called back.", "readers": "shared"}
    assert call(token, path, body, key="key-of-a-call").status_code == 200
    settings.SECRET_KEY = "another"
    assert call(token, path, body, key="key-of-a-call").status_code == 422


def test_keys_are_forgotten_after_two_days() -> None:
    call(personal("support"), f"/api/cases/{builders.case().id}/retry", {}, key="key-of-a-call")
    api_tokens.forget_calls()
    assert IdempotentCall.objects.count() == 1
    IdempotentCall.objects.update(at=now() - timedelta(days=3))
    api_tokens.forget_calls()
    assert not IdempotentCall.objects.exists()
