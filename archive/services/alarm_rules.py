"""Rules of alarms: added, replaced, ended; never rewritten."""

from dataclasses import dataclass, fields
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from archive import ledger
from archive.actors import Actor
from archive.errors.wishes import ValueUnfit
from archive.models import FALLING, STAFF_ROLES, Alarm, AlarmRule
from archive.values import now


@dataclass(frozen=True, slots=True)
class Rule:
    """A row as it is asked for; its fields are the columns."""

    name_fi: str
    name_sv: str
    name_en: str
    measure: str
    threshold: float
    clear_at: float
    severity: str
    environment: str = ""
    interface: str = ""
    organisation_id: UUID | None = None
    minutes: int = 0
    hours: int = 1
    least: int = 0
    cool_down_minutes: int = 0
    recipients: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()  # of the operator


def add(actor: Actor, rule: Rule, *, reason: str) -> AlarmRule:
    """Raises ValueUnfit."""
    check(rule)
    with transaction.atomic():
        row = _made(actor, rule)
        _record(actor, row, "added", reason)
    return row


def replace(actor: Actor, row: AlarmRule, rule: Rule, *, reason: str) -> AlarmRule:
    """The new row takes over what stands open: nobody is told of it twice. Raises ValueUnfit."""
    check(rule)
    if rule.measure != row.measure:
        raise _unfit("measure", "another measure is another rule")
    with transaction.atomic():
        _end(row)
        made = _made(actor, rule)
        Alarm.objects.filter(rule=row, cleared_at=None).update(rule=made)
        _record(actor, made, "replaced", reason)
    return made


def end(actor: Actor, row: AlarmRule, *, reason: str) -> None:
    """What stands open of it is cleared, and what is only watched forgotten. Raises ValueUnfit."""
    with transaction.atomic():
        _end(row)
        standing = Alarm.objects.filter(rule=row, cleared_at=None)
        standing.filter(raised_at=None).delete()
        standing.update(cleared_at=now())
        _record(actor, row, "ended", reason)


def check(rule: Rule) -> None:
    """Raises ValueUnfit."""
    for name in ("name_fi", "name_sv", "name_en"):
        if not getattr(rule, name).strip():
            raise _unfit(name, "is missing")
    falling = rule.measure in FALLING
    if rule.clear_at == rule.threshold or (rule.clear_at > rule.threshold) != falling:
        raise _unfit("clear_at", "is not on the good side of the threshold")
    for each in rule.recipients:
        try:
            validate_email(each)
        except ValidationError:
            raise _unfit("recipients", "is no address") from None
    if not set(rule.roles) <= STAFF_ROLES:
        raise _unfit("roles", "is no role of the operator")


def _made(actor: Actor, rule: Rule) -> AlarmRule:
    columns = {each.name: getattr(rule, each.name) for each in fields(rule)}
    columns |= {"recipients": list(rule.recipients), "roles": list(rule.roles)}
    return AlarmRule.objects.create(**columns, made_by_name=actor.name, since=now())


def _end(row: AlarmRule) -> None:
    """Raises ValueUnfit when somebody ended it meanwhile."""
    if not AlarmRule.objects.filter(id=row.id, until=None).update(until=now()):
        raise _unfit("", "has ended")


def _unfit(field: str, problem: str) -> ValueUnfit:
    return ValueUnfit(problem, facts={"field": field})


def _record(actor: Actor, row: AlarmRule, what: str, reason: str) -> None:
    facts = {
        "what": what,
        "rule": row.name_fi,
        "measure": row.measure,
        "threshold": row.threshold,
        "clear": row.clear_at,
        "reason": reason,
    }
    about = ledger.About(
        environment=row.environment, organisation_id=row.organisation_id, subject_id=row.id
    )
    ledger.record(ledger.Kind.ALARM_RULED, about, facts, actor=actor)
