"""Suspicions: what waits to be looked at, one with its entries, settled or taken into a case."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.models import LedgerEvent, Patient, Suspicion, SuspicionState
from archive.queries import reviews, standing
from archive.services import review_cases, suspicions
from portal import formats
from portal.forms.review import SettleForm, SuspicionFilters, TakeForm
from portal.review_rows import lines
from portal.review_words import condition, measured, title
from portal.staff import Request, page
from portal.views.fragments import answer
from portal.views.logs.opened import SOMEBODY, event_of
from portal.views.review import opened

LIST = "list"


@page("review")
def front(request: Request, actor: Actor) -> HttpResponse:
    form = SuspicionFilters(request.GET, reviews.receivers(request.environment))
    filters = form.filters(request.environment)
    rows = reviews.suspicions(actor, filters) if filters else Suspicion.objects.none()
    try:
        found = reviews.suspicion_page(rows, **opened.place(request))
    except ValueError as error:
        raise opened.not_a_place(error) from error
    opened.viewed(actor, "suspicions", request.environment, entries=len(found.rows))
    context = {
        "title": _title(reviews.open_count(actor, request.environment)),
        "form": form,
        "rows": [(row, title(row), measured(row.facts)) for row in found.rows],
        "page": found,
        "is_unread": filters is None,
        "filtered": bool(request.GET.keys() & form.fields.keys()),
    }
    return answer(request, "review/list.html", context, part="review/_list.html", target=LIST)


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
        "trail": [(_("Log review"), reverse("review"))],
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
