"""Rules of review and the watch list, changed with a reason (LG-5). A row is never rewritten, so a
suspicion tells for ever by what it was raised.
"""

from dataclasses import dataclass
from datetime import date, time
from uuid import UUID

from django.db import transaction

from archive import ledger
from archive.actors import Actor
from archive.errors.reviews import AlreadyWatched, RuleReplaced
from archive.errors.wishes import ValueUnfit
from archive.ledger import Kind
from archive.models import Patient, ReviewKind, ReviewRule, WatchedPerson
from archive.models.dated import not_ended_on
from archive.services import filing, roles
from archive.services.suspicions import require_reviewer
from archive.values import PatientIdentifier, midnight, now, today

# What of a rule can be set, by kind; of the others a single look tells.
COUNTED = frozenset(
    {
        ReviewKind.MANY_PATIENTS,
        ReviewKind.OUTSIDE_HOURS,
        ReviewKind.LOG_READING,
        ReviewKind.WITHOUT_CASE,
    }
)
TIMED = COUNTED | {ReviewKind.EMERGENCY_WITHOUT_CARE}
MOST_MINUTES = 366 * 24 * 60


@dataclass(frozen=True, slots=True)
class Settings:
    """A version of a rule as it is asked for."""

    is_on: bool
    first_day: date
    threshold: int = 1
    window_minutes: int = 0
    opens: time | None = None
    closes: time | None = None
    weekdays_only: bool = False
    source: str = ""


def check(rule: ReviewRule, wanted: Settings) -> None:
    """Raises ValueUnfit."""
    if wanted.first_day < today():
        raise _unfit("first_day", "what was judged stays judged")
    if rule.kind in COUNTED and wanted.threshold < 1:
        raise _unfit("threshold", "is at least one")
    if rule.kind in TIMED and not 1 <= wanted.window_minutes <= MOST_MINUTES:
        raise _unfit("window", "is a minute at least and a year at most")
    if rule.kind == ReviewKind.OUTSIDE_HOURS:
        if wanted.opens is None or wanted.closes is None:
            raise _unfit("opens", "both hours are needed")
        if wanted.opens == wanted.closes:
            raise _unfit("closes", "the hours are none")


def change(actor: Actor, rule: ReviewRule, wanted: Settings, *, reason: str) -> ReviewRule:
    """The next version, from this moment or from a day to come; by an administrator, since the
    rules judge the reviewers too. Raises StaffRoleUnfit, ValueUnfit, RuleReplaced.
    """
    roles.require_administrator(actor)
    check(rule, wanted)
    begins = now() if wanted.first_day == today() else midnight(wanted.first_day)
    with transaction.atomic():
        held = ReviewRule.objects.select_for_update().get(id=rule.id)
        if held.valid_until is not None or held.valid_from >= begins:
            raise RuleReplaced()
        held.valid_until = begins
        held.save(update_fields=["valid_until"])
        made = ReviewRule.objects.create(
            kind=held.kind,
            scope=held.scope,
            version=held.version + 1,
            is_on=wanted.is_on,
            threshold=wanted.threshold,
            window_minutes=wanted.window_minutes,
            opens=wanted.opens,
            closes=wanted.closes,
            weekdays_only=wanted.weekdays_only,
            valid_from=begins,
            source=wanted.source,
        )
        _record_rule(actor, made, reason)
    return made


def _record_rule(actor: Actor, row: ReviewRule, reason: str) -> None:
    facts = {
        "suspicion": row.kind,
        "scope": row.scope,
        "version": row.version,
        "on": row.is_on,
        "threshold": row.threshold,
        "window_minutes": row.window_minutes,
        "opens": row.opens.isoformat("minutes") if row.opens else "",
        "closes": row.closes.isoformat("minutes") if row.closes else "",
        "weekdays_only": row.weekdays_only,
        "from": row.valid_from.isoformat(),
        "reason": reason,
    }
    ledger.record(Kind.REVIEW_RULED, ledger.About(subject_id=row.id), facts, actor=actor)


def _unfit(field: str, problem: str) -> ValueUnfit:
    return ValueUnfit(problem, facts={"field": field})


# --- the watch list -------------------------------------------------------------------------------


def watch(
    actor: Actor,
    environment: str,
    identifier: PatientIdentifier,
    *,
    first_day: date,
    last_day: date | None,
    reason: str,
) -> WatchedPerson:
    """Also somebody whom the archive does not know yet: curiosity may come before images do.

    Raises StaffRoleUnfit, ValueUnfit, AlreadyWatched.
    """
    require_reviewer(actor)
    if first_day < today():
        raise _unfit("first_day", "what was judged stays judged")
    if last_day is not None and last_day < first_day:
        raise _unfit("last_day", "ends before it begins")
    with transaction.atomic():
        patient = filing.file_patient(environment, identifier)
        Patient.objects.select_for_update().get(id=patient.id)
        if _overlaps(patient.id, first_day, last_day):
            raise AlreadyWatched()
        row = WatchedPerson.objects.create(
            environment=environment,
            patient=patient,
            reason=reason,
            valid_from=first_day,
            valid_until=last_day,
            added_by=actor.name,
            added_at=now(),
        )
        _record_watch(actor, row, "added", reason)
    return row


def _overlaps(patient_id: UUID, first_day: date, last_day: date | None) -> bool:
    rows = WatchedPerson.objects.filter(not_ended_on(first_day), patient_id=patient_id)
    if last_day is not None:
        rows = rows.filter(valid_from__lte=last_day)
    return rows.exists()


def end_watch(actor: Actor, row: WatchedPerson, *, last_day: date, reason: str) -> None:
    """Raises StaffRoleUnfit, ValueUnfit."""
    require_reviewer(actor)
    with transaction.atomic():
        held = WatchedPerson.objects.select_for_update().get(id=row.id)
        ended = held.valid_until is not None and held.valid_until < last_day
        if last_day < today() or last_day < held.valid_from or ended:
            raise _unfit("last_day", "is past, or not within the row")
        held.valid_until = last_day
        held.save(update_fields=["valid_until"])
        _record_watch(actor, held, "ended", reason)


def _record_watch(actor: Actor, row: WatchedPerson, what: str, reason: str) -> None:
    about = ledger.About(environment=row.environment, subject_id=row.id, patient_id=row.patient_id)
    facts = {
        "what": what,
        "since": row.valid_from.isoformat(),
        "until": row.valid_until.isoformat() if row.valid_until else "",
        "reason": reason,
    }
    ledger.record(Kind.REVIEW_WATCHED, about, facts, actor=actor)
