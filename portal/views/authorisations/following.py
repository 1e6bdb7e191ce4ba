"""The follow-up board: how far each order has come, what is missing and what is late (AC-3)."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from archive.actors import Actor
from archive.queries import authorisations as queries
from archive.queries import followup
from archive.rules.authorisations import Side
from portal import formats
from portal.authorisation_words import lacking, service_words
from portal.forms.authorisations import AuthorisationFilters
from portal.lists.authorisations import FOLLOWED, Ordered
from portal.staff import Request, page
from portal.views import lists
from portal.views.authorisations.lists import in_words, parties_of, rows_of
from portal.views.lists import Opened

LIST = "list"
# A board has its own order, and is nobody's in particular.
LEFT_OUT = ("state", "made_from", "made_until", "valid_on", "sort", "patient")


@require_safe
@page("follow-up")
def follow_up(request: Request, actor: Actor) -> HttpResponseBase:
    """A board, or the same as a list."""
    side = _side(request)
    own = rows_of(request, actor, side)
    form = AuthorisationFilters(request.GET, parties_of(own, side))
    for name in LEFT_OUT:
        form.fields.pop(name, None)
    filters = _filters(form)
    rows = queries.narrowed(own if filters else own.none(), filters or queries.Filters())
    as_list = request.GET.get("view") == LIST
    shown = followup.on_board(rows)
    opened: Opened[Ordered] = Opened(
        form,
        shown if as_list else shown.none(),
        tuple(queries.SORTS["due"]),
        in_words,
        is_unread=filters is None,
    )

    def words(_rows: object) -> dict[str, Any]:
        columns = [] if as_list else followup.board(rows)
        under_way = (
            queries.count(shown.exclude(stage=followup.Stage.DONE))
            if as_list
            else sum(each.count for each in columns if each.stage != followup.Stage.DONE)
        )
        return {**_told(rows, side, columns, under_way), "is_board": not as_list}

    part = "authorisations/_follow_up.html"
    return lists.answer(request, actor, FOLLOWED[side], opened, part, words)


def _told(
    rows: QuerySet[Any], side: Side | None, columns: list[followup.Column], under_way: int
) -> dict[str, Any]:
    late = queries.count(queries.narrowed(rows, queries.Filters(late=True)))
    return {
        "page_title": _("Follow-up"),
        "title": _title(under_way, late),
        "say": _(
            "How far each has come, what is missing, and what is late. What was done stays for 30"
            " days."
        ),
        "none_fits": _("No authorisation fits the filters"),
        "side": side.value if side else "",
        "columns": [_column(column) for column in columns],
        "is_empty": not any(column.count for column in columns),
        "trail": [(_("Authorisations"), reverse("authorisations"))],
    }


def _side(request: Request) -> Side | None:
    if request.person.is_staff:
        return None
    return Side.PRODUCER if request.GET.get("side") == Side.PRODUCER else Side.ORGANISER


def _filters(form: AuthorisationFilters) -> queries.Filters | None:
    if not form.is_valid():
        return None
    given = form.cleaned_data
    return queries.Filters(
        organiser_id=given.get("organiser") or None,
        producer_id=given.get("producer") or None,
        level=given["level"],
        service=given["service"],
        late=bool(given["late"]),
        due_until=given["due_until"],
    )


def _title(under_way: int, late: int) -> str:
    title = ngettext("%(count)s under way", "%(count)s under way", under_way) % {
        "count": formats.counted_text(under_way)
    }
    if not late:
        return title
    said = ngettext("%(count)s late", "%(count)s late", late)
    return f"{title}, {said % {'count': formats.counted_text(late)}}"


def _column(column: followup.Column) -> dict[str, Any]:
    studies = followup.studies_of(column.rows)
    return {
        "label": column.stage.label,
        "count": column.count,
        "more": column.count - len(column.rows),
        "rows": [
            {
                "row": row,
                "service": service_words(row),
                "late": followup.is_late(row),
                "lacks": lacking(followup.missing(row, studies.get(row.series, []))),
                "since": followup.times(row, studies.get(row.series, [])).get(column.stage),
                "studies": len(studies.get(row.series, [])),
            }
            for row in column.rows
        ],
    }
