"""Duty against fact: who must archive what, beside what came of it, over all customers and of one
customer by month (AR-11).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from archive import ledger
from archive.actors import Actor, ActorKind
from archive.models import CustomerState, Environment, Organisation
from archive.queries import content_policies
from archive.values import today
from onboarding.queries import customers, customers_of
from onboarding.queries import duty as queries
from onboarding.queries.duty import Row, Volume
from onboarding.rules.duty import Verdict
from portal import formats, spreadsheets
from portal.forms.duty import VERDICTS, DutyFilters
from portal.lists.rounds import DUTY, Obliged
from portal.staff import Request, page
from portal.views import lists
from portal.views.desk import is_customer
from portal.views.lists import Opened

SHAPES = {
    Verdict.NOTHING: "needs",
    Verdict.QUIET: "needs",
    Verdict.UNTOLD: "none",
    Verdict.STORES: "done",
    Verdict.TO_COME: "wait",
    Verdict.FREE: "none",
}
MONTHLY = ("month", "content_type", "studies", "objects", "bytes")
SHOWN_MONTHS = 12
EXPORTED_MONTHS = 60


@dataclass(frozen=True, slots=True)
class Shown:
    row: Row
    name: str
    shape: str
    word: str | Promise
    cells: list[tuple[str, Volume]]  # a month's name and what came
    alike: str  # what it is not told apart from

    @property
    def last(self) -> str:
        return formats.month_text(self.row.last_month) if self.row.last_month else "–"


def _shown(row: Row, months: list[date]) -> Shown:
    return Shown(
        row,
        capfirst(content_policies.name_of(row.content)),
        SHAPES[row.verdict],
        VERDICTS[row.verdict],
        [(formats.month_text(each), row.months.get(each, queries.NONE)) for each in months],
        _alike(row),
    )


def _alike(row: Row) -> str:
    names = ", ".join(content_policies.name_of(each) for each in row.alike)
    return _("not told apart from: %(names)s") % {"names": names} if names else ""


# --- all customers --------------------------------------------------------------------------------


def front(request: HttpRequest) -> HttpResponseBase:
    """One address: all customers for the staff, their own volumes for a customer's people."""
    return own(request) if is_customer(request) else staff(request)


@require_safe
@page("own-duty")
def own(request: Request, actor: Actor) -> HttpResponseBase:
    return redirect("customer-duty", actor.organisation_id)


@require_safe
@page("duty")
def staff(request: Request, actor: Actor) -> HttpResponseBase:
    form, rows = _left(request)
    opened: Opened[Obliged] = Opened(form, [_obliged(row) for row in rows])

    def words(_rows: object) -> dict[str, object]:
        return {
            "page_title": _("Duty against fact"),
            "title": _("Duty against fact"),
            "say": _say(request, form),
            "none_fits": _("No customer fits the filters"),
        }

    return lists.answer(request, actor, DUTY, opened, "volumes/_list.html", words)


def _obliged(row: Row) -> Obliged:
    name = capfirst(content_policies.name_of(row.content))
    return Obliged(row, name, SHAPES[row.verdict], VERDICTS[row.verdict], _alike(row))


def _left(request: Request) -> tuple[DutyFilters, list[Row]]:
    form = DutyFilters(request.GET, content_policies.names(today()))
    live = customers().filter(state=CustomerState.IN_PRODUCTION)
    return form, form.left(queries.rows(request.environment, live, queries.last_months(form.count)))


def _say(request: Request, form: DutyFilters) -> str:
    if request.environment != Environment.PRODUCTION:
        return _("Nobody has a duty to archive in the test environment.")
    return _(
        "Customers in production that must archive a content and of which nothing came, or nothing"
        " this month and the last. Choose a content type to see every customer of it. Looked at:"
        " %(months)s months. Counted every five minutes."
    ) % {"months": form.count}


def _amounts(volume: Volume) -> dict[str, object]:
    return {"studies": volume.studies, "objects": volume.instances, "bytes": volume.bytes}


def _sheet(name: str, columns: tuple[str, ...], lines: Any) -> HttpResponseBase:
    return StreamingHttpResponse(
        spreadsheets.lines(columns, lines),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{today().isoformat()}.csv"'},
    )


# --- one customer ---------------------------------------------------------------------------------


@require_safe
@page("customer-duty")
def customer(request: Request, actor: Actor, organisation_id: UUID) -> HttpResponse:
    organisation = _opened(request, actor, organisation_id)
    months = queries.last_months(SHOWN_MONTHS)
    rows = queries.rows(request.environment, [organisation], months)
    is_staff = actor.kind == ActorKind.STAFF
    context = {
        "organisation": organisation,
        "months": [formats.month_text(each) for each in months],
        "rows": [_shown(row, months) for row in rows],
        "some_alike": any(row.alike for row in rows),
        "came": [_shown(row, months) for row in rows if row.months],
        "total": sum((row.total for row in rows), queries.NONE),
        "urgent": [_shown(row, []) for row in rows if row.verdict in queries.URGENT],
        "binds": organisation.state == CustomerState.IN_PRODUCTION
        and request.environment == Environment.PRODUCTION,
        "is_staff": is_staff,
        "trail": [
            *([(_("Duty against fact"), reverse("duty"))] if is_staff else []),
            (organisation.name, reverse("organisation", args=[organisation.id])),
        ],
    }
    return render(request, "volumes/customer.html", context)


def _opened(request: Request, actor: Actor, organisation_id: UUID) -> Organisation:
    """Another customer is answered as one that is not there."""
    own = () if actor.kind == ActorKind.STAFF else request.person.organisations
    rows = customers_of(actor, [each.id for each in own])
    organisation = rows.filter(id=organisation_id).first()
    if organisation is None:
        raise Http404
    return organisation


@require_safe
@page("customer-duty")
def customer_csv(request: Request, actor: Actor, organisation_id: UUID) -> HttpResponseBase:
    """Month by month, of five years. Recorded before the first row goes out."""
    organisation = _opened(request, actor, organisation_id)
    about = ledger.About(environment=request.environment, organisation_id=organisation.id)
    facts = {"listing": "customer-duty", "filters": {}, "format": "csv"}
    ledger.record(ledger.Kind.LIST_EXPORTED, about, facts, actor=actor)
    months = queries.last_months(EXPORTED_MONTHS)
    rows = queries.rows(request.environment, [organisation], months)
    return _sheet(f"volumes-{organisation.business_id}", MONTHLY, _monthly(rows))


def _monthly(rows: list[Row]) -> Iterator[dict[str, object]]:
    for row in rows:
        for month, volume in sorted(row.months.items()):
            content = row.content.content_type
            yield {"month": f"{month:%Y-%m}", "content_type": content, **_amounts(volume)}
