"""Alarms as people look at them, and whom their rules tell. Those of no environment belong to
both.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import Case as Choose
from django.db.models import F, IntegerField, QuerySet, Value, When

from archive.errors import NotFound
from archive.models import STAFF_ROLES, Alarm, AlarmRule, Membership, Severity
from archive.queries.keyset import Key, moment

GRAVEST = {Severity.CRITICAL: 0, Severity.HIGH: 1, Severity.NORMAL: 2, Severity.LOW: 3}
CLEARED = (Key("cleared_at", moment, True), Key("id", UUID, True))
NEWEST = (Key("raised_at", moment, True), Key("id", UUID, True))


def _raised() -> QuerySet[Alarm]:
    return Alarm.objects.filter(raised_at__isnull=False).select_related(
        *("rule", "organisation", "acknowledged_by", "channel__connection", "channel__organisation")
    )


def one(alarm_id: UUID) -> Alarm:
    """Raises NotFound."""
    row = _raised().filter(id=alarm_id).first()
    if row is None:
        raise NotFound()
    return row


def _of(environment: str) -> QuerySet[Alarm]:
    return _raised().filter(environment__in=("", environment))


def standing(environment: str) -> QuerySet[Alarm]:
    """Not cleared: those nobody looks after first, the gravest of them before others."""
    gravity = Choose(
        *(When(rule__severity=each, then=Value(place)) for each, place in GRAVEST.items()),
        output_field=IntegerField(),
    )
    rows = _of(environment).filter(cleared_at=None).annotate(gravity=gravity)
    return rows.order_by(F("acknowledged_at").asc(nulls_first=True), "gravity", "raised_at")


def open_of(rule: AlarmRule) -> int:
    """How many were raised by it and stand open."""
    return Alarm.objects.filter(rule=rule, cleared_at=None, raised_at__isnull=False).count()


def cleared(environment: str) -> QuerySet[Alarm]:
    """The latest first."""
    return _of(environment).filter(cleared_at__isnull=False).order_by("-cleared_at")


# --- whom a rule tells ----------------------------------------------------------------------------


def reach(rules: Iterable[AlarmRule]) -> Mapping[UUID, frozenset[str]]:
    """The addresses that each rule tells now: those it names, and of whoever has one of its roles
    with the operator.
    """
    found = list(rules)
    people = _people() if any(rule.roles for rule in found) else {}
    return {
        rule.id: frozenset(rule.recipients).union(*(people.get(each, ()) for each in rule.roles))
        for rule in found
    }


def _people() -> Mapping[str, set[str]]:
    rows = Membership.objects.filter(
        role__in=STAFF_ROLES, organisation__is_operator=True, user__is_active=True
    )
    found: dict[str, set[str]] = {}
    for role, address in rows.exclude(user__email="").values_list("role", "user__email"):
        found.setdefault(role, set()).add(address)
    return found


def untold() -> list[AlarmRule]:
    """Rules in force that tell nobody by mail: their alarms are seen only by who looks."""
    rules = AlarmRule.objects.filter(until=None).select_related("organisation")
    told = reach(rules)
    return [rule for rule in rules if not told[rule.id]]
