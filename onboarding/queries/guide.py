"""What the guide and a registration read of the contents, as rows of law (ON-9)."""

from collections.abc import Sequence
from datetime import date

from archive.models import ContentPolicy
from archive.values import today

# What travels with the study it belongs to; no organisation sets out to produce it.
WITH_A_STUDY = ("presentation_state", "key_note")


def contents() -> list[ContentPolicy]:
    """One row a content type, the one that holds today or the next to come; in the order of their
    duties, then by code.
    """
    day = today()
    rows: dict[str, ContentPolicy] = {}
    known = ContentPolicy.objects.exclude(content_type__in=WITH_A_STUDY)
    for row in known.order_by("allowed_from"):
        if row.allowed_until is None or row.allowed_until >= day:
            rows.setdefault(row.content_type, row)
    return sorted(
        rows.values(), key=lambda row: (row.duty_from is None, row.duty_from, row.content_type)
    )


def told(content_types: Sequence[str]) -> list[ContentPolicy]:
    """The latest row of each content that a registration told, ended ones too, in their order."""
    named = ContentPolicy.objects.filter(content_type__in=content_types)
    latest = {row.content_type: row for row in named.order_by("allowed_from")}
    listed = [each for each in content_types if each not in WITH_A_STUDY]
    return [latest[each] for each in listed if each in latest]


def possible_from(row: ContentPolicy) -> date | None:
    """Since when something of the content can be archived, whatever has changed in it since."""
    if not row.sop_classes:
        return None
    rows = ContentPolicy.objects.filter(content_type=row.content_type).exclude(sop_classes=[])
    return rows.order_by("allowed_from").values_list("allowed_from", flat=True)[0]


def archived_now(rows: list[ContentPolicy]) -> list[ContentPolicy]:
    """Those that can be stored already, so that a registration may ask for them."""
    day = today()
    return [row for row in rows if row.sop_classes and row.allowed_from <= day]
