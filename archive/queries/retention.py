"""The facts of retention as rows say them, and what follows from them today (AR-9)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from archive.models import (
    Correction,
    CorrectionState,
    Instance,
    Patient,
    RejectionTitle,
    RetentionHold,
    RetentionRule,
    Study,
    StudyState,
)
from archive.models.dated import valid_on
from archive.queries import persons, standing
from archive.rules import retention as rules
from archive.rules.retention import Facts, Rule, Standing
from archive.values import HETU_ROOT, PersonId, civil_day, dicom_date


def rows_on(day: date) -> QuerySet[RetentionRule]:
    """The rules in force on a day."""
    return RetentionRule.objects.filter(valid_on(day))


def rules_on(day: date) -> list[Rule]:
    return [rule_of(row) for row in rows_on(day)]


def rule_of(row: RetentionRule) -> Rule:
    return Rule(
        id=row.id,
        priority=row.priority,
        content_types=frozenset(row.content_types),
        register_types=frozenset(row.register_types),
        birth_days=frozenset(row.birth_days),
        basis=row.basis,
        years=row.years or 0,
        permanent=row.permanent,
    )


# --- of one study ---------------------------------------------------------------------------------


def expired(study: Study, on: date) -> bool:
    """Whether its retention has ended: its period is over, and neither a hold nor a permanent
    sample keeps it. What is not settled has not ended.
    """
    return rules.has_expired(facts_of([study], on)[study.id], rules_on(on), on)


def keep_until(study: Study, on: date) -> date | None:
    """The last day of retention by the rules of a day; none while it is not settled, held or
    permanent.
    """
    facts = facts_of([study], on)[study.id]
    return None if facts.held else rules.judge(facts, rules_on(on)).keep_until


def standing_of(study: Study, on: date) -> Standing:
    return rules.judge(facts_of([study], on)[study.id], rules_on(on))


class AfterDeath(NamedTuple):
    """What would hold of a person's studies if it had died on a day."""

    ended: int  # may be destroyed
    later: int  # than the death


def after_death(person_id: UUID, death: date, on: date) -> AfterDeath:
    rows = with_facts(Study.objects.filter(standing.of_person(person_id)))
    facts = facts_of(list(rows.exclude(state=StudyState.DESTROYED)), on).values()
    in_force = rules_on(on)
    return AfterDeath(
        sum(rules.obstacle(replace(each, death=death), in_force, on) is None for each in facts),
        sum(each.study is not None and each.study > death for each in facts),
    )


# --- of many --------------------------------------------------------------------------------------


def facts_of(studies: Collection[Study], on: date) -> dict[UUID, Facts]:
    """Of each study, with four reads for all. They come with register and patient's survivor."""
    ids = [study.id for study in studies]
    contents = _contents(ids)
    held, changing = held_among(studies, on), _changing(ids)
    return {
        study.id: _facts(
            study,
            contents.get(study.id, {}),
            held=study.id in held,
            changing=study.id in changing,
        )
        for study in studies
    }


def _changing(study_ids: Collection[UUID]) -> set[UUID]:
    gathered = Correction.objects.filter(study_id__in=study_ids, state=CorrectionState.GATHERING)
    return set(gathered.values_list("study_id", flat=True))


def _facts(study: Study, contents: Mapping[str, int], *, held: bool, changing: bool) -> Facts:
    patient = persons.current(study.patient)
    day = _study_day(study, patient)
    birth = birth_of(patient, day)
    return Facts(
        register_type=study.register.type,
        content_types=frozenset(contents),
        birth=birth,
        death=rules.believed_death(patient.death_date, birth),
        study=day,
        committed=bool(contents) and not any(contents.values()),
        held=held,
        state=study.state,
        changing=changing,
    )


def birth_of(patient: Patient, imaged: date) -> date | None:
    """As the personal identity code says, else as told of whom was imaged on a day."""
    if patient.issuer == HETU_ROOT:
        return PersonId(patient.identifier).birth_date
    return rules.believed_birth(dicom_date(patient.birth_date), imaged)


def _study_day(study: Study, patient: Patient) -> date:
    birth = PersonId(patient.identifier).birth_date if patient.issuer == HETU_ROOT else None
    received = civil_day(study.received_at)
    return rules.believed_study(dicom_date(study.study_date), birth, received)


def _contents(study_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """The content types of each study, each with how many of its objects may still be committed.
    What was rejected for more than its quality may not: to wait for that would be for ever.
    """
    awaited = Q(committed_at=None, rejection__in=("", RejectionTitle.QUALITY))
    rows = (
        Instance.objects.filter(study_id__in=study_ids)
        .order_by()
        .values("study_id", "content_type")
        .annotate(uncommitted=Count("id", filter=awaited))
    )
    found: dict[UUID, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["study_id"], {})[row["content_type"]] = row["uncommitted"]
    return found


def live_holds(on: date) -> QuerySet[RetentionHold]:
    """In force on a day: neither released nor past their last day."""
    return RetentionHold.objects.filter(Q(until=None) | Q(until__gte=on), released_at=None)


def held_among(studies: Iterable[Study], on: date) -> set[UUID]:
    """A hold of a person is one of all its ids."""
    persons_of = {study.id: persons.current(study.patient).id for study in studies}
    live = live_holds(on)
    of_studies = set(live.filter(study_id__in=persons_of).values_list("study_id", flat=True))
    wanted = set(persons_of.values())
    of_persons = {
        survivor or own
        for own, survivor in live.filter(standing.of_persons(wanted)).values_list(
            "patient_id", "patient__survivor_id"
        )
    }
    held = {study_id for study_id, person in persons_of.items() if person in of_persons}
    return of_studies | held


def with_facts(rows: QuerySet[Study]) -> QuerySet[Study]:
    """What `facts_of` reads of each study, in the same query."""
    return rows.select_related("register", "patient__survivor")
