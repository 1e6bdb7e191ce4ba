"""Customers: the staff's list, and one customer's page, which its own people see too."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from archive.actors import Actor, ActorKind
from archive.config import settings
from archive.errors import NotFound
from archive.models import Case, Connection, CustomerState, Environment, Organisation, Sector
from archive.queries import overview
from archive.values import today
from onboarding import queries
from onboarding.queries import alarms, succession
from onboarding.queries.customers import CustomerRow
from onboarding.queries.file import checklist, planned_connections
from portal import formats, plots
from portal.advice import advise
from portal.lists.customers import CUSTOMERS
from portal.pages import BY_NAME, address
from portal.staff import Request, page
from portal.views import lists, load
from portal.views.desk import CUSTOMER_READER, STAFF_READER
from portal.views.joining.file import following
from portal.views.joining.opened import open_file
from portal.views.joining.words import alarm
from portal.views.lists import Opened
from portal.views.service import status


class CustomerFilters(forms.Form):
    """Filters of the list, kept in the address."""

    name = forms.CharField(
        label=gettext_lazy("Name or business id"), required=False, max_length=100
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"), required=False, choices=[("", "–"), *CustomerState.choices]
    )
    sector = forms.ChoiceField(
        label=gettext_lazy("Sector"), required=False, choices=[("", "–"), *Sector.choices]
    )


@page("customers")
def customers(request: Request, actor: Actor) -> HttpResponseBase:
    opened = opened_by(request, actor, request.GET)
    return lists.answer(
        request, actor, CUSTOMERS, opened, "customers/_list.html", lambda _rows: _words(opened.rows)
    )


def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[CustomerRow]:
    form = CustomerFilters(query)
    rows = queries.customer_rows(request.environment, queries.customers_of(actor, ()))
    return Opened(form, [row for row in rows if _fits(row.organisation, form)])


def _words(shown: Sequence[CustomerRow]) -> dict[str, object]:
    in_production = sum(row.organisation.state == CustomerState.IN_PRODUCTION for row in shown)
    title = ngettext("%(count)s customer", "%(count)s customers", len(shown)) % {
        "count": formats.number_text(len(shown))
    }
    say = ngettext(
        "%(count)s of them is in production.", "%(count)s of them are in production.", in_production
    )
    return {
        "page_title": _("Customers"),
        "title": title,
        "say": say % {"count": formats.number_text(in_production)},
    }


def _fits(organisation: Organisation, form: CustomerFilters) -> bool:
    if not form.is_valid():
        return True
    wanted = form.cleaned_data
    text = wanted["name"].casefold()
    names = (
        organisation.name_fi,
        organisation.name_sv,
        organisation.name_en,
        organisation.business_id,
    )
    return (
        any(text in name.casefold() for name in names)
        and wanted["state"] in ("", organisation.state)
        and wanted["sector"] in ("", organisation.sector)
    )


@page("home")
def home(request: Request, actor: Actor) -> HttpResponseBase:
    """A customer's person starts from their own organisation."""
    return redirect("organisation", actor.organisation_id)


@page("customer")
def customer(request: Request, actor: Actor, organisation_id: UUID) -> HttpResponse:
    is_staff = actor.kind == ActorKind.STAFF
    own = () if is_staff else request.person.organisations
    rows = queries.customers_of(actor, [each.id for each in own])
    organisation = rows.filter(id=organisation_id).first()
    if organisation is None:
        raise Http404
    flow = next(
        iter(overview.flows(request.environment, [organisation])), overview.Flow(organisation)
    )
    counts = queries.counts(request.environment, organisation)
    cases = overview.open_cases(request.environment, 50, [organisation.id])
    context = {
        "organisation": organisation,
        "say": _say(counts),
        "others": [each for each in own if each.id != organisation.id],
        "is_staff": is_staff,
        "switches": BY_NAME["xua-switch"].may_open(request.person.roles),
        "counts": counts,
        "plot": plots.by_hour("flow", _("Today by hour"), flow.received, flow.failed),
        "environments": _by_environment(organisation),
        "history": succession.history(organisation),
        "people": queries.people(organisation),
        "cases": [_told(case, actor) for case in cases],
        "load": load.told(request, organisation) if is_staff else None,
        "ahead": None if is_staff else status.ahead(organisation),
        "road": _road(request, organisation_id),
        **(_trail(request, actor, organisation) if is_staff else {}),
    }
    return render(request, "customers/detail.html", context)


def _trail(request: Request, actor: Actor, organisation: Organisation) -> dict[str, object]:
    around = lists.around(request, actor, CUSTOMERS, opened_by, organisation)
    return {**around, "trail": [(_("Customers"), around["back"])]}


def _road(request: Request, organisation_id: UUID) -> dict[str, object] | None:
    """Where the customer stands on its road, and this person's next step; one made without a road
    has none.
    """
    try:
        opened = open_file(request, organisation_id)
    except NotFound:
        return None
    checks = checklist(opened.joining)
    return {
        "opened": opened,
        "next": following(opened, checks),
        "missing": [check.precondition.label for check in checks if not check.holds],
        "alarms": [alarm(each) for each in alarms.of([opened.joining]).get(organisation_id, [])],
    }


def _say(counts: queries.Counts) -> str:
    """The day in a sentence or two."""
    studies = ngettext("%(count)s study today.", "%(count)s studies today.", counts.today)
    said = studies % {"count": formats.counted_text(counts.today)}
    if not counts.cases:
        return said
    cases = ngettext("%(count)s case is open.", "%(count)s cases are open.", counts.cases)
    return f"{said} {cases % {'count': formats.counted_text(counts.cases)}}"


@dataclass(frozen=True, slots=True)
class ToldCase:
    """A case in the reader's words: the staff's mechanism or the customer's duty."""

    case: Case
    title: str
    cause: str
    step: str
    url: str


def _told(case: Case, actor: Actor) -> ToldCase:
    advice = advise(case.reason)
    reader = STAFF_READER if actor.kind == ActorKind.STAFF else CUSTOMER_READER
    url = address(actor.roles, "case", case)
    cause, step = reader.cause(advice), reader.step(advice, case)
    return ToldCase(case, str(advice.title), cause, step, url)


@dataclass(frozen=True, slots=True)
class Side:
    """One environment: what the customer calls there, and its own connections."""

    word: str
    aet: str
    connections: list[tuple[Connection, bool]]
    planned: list[str]


def _by_environment(organisation: Organisation) -> list[Side]:
    day, connections = today(), queries.connections(organisation)
    planned = [row for row in planned_connections(organisation) if row.connection_id is None]
    return [
        Side(
            str(environment.label),
            settings().ae_title(environment.value),
            [
                (each, each.is_valid_on(day))
                for each in connections
                if each.environment == environment
            ],
            [str(each) for each in planned if each.environment == environment],
        )
        for environment in Environment
    ]
