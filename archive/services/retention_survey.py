"""Surveys: every study's retention worked out anew in batches, for lists and the forecast (AR-9).

A survey is one job an environment that goes on where it was; it begins each day, unless the one
before still walks, and when a rule changes. It keeps to a pace, and writes only what has changed.
"""

from collections import Counter
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from archive import jobs, locks
from archive.config import settings
from archive.errors import ArchiveError
from archive.models import (
    Environment,
    Job,
    JobKind,
    Patient,
    RetentionSurvey,
    Study,
    StudyRetention,
    StudyState,
)
from archive.queries import retention
from archive.rules import retention as rules
from archive.rules.retention import Facts, Rule
from archive.services import error_desk, filing
from archive.services.error_desk import Place, What
from archive.values import midnight, now, today

BATCH = 500
SAID = ("ends_on", "rule_id", "basis", "basis_on", "permanent", "committed")
FREE, PERMANENT, HELD, UNCOMMITTED = "free", "permanent", "held", "uncommitted"
UNSETTLED = "none"  # in place of the year
SURVEY = Place("job", "retention")


def begin_due(day: date) -> int:
    """Begin the day's survey of each environment, or go on with one that was given up before; how
    many.
    """
    begun = 0
    for environment in Environment.values:
        surveys = RetentionSurvey.objects.filter(environment=environment)
        walking = surveys.filter(ended_at=None).first()
        if walking is not None:
            begun += _go_on(walking, day)
        elif not surveys.filter(began_at__gte=midnight(day)).exists():
            begin(environment)
            begun += 1
    return begun


def _go_on(survey: RetentionSurvey, day: date) -> bool:
    """Unless it does, or was given up on this very day."""
    own = Job.objects.filter(kind=JobKind.RETENTION_SURVEY, subject_id=survey.id)
    if own.filter(Q(ended_at=None) | Q(ended_at__gte=midnight(day))).exists():
        return False
    jobs.defer(JobKind.RETENTION_SURVEY, survey.id, environment=survey.environment)
    return True


def go_on(environment: str) -> bool:
    """Have the one that stands walk again from where it is; whether there is one."""
    survey = RetentionSurvey.objects.filter(environment=environment, ended_at=None).first()
    if survey is None:
        return False
    jobs.defer(JobKind.RETENTION_SURVEY, survey.id, environment=environment)
    return True


def begin(environment: str) -> RetentionSurvey:
    """Begin one, or begin the one that walks anew."""
    with transaction.atomic():
        locks.hold(f"survey {environment}")  # another's may begin, and end, in this moment
        fresh: dict[str, Any] = {"began_at": now(), "after": None, "studies": 0, "figures": {}}
        survey, _ = RetentionSurvey.objects.update_or_create(
            environment=environment, ended_at=None, defaults=fresh
        )
        jobs.defer(JobKind.RETENTION_SURVEY, survey.id, environment=environment)
    return survey


def walk(survey_id: UUID) -> datetime | None:
    """One batch, with its place and its figures in one transaction; when to go on, or None."""
    began = now()
    with transaction.atomic():
        survey = RetentionSurvey.objects.select_for_update().get(id=survey_id)
        if survey.ended_at is not None:
            return None
        rows = Study.objects.filter(environment=survey.environment)
        if survey.after is not None:
            rows = rows.filter(id__gt=survey.after)
        found = list(retention.with_facts(rows).order_by("id")[:BATCH])
        counted = work_out([row for row in found if row.state != StudyState.DESTROYED])
        survey.studies += counted.total()
        for (year, standing), count in counted.items():
            of_year = survey.figures.setdefault(year, {})
            of_year[standing] = of_year.get(standing, 0) + count
        survey.after = found[-1].id if found else survey.after
        survey.ended_at = now() if len(found) < BATCH else None
        survey.save()
        if survey.ended_at:
            error_desk.settle(survey.id, SURVEY.step)
    pace = timedelta(seconds=len(found) / settings().retention_studies_per_second)
    return None if survey.ended_at else began + pace


def work_out(studies: Collection[Study]) -> Counter[tuple[str, str]]:
    """Keep what the rules say of each today; how many by year and standing."""
    day, at = today(), now()
    in_force = retention.rules_on(day)
    facts = retention.facts_of(studies, day)
    made = [_row(study, facts[study.id], in_force, at) for study in studies]
    kept = StudyRetention.objects.in_bulk([study.id for study in studies])
    StudyRetention.objects.bulk_create(
        [row for row in made if not _is_kept(row, kept.get(row.study_id))],
        update_conflicts=True,
        unique_fields=["study"],
        update_fields=(*SAID, "worked_out_at"),
    )
    return Counter((_year(row), _standing(row, facts[row.study_id])) for row in made)


def _row(study: Study, facts: Facts, in_force: list[Rule], at: datetime) -> StudyRetention:
    standing = rules.judge(facts, in_force)
    term = standing.term
    return StudyRetention(
        study_id=study.id,
        environment=study.environment,
        ends_on=term.ends_on if term else None,
        rule_id=standing.permanent or (term.rule if term else None),
        basis=term.basis if term else "",
        basis_on=term.basis_on if term else None,
        permanent=standing.permanent is not None,
        committed=facts.committed,
        worked_out_at=at,
    )


def _is_kept(row: StudyRetention, kept: StudyRetention | None) -> bool:
    """Whether the same stands there already."""
    return kept is not None and all(getattr(row, name) == getattr(kept, name) for name in SAID)


def _year(row: StudyRetention) -> str:
    return str(row.ends_on.year) if row.ends_on else UNSETTLED


def _standing(row: StudyRetention, facts: Facts) -> str:
    if row.permanent:
        return PERMANENT
    if facts.held:
        return HELD
    return FREE if row.committed else UNCOMMITTED


def of_patient(patient: Patient) -> None:
    """Work out a person's studies at once, in the caller's transaction; the next survey finds any
    beyond the first ones.
    """
    rows = Study.objects.filter(patient_id__in=filing.related_patients(patient))
    kept = rows.exclude(state=StudyState.DESTROYED).order_by("id")
    work_out(list(retention.with_facts(kept)[:BATCH]))


def give_up(survey_id: UUID, job_id: UUID, error: ArchiveError) -> None:
    """The desk has it; the next day's survey goes on where this one is."""
    survey = RetentionSurvey.objects.get(id=survey_id)
    error_desk.report(
        error,
        environment=survey.environment,
        place=SURVEY,
        what=What(subject_id=survey_id, job_id=job_id),
        once=True,
    )
