"""Logs and their review over the API: persons only, every look recorded, nothing of one's own."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from archive.models import ExplanationRequest, LedgerEvent, Role, User
from archive.values import today
from tests import builders, logs
from tests.cast import MALLILA, MATTI
from tests.portal.api.calling import call, personal, systems
from tests.portal.api.test_operations import organisation_of_operator
from tests.reviewing import suspicion

pytestmark = pytest.mark.django_db


def test_the_logs_are_read_in_person_and_each_look_is_recorded() -> None:
    builders.study()
    reader = personal("logreview")
    system = systems(organisation_of_operator(), Role.LOG_REVIEWER)
    for path in ("/api/logs/use", "/api/logs/disclosures", "/api/review/suspicions"):
        assert call(system, path).status_code == 404
        assert call(personal("support"), path).status_code == 403
    assert not LedgerEvent.objects.filter(kind__in=("log.searched", "review.viewed")).exists()
    assert call(reader, "/api/logs/use?kind=patient.searched").json()["results"] == []
    event = LedgerEvent.objects.get(kind="log.searched")
    assert event.actor_id == User.objects.get(username="logreview").id
    assert event.facts["filters"] == {"kind": "patient.searched"}


def test_one_patients_entries_need_a_reason_and_name_no_code() -> None:
    builders.study()
    reader = personal("logreview")
    body = {"patient": {"id": MATTI}}
    assert call(reader, "/api/logs/use/search", body).status_code == 422
    body["reason"] = "the patient asks who has looked"  # type: ignore[assignment]
    call(reader, "/api/logs/use/search", body)
    found = call(reader, "/api/logs/use/search", body)
    (row, *_) = [each for each in found.json()["results"] if each["kind"] == "patient.searched"]
    assert row["reason"] == body["reason"] and MATTI not in found.content.decode()
    seen = LedgerEvent.objects.filter(kind="log.searched").latest("at")
    assert seen.facts["reason"] == body["reason"] and str(seen.patient_id) == row["patient_id"]
    given = call(reader, "/api/logs/disclosures/search", body)
    assert given.status_code == 200 and given.json()["following"] == ""


def test_an_entry_is_read_whole_and_raised_as_a_suspicion() -> None:
    logs.give(builders.study())
    reader = personal("logreview")
    (row,) = call(reader, "/api/logs/disclosures").json()["results"]
    path = f"?{urlencode({'at': row['at']})}"
    whole = call(reader, f"/api/logs/disclosures/{row['id']}{path}").json()
    assert whole["facts"] and whole["receiver"] == row["receiver"]
    assert LedgerEvent.objects.get(kind="log.read").facts["entry"] == row["id"]
    assert call(reader, f"/api/logs/use/{row['id']}{path}").status_code == 404
    body = {"entry": row["id"], "at": row["at"]}
    raised = call(reader, "/api/review/suspicions/raise", body).json()
    assert (raised["kind"], raised["state"]) == ("manual", "open")
    assert call(reader, "/api/review/suspicions/raise", body).json()["id"] == raised["id"]


def test_who_has_seen_is_told_for_a_reason_and_recorded() -> None:
    logs.give(builders.study())
    reader = personal("logreview")
    body: dict[str, Any] = {
        "patient": {"id": MATTI},
        "since": (today() - timedelta(days=30)).isoformat(),
        "until": today().isoformat(),
        "reason": "the patient asks, E-1042",
    }
    told = call(reader, "/api/logs/who-has-seen", body)
    assert (told.json()["count"], told.json()["receivers"][0]["entries"]) == (1, 1)
    assert MATTI not in told.content.decode()
    paper = call(reader, "/api/logs/who-has-seen.pdf", body)
    assert paper.headers["Content-Type"] == "application/pdf" and paper.content[:5] == b"%PDF-"
    seen = LedgerEvent.objects.filter(kind="log.reported")
    assert [each.facts["reason"] for each in seen] == [body["reason"]] * 2
    for wrong, field in (
        ({"since": "2001-01-01"}, "special_reason"),
        ({"until": (today() + timedelta(days=1)).isoformat()}, "until"),
        ({"controller": "1.2.3"}, "controller"),
    ):
        refused = call(reader, "/api/logs/who-has-seen", {**body, **wrong})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    system = systems(organisation_of_operator(), Role.ADMIN)
    assert call(system, "/api/logs/who-has-seen", body).status_code == 404


def test_a_suspicion_is_taken_explained_found_and_closed() -> None:
    row = suspicion(to=MALLILA)
    reader, customer = personal("logreview"), personal("malli")
    (listed,) = call(reader, "/api/review/suspicions").json()["results"]
    path = f"/api/review/suspicions/{row.id}"
    assert listed["id"] == str(row.id) and call(reader, path).json()["state"] == "open"
    assert call(reader, f"{path}/entries").json()["disclosures"]
    taken = call(reader, f"{path}/take", {"title": "At night"}).json()
    assert taken["state"] == "in_case"
    case = f"/api/review/cases/{taken['review_case_id']}"
    ask = {"organisation": str(row.organisation_id), "question": "Why at night?"}
    assert call(reader, f"{case}/ask", ask).json()["explanations"][0]["state"] == "asked"
    (asked,) = call(customer, "/api/log-requests").json()["results"]
    told = call(customer, f"/api/log-requests/{asked['id']}").json()
    assert told["question"] == ask["question"] and told["entries"]["disclosures"]
    assert call(personal("esim"), f"/api/log-requests/{asked['id']}").status_code == 404
    answer = {"answer": "She was on call."}
    assert call(customer, f"/api/log-requests/{asked['id']}/answer", answer).status_code == 200
    assert ExplanationRequest.objects.get().answer == answer["answer"]
    decision = {"decision": "Nothing follows."}
    assert call(reader, f"{case}/close", decision).json()["code"] == "REVIEW-FINDING"
    finding = {"finding": "justified", "text": "The roster shows it."}
    assert call(reader, f"{case}/finding", finding).json()["finding"] == "justified"
    closed = call(reader, f"{case}/close", decision).json()
    assert (closed["state"], closed["suspicions"][0]["state"]) == ("closed", "settled")


def test_what_is_about_oneself_is_not_there() -> None:
    row = suspicion(to=MALLILA)
    row.person = User.objects.get(username="logreview")
    row.save(update_fields=["person"])
    reader = personal("logreview")
    assert call(reader, "/api/review/suspicions").json()["results"] == []
    assert call(reader, f"/api/review/suspicions/{row.id}").status_code == 404
    assert call(personal("admin"), f"/api/review/suspicions/{row.id}").status_code == 200
