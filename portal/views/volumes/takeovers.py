"""Take-over of local archives: the list, starting one, and how one stands (AR-12)."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from archive.actors import Actor, ActorKind
from archive.errors import ArchiveError
from archive.errors.rules import TakeoverRuns
from archive.models import LineOutcome, Organisation, Takeover, TakeoverState
from archive.queries import takeovers as queries
from archive.rules.study_lists import Problem
from archive.services import takeovers as services
from archive.values import today
from onboarding.queries import customers_of
from portal.advice import told
from portal.forms.takeovers import AskForm, ListForm, outcome_of
from portal.lists.keeping import TAKEOVERS, Taken
from portal.pages import BY_NAME
from portal.staff import Request, page
from portal.takeover_words import PROBLEMS, counted, source, uncounted, verdict
from portal.views import lists
from portal.views.desk import is_customer
from portal.views.fragments import answer
from portal.views.joining.opened import blame
from portal.views.lists import Opened

RUNNING = (TakeoverState.ASKING, TakeoverState.COMPARING)


def front(request: HttpRequest) -> HttpResponseBase:
    """One address: all for the staff, their own for a customer's people."""
    return own(request) if is_customer(request) else staff(request)


@require_safe
@page("takeovers")
def staff(request: Request, actor: Actor) -> HttpResponseBase:
    return _list(request, actor)


@require_safe
@page("own-takeovers")
def own(request: Request, actor: Actor) -> HttpResponseBase:
    return _list(request, actor)


def _list(request: Request, actor: Actor) -> HttpResponseBase:
    words = {
        "page_title": _("Take-overs"),
        "title": _("Take-over of local archives"),
        "say": _(
            "Before a local archive is closed, its list of studies is held against what is stored,"
            " committed and registered here."
        ),
        "starts": _starts(request),
    }
    opened = opened_by(request, actor, request.GET)
    part = "volumes/_takeovers.html"
    return lists.answer(request, actor, TAKEOVERS, opened, part, lambda _rows: words)


def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[Taken]:
    """Without a filter: whatever the address says."""
    rows = queries.visible(actor).filter(environment=request.environment)

    def in_words(found: Sequence[Takeover]) -> list[Taken]:
        return [Taken(row, source(row), queries.lacking(row)) for row in found]

    return Opened(Form(), rows, queries.NEWEST, in_words)


def _starts(request: Request) -> bool:
    return BY_NAME["takeover-start"].may_open(request.person.roles)


# --- starting -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@page("takeover-start")
def start(request: Request, actor: Actor) -> HttpResponseBase:
    """From a list as a file."""
    form = _list_form(request, actor, bound=request.method == "POST")
    if form.is_bound and form.is_valid():
        organisation = form.cleaned_data["organisation"]
        try:
            made = services.from_list(actor, organisation, request.environment, form.upload())
        except ArchiveError as error:
            blame(form, error, is_staff=actor.kind == ActorKind.STAFF)
        else:
            return redirect("takeover", made.id)
    return _forms(request, form, _ask_form(request, actor, bound=False))


@require_http_methods(["POST"])
@page("takeover-start")
def ask(request: Request, actor: Actor) -> HttpResponseBase:
    """By asking the customer's system."""
    form = _ask_form(request, actor, bound=True)
    if form.is_valid():
        given = form.cleaned_data
        made = services.from_system(actor, given["system"], given["first_day"], given["last_day"])
        return redirect("takeover", made.id)
    return _forms(request, _list_form(request, actor, bound=False), form)


def _list_form(request: Request, actor: Actor, *, bound: bool) -> ListForm:
    given = (request.POST, request.FILES) if bound else ()
    return ListForm(_customers(request, actor), *given)


def _ask_form(request: Request, actor: Actor, *, bound: bool) -> AskForm:
    own = _customers(request, actor).values_list("id", flat=True)
    systems = queries.systems(own, request.environment, today())
    return AskForm(systems, *((request.POST,) if bound else ()))


def _customers(request: Request, actor: Actor) -> QuerySet[Organisation]:
    own = () if actor.kind == ActorKind.STAFF else request.person.organisations
    return customers_of(actor, [each.id for each in own])


def _forms(request: Request, by_list: ListForm, by_query: AskForm) -> HttpResponse:
    context = {
        "by_list": by_list,
        "by_query": by_query,
        "can_ask": by_query.fields["system"].queryset.exists(),  # type: ignore[attr-defined]
        "trail": _trail(),
    }
    status = 422 if by_list.errors or by_query.errors else 200
    return render(request, "volumes/takeover_new.html", context, status=status)


def _trail() -> list[tuple[str, str]]:
    return [(_("Take-overs"), reverse("takeovers"))]


# --- one ------------------------------------------------------------------------------------------


@require_safe
@page("takeover")
def detail(request: Request, actor: Actor, takeover_id: UUID) -> HttpResponse:
    return _show(request, actor, queries.one(actor, takeover_id))


@require_POST
@page("takeover-start")
def again(request: Request, actor: Actor, takeover_id: UUID) -> HttpResponseBase:
    """A second press while it runs does no harm."""
    with suppress(TakeoverRuns):
        services.compare_again(actor, queries.one(actor, takeover_id))
    return redirect("takeover", takeover_id)


def _show(request: Request, actor: Actor, takeover: Takeover) -> HttpResponse:
    shape, said = verdict(takeover)
    running = takeover.state in RUNNING
    request.environment = takeover.environment
    around = lists.around(request, actor, TAKEOVERS, opened_by, takeover)
    context: dict[str, Any] = {
        "takeover": takeover,
        "source": source(takeover),
        "error": told(takeover.last_reason, takeover.error),
        "shape": shape,
        "say": said,
        "running": running,
        "counts": counted(takeover) if not running else [],
        "uncounted": uncounted(takeover) if not running else "",
        "faults": [(line, PROBLEMS[Problem(problem)]) for line, problem in takeover.faults],
        "starts": _starts(request),
        "is_staff": actor.kind == ActorKind.STAFF,
        **around,
        "trail": [(_("Take-overs"), around["back"])],
        **({} if running else _lines(request, actor, takeover)),
    }
    return answer(
        request,
        "volumes/takeover.html",
        context,
        part="volumes/_takeover.html",
        target="takeover",
    )


def _lines(request: Request, actor: Actor, takeover: Takeover) -> dict[str, Any]:
    """Those of one outcome: the chosen, else the worst that is there."""
    chosen = outcome_of(request.GET.get("outcome", ""), takeover.outcome)
    outcome = chosen or queries.first_outcome(takeover)
    try:
        found = queries.lines(
            takeover,
            outcome,
            after=request.GET.get("after", ""),
            before=request.GET.get("before", ""),
        )
    except ValueError as error:
        raise BadRequest("not a place in this list") from error
    links: dict[str, UUID] = {}
    if BY_NAME["study"].may_open(request.person.roles):
        links = queries.studies_here(takeover, found.rows)
    return {
        "outcome": outcome,
        "outcome_word": LineOutcome(outcome).label if outcome else "",
        "lines": [(row, links.get(row.study_instance_uid)) for row in found.rows],
        "page": found,
    }
