"""Study codes: names for lists and pages, and the nomenclature itself as people look it up."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from archive.models import CodeImport, StudyCodeEntry
from archive.models.dated import valid_on
from archive.queries import keyset
from archive.queries.keyset import Key, Page
from archive.rules.code_lists import COLUMNS
from archive.values import composed

ORDER = (Key("code", str), Key("valid_from", date.fromisoformat), Key("id", UUID))
COUNTED = 10_001
IMPORTS = 20


def entries(codes: Iterable[str]) -> dict[str, StudyCodeEntry]:
    """The newest entry of each code that the nomenclature has; one query for a list."""
    wanted = {code for code in codes if code}
    if not wanted:
        return {}
    rows = StudyCodeEntry.objects.filter(code__in=wanted).order_by("valid_from")
    return {entry.code: entry for entry in rows}


def name_of(entry: StudyCodeEntry) -> str:
    """In the reader's language, else in Finnish."""
    return getattr(entry, f"name_{(get_language() or 'fi')[:2]}", "") or entry.name_fi


# --- the nomenclature -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed by; empty means any."""

    text: str = ""  # the beginning of a code, or a part of a name
    open_on: date | None = None
    closed_on: date | None = None


def narrowed(filters: Filters) -> QuerySet[StudyCodeEntry]:
    rows = StudyCodeEntry.objects.all()
    if filters.text:
        text = composed(filters.text)
        named = Q(code__startswith=text.upper())
        for column in ("name_fi", "name_sv", "name_en"):
            named |= Q(**{f"{column}__icontains": text})
        rows = rows.filter(named)
    if filters.open_on:
        rows = rows.filter(valid_on(filters.open_on))
    if filters.closed_on:
        rows = rows.exclude(valid_on(filters.closed_on))
    return rows


def page(rows: QuerySet[StudyCodeEntry], *, after: str, before: str) -> Page[StudyCodeEntry]:
    """By code. Raises ValueError when a cursor is none."""
    return keyset.page(rows, ORDER, after=after, before=before)


def count(rows: QuerySet[StudyCodeEntry]) -> int:
    return rows.order_by()[:COUNTED].count()


def as_list() -> Iterator[dict[str, object]]:
    """Every row as a list names it, so that an export can be changed and imported."""
    rows = StudyCodeEntry.objects.order_by("system_oid", "code", "valid_from")
    yield from rows.values(*COLUMNS).iterator()


def imports() -> list[CodeImport]:
    """The lists that were applied, the latest first."""
    return list(CodeImport.objects.exclude(applied_at=None).order_by("-applied_at")[:IMPORTS])
