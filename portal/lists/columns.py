"""A list described: its name, who reads it, and its columns in order."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from archive.queries.keyset import Key
from portal.lists.cells import NOTHING, Label, Plain, Value, html, plain
from portal.pages import BY_NAME

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """`under` stands below the value on a page, and beside it in a spreadsheet. The list can be
    sorted by `order`, or, when all its rows are at hand, by the value itself (`sortable`).
    """

    key: str
    label: Label
    value: Callable[[R], Value]
    under: tuple["Column[R]", ...] = ()
    css: str = ""
    order: tuple[Key, ...] = ()
    sortable: bool = False
    shown: bool = True  # until the reader chooses otherwise
    staff_only: bool = False
    page_only: bool = False  # an act, which no spreadsheet can do

    def html(self, row: R, url: str = "") -> SafeString:
        """The cell; its value leads to `url` when that is given."""
        main = html(self.value(row)) or NOTHING
        if url:
            main = format_html('<a href="{}">{}</a>', url, main)
        below = ((each,) for each in (html(column.value(row)) for column in self.under) if each)
        return format_html("{}{}", main, format_html_join("", '<span class="sub">{}</span>', below))


@dataclass(frozen=True)
class Listing(Generic[R]):
    """`pages` are the rows of `portal.pages` whose roles read the list; `detail` is the address of
    a row's own page, by `detail_key`, else `key`; from there one walks on in the list. The first
    column names the row and cannot be taken away.
    """

    name: str
    url_name: str
    pages: tuple[str, ...]
    columns: tuple[Column[R], ...]
    key: Callable[[R], Any]
    detail: str = ""
    detail_key: Callable[[R], Any] | None = None
    walks: bool = True
    url_args: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()  # of the address: which list it is

    @property
    def url(self) -> str:
        return reverse(self.url_name, args=self.url_args)

    def may_open(self, roles: frozenset[str]) -> bool:
        return any(BY_NAME[name].may_open(roles) for name in self.pages)

    def columns_for(self, *, is_staff: bool) -> tuple[Column[R], ...]:
        return self.columns if is_staff else _open(self.columns)

    def without(self, *keys: str, more: tuple[Column[R], ...] = (), **changes: Any) -> "Listing[R]":
        """The same list for other readers or rows, without some of its columns, with `more`."""
        kept = tuple(column for column in self.columns if column.key not in keys)
        return replace(self, columns=(*kept, *more), **changes)

    def cell(self, key: str, row: R) -> SafeString:
        """What the list says in one of its columns, for another page."""
        return next(column for column in self.columns if column.key == key).html(row)

    def place(self, row: R, kept: str = "") -> str:
        """The row's own page, which knows the list one came from."""
        key = (self.detail_key or self.key)(row)
        return place(self.detail, key, kept if self.walks else "") if self.detail and key else ""


def _open(columns: Iterable[Column[R]]) -> tuple[Column[R], ...]:
    """Those that are not the staff's alone."""
    kept = (column for column in columns if not column.staff_only)
    return tuple(replace(column, under=_open(column.under)) for column in kept)


def place(detail: str, key: Any, kept: str) -> str:
    address = reverse(detail, args=[key])
    return address if not kept else f"{address}?{kept}"


def acts(told: Callable[[R], Any]) -> Column[R]:
    """What can be done about a row: on the page alone."""
    return Column("act", gettext_lazy("What can be done"), told, page_only=True)


def chosen(columns: Sequence[Column[R]], keys: Iterable[str]) -> tuple[Column[R], ...]:
    """The columns that are wanted, in the list's order; without a choice the usual ones. Acts stay:
    a choice or a view of somebody who may not act takes them from nobody.
    """
    wanted = set(keys)
    first, *rest = columns
    if not wanted & {column.key for column in columns if not column.page_only}:
        return (first, *(column for column in rest if column.shown or column.page_only))
    return (first, *(column for column in rest if column.key in wanted or column.page_only))


# --- order ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sort(Generic[R]):
    """A column and a direction, as they stand in the address: `received`, `-received`."""

    column: Column[R]
    falling: bool

    @property
    def keys(self) -> tuple[Key, ...]:
        turn = self.column.order[0].falling != self.falling
        return tuple(
            replace(key, falling=not key.falling) if turn else key for key in self.column.order
        )

    def sorted(self, rows: Iterable[R]) -> list[R]:
        """What has no value stands last, whatever the direction."""
        made = [(plain(self.column.value(row)), row) for row in rows]
        present = [each for each in made if each[0] is not None and each[0] != ""]
        present.sort(key=lambda each: _comparable(each[0]), reverse=self.falling)
        missing = [row for value, row in made if value is None or value == ""]
        return [*(row for _value, row in present), *missing]


def _comparable(value: Plain) -> Any:
    return value.casefold() if isinstance(value, str) else value


def sort_of(columns: Sequence[Column[R]], asked: str) -> Sort[R] | None:
    """None when nothing is asked, or something by which this list cannot be sorted."""
    key = asked.removeprefix("-")
    for column in columns:
        if column.key == key and (column.order or column.sortable):
            return Sort(column, asked.startswith("-"))
    return None


# --- a spreadsheet --------------------------------------------------------------------------------


def exported(columns: Iterable[Column[R]]) -> list[Column[R]]:
    """Each value in a column of its own."""
    kept = (column for column in columns if not column.page_only)
    return [each for column in kept for each in (column, *column.under)]


def headings(columns: Iterable[Column[R]]) -> list[str]:
    return [str(column.label) for column in exported(columns)]


def values(columns: Iterable[Column[R]], row: R) -> list[Plain]:
    return [plain(column.value(row)) for column in exported(columns)]
