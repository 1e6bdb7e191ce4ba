"""Logs and their review over the API: persons only, every look recorded, nothing of one's own."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from archive.models import (
    ExplanationRequest,
    IdempotentCall,
    LedgerEvent,
    ReviewRule,
    Role,
    User,
    WatchedPerson,
)
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
    again = call(reader, "/api/review/suspicions/raise", body, key="raise-once-1").json()
    assert again["id"] == raised["id"] and not IdempotentCall.objects.exists()
    assert LedgerEvent.objects.filter(kind="review.viewed").count() == 2


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


def test_a_repeat_under_a_key_does_nothing_and_is_a_look_of_its_own() -> None:
    row, reader = suspicion(to=MALLILA), personal("logreview")
    path, title = f"/api/review/suspicions/{row.id}/take", {"title": "At night"}
    taken = call(reader, path, title, key="take-once-1").json()
    looks = LedgerEvent.objects.filter(kind="review.viewed")
    before = looks.count()
    assert call(reader, path, title, key="take-once-1").json() == taken
    assert looks.count() == before + 1
    path, text = f"/api/review/cases/{taken['review_case_id']}/note", {"text": "Called her."}
    noted = call(reader, path, text, key="note-once-1")
    before = looks.count()
    again = call(reader, path, text, key="note-once-1")
    assert again.headers["Idempotent-Replayed"] == "true" and again.json() == noted.json()
    assert len(again.json()["notes"]) == 1 and looks.count() == before + 1
    watch, day = "/api/review/watch", today().isoformat()
    person = {"patient": {"id": MATTI}, "first_day": day, "reason": "the news tell of it"}
    watched = call(reader, watch, person, key="watch-once-1")
    end = f"{watch}/{watched.json()['id']}/end", {"last_day": day, "reason": "it is over"}
    ended = call(reader, *end, key="ended-once-1")
    before = looks.count()
    assert call(reader, watch, person, key="watch-once-1").json() == ended.json()
    assert call(reader, *end, key="ended-once-1").json() == ended.json()
    assert WatchedPerson.objects.count() == 1 and looks.count() == before + 2
    kept = IdempotentCall.objects.order_by("at").values_list("status", "body")
    assert list(kept) == [(200, None), (200, None), (201, None), (200, None)]
    row.person = User.objects.get(username="logreview")
    row.save(update_fields=["person"])
    assert call(reader, path, text, key="note-once-1").status_code == 404  # it is about the caller


def test_a_rule_is_changed_with_all_that_its_kind_has() -> None:
    admin = personal("admin")
    rules = ReviewRule.objects.filter(valid_until=None)
    told = {"first_day": today().isoformat(), "is_on": True, "source": "x", "reason": "a decision"}
    hours = {"opens": "07:00", "closes": "17:00", "weekdays_only": False}
    for kind, needed in (
        ("many_patients", {"threshold": 40, "window_minutes": 60}),
        ("outside_hours", {"threshold": 5, "window_minutes": 60, **hours}),
        ("family_name", {}),
    ):
        path = f"/api/review/rules/{rules.filter(kind=kind)[0].id}"
        if needed:
            refused = call(admin, path, told)
            fields = {each["field"] for each in refused.json()["errors"]}
            assert (refused.status_code, fields) == (422, set(needed))
        assert call(admin, path, {**told, **needed}).status_code == 201


def test_what_is_about_oneself_is_not_there() -> None:
    row = suspicion(to=MALLILA)
    row.person = User.objects.get(username="logreview")
    row.save(update_fields=["person"])
    reader = personal("logreview")
    assert call(reader, "/api/review/suspicions").json()["results"] == []
    assert call(reader, f"/api/review/suspicions/{row.id}").status_code == 404
    assert call(personal("admin"), f"/api/review/suspicions/{row.id}").status_code == 200
