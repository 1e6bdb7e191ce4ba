"""Pages by key: a cursor is the place of a row, so rows that come or go meanwhile neither repeat
nor hide others, and the last page costs as much as the first.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)
PAGE = 50
STRETCH = 1_000  # rows of an export held at once
MARK = "~"


@dataclass(frozen=True, slots=True)
class Key:
    """A column of the order. The last one of an order is unique."""

    name: str
    read: Callable[[str], Any]
    falling: bool = False


def moment(text: str) -> datetime:
    """Raises ValueError, also for one that says no zone."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError("a moment without a zone")
    return read


NEWEST_EVENT = (Key("at", moment, True), Key("id", UUID, True))


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Rows of one page; `following` and `previous` are cursors, empty where the list ends."""

    rows: Sequence[M]
    following: str
    previous: str


def page(
    rows: QuerySet[M],
    order: Sequence[Key],
    *,
    after: str = "",
    before: str = "",
    size: int = PAGE,
) -> Page[M]:
    """One page of a list. Raises ValueError when a cursor is none."""
    if before:
        back = rows.filter(_beyond(order, before, backwards=True))
        found = list(back.order_by(*_names(order, backwards=True))[: size + 1])
        more, found = len(found) > size, found[:size][::-1]
        return Page(
            found,
            _cursor(found[-1], order) if found else "",
            _cursor(found[0], order) if more else "",
        )
    if after:
        rows = rows.filter(_beyond(order, after))
    found = list(rows.order_by(*_names(order))[: size + 1])
    more, found = len(found) > size, found[:size]
    return Page(
        found,
        _cursor(found[-1], order) if more else "",
        _cursor(found[0], order) if after and found else "",
    )


def stretches(rows: QuerySet[M], order: Sequence[Key]) -> Iterator[Sequence[M]]:
    """The whole list, some rows at a time, however long it is."""
    after = ""
    while True:
        part = page(rows, order, after=after, size=STRETCH)
        if part.rows:
            yield part.rows
        if not part.following:
            return
        after = part.following


def neighbours(rows: QuerySet[M], order: Sequence[Key], row: M) -> tuple[M | None, M | None]:
    """The rows before and after one, which need not stand in the list any more."""
    place = _cursor(row, order)
    behind = rows.filter(_beyond(order, place)).order_by(*_names(order))
    ahead = rows.filter(_beyond(order, place, backwards=True))
    return ahead.order_by(*_names(order, backwards=True)).first(), behind.first()


def _names(order: Sequence[Key], *, backwards: bool = False) -> list[str]:
    return [f"-{key.name}" if key.falling != backwards else key.name for key in order]


def _beyond(order: Sequence[Key], cursor: str, *, backwards: bool = False) -> Q:
    """The rows behind a place: (a > x) or (a = x and b > y) or ..., by each column's direction."""
    parts = cursor.split(MARK)
    if len(parts) != len(order) or "\0" in cursor:  # no column of ours holds NUL
        raise ValueError("not a place in this list")
    values = [key.read(part) for key, part in zip(order, parts, strict=True)]
    beyond, bound = Q(), Q()
    same: dict[str, Any] = {}
    for key, value in zip(order, values, strict=True):
        sign = "lt" if key.falling != backwards else "gt"
        beyond |= Q(**same, **{f"{key.name}__{sign}": value})
        bound = bound or Q(**{f"{key.name}__{sign}e": value})  # where an index scan may begin
        same[key.name] = value
    return bound & beyond


def _cursor(row: Model, order: Sequence[Key]) -> str:
    values = (getattr(row, key.name) for key in order)
    return MARK.join(
        value.isoformat() if isinstance(value, datetime) else str(value) for value in values
    )
