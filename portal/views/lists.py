"""What all lists share: the view they open with, columns and order, pages, export, and the
neighbours of a row.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import BadRequest
from django.db.models import Model, QuerySet
from django.http import HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.utils.translation import get_language, override

from archive import ledger
from archive.actors import Actor
from archive.errors import NotFound
from archive.models import SavedView
from archive.queries import keyset
from archive.queries.keyset import Key
from archive.services import saved_views
from archive.services.saved_views import Kept
from archive.values import today
from portal.forms.codes import looks_like_code
from portal.forms.views import SaveViewForm
from portal.lists import sheets
from portal.lists.cells import Plain
from portal.lists.columns import Column, Listing, Sort, chosen, headings, place, sort_of, values
from portal.staff import Request
from portal.views.fragments import answer as fragment

R = TypeVar("R")
LIST = "list"
PAGE = "lists/page.html"
CURSORS = ("after", "before")
# What an address says beside the filters. None of it is part of a saved view.
OF_FRAME = (*CURSORS, "saved", "columns", "format", "environment", "list")
WIDE = 7  # columns
AT_ONCE = 200  # rows of a list that is at hand
LONGEST = 1_000  # characters of a list's address, carried to a row's page


@dataclass(frozen=True, slots=True)
class Opened(Generic[R]):
    """A list as its address narrows it: `rows` are a QuerySet with its order, put into words some
    at a time, or all that is shown. `form` has the filters.
    """

    form: Any
    rows: Any
    order: tuple[Key, ...] = ()
    in_words: Callable[[Sequence[Any]], Sequence[R]] = list
    is_unread: bool = False  # a filter cannot be read
    patient_id: UUID | None = None  # whose rows alone these are
    reason: str = ""  # why they are looked at

    @property
    def is_withheld(self) -> bool:
        """One person's rows, and no reason was given."""
        return self.patient_id is not None and not self.reason

    def sorted(self, sort: Sort[R] | None) -> "Opened[R]":
        if sort is None:
            return self
        if isinstance(self.rows, QuerySet):
            return replace(self, order=sort.keys)
        return replace(self, rows=sort.sorted(self.rows))


Opener = Callable[[Request, Actor, QueryDict], Opened[Any]]


@dataclass(frozen=True, slots=True)
class Shown:
    """The frame of a list, for its template."""

    listing: Listing[Any]
    form: Any
    columns: tuple[Column[Any], ...]
    offered: tuple[tuple[Column[Any], bool], ...]  # all but the first and acts, and whether shown
    headings: tuple[tuple[Column[Any], str, str], ...]  # with address and aria-sort
    lines: list[list[tuple[Column[Any], Any, Any]]]  # column, cell, key of the row
    kept: Kept
    view: SavedView | None
    query: str
    save_form: SaveViewForm
    filtered: bool

    @property
    def is_wide(self) -> bool:
        """Whether it may be wider than a page, and is then pushed sideways in its frame."""
        return len(self.columns) > WIDE

    @property
    def views(self) -> list[tuple[SavedView, str, bool]]:
        """Each with its address, and whether it is the one that is open."""
        return [(each, f"?{address_of(each)}", each == self.view) for each in self.kept.views]

    @property
    def off(self) -> str:
        """The list without a filter, also without the view it opens with."""
        asked = QueryDict(self.query)
        fixed = set(self.listing.fixed) - set(self.form.fields)
        which = {name: asked[name] for name in self.listing.fixed if name in fixed & asked.keys()}
        return f"?{urlencode({**which, **({'saved': ''} if self.kept.opens_with else {})})}"


def answer(
    request: Request,
    actor: Actor,
    listing: Listing[Any],
    opened: Opened[Any],
    part: str,
    told: Callable[[Sequence[Any]], Mapping[str, Any]],
    *,
    record: Callable[[str], None] | None = None,
    exported: Callable[[], None] | None = None,
) -> HttpResponseBase:
    """The page of a list, or the whole list as a file. `told` gives the words about it for the rows
    of a page; `record` writes an export down, where a list has its own way, and `exported` what is
    written down of it besides.
    """
    kept = saved_views.kept(actor, listing.name)
    is_read = request.method in ("GET", "HEAD")
    if is_read and kept.opens_with and not set(request.GET) - {"environment", *listing.fixed}:
        return redirect(f"{request.path}?{address_of(kept.opens_with)}")
    by = _ordered(request, listing, kept)
    opened = opened.sorted(by.sort)
    form = request.GET.get("format", "")
    if form in sheets.FORMATS and not (opened.is_unread or opened.is_withheld):
        (record or _recorder(request, actor, listing, opened, by.columns))(form)
        if exported is not None:
            exported()
        return _export(form, listing, opened, by.columns)
    found = _page(request, opened)
    rows = opened.in_words(found.rows)
    context = {
        "listed": _shown(request.GET, listing, opened, rows, by),
        "form": opened.form,
        "rows": rows,
        "page": found,
        "part": part,
        "is_unread": opened.is_unread,
    }
    return fragment(request, PAGE, {**context, **told(rows)}, part=part, target=LIST)


@dataclass(frozen=True, slots=True)
class _Ordered:
    """By what a reader has the list ordered: columns, order, views."""

    columns: tuple[Column[Any], ...]
    all_columns: Sequence[Column[Any]]
    sort: Sort[Any] | None
    kept: Kept
    view: SavedView | None


def _ordered(request: Request, listing: Listing[Any], kept: Kept) -> _Ordered:
    view = kept.view(request.GET.get("saved", ""))
    every = listing.columns_for(is_staff=request.person.is_staff)
    columns = chosen(every, (view.columns if view else ()) or kept.columns)
    return _Ordered(columns, every, sort_of(every, request.GET.get("sort", "")), kept, view)


def _shown(
    asked: QueryDict, listing: Listing[R], opened: Opened[R], rows: Sequence[R], by: _Ordered
) -> Shown:
    query = filters_only(asked)
    return Shown(
        listing=listing,
        form=opened.form,
        columns=by.columns,
        offered=tuple(
            (each, each in by.columns) for each in by.all_columns[1:] if not each.page_only
        ),
        headings=tuple(_heading(asked, each, by.sort) for each in by.columns),
        lines=[list(_cells(listing, by.columns, row, query)) for row in rows],
        kept=by.kept,
        view=by.view,
        query=query,
        save_form=SaveViewForm(initial={"query": query}, auto_id="id_view_%s"),
        filtered=any(asked.get(name) for name in opened.form.fields),
    )


def address_of(view: SavedView) -> str:
    """The query of a saved view, which names the view as well."""
    return "&".join(filter(None, (view.query, urlencode({"saved": view.id}))))


def filters_only(query: QueryDict) -> str:
    """Filters and order, whatever else stands in the address, and no personal identity code."""
    kept = QueryDict(mutable=True)
    for name in sorted(query.keys() - set(OF_FRAME)):
        value = str(query[name])
        if value and not looks_like_code(value):
            kept[name] = value
    return kept.urlencode()


def _page(request: Request, opened: Opened[Any]) -> keyset.Page[Any]:
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    try:
        if isinstance(opened.rows, QuerySet):
            return keyset.page(opened.rows, opened.order, after=after, before=before)
        return _at_hand(opened.rows, after, before)
    except ValueError as error:
        raise BadRequest("not a place in this list") from error


def _at_hand(rows: Sequence[Any], after: str, before: str) -> keyset.Page[Any]:
    """By number, as none of these rows comes or goes by itself. Raises ValueError."""
    first = int(after or 0) if not before else max(int(before) - AT_ONCE, 0)
    if first < 0:
        raise ValueError("not a place in this list")
    behind = first + AT_ONCE
    following = str(behind) if behind < len(rows) else ""
    return keyset.Page(rows[first:behind], following, str(first) if first else "")


def _cells(
    listing: Listing[R], columns: Iterable[Column[R]], row: R, query: str
) -> Iterator[tuple[Column[R], Any, Any]]:
    key = listing.key(row)
    address = listing.place(row, urlencode({"list": query}))
    for column in columns:
        yield column, column.html(row, address), key
        address = ""  # only the first one leads to the row's page


def _heading(
    query: QueryDict, column: Column[Any], sort: Sort[Any] | None
) -> tuple[Column[Any], str, str]:
    """With the address that sorts by it; what is sorted by it already is turned."""
    if not (column.order or column.sortable):
        return column, "", ""
    is_current = sort is not None and sort.column.key == column.key
    falling = not sort.falling if sort is not None and is_current else column.css == "num"
    turned = query.copy()
    for name in CURSORS:
        turned.pop(name, None)
    turned["sort"] = f"-{column.key}" if falling else column.key
    said = ("ascending" if falling else "descending") if is_current else ""
    return column, f"?{turned.urlencode()}", said


# --- export ---------------------------------------------------------------------------------------


def _recorder(
    request: Request,
    actor: Actor,
    listing: Listing[Any],
    opened: Opened[Any],
    columns: Sequence[Column[Any]],
) -> Callable[[str], None]:
    """Before the first row goes out."""

    def record(form: str) -> None:
        facts = {
            "listing": listing.name,
            "filters": QueryDict(filters_only(request.GET)).dict(),
            "format": form,
            "columns": [column.key for column in columns],
            **({"reason": opened.reason} if opened.reason else {}),
        }
        about = ledger.About(
            environment=request.environment,
            organisation_id=actor.organisation_id,
            patient_id=opened.patient_id,
        )
        ledger.record(ledger.Kind.LIST_EXPORTED, about, facts, actor=actor)

    return record


def _export(
    form: str, listing: Listing[Any], opened: Opened[Any], columns: Sequence[Column[Any]]
) -> HttpResponseBase:
    """Everything the filters leave, by the columns that are shown."""
    rows = _values(opened, columns, get_language() or "fi")
    return sheets.answer(form, f"{listing.name}-{today().isoformat()}", headings(columns), rows)


def _values(
    opened: Opened[Any], columns: Sequence[Column[Any]], language: str
) -> Iterator[list[Plain]]:
    """In the reader's language, which outlives the view only here."""
    for stretch in stretches(opened):
        with override(language):
            made = [values(columns, row) for row in opened.in_words(stretch)]
        yield from made


def stretches(opened: Opened[Any]) -> Iterator[Sequence[Any]]:
    if isinstance(opened.rows, QuerySet):
        yield from keyset.stretches(opened.rows, opened.order)
    else:
        yield opened.rows


# --- the rows before and after one ----------------------------------------------------------------


def around(
    request: Request, actor: Actor, listing: Listing[Any], opener: Opener, row: Any
) -> dict[str, Any]:
    """Where a row's page leads back to, and the rows before and after it in that list."""
    asked = request.GET.get("list")
    if asked is None or len(asked) > LONGEST:
        return {"back": listing.url}
    query = QueryDict(asked)
    kept = filters_only(query)
    back = {"back": f"{listing.url}?{kept}" if kept else listing.url}
    columns = listing.columns_for(is_staff=request.person.is_staff)
    try:
        opened = opener(request, actor, query).sorted(sort_of(columns, query.get("sort", "")))
    except NotFound:  # the list is not there; the row is
        return {"back": listing.url}
    if opened.is_unread:
        return back
    before, after = _beside(opened, listing, row)
    carried = urlencode({"list": kept})
    neighbours = {
        "previous": place(listing.detail, before, carried) if before else "",
        "following": place(listing.detail, after, carried) if after else "",
    }
    return {**back, "neighbours": neighbours}


def _beside(opened: Opened[Any], listing: Listing[Any], row: Any) -> tuple[Any, Any]:
    if isinstance(opened.rows, QuerySet):
        if not all(hasattr(row, key.name) for key in opened.order):
            row = opened.rows.filter(pk=row.pk).first()  # with what the list reckons
        if row is None:
            return None, None
        found = keyset.neighbours(opened.rows, opened.order, row)
        told = iter(opened.in_words([each for each in found if each is not None]))
        before, after = (listing.key(next(told)) if each is not None else None for each in found)
        return before, after
    keys = [listing.key(each) for each in opened.rows]
    own = row.pk if isinstance(row, Model) else row
    if own not in keys:
        return None, None
    at = keys.index(own)
    return (keys[at - 1] if at else None), (keys[at + 1] if at + 1 < len(keys) else None)
