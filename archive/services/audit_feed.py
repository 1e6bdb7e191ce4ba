"""Sending the ledger to a security monitor (LG-4): which part is next, and how far it has come.

Events go in the chain's order, in batches; the place moves on only when the receiver has read a
whole batch. Of a process that dies in between the lease runs out, and the batch is sent again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from archive.errors import ArchiveError
from archive.models import AuditCursor, Environment, LedgerEvent, LedgerSeal
from archive.objects.audit import Message
from archive.services import audit_messages, error_desk
from archive.services.error_desk import Place, What
from archive.values import now, uuid7

NAME = AuditCursor.MONITOR
BATCH = 200
LEASE = timedelta(seconds=120)
FIRST_BACKOFF = timedelta(seconds=2)
CEILING = timedelta(minutes=5)
TRIES_TO_DESK = 5
SEND = Place("syslog", "audit")
RECEIVER = UUID("0a7a0000-0000-7000-8000-000000000001")  # the one receiver, as a case's subject


@dataclass(frozen=True, slots=True)
class Batch:
    """The next messages, ours to send until the lease ends."""

    messages: tuple[Message, ...]
    upto: int
    holder: UUID


def claim() -> Batch | None:
    """What is to be sent next; None when there is nothing, or another process sends."""
    if not _is_behind():
        return None
    holder, at = uuid7(), now()
    free = Q(lease_until=None) | Q(lease_until__lt=at)
    rows = AuditCursor.objects.filter(free, name=NAME, not_before__lte=at)
    if not rows.update(lease_holder=holder, lease_until=at + LEASE):
        return None
    position = AuditCursor.objects.values_list("position", flat=True).get(name=NAME)
    seals = LedgerSeal.objects.filter(position__gt=position).order_by("position")
    places = {(seal.event_at, seal.event_id): seal.position for seal in seals[:BATCH]}
    if not places:
        _release(holder)
        return None
    # An event that is gone is no reason to hold up the others: proving the chain finds that.
    return Batch(tuple(audit_messages.compose(_events(places))), max(places.values()), holder)


def _is_behind() -> bool:
    """Looked at before anything is written. A receiver that is set up later gets what is sealed
    from then on.
    """
    newest = LedgerSeal.objects.order_by("-position").values_list("position", flat=True).first()
    row, _ = AuditCursor.objects.get_or_create(
        name=NAME, defaults={"position": newest or 0, "not_before": now()}
    )
    return (newest or 0) > row.position


def _events(places: Mapping[tuple[datetime, UUID], int]) -> list[LedgerEvent]:
    """The events of these seals, in the chain's order."""
    rows = LedgerEvent.objects.filter(
        at__in={at for at, _ in places}, id__in=[event_id for _, event_id in places]
    )
    found = [row for row in rows if (row.at, row.id) in places]
    return sorted(found, key=lambda row: places[row.at, row.id])


def _release(holder: UUID) -> None:
    AuditCursor.objects.filter(name=NAME, lease_holder=holder).update(
        lease_holder=None, lease_until=None
    )


def sent(batch: Batch) -> bool:
    """The receiver has read the batch. False when the lease was lost meanwhile: it is sent
    again.
    """
    with transaction.atomic():
        moved = AuditCursor.objects.filter(name=NAME, lease_holder=batch.holder).update(
            position=batch.upto,
            sent_at=now(),
            tries=0,
            not_before=now(),
            lease_holder=None,
            lease_until=None,
            last_error="",
        )
        error_desk.settle(RECEIVER, SEND.step)
    return bool(moved)


def failed(batch: Batch, error: ArchiveError) -> None:
    """Try the same batch again, later and later; it is never given up. The desk hears of it
    once.
    """
    with transaction.atomic():
        rows = AuditCursor.objects.filter(name=NAME, lease_holder=batch.holder)
        rows.update(tries=F("tries") + 1)
        row = rows.first()
        if row is None:
            return
        wait = min(FIRST_BACKOFF * 2 ** min(row.tries - 1, 16), CEILING)
        rows.update(
            not_before=now() + wait,
            lease_holder=None,
            lease_until=None,
            last_error=error.detail[:200],
        )
        if row.tries >= TRIES_TO_DESK:
            error_desk.report(
                error,
                environment=Environment.PRODUCTION.value,
                place=SEND,
                what=What(subject_id=RECEIVER),
                once=True,
            )
