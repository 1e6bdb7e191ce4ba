"""Dated rules of access beside the patients' wishes: areas and professional roles (AC-2).

A row begins tomorrow at the earliest and ends today at the earliest, so that a past moment is
answered as it was. A row is never rewritten: what changes is closed and begun anew.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction

from archive import ledger
from archive.actors import Actor
from archive.errors.wishes import PolicyHasEnded, ValueUnfit
from archive.models import AccessPolicy, AccessPolicyKind, Organisation
from archive.services import roles
from archive.values import today

LEAST_MEMBERS = 2
OPEN_KINDS = (AccessPolicyKind.AREA, AccessPolicyKind.ROLE)  # the others are the law's own dates


@dataclass(frozen=True, slots=True)
class Rule:
    """A row as it is asked for. Members belong to an area, roles to a limit of roles."""

    kind: AccessPolicyKind
    name_fi: str
    name_sv: str
    name_en: str
    valid_from: date
    source: str
    valid_until: date | None = None
    members: frozenset[UUID] = frozenset()
    roles: tuple[str, ...] = ()
    informing_needed: bool = True


def add(actor: Actor, rule: Rule, *, reason: str) -> AccessPolicy:
    """Raises StaffRoleUnfit, ValueUnfit."""
    roles.require_administrator(actor)
    check(rule)
    with transaction.atomic():
        row = AccessPolicy.objects.create(
            kind=rule.kind,
            name_fi=rule.name_fi,
            name_sv=rule.name_sv,
            name_en=rule.name_en,
            roles=sorted(set(rule.roles)),
            informing_needed=rule.informing_needed,
            valid_from=rule.valid_from,
            valid_until=rule.valid_until,
            source=rule.source,
        )
        row.members.set(Organisation.objects.filter(id__in=rule.members))
        _record(actor, row, "added", reason)
    return row


def close(actor: Actor, row: AccessPolicy, *, last_day: date, reason: str) -> None:
    """In force through that day. Raises StaffRoleUnfit, ValueUnfit, PolicyHasEnded."""
    roles.require_administrator(actor)
    with transaction.atomic():
        held = AccessPolicy.objects.select_for_update().get(id=row.id)
        check_end(held, last_day)
        held.valid_until = last_day
        held.save(update_fields=["valid_until"])
        _record(actor, held, "closed", reason)


def change_members(
    actor: Actor, row: AccessPolicy, members: Collection[UUID], *, first_day: date, reason: str
) -> AccessPolicy:
    """Another set of members from a day on: the row is closed and begun anew.

    Raises StaffRoleUnfit, ValueUnfit, PolicyHasEnded.
    """
    rule = with_members(row, members, first_day)
    with transaction.atomic():
        close(actor, row, last_day=first_day - timedelta(days=1), reason=reason)
        return add(actor, rule, reason=reason)


def with_members(row: AccessPolicy, members: Collection[UUID], first_day: date) -> Rule:
    """The row as it would be from that day on."""
    return Rule(
        AccessPolicyKind(row.kind),
        *(row.name_fi, row.name_sv, row.name_en),
        valid_from=first_day,
        source=row.source,
        valid_until=row.valid_until,
        members=frozenset(members),
        roles=tuple(row.roles),
        informing_needed=row.informing_needed,
    )


def has_ended(row: AccessPolicy) -> bool:
    """Its last day is today or before, so it cannot be closed again."""
    return row.valid_until is not None and row.valid_until <= today()


def check_end(row: AccessPolicy, last_day: date) -> None:
    """Raises ValueUnfit, PolicyHasEnded."""
    if has_ended(row) or row.kind not in OPEN_KINDS:
        raise PolicyHasEnded()
    if last_day < today():
        raise _unfit("last_day", "what was in force cannot be undone")
    if row.valid_until is not None and last_day > row.valid_until:
        raise _unfit("last_day", "the row ends before that")


def check(rule: Rule) -> None:
    """Raises ValueUnfit."""
    if rule.kind not in OPEN_KINDS:
        raise _unfit("kind", "rules of this kind are not added here")
    for name in ("name_fi", "name_sv", "name_en", "source"):
        if not getattr(rule, name).strip():
            raise _unfit(name, "is missing")
    if rule.valid_from <= today():
        raise _unfit("valid_from", "a rule begins tomorrow at the earliest")
    if rule.valid_until is not None and rule.valid_until < rule.valid_from:
        raise _unfit("valid_until", "ends before it begins")
    if rule.kind == AccessPolicyKind.AREA:
        _check_members(rule.members)
    if rule.kind == AccessPolicyKind.ROLE and not rule.roles:
        raise _unfit("roles", "no role is named")


def _check_members(members: Iterable[UUID]) -> None:
    wanted = set(members)
    if len(wanted) < LEAST_MEMBERS:
        raise _unfit("members", "an area has two members or more")
    known = Organisation.objects.filter(id__in=wanted, is_operator=False).count()
    if known != len(wanted):
        raise _unfit("members", "a member is no customer here")


def _unfit(field: str, problem: str) -> ValueUnfit:
    return ValueUnfit(problem, facts={"field": field})


def _record(actor: Actor, row: AccessPolicy, what: str, reason: str) -> None:
    facts = {
        "what": what,
        "kind": row.kind,
        "name": row.name_fi,
        "from": row.valid_from.isoformat(),
        "until": row.valid_until.isoformat() if row.valid_until else "",
        "members": sorted(row.members.values_list("business_id", flat=True)),
        "roles": row.roles,
        "informing": row.informing_needed,
        "reason": reason,
    }
    ledger.record(ledger.Kind.RULES_CHANGED, ledger.About(subject_id=row.id), facts, actor=actor)
