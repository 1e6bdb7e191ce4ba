"""Dated rules of retention, each with its source: added, closed, confirmed; never rewritten (AR-9).

A row begins today at the earliest and ends today at the earliest. What changes today's answers is
followed by a survey.
"""

from dataclasses import dataclass, fields
from datetime import date

from django.db import transaction

from archive import ledger
from archive.actors import Actor
from archive.errors.retention import RuleHasEnded
from archive.errors.wishes import ValueUnfit
from archive.models import Environment, RetentionBasis, RetentionRule
from archive.services import retention_lock, retention_survey
from archive.values import today

LONGEST = 200  # years
DAYS_OF_MONTH = range(1, 32)


@dataclass(frozen=True, slots=True)
class Rule:
    """A row as it is asked for; its fields are the columns. No years: for ever."""

    name_fi: str
    name_sv: str
    name_en: str
    source: str
    valid_from: date
    valid_until: date | None = None
    basis: str = ""
    years: int | None = None
    priority: int = 10
    content_types: tuple[str, ...] = ()
    register_types: tuple[str, ...] = ()
    birth_days: tuple[int, ...] = ()
    verified: bool = False

    @property
    def permanent(self) -> bool:
        return self.years is None


def add(actor: Actor, rule: Rule, *, reason: str) -> RetentionRule:
    """Raises NotFound, ValueUnfit."""
    retention_lock.require_archivist(actor)
    check(rule)
    columns = {each.name: getattr(rule, each.name) for each in fields(rule)}
    lists = ("content_types", "register_types", "birth_days")
    with transaction.atomic():
        _deciding()
        row = RetentionRule.objects.create(
            **{**columns, **{name: list(columns[name]) for name in lists}},
            permanent=rule.permanent,
        )
        _record(actor, row, "added", reason)
        if row.valid_from <= today():
            _survey()
    return row


def close(actor: Actor, row: RetentionRule, *, last_day: date, reason: str) -> None:
    """In force through that day. Raises NotFound, ValueUnfit, RuleHasEnded."""
    retention_lock.require_archivist(actor)
    with transaction.atomic():
        _deciding()
        held = RetentionRule.objects.select_for_update().get(id=row.id)
        check_end(held, last_day)
        held.valid_until = last_day
        held.save(update_fields=["valid_until"])
        _record(actor, held, "closed", reason)


def confirm(actor: Actor, row: RetentionRule, *, reason: str) -> None:
    """Somebody has read it in its source. Raises NotFound, RuleHasEnded."""
    retention_lock.require_archivist(actor)
    with transaction.atomic():
        held = RetentionRule.objects.select_for_update().get(id=row.id)
        if held.verified or has_ended(held):
            raise RuleHasEnded()
        held.verified = True
        held.save(update_fields=["verified"])
        _record(actor, held, "confirmed", reason)


def has_ended(row: RetentionRule) -> bool:
    """Its last day is today or before, so it cannot be closed again."""
    return row.valid_until is not None and row.valid_until <= today()


def check_end(row: RetentionRule, last_day: date) -> None:
    """Raises ValueUnfit, RuleHasEnded."""
    if has_ended(row):
        raise RuleHasEnded()
    if last_day < max(today(), row.valid_from):
        raise _unfit("last_day", "what was in force cannot be undone")
    if row.valid_until is not None and last_day > row.valid_until:
        raise _unfit("last_day", "the rule ends before that")


def check(rule: Rule) -> None:
    """Raises ValueUnfit."""
    for name in ("name_fi", "name_sv", "name_en", "source"):
        if not getattr(rule, name).strip():
            raise _unfit(name, "is missing")
    if rule.valid_from < today():
        raise _unfit("valid_from", "a rule begins today at the earliest")
    if rule.valid_until is not None and rule.valid_until < rule.valid_from:
        raise _unfit("valid_until", "ends before it begins")
    if rule.permanent != (rule.basis == ""):
        raise _unfit("basis", "a period runs from an event, and what is for ever from none")
    if rule.basis and rule.basis not in RetentionBasis.values:
        raise _unfit("basis", "is no event")
    if rule.years is not None and not 0 < rule.years <= LONGEST:
        raise _unfit("years", "is no period")
    if any(day not in DAYS_OF_MONTH for day in rule.birth_days):
        raise _unfit("birth_days", "is no day of a month")


def _unfit(field: str, problem: str) -> ValueUnfit:
    return ValueUnfit(problem, facts={"field": field})


def _deciding() -> None:
    for environment in Environment.values:
        retention_lock.deciding(environment)


def _survey() -> None:
    for environment in Environment.values:
        retention_survey.begin(environment)


def _record(actor: Actor, row: RetentionRule, what: str, reason: str) -> None:
    facts = {
        "what": what,
        "rule": row.name_fi,
        "basis": row.basis,
        "years": row.years,
        "from": row.valid_from.isoformat(),
        "until": row.valid_until.isoformat() if row.valid_until else "",
        "source": row.source,
        "reason": reason,
    }
    about = ledger.About(subject_id=row.id)
    ledger.record(ledger.Kind.RETENTION_CHANGED, about, facts, actor=actor)
