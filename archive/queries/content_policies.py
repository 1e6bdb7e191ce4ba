"""The content policy as people read it: what holds today, what comes, what was (AR-2)."""

from datetime import date, timedelta
from enum import StrEnum

from django.db.models import Sum
from django.utils.translation import get_language

from archive.errors import NotFound
from archive.ledger import Kind
from archive.models import ContentPolicy, LedgerEvent, VolumeDay
from archive.values import today

RECENT = timedelta(days=30)
SHOWN = 50  # changes


class Standing(StrEnum):
    """Of a row on a day."""

    ALLOWED = "allowed"
    TO_COME = "to_come"
    CLOSED = "closed"


def standing(row: ContentPolicy, day: date) -> Standing:
    """A row without classes names what cannot be archived yet."""
    if row.allowed_until is not None and row.allowed_until < day:
        return Standing.CLOSED
    if row.allowed_from > day or not row.sop_classes:
        return Standing.TO_COME
    return Standing.ALLOWED


def listed(day: date) -> list[ContentPolicy]:
    """One row a content type: the one that holds on that day, else the next, else the last."""
    chosen: dict[str, ContentPolicy] = {}
    for row in ContentPolicy.objects.order_by("content_type", "allowed_from"):
        known = chosen.get(row.content_type)
        if known is None or standing(known, day) == Standing.CLOSED:
            chosen[row.content_type] = row
    return list(chosen.values())


def versions(content_type: str) -> list[ContentPolicy]:
    """Of a content type, the latest first. Raises NotFound."""
    rows = ContentPolicy.objects.filter(content_type=content_type).order_by("-allowed_from")
    found = list(rows)
    if not found:
        raise NotFound()
    return found


def in_force(content_type: str, day: date) -> ContentPolicy | None:
    """The row that covers a day."""
    rows = ContentPolicy.objects.filter(content_type=content_type, allowed_from__lte=day)
    row = rows.order_by("-allowed_from").first()
    return row if row and (row.allowed_until is None or day <= row.allowed_until) else None


def others_with(sop_class: str, content_type: str, day: date) -> list[ContentPolicy]:
    """Other content types that take the class on that day."""
    rows = ContentPolicy.objects.filter(sop_classes__contains=[sop_class], allowed_from__lte=day)
    found = rows.exclude(content_type=content_type)
    return [row for row in found if standing(row, day) == Standing.ALLOWED]


def recent_objects(content_type: str) -> int:
    """How many objects of it came in the last month, to production."""
    rows = VolumeDay.objects.filter(
        content_type=content_type, environment="production", day__gte=today() - RECENT
    )
    return int(rows.aggregate(count=Sum("instances"))["count"] or 0)


def changes(content_type: str) -> list[LedgerEvent]:
    """Who has changed it, the latest first."""
    rows = LedgerEvent.objects.filter(kind=Kind.POLICY_CHANGED.word)
    return list(rows.filter(facts__content_type=content_type).order_by("-at", "-id")[:SHOWN])


def name_of(row: ContentPolicy) -> str:
    """In the reader's language."""
    return str(getattr(row, f"name_{(get_language() or 'fi')[:2]}", "") or row.name_fi)


def names(day: date) -> dict[str, str]:
    """Of every content type, in the reader's language."""
    return {row.content_type: name_of(row) for row in listed(day)}
