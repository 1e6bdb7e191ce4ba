"""What the Patient Data Repository says of its patients comes by POST /api/wishes (AC-1)."""

import base64
import json
from typing import Any

import pytest
from django.test import Client

from archive.models import Case, DisclosurePermission, LedgerEvent
from archive.queries import standing
from archive.services import filing
from archive.values import now
from tests import wishes
from tests.wishes import AINO, EVENT, whose

pytestmark = pytest.mark.django_db

PROVIDER = "1.2.246.10.90000003.10.0"
GUARDIAN = {"role": "guardian", "name": "Nieminen Eeva", "id": "150470-911B"}


@pytest.fixture
def send(client: Client, demo: dict[str, Any]) -> Any:
    """Posts a form, by default the repository's; the answer."""

    def post(form: dict[str, Any], known: dict[str, str] | None = None) -> Any:
        peer = known or demo["pdr"]
        pair = base64.b64encode(f"{peer['user']}:{peer['password']}".encode()).decode()
        return client.post(
            "/api/wishes",
            json.dumps(form),
            content_type="application/json",
            headers={"Authorization": f"Basic {pair}"},
        )

    return post


def form(kind: str, number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "document_oid": f"1.2.246.10.2462460.14.{number}",
        "kind": kind,
        "patient": {"id": AINO},
        "effective_at": wishes.ago(minutes=60 - number).isoformat(),
        **fields,
    }


def prohibition(**fields: Any) -> dict[str, Any]:
    return form("prohibition", 3, **{"scope": "provider", "provider": PROVIDER, **fields})


def facts() -> standing.PersonFacts:
    known = wishes.person().id
    return standing.people([known], now())[known]


def test_a_persons_forms_become_the_persons_state(send: Any) -> None:
    old = "2019-05-01T09:00:00Z"
    assert send(form("informing", effective_at=old, text_version="2019")).status_code == 201
    consent = form("permission", 2, effective_at=old, given=True, form="consent")
    assert send(consent).status_code == 201
    answer = send(prohibition(emergency_exception=True))
    assert answer.status_code == 201 and answer.json()["warnings"] == []
    assert (
        send(form("will", 4, subject="organ_donation", given=True, text="yes")).status_code == 201
    )
    state = facts()
    assert (state.informed, state.permitted, len(state.bans)) == (True, True, 1)
    assert wishes.the_one(DisclosurePermission).form == "consent"
    cancellation = {**prohibition(given=False), "document_oid": "1.2.246.10.2462460.14.5"}
    cancellation["effective_at"] = now().isoformat()
    assert send(cancellation).status_code == 201
    assert facts().bans == ()


def test_the_same_document_is_recorded_once_and_other_content_is_a_conflict(send: Any) -> None:
    first = form("informing")
    made = send(first)
    again = send(first)
    assert (made.status_code, again.status_code) == (201, 200)
    assert again.json() == {**made.json(), "repeated": True}
    before = wishes.counts()
    other = send({**first, "text_version": "2023"})
    assert other.status_code == 409 and other.json()["code"] == "WISH-DOCUMENT"
    assert other.json()["errors"][0]["field"] == "document_oid"
    assert wishes.counts() == before
    assert Case.objects.get(reason="wish-document-reused").edge == "api"


def test_a_representative_is_kept_by_the_role_alone(send: Any) -> None:
    assert send(form("informing", representative=GUARDIAN)).status_code == 201
    row = wishes.the_one(wishes.Informing)
    assert row.acting_ground == "guardian"
    written = [*LedgerEvent.objects.values_list("facts", flat=True), vars(row)]
    assert "Eeva" not in str(written) and "911B" not in str(written)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({**GUARDIAN, "role": ""}, "representative.role"),
        ({"role": "guardian", "id": "1"}, "representative.name"),
        ({"role": "guardian", "name": "N"}, "representative.id"),
        ({**GUARDIAN, "textual_id": "passport"}, "representative.id"),
        ({}, "representative.role"),
    ],
)
def test_a_representative_must_be_told_whole(send: Any, given: Any, field: str) -> None:
    before = wishes.counts()
    answer = send(form("informing", representative=given))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert wishes.counts() == before
    assert Case.objects.filter(reason="representative-incomplete").exists()


BAD = {
    "no kind": ({"kind": "hope"}, 422, "kind"),
    "no document": ({"document_oid": "seven"}, 422, "document_oid"),
    "no moment": ({"effective_at": "yesterday"}, 422, "effective_at"),
    "a moment without its zone": ({"effective_at": "2026-01-01T10:00:00"}, 422, "effective_at"),
    "a moment to come": ({"effective_at": "2100-01-01T10:00:00Z"}, 422, "effective_at"),
    "nobody's code": ({"patient": {"id": "010181-900D"}}, 422, "patient.id"),
    "a field of another kind": ({"given": True}, 422, "given"),
    "a field that is none": ({"prohibited": True}, 422, "prohibited"),
    "a source that is not here": ({"source": "citizen"}, 422, "source"),
    "a permission without its word": ({"kind": "permission"}, 422, "given"),
    "a prohibition without its scope": ({"kind": "prohibition"}, 422, "scope"),
    "a will without its subject": ({"kind": "will", "given": True}, 422, "subject"),
    "permission before informing": ({"kind": "permission", "given": True}, 409, "effective_at"),
    "a provider nobody knows": (
        {"kind": "prohibition", "scope": "provider", "provider": "1.2.3"}, 422, "provider"
    ),
    "a private provider as a whole": (
        {"kind": "prohibition", "scope": "provider", "provider": "1.2.246.10.90000038.10.0"},
        422,
        "provider",
    ),
    "a cancellation of nothing": (
        {"kind": "prohibition", "scope": "everything", "given": False}, 409, None
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_form_is_refused_by_the_name_of_its_field(send: Any, name: str) -> None:
    change, status, field = BAD[name]
    before = wishes.counts()
    answer = send({**form("informing"), **change})
    assert answer.status_code == status, answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    named = [each["field"] for each in answer.json().get("errors", [])]
    assert named == ([field] if field else [])
    assert wishes.counts() == before
    case = Case.objects.get(edge="api")
    assert case.place == "wishes" and AINO not in str(case.events.values_list("facts"))


def test_a_service_event_nobody_knows_is_kept_with_a_warning(send: Any) -> None:
    answer = send(form("prohibition", scope="service_event", service_event=EVENT))
    assert answer.json()["warnings"] == ["service-event-unknown"]


def test_only_the_repository_speaks_here(send: Any, demo: dict[str, Any], client: Client) -> None:
    before = wishes.counts()
    assert send(form("informing"), demo["customers"][0]["xds"]).status_code == 403
    nobody = client.post("/api/wishes", "{}", content_type="application/json")
    assert nobody.status_code == 401
    assert wishes.counts() == before


def test_each_environment_has_its_own_state(send: Any, demo: dict[str, Any]) -> None:
    assert send(form("informing"), demo["test_pdr"]).status_code == 201
    assert filing.find_patient("production", whose().identifier) is None
    assert filing.find_patient("test", whose().identifier) is not None
