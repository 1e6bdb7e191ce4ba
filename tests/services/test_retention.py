"""Surveys, rules, holds and days of death as the services keep them (AR-9)."""

from datetime import date, timedelta
from functools import partial

import pytest

from archive.errors import NotFound
from archive.errors.retention import HeldAlready, HoldEnded, PersonUnknown, RuleHasEnded
from archive.errors.wishes import ValueUnfit
from archive.models import (
    Job,
    LedgerEvent,
    Patient,
    PatientHistory,
    RetentionHold,
    RetentionRule,
    RetentionSurvey,
    Study,
    StudyRetention,
)
from archive.objects.persons import Demographics, Person
from archive.queries import destruction as queries
from archive.queries import retention as facts
from archive.rules import retention as rules
from archive.services import (
    deaths,
    identity,
    retention_holds,
    retention_rules,
    retention_survey,
)
from archive.services.identity import Occasion
from archive.services.retention_rules import Rule
from archive.values import now, today
from tests import builders, cast, persons, retention
from tests.cast import MATTI, VENLA, dataset
from tests.configuring import Configure

pytestmark = pytest.mark.usefixtures("db")

TOMORROW, YESTERDAY = today() + timedelta(days=1), today() - timedelta(days=1)


def rule(**columns: object) -> Rule:
    given = {"name_fi": "a", "name_sv": "b", "name_en": "c", "source": "Act 1 § 2"}
    return Rule(**{**given, "valid_from": today(), **columns})  # type: ignore[arg-type]


def test_a_new_database_keeps_everything_for_ever_and_says_until_when_the_periods_run() -> None:
    study = cast.store(dataset())
    Patient.objects.filter(id=study.patient_id).update(death_date=retention.DIED)
    standing = facts.standing_of(facts.with_facts(Study.objects.all()).get(), today())
    assert standing.permanent is not None
    assert standing.term is not None and standing.term.ends_on == date(2013, 3, 4)
    assert not RetentionRule.objects.filter(verified=True).exists()
    assert all(row.source for row in RetentionRule.objects.all())


def test_a_survey_walks_in_batches_and_goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    retention.nothing_is_for_ever()
    matti = builders.patient(death_date=retention.DIED, birth_date="19810101")
    for _ in range(3):
        builders.series(builders.study(patient=matti))
    builders.series(builders.study(code=VENLA))
    destroyed = builders.study(state="destroyed")
    monkeypatch.setattr(retention_survey, "BATCH", 2)
    made = retention_survey.begin("production")
    assert Job.objects.filter(kind="retention_survey", subject_id=made.id).exists()
    assert retention_survey.walk(made.id) is not None
    assert queries.forecast("production") is None  # half a survey forecasts nothing
    while retention_survey.walk(made.id):
        pass
    made.refresh_from_db()
    assert made.studies == 4 and made.ended_at is not None
    assert made.figures["2013"] == {"uncommitted": 3}
    assert made.figures["2114"] == {"uncommitted": 1}  # by the century sign of the code
    assert not StudyRetention.objects.filter(study=destroyed).exists()


def test_the_day_begins_one_survey_an_environment() -> None:
    RetentionSurvey.objects.all().delete()
    assert retention_survey.begin_due(today()) == 2
    assert retention_survey.begin_due(today()) == 0


def test_a_survey_that_outlasts_its_day_goes_on_where_it_is() -> None:
    RetentionSurvey.objects.all().delete()
    place = builders.study().id
    retention_survey.begin_due(today())
    RetentionSurvey.objects.update(after=place)
    tomorrow = today() + timedelta(days=1)
    assert retention_survey.begin_due(tomorrow) == 0
    Job.objects.filter(kind="retention_survey").update(state="dead", ended_at=now())
    assert retention_survey.begin_due(today()) == 0, "given up today"
    assert retention_survey.begin_due(tomorrow) == 2
    assert set(RetentionSurvey.objects.values_list("after", "ended_at")) == {(place, None)}


def test_a_survey_keeps_to_its_pace(monkeypatch: pytest.MonkeyPatch, configure: Configure) -> None:
    monkeypatch.setattr(retention_survey, "BATCH", 2)
    configure(RETENTION_STUDIES_PER_SECOND="1")
    for _ in range(3):
        builders.study()
    survey = retention_survey.begin("production")
    before = now()
    again_at = retention_survey.walk(survey.id)
    assert again_at is not None and again_at >= before + timedelta(seconds=2)


def test_what_stands_already_is_not_written_again() -> None:
    retention.nothing_is_for_ever()
    patient = builders.patient(death_date=retention.DIED)
    study = builders.study(patient=patient)
    builders.series(study)
    retention.survey()
    first = StudyRetention.objects.get(study=study)
    retention.survey()
    assert StudyRetention.objects.get(study=study).worked_out_at == first.worked_out_at
    died = retention.DIED - timedelta(days=9000)
    Patient.objects.filter(id=patient.id).update(death_date=died)
    retention.survey()
    again = StudyRetention.objects.get(study=study)
    assert again.worked_out_at > first.worked_out_at
    assert again.ends_on != first.ends_on


def test_a_rule_that_begins_today_begins_a_survey_and_is_told_with_its_source() -> None:
    before = RetentionSurvey.objects.count()
    made = retention_rules.add(
        persons.staff(), rule(basis="study", years=5, priority=30), reason="decision 7"
    )
    assert RetentionSurvey.objects.count() == before + 2
    event = LedgerEvent.objects.get(kind="retention.changed")
    assert (event.facts["what"], event.facts["source"]) == ("added", "Act 1 § 2")
    retention_rules.confirm(persons.staff("admin"), made, reason="read on the web")
    retention_rules.close(persons.staff(), made, last_day=today(), reason="a mistake")
    made.refresh_from_db()
    assert (made.verified, made.valid_until) == (True, today())
    with pytest.raises(RuleHasEnded):
        retention_rules.close(persons.staff(), made, last_day=today(), reason="again")


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"valid_from": YESTERDAY}, "valid_from"),
        ({"basis": "death"}, "basis"),
        ({"years": 5}, "basis"),
        ({"basis": "moon", "years": 5}, "basis"),
        ({"basis": "death", "years": 0}, "years"),
        ({"source": " "}, "source"),
        ({"birth_days": (32,)}, "birth_days"),
        ({"valid_until": YESTERDAY}, "valid_until"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_rule_that_says_nothing_sensible_is_refused_by_field(
    columns: dict[str, object], field: str
) -> None:
    with pytest.raises(ValueUnfit) as refused:
        retention_rules.add(persons.staff(), rule(**columns), reason="decision 7")
    assert refused.value.facts["field"] == field


def test_only_archivists_decide() -> None:
    study = builders.study()
    support = persons.staff("support")
    with pytest.raises(NotFound):
        retention_rules.add(support, rule(), reason="decision 7")
    with pytest.raises(NotFound):
        retention_holds.hold_study(support, study, reason="court case", until=None)
    with pytest.raises(NotFound):
        deaths.settle(support, persons.official(), None, environment="production", reason="x")


def test_a_hold_holds_through_its_last_day_and_over_a_merge() -> None:
    study = persons.study(persons.temporary())
    retention_holds.hold_patient(
        persons.staff(),
        persons.temporary(),
        environment="production",
        reason="court case",
        until=TOMORROW,
    )
    persons.merge(persons.temporary(), persons.official())
    later = cast.store(dataset(AccessionNumber="A9"))
    found = facts.with_facts(Study.objects.filter(id__in=(study.id, later.id)))
    assert facts.held_among(list(found), TOMORROW) == {study.id, later.id}
    assert facts.held_among(list(found), TOMORROW + timedelta(days=1)) == set()
    assert len(queries.holds_of(found[0], TOMORROW)) == 1
    RetentionHold.objects.update(until=YESTERDAY)
    with pytest.raises(HoldEnded):
        retention_holds.release(persons.staff(), RetentionHold.objects.get().id, reason="late")


def hold(study: Study, reason: str = "court case 4", until: date | None = None) -> RetentionHold:
    return retention_holds.hold_study(persons.staff(), study, reason=reason, until=until)


def test_the_same_hold_is_placed_once() -> None:
    study = builders.study()
    made = hold(study, until=TOMORROW)
    with pytest.raises(HeldAlready) as refused:
        hold(study, "Court case 4", today())
    assert refused.value.facts["by"] == made.placed_by
    longer = hold(study)
    with pytest.raises(HeldAlready):
        hold(study, until=TOMORROW)
    hold(study, "complaint 5")
    hold(builders.study())
    for each in (made, longer):
        retention_holds.release(persons.staff(), each.id, reason="judged")
    hold(study)


def test_a_person_is_held_once_for_a_reason_under_all_ids() -> None:
    persons.study(persons.temporary())
    for again, identifier in enumerate((persons.temporary(), persons.official())):
        if again:
            persons.merge(persons.temporary(), persons.official())
        placed = partial(
            retention_holds.hold_patient,
            persons.staff(),
            identifier,
            environment="production",
            reason="court case",
            until=None,
        )
        if again:
            with pytest.raises(HeldAlready):
                placed()
        else:
            placed()
    assert RetentionHold.objects.count() == 1


def told_death(code: str, day: str) -> None:
    person = Person(persons.official(code), Demographics(death_date=day))
    identity.update(persons.sender(), person, Occasion("production"))


def test_a_death_is_told_by_message_and_settled_by_an_archivist() -> None:
    study = cast.store(dataset())
    told_death(MATTI, "20200101")
    patient = Patient.objects.get(id=study.patient_id)
    assert (patient.death_date, patient.death_source) == (date(2020, 1, 1), "message")
    deaths.settle(
        persons.staff(),
        persons.official(),
        date(2021, 2, 3),
        environment="production",
        reason="population register",
    )
    told_death(MATTI, "20200101")
    patient.refresh_from_db()
    assert (patient.death_date, patient.death_source) == (date(2021, 2, 3), "archivist")
    assert StudyRetention.objects.get(study=study).ends_on == date(2033, 2, 3)
    kept = PatientHistory.objects.filter(patient=patient).order_by("until")
    assert [row.death_date for row in kept] == [None, date(2020, 1, 1)]


def test_nobody_dies_before_birth_or_tomorrow_or_unknown() -> None:
    cast.store(dataset())
    for day in (date(1980, 12, 31), TOMORROW):
        with pytest.raises(ValueUnfit):
            deaths.settle(
                persons.staff(), persons.official(), day, environment="production", reason="x"
            )
    with pytest.raises(PersonUnknown):
        deaths.settle(
            persons.staff(), persons.official(VENLA), None, environment="production", reason="x"
        )


# --- days that cannot be meant --------------------------------------------------------------------

TEMPORARY = {"PatientID": "TILAP-1", "IssuerOfPatientID": "1.2.246.10.90000003.22.2026"}


def standing(study: Study) -> rules.Standing:
    return facts.standing_of(facts.with_facts(Study.objects.all()).get(id=study.id), today())


@pytest.mark.parametrize("told", ["00010101", "19000101", "18810101"])
def test_a_birth_that_a_device_made_up_ends_no_retention(told: str) -> None:
    """The code tells the birth; where there is none, nobody is imaged at 111."""
    retention.nothing_is_for_ever()
    known = cast.store(dataset(PatientBirthDate=told))
    term = standing(known).term
    assert term is not None and term.ends_on == date(2101, 1, 1)
    unknown = cast.store(
        dataset(
            **TEMPORARY,
            PatientBirthDate=told,
            StudyInstanceUID="1.2.7",
            SeriesInstanceUID="1.2.7.1",
        )
    )
    assert standing(unknown).term is None


def test_a_birth_that_can_be_is_taken_where_no_code_tells_it() -> None:
    retention.nothing_is_for_ever()
    study = cast.store(dataset(**TEMPORARY, PatientBirthDate="19400229"))
    term = standing(study).term
    assert term is not None and term.ends_on == date(2060, 2, 29)


@pytest.mark.parametrize("told", ["00010101", "19000101", "19801231"])
def test_nobody_is_told_dead_before_birth(told: str) -> None:
    retention.nothing_is_for_ever()
    study = cast.store(dataset())
    told_death(MATTI, told)
    patient = Patient.objects.get(id=study.patient_id)
    assert (patient.death_date, patient.death_source) == (None, "")
    Patient.objects.filter(id=patient.id).update(death_date=date(1900, 1, 1))  # told before
    term = standing(study).term
    assert term is not None and (term.basis, term.ends_on) == ("birth", date(2101, 1, 1))


@pytest.mark.parametrize("told", ["00010101", "18500101", "19801231"])
def test_a_study_before_there_were_images_or_its_patient_is_kept_from_its_receipt(
    told: str,
) -> None:
    retention.nothing_is_for_ever()
    RetentionRule.objects.filter(permanent=False).update(basis="study", years=1)
    study = cast.store(dataset())
    Study.objects.filter(id=study.id).update(study_date=told)
    term = standing(study).term
    assert term is not None and term.basis_on == today()
