"""Suspicions: raised by a rule or a reviewer, joined by what has the same cause, settled (LG-5)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from archive import ledger, locks
from archive.actors import SYSTEM, Actor, ActorKind
from archive.errors.reviews import OwnReview, SuspicionSettled
from archive.errors.wishes import StaffRoleUnfit
from archive.models import (
    Environment,
    LedgerEvent,
    Organisation,
    ReviewKind,
    ReviewRule,
    ReviewScope,
    Role,
    Suspicion,
    SuspicionEvent,
    SuspicionState,
    User,
)
from archive.rules.review import OF_ONE_PATIENT
from archive.values import now

MOST_EVENTS = 1_000  # kept with one suspicion; the log has them all
Place = tuple[datetime, UUID]  # of an entry in the ledger


@dataclass(frozen=True, slots=True)
class Who:
    """Whoever looked: a customer's professional, or one of the staff by the user's id."""

    scope: ReviewScope
    organisation_id: UUID | None = None
    user: str = ""
    user_name: str = ""
    person_id: UUID | None = None

    @property
    def key(self) -> str:
        return str(self.person_id) if self.person_id else f"{self.organisation_id} {self.user}"


@dataclass(frozen=True, slots=True)
class Raised:
    """One cause, with the entries that show it."""

    kind: ReviewKind
    who: Who
    environment: str
    events: Sequence[Place]
    rule: ReviewRule | None = None
    patient_id: UUID | None = None  # the survivor
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        about = self.patient_id if self.kind in OF_ONE_PATIENT else None
        cause = (self.kind.value, self.environment, self.who.key, str(about or ""))
        return hashlib.sha256("\0".join(cause).encode()).hexdigest()


def who_looked(events: Sequence[LedgerEvent]) -> list[Who]:
    """By what each entry says, which has no foreign keys: of whom we know nothing any more the
    names stay.
    """
    people = User.objects.in_bulk({event.actor_id for event in events if event.actor_id})
    known = Organisation.objects.in_bulk(
        {event.organisation_id for event in events if event.organisation_id}
    )
    return [_who(event, people, known) for event in events]


def _who(
    event: LedgerEvent, people: Mapping[UUID, User], organisations: Mapping[UUID, Organisation]
) -> Who:
    if event.actor_kind == ActorKind.STAFF:
        known = event.actor_id if event.actor_id in people else None
        return Who(ReviewScope.STAFF, user_name=event.actor_name, person_id=known)
    return Who(
        ReviewScope.PROFESSIONALS,
        event.organisation_id if event.organisation_id in organisations else None,
        str(event.facts.get("user") or "")[:200],
        str(event.facts.get("user_name") or "")[:200] or event.actor_name,
    )


def raise_(raised: Raised, *, actor: Actor = SYSTEM) -> Suspicion | None:
    """In the caller's transaction: a new suspicion, or the live one of the same cause that these
    entries join. None when they are known already, also of one that was settled.
    """
    locks.hold(raised.fingerprint)  # one at a time of one cause
    fresh = _fresh(raised)
    if not fresh:
        return None
    live = Suspicion.objects.filter(fingerprint=raised.fingerprint)
    row = live.exclude(state=SuspicionState.SETTLED).select_for_update().first()
    if row is None:
        row = _new(raised, fresh)
        _record(row, raised, len(fresh), actor)
    return _join(row, raised, fresh)


def _fresh(raised: Raised) -> list[Place]:
    """The entries that no suspicion of this cause has."""
    ids = [event_id for _at, event_id in raised.events]
    known = set(
        SuspicionEvent.objects.filter(
            event_id__in=ids, suspicion__fingerprint=raised.fingerprint
        ).values_list("event_id", flat=True)
    )
    return [(at, event_id) for at, event_id in raised.events if event_id not in known]


def _new(raised: Raised, events: Sequence[Place]) -> Suspicion:
    times = [at for at, _event_id in events]
    return Suspicion.objects.create(
        environment=raised.environment or Environment.PRODUCTION,
        kind=raised.kind,
        scope=raised.who.scope,
        rule=raised.rule,
        fingerprint=raised.fingerprint,
        organisation_id=raised.who.organisation_id,
        user=raised.who.user,
        user_name=raised.who.user_name,
        person_id=raised.who.person_id,
        patient_id=raised.patient_id if raised.kind in OF_ONE_PATIENT else None,
        facts=dict(raised.facts),
        first_at=min(times),
        last_at=max(times),
        raised_at=now(),
    )


def _join(row: Suspicion, raised: Raised, events: Sequence[Place]) -> Suspicion:
    """What is not kept comes again with each look of the same time, and counts the first time."""
    room = max(MOST_EVENTS - row.event_count, 0)
    counted = row.last_at if row.event_count else None
    beyond = [at for at, _event_id in events[room:] if counted is None or at > counted]
    SuspicionEvent.objects.bulk_create(
        SuspicionEvent(suspicion=row, event_at=at, event_id=event_id)
        for at, event_id in events[:room]
    )
    times = [at for at, _event_id in events]
    row.event_count += len(events[:room]) + len(beyond)
    row.first_at, row.last_at = min(row.first_at, *times), max(row.last_at, *times)
    row.facts = _worst(row.facts, raised.facts)
    row.save(update_fields=["event_count", "first_at", "last_at", "facts"])
    return row


def _worst(before: Mapping[str, Any], fresh: Mapping[str, Any]) -> dict[str, Any]:
    """What was measured, at its highest."""
    return {
        name: max(before.get(name, value), value) if isinstance(value, int) else value
        for name, value in {**before, **fresh}.items()
    }


def _record(row: Suspicion, raised: Raised, events: int, actor: Actor) -> None:
    facts = {
        "suspicion": row.kind,
        "rule": str(raised.rule.id) if raised.rule else "",
        "version": raised.rule.version if raised.rule else "",
        "events": events,
    }
    ledger.record(ledger.Kind.REVIEW_RAISED, about(row), facts, actor=actor)


def about(row: Suspicion) -> ledger.About:
    return ledger.About(
        environment=row.environment,
        organisation_id=row.organisation_id,
        subject_id=row.id,
        patient_id=row.patient_id,
    )


# --- by a reviewer --------------------------------------------------------------------------------


def settle(actor: Actor, row: Suspicion, *, reason: str) -> None:
    """Looked at, and nothing to look into. Raises StaffRoleUnfit, OwnReview, SuspicionSettled."""
    require_reviewer(actor)
    require_another(actor, row)
    with transaction.atomic():
        moved = Suspicion.objects.filter(id=row.id, state=SuspicionState.OPEN).update(
            state=SuspicionState.SETTLED,
            settled_at=now(),
            settled_by=actor.name,
            settled_reason=reason,
        )
        if not moved:
            raise SuspicionSettled()
        facts = {"suspicion": row.kind, "reason": reason}
        ledger.record(ledger.Kind.REVIEW_SETTLED, about(row), facts, actor=actor)


def report(actor: Actor, event: LedgerEvent, *, patient_id: UUID | None) -> Suspicion:
    """A reviewer's own finding in the log. Raises StaffRoleUnfit, OwnReview."""
    require_reviewer(actor)
    (who,) = who_looked([event])
    if who.person_id is not None and who.person_id == actor.id:
        raise OwnReview()
    raised = Raised(
        ReviewKind.MANUAL,
        who,
        event.environment,
        [(event.at, event.id)],
        patient_id=patient_id,
    )
    with transaction.atomic():
        made = raise_(raised, actor=actor)
        if made is not None:
            return made
        known = Suspicion.objects.filter(fingerprint=raised.fingerprint, events__event_id=event.id)
        return known.order_by("-raised_at")[0]


def require_reviewer(actor: Actor) -> None:
    reviews = actor.roles & {Role.ADMIN, Role.LOG_REVIEWER}
    if actor.kind != ActorKind.STAFF or not reviews:
        raise StaffRoleUnfit()


def require_another(actor: Actor, row: Suspicion) -> None:
    """Nobody reviews the own looks. Raises OwnReview."""
    if row.person_id is not None and row.person_id == actor.id:
        raise OwnReview()
