"""Suspicions: what waits to be looked at, one with its entries, settled or taken into a case."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from archive.actors import SOMEBODY, Actor
from archive.errors import ArchiveError
from archive.models import LedgerEvent, Patient, Suspicion, SuspicionState
from archive.queries import reviews, standing
from archive.services import review_cases, suspicions
from portal import formats
from portal.forms.review import SettleForm, SuspicionFilters, TakeForm
from portal.lists.rounds import SUSPICIONS, Suspected
from portal.review_rows import lines
from portal.review_words import condition, measured, title
from portal.staff import Request, page
from portal.views import lists
from portal.views.lists import Opened
from portal.views.logs.opened import event_of
from portal.views.review import opened


@page("review")
def front(request: Request, actor: Actor) -> HttpResponseBase:
    def words(rows: Sequence[Suspected]) -> dict[str, object]:
        opened.viewed(actor, "suspicions", request.environment, entries=len(rows))
        return {
            "page_title": _("Log review"),
            "title": _title(reviews.open_count(actor, request.environment)),
            "say": _(
                "What dated rules find in the log, the newest first. Your look is recorded, and is"
                " itself reviewed."
            ),
            "none_fits": _("No suspicion fits the filters"),
        }

    listed = opened_by(request, actor, request.GET)
    exported = opened.exported(actor, "suspicions", request.environment)
    part = "review/_list.html"
    return lists.answer(request, actor, SUSPICIONS, listed, part, words, exported=exported)


def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[Suspected]:
    form = SuspicionFilters(query, reviews.receivers(request.environment))
    filters = form.filters(request.environment)
    rows = reviews.suspicions(actor, filters) if filters else Suspicion.objects.none()

    def in_words(found: Sequence[Suspicion]) -> list[Suspected]:
        return [Suspected(row, title(row), str(measured(row.facts))) for row in found]

    return Opened(form, rows, reviews.SUSPICIONS, in_words, is_unread=filters is None)


def _title(count: int) -> str:
    said = ngettext(
        "Log review: %(count)s suspicion waits", "Log review: %(count)s suspicions wait", count
    )
    return said % {"count": formats.counted_text(count)}


@page("suspicion")
def suspicion(request: Request, actor: Actor, suspicion_id: UUID) -> HttpResponse:
    row = reviews.suspicion(actor, suspicion_id)
    opened.viewed_suspicion(request, actor, row)
    return _show(request, actor, row)


def _show(
    request: Request, actor: Actor, row: Suspicion, bound: Mapping[str, Any] | None = None
) -> HttpResponse:
    """`bound` has the form that was refused."""
    events = reviews.newest_entries(row)
    around = lists.around(request, actor, SUSPICIONS, opened_by, row)
    context = {
        "row": row,
        "title": title(row),
        "measured": measured(row.facts),
        "condition": condition(row.rule) if row.rule else "",
        "lines": lines(events),
        "left_out": max(row.event_count - len(events), 0),
        "is_open": row.state == SuspicionState.OPEN,
        "settle_form": SettleForm(),
        "take_form": TakeForm(None, reviews.offered(actor, row.environment)),
        **around,
        "trail": [(_("Log review"), around["back"])],
        **(bound or {}),
    }
    return render(request, "review/suspicion.html", context, status=422 if bound else 200)


@require_POST
@page("suspicion")
def settle(request: Request, actor: Actor, suspicion_id: UUID) -> HttpResponseBase:
    row = reviews.suspicion(actor, suspicion_id)
    form = SettleForm(request.POST)
    if not form.is_valid():
        return _show(request, actor, row, {"settle_form": form})
    try:
        suspicions.settle(actor, row, reason=form.cleaned_data["reason"])
    except ArchiveError as error:
        opened.refused(request, error)
        return redirect("suspicion", row.id)
    messages.success(request, _("The suspicion is settled."))
    return redirect("review")


@require_POST
@page("suspicion")
def take(request: Request, actor: Actor, suspicion_id: UUID) -> HttpResponseBase:
    row = reviews.suspicion(actor, suspicion_id)
    form = TakeForm(request.POST, reviews.offered(actor, row.environment))
    if not form.is_valid():
        return _show(request, actor, row, {"take_form": form})
    try:
        case_id = _taken(actor, row, form.cleaned_data)
    except ArchiveError as error:
        opened.refused(request, error)
        return redirect("suspicion", row.id)
    messages.success(request, _("The suspicion is in the case."))
    return redirect("review-case", case_id)


def _taken(actor: Actor, row: Suspicion, given: Mapping[str, str]) -> UUID:
    if given["case"]:
        case = reviews.case(actor, UUID(given["case"]))
        review_cases.add(actor, case, row)
        return case.id
    return review_cases.open_case(
        actor, environment=row.environment, title=given["title"], suspicions=[row]
    ).id


@require_POST
@page("suspicion")
def raise_one(request: Request, actor: Actor, key: str) -> HttpResponseBase:
    """From an entry of the log, by the reader's own judgement."""
    event = event_of(key)
    if event is None or event.actor_kind not in SOMEBODY:
        raise Http404
    try:
        made = suspicions.report(actor, event, patient_id=_person(event))
    except ArchiveError as error:
        opened.refused(request, error)
        return redirect("review")
    return redirect("suspicion", made.id)


def _person(event: LedgerEvent) -> UUID | None:
    found = Patient.objects.filter(id=event.patient_id).first() if event.patient_id else None
    return standing.person_id(found) if found else None
