"""Looks judged by dated rules: what raises a suspicion, what does not, what joins one (LG-5)."""

from datetime import timedelta

import pytest

from archive.ledger import Kind
from archive.models import (
    LedgerEvent,
    ReviewCheck,
    ReviewKind,
    ReviewRule,
    ReviewScope,
    Suspicion,
)
from archive.services import review_judging, review_rules, suspicions
from archive.values import HETU_ROOT, PatientIdentifier, now, today, uuid7
from tests import builders, reviewing
from tests.cast import MALLILA, MATTI, VENLA
from tests.reviewing import DAY, NIGHT, emergency, given, judged, kinds, looked, person

pytestmark = pytest.mark.django_db


def test_an_ordinary_look_raises_nothing() -> None:
    patient = builders.patient()
    assert (
        judged(
            given(patient),
            given(patient, kind=Kind.DATA_USED, care_relation=""),
            given(patient, kind=Kind.DISCLOSURE_NOTIFIED),
            looked("support", patient),
            looked("logreview", kind=Kind.LOG_READ),
        )
        == []
    )


def test_an_emergency_use_comes_by_itself_with_its_event_and_rule() -> None:
    event = emergency(builders.patient())
    (row,) = judged(event)
    assert (row.kind, row.user, row.state) == ("emergency", reviewing.DOCTOR[0], "open")
    assert row.organisation is not None and row.organisation.business_id == MALLILA
    assert list(row.events.values_list("event_id", flat=True)) == [event.id]
    assert row.rule is not None and row.rule.version == 1
    told = LedgerEvent.objects.get(kind="review.raised")
    assert told.subject_id == row.id and told.facts["rule"] == str(row.rule_id)
    assert told.patient_id == event.patient_id


def test_an_emergency_of_what_is_open_anyhow_is_none() -> None:
    use = given(builders.patient(), kind=Kind.DATA_USED, emergency=True, ground="authorisation")
    assert judged(use) == []


def test_the_same_cause_is_one_suspicion_and_judging_again_adds_nothing() -> None:
    patient = builders.patient()
    first, second = emergency(patient), emergency(patient, at=DAY + timedelta(days=1))
    judged(first)
    (row,) = judged(second, first)
    judged(first, second)
    row.refresh_from_db()
    assert (row.event_count, row.events.count()) == (2, 2)
    assert (row.first_at, row.last_at) == (DAY, DAY + timedelta(days=1))
    other = emergency(patient, user=("999", "Toinen Tiina"))
    assert len(judged(other, emergency(builders.patient(VENLA)))) == 3


def test_looks_beyond_those_that_are_kept_are_counted_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(suspicions, "MOST_EVENTS", 3)
    who = suspicions.Who(
        ReviewScope.STAFF, user_name="Tuki", person_id=reviewing.staff("support").id
    )
    looks = [(DAY + timedelta(minutes=minute), uuid7()) for minute in range(8)]
    for count in range(2, len(looks) + 1):
        suspicions.raise_(
            suspicions.Raised(ReviewKind.MANY_PATIENTS, who, "production", looks[:count])
        )
    row = Suspicion.objects.get()
    assert (row.event_count, row.events.count(), row.last_at) == (8, 3, looks[-1][0])


def test_what_comes_after_a_settled_one_is_a_new_suspicion() -> None:
    patient = builders.patient()
    event = emergency(patient)
    (row,) = judged(event)
    suspicions.settle(reviewing.staff(), row, reason="on duty that day")
    assert judged(event) == [row]
    assert len(judged(emergency(patient, at=DAY + timedelta(hours=1)))) == 2


def test_the_rule_in_force_when_it_happened_judges() -> None:
    ReviewRule.objects.filter(kind="emergency").update(valid_until=DAY)
    assert judged(emergency(builders.patient())) == []
    (row,) = judged(emergency(builders.patient(), at=DAY - timedelta(seconds=1)))
    assert row.kind == "emergency"


def test_names_raise_and_the_own_record_is_not_told_twice() -> None:
    patient = builders.patient()  # Meikäläinen^Matti
    judged(given(patient, user=("1", "Meikäläinen Maija")))
    assert kinds() == {"family_name"}
    judged(given(patient, user=("2", "Matti Meikäläinen")), given(patient, user=(MATTI, "X")))
    assert kinds() == {"family_name", "own_record"}
    assert Suspicion.objects.filter(kind="own_record").count() == 2
    assert Suspicion.objects.filter(kind="family_name").count() == 1


def test_many_persons_in_a_time_raise_with_all_their_entries() -> None:
    ReviewRule.objects.filter(kind="many_patients").update(threshold=3)
    early = given(person(0), at=DAY - timedelta(minutes=61))
    events = [given(person(number), at=DAY + timedelta(minutes=number)) for number in (1, 1, 2)]
    assert judged(early, *events) == []
    (row,) = judged(given(person(3), at=DAY + timedelta(minutes=30)))
    assert (row.kind, row.facts, row.event_count) == ("many_patients", {"persons": 3}, 4)
    assert row.patient is None
    (row,) = judged(given(person(4), at=DAY + timedelta(minutes=31)))
    assert (row.facts, row.event_count) == ({"persons": 4}, 5)


def test_a_system_with_nobody_behind_it_reads_of_many_persons() -> None:
    ReviewRule.objects.filter(kind="many_patients").update(threshold=2)
    events = [given(person(number), user=("", "")) for number in range(3)]
    assert judged(*events) == []


def test_a_disclosure_without_a_claimed_care_relation_raises_once_for_a_person() -> None:
    (row,) = judged(
        given(person(1), care_relation=""), given(person(2), care_relation=""), given(person(3))
    )
    assert (row.kind, row.event_count, row.patient) == ("no_care_relation", 2, None)


def test_staff_outside_hours_raise_from_the_threshold_on() -> None:
    patient = builders.patient()
    looks = [looked("support", patient, at=NIGHT + timedelta(minutes=n)) for n in range(5)]
    day = [looked("archivist", patient, at=DAY + timedelta(minutes=n)) for n in range(2)]
    judged(*looks[:4], *day)
    assert "outside_hours" not in kinds()
    judged(looks[4])
    row = Suspicion.objects.get(kind="outside_hours")
    assert (row.facts, row.event_count) == ({"looks": 5}, 5)
    assert row.person is not None and row.person.username == "support"
    judged(given(patient, at=NIGHT))  # hospitals work at night: the rule for them is off
    assert row.scope == "staff" and Suspicion.objects.filter(kind="outside_hours").count() == 1


def test_staff_looks_without_a_case_raise_those_with_one_do_not() -> None:
    patient, case = builders.patient(), builders.case()
    for _ in range(3):
        judged(looked("archivist", patient, reason=f"{case}, the customer asks"))
    assert kinds() == set()
    looks = [looked("support", patient, reason=why) for why in ("E-1, invented", "curious", "?!?")]
    (row,) = judged(*looks)
    assert (row.kind, row.facts) == ("without_case", {"looks": 3})


def test_readers_of_logs_are_reviewed_themselves() -> None:
    ReviewRule.objects.filter(kind="log_reading").update(threshold=3)
    kinds_of_look = (Kind.LOG_SEARCHED, Kind.LOG_READ, Kind.REVIEW_VIEWED)
    (row,) = judged(*(looked("logreview", kind=kind) for kind in kinds_of_look))
    assert (row.kind, row.facts) == ("log_reading", {"looks": 3})


def test_every_look_at_a_watched_person_raises_while_the_row_lasts() -> None:
    patient = builders.patient()
    identifier = PatientIdentifier.parse(MATTI, HETU_ROOT)
    day = today()
    review_rules.watch(
        reviewing.staff(),
        "production",
        identifier,
        first_day=day,
        last_day=day,
        reason="in the papers",
    )
    retired = person(9)
    retired.survivor = patient
    retired.save()
    judged(given(retired, at=now()), looked("support", patient, at=now()))
    rows = Suspicion.objects.filter(kind="watched")
    assert {row.patient_id for row in rows} == {patient.id}
    assert {row.scope for row in rows} == {"professionals", "staff"}
    judged(given(patient, user=("7", "Toinen Tiina"), at=now() + timedelta(days=1)))
    assert rows.count() == 2


@pytest.mark.parametrize("care", ["none", "study", "document", "use", "earlier"])
def test_an_emergency_without_later_care_is_known_when_care_had_time(care: str) -> None:
    patient = builders.patient()
    judged(emergency(patient))
    due = DAY + timedelta(days=14)
    assert review_judging.look_again(at=due - timedelta(seconds=1)) == 0
    if care == "study":
        builders.study(MALLILA, patient=patient, received_at=DAY + timedelta(days=2))
    elif care == "document":
        made = builders.notice(builders.study(MALLILA, patient=patient, received_at=due)).manifest
        type(made).objects.filter(id=made.id).update(registered_at=DAY + timedelta(days=13))
    elif care == "use":
        given(patient, at=DAY + timedelta(days=3), user=("8", "Toinen Tiina"))
    elif care == "earlier":
        builders.study(MALLILA, patient=patient, received_at=DAY - timedelta(days=2))
    assert review_judging.look_again(at=due) == 1
    raised = Suspicion.objects.filter(kind="emergency_without_care").count()
    assert raised == (1 if care in ("none", "earlier") else 0)
    assert review_judging.look_again(at=due) == 0
    assert not ReviewCheck.objects.filter(done_at=None).exists()


def test_entries_of_who_is_not_known_any_more_are_judged_all_the_same() -> None:
    event = emergency(builders.patient())
    event.organisation_id = builders.patient(VENLA).id  # nobody's
    (row,) = judged(event)
    assert (row.organisation, row.user) == (None, reviewing.DOCTOR[0])
