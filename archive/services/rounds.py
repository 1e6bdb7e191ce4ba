"""Walks over everything that is kept, slice by slice, within a rate, one at a time (AR-10).

A slice is taken as a lease: whoever holds it works without a transaction, and a worker that dies
leaves it to the next.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet

from archive.config import settings
from archive.models import Round, RoundKind
from archive.services.error_desk import Place
from archive.values import now

VERIFY = Place("job", "integrity")  # where damage shows
LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Slice:
    """What was looked at; an empty position says that the part has been seen to its end."""

    position: str
    checked: int
    size: int = 0
    found: int = 0
    again: int = 0  # of destroyed studies, whose destruction was put into force again


M = TypeVar("M", bound=Model)
Look = Callable[[str], Slice]  # goes on behind a position


def step(kind: RoundKind, parts: Mapping[str, Look], *, per_second: int) -> bool:
    """Take the next slice, if it is due and nobody else has it."""
    current = _claimed(kind, next(iter(parts)))
    if current is None:
        return False
    began = now()
    seen = parts[current.part](current.position)
    _advance(current, seen, list(parts), began, per_second)
    return True


def behind(rows: QuerySet[M], position: str, most: int) -> list[M]:
    """The next of them by their keys, which are asked for first: a PostgreSQL that has not yet
    counted what is in its tables would rather read and sort all of them.
    """
    later = rows.filter(pk__gt=UUID(position)) if position else rows
    keys = list(later.order_by("pk").values_list("pk", flat=True)[:most])
    return list(rows.filter(pk__in=keys).order_by("pk"))


def _claimed(kind: RoundKind, first: str) -> Round | None:
    open_round = Round.objects.filter(kind=kind, ended_at=None).first() or _begun(kind, first)
    if open_round is None:
        return None
    at = now()
    rows = Round.objects.filter(id=open_round.id, ended_at=None, not_before__lte=at)
    return open_round if rows.update(not_before=at + LEASE) else None


def _begun(kind: RoundKind, first: str) -> Round | None:
    """A new round, when the last one ended long enough ago."""
    last = Round.objects.filter(kind=kind).order_by("-number").first()
    rest = timedelta(hours=settings().verify_rest_hours)
    if last is not None and last.ended_at is not None and now() < last.ended_at + rest:
        return None
    return begin(kind, first)


def begin(kind: RoundKind, first: str) -> Round | None:
    """None when one is under way."""
    last = Round.objects.filter(kind=kind).order_by("-number").first()
    at = now()
    try:
        with transaction.atomic():
            return Round.objects.create(
                kind=kind,
                number=last.number + 1 if last else 1,
                part=first,
                started_at=at,
                not_before=at,
            )
    except IntegrityError:
        return None


def _advance(
    current: Round, seen: Slice, parts: Sequence[str], began: datetime, per_second: int
) -> None:
    """Where to go on, and when: so that on the whole no more is read than the rate allows."""
    place = parts.index(current.part)
    part, ended = current.part, False
    if not seen.position:
        ended = place + 1 == len(parts)
        part = part if ended else parts[place + 1]
    Round.objects.filter(id=current.id).update(
        part=part,
        position=seen.position,
        checked=current.checked + seen.checked,
        byte_count=current.byte_count + seen.size,
        found=current.found + seen.found,
        destroyed_again=current.destroyed_again + seen.again,
        not_before=began + timedelta(seconds=seen.size / per_second),
        ended_at=now() if ended else None,
    )
