"""Destruction lists: proposed by one archivist, approved by another, stopped and resumed, and the
certificate (AR-9, NF-3).
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.forms import Form
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from archive.actors import Actor
from archive.errors import ArchiveError, NotFound
from archive.models import DestructionItem, DestructionList, LedgerEvent, ListState, Spared
from archive.queries import destruction as queries
from archive.services import destruction as services
from archive.values import dicom_date
from onboarding.queries import customers_of
from portal import destruction_pdf
from portal.advice import advise
from portal.formats import counted_text, number_text, span_text
from portal.forms.retention import MoveForm, ProposeForm
from portal.lists.rounds import DESTRUCTIONS
from portal.pages import BY_NAME
from portal.previewing import goes_on
from portal.retention_words import name_of, period_words
from portal.shapes import SHAPES
from portal.staff import Request, page
from portal.views import lists
from portal.views.fragments import answer
from portal.views.lists import Opened


@require_safe
@page("destructions")
def listed(request: Request, actor: Actor) -> HttpResponseBase:
    opened = opened_by(request, actor, request.GET)

    def words(_rows: object) -> dict[str, object]:
        count = opened.rows.order_by()[: queries.COUNTED].count()
        title = ngettext("%(count)s destruction list", "%(count)s destruction lists", count)
        return {
            "title": title % {"count": counted_text(count)},
            "say": _(
                "One archivist proposes a list, another approves it. Each study is judged anew when"
                " its turn comes."
            ),
            "may_act": BY_NAME["destruction-propose"].may_open(request.person.roles),
        }

    return lists.answer(request, actor, DESTRUCTIONS, opened, "retention/_lists.html", words)


def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[DestructionList]:
    """Without a filter: whatever the address says."""
    return Opened(Form(), queries.lists(request.environment), queries.BY_NUMBER)


# --- proposing ------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@page("destruction-propose")
def propose(request: Request, actor: Actor) -> HttpResponseBase:
    """What the list would hold is said before it is made."""
    form = ProposeForm(request.POST or None, customers_of(actor, ()))
    facts: list[tuple[str, str]] = []
    if goes_on(request, form):
        if "sure" in request.POST:
            made = _propose(request, actor, form)
            if made is not None:
                return redirect("destruction", made.id)
        else:
            facts = _preview(request, form)
    context = {
        "form": form,
        "facts": facts,
        "kept": [(name, request.POST.get(name, "")) for name in form.fields] if facts else [],
        "trail": _trail(),
    }
    status = 422 if form.errors else 200
    return render(request, "retention/propose.html", context, status=status)


def _propose(request: Request, actor: Actor, form: ProposeForm) -> DestructionList | None:
    try:
        made = services.propose(
            actor,
            environment=request.environment,
            reason=form.cleaned_data["reason"],
            **form.given(),
        )
    except ArchiveError as error:
        form.add_error(None, str(advise(error.reason()).cause))
        return None
    messages.success(request, _("The list waits for another archivist’s decision."))
    return made


def _preview(request: Request, form: ProposeForm) -> list[tuple[str, str]]:
    """Counts only. Nothing when there is nothing: then the form says so."""
    chosen, left_out = services.choose(request.environment, **form.given())
    if not chosen:
        words = [f"{Spared(why).label}: {number_text(count)}" for why, count in left_out.items()]
        none = _("No study fits whose retention has ended and that nothing keeps.")
        form.add_error(None, " ".join([none, *words]))
        return []
    first, last = (chosen[place][1].ends_on for place in (0, -1))
    sizes = queries.sizes([study for study, _term in chosen]).values()
    facts = [
        (_("Studies"), number_text(len(chosen))),
        (_("Objects"), number_text(sum(count for count, _size in sizes))),
        (_("Size"), filesizeformat(sum(size for _count, size in sizes))),
        *_of_days(sorted(filter(None, (dicom_date(study.study_date) for study, _term in chosen)))),
        (_("Retention ended"), span_text(first, last)),
    ]
    if len(chosen) == services.MOST:
        facts.append((_("Left for another list"), _("the rest")))
    left = [(str(Spared(why).label), number_text(count)) for why, count in left_out.items()]
    return [*facts, *((_("Left out: %(why)s") % {"why": why}, count) for why, count in left)]


# --- one list -------------------------------------------------------------------------------------


@require_safe
@page("destruction")
def detail(request: Request, actor: Actor, list_id: UUID) -> HttpResponse:
    return _show(request, queries.found(list_id), MoveForm())


def _show(
    request: Request, row: DestructionList, form: MoveForm, status: int = 200
) -> HttpResponse:
    request.environment = row.environment
    try:
        found = queries.page_of_items(
            row, after=request.GET.get("after", ""), before=request.GET.get("before", "")
        )
    except ValueError as error:
        raise BadRequest("not a place in this list") from error
    progress = queries.progress(row)
    days = [day for day in map(dicom_date, queries.study_dates(row)) if day]
    around = lists.around(request, request.person.actor(), DESTRUCTIONS, opened_by, row)
    asked = queries.request_of(row)
    context: dict[str, Any] = {
        "list": row,
        "shape": SHAPES[("destructionlist", row.state)],
        # While it runs its state stands where the page is renewed.
        "word": "" if row.state == ListState.RUNNING else row.get_state_display(),
        "progress": progress,
        "say": destruction_pdf.say(progress),
        "facts": [*destruction_pdf.facts(row, progress), *_of_days(days)],
        "waits": asked is not None,
        "is_own": asked is not None and asked.asked_by_id == request.person.id,
        "moves": [(each, _moved(each)) for each in queries.moves(row)],
        "items": [_item(each) for each in found.rows],
        "page": found,
        "running": row.state == ListState.RUNNING,
        "may_act": BY_NAME["destruction-act"].may_open(request.person.roles),
        "form": form,
        "holds": is_signed(row),
        **around,
        "trail": _trail(around["back"]),
    }
    response = answer(
        request, "retention/list.html", context, part="retention/_progress.html", target="progress"
    )
    response.status_code = status
    if request.htmx and row.state != ListState.RUNNING:
        response["HX-Refresh"] = "true"  # it has ended or was stopped: the buttons are others
    return response


def _of_days(days: Sequence[date]) -> list[tuple[str, str]]:
    """From when the studies are, earliest first: what a wrong rule would take is seen by it."""
    return [(_("Study dates"), span_text(days[0], days[-1]))] if days else []


def is_signed(row: DestructionList) -> bool:
    """Whether the kept certificate still has the digest that the ledger told."""
    digest = hashlib.sha256(row.certificate.encode()).hexdigest()
    return bool(row.certificate) and digest == row.sha256


def _moved(event: LedgerEvent) -> str:
    """What became of the list by it."""
    to = str(event.facts.get("to", ""))
    if to == "ended":
        return _("ended for good")
    return str(ListState(to).label) if to in ListState.values else to


def _item(row: DestructionItem) -> dict[str, Any]:
    return {
        "row": row,
        "day": dicom_date(row.study.study_date),
        "shape": SHAPES[("destructionitem", row.state)],
        "why": str(row.get_spared_display()) if row.spared else "",
        "rule": name_of(row.rule),
        "period": period_words(row.rule),
    }


# --- moving it ------------------------------------------------------------------------------------


@require_POST
@page("destruction-act")
def approve(request: Request, actor: Actor, list_id: UUID) -> HttpResponseBase:
    asked = queries.request_of(queries.found(list_id))
    try:
        if asked is None:
            raise NotFound()
        services.approve(actor, asked)
    except ArchiveError as error:
        messages.error(request, str(advise(error.reason()).cause))
    else:
        messages.success(request, _("The list is being carried out."))
    return redirect("destruction", list_id)


Mover = Callable[[Actor, DestructionList, str], object]


def _refuse(actor: Actor, row: DestructionList, reason: str) -> object:
    asked = queries.request_of(row)
    if asked is None:
        raise NotFound()
    return services.refuse(actor, asked, reason=reason)


MOVES: dict[str, Mover] = {
    "refuse": _refuse,
    "stop": lambda actor, row, reason: services.stop(actor, row.id, reason=reason),
    "resume": lambda actor, row, reason: services.resume(actor, row.id, reason=reason),
    "end": lambda actor, row, reason: services.end(actor, row.id, reason=reason),
}


@require_POST
@page("destruction-act")
def move(request: Request, actor: Actor, list_id: UUID, move: str) -> HttpResponseBase:
    if move not in MOVES:
        raise Http404
    row, form = queries.found(list_id), MoveForm(request.POST)
    if not form.is_valid():
        return _show(request, row, form, status=422)
    try:
        MOVES[move](actor, row, form.cleaned_data["reason"])
    except ArchiveError as error:
        messages.error(request, str(advise(error.reason()).cause))
    else:
        messages.success(request, _("Done. The list stands as it says below."))
    return redirect("destruction", list_id)


# --- the certificate ------------------------------------------------------------------------------


@require_safe
@page("destruction")
def certificate(request: Request, actor: Actor, list_id: UUID) -> HttpResponse:
    row = queries.found(list_id)
    response = HttpResponse(destruction_pdf.made(row), content_type="application/pdf")
    name = f"destruction-{row.number}.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _trail(back: str = "") -> list[tuple[str, str]]:
    return [
        (_("Retention"), reverse("retention")),
        (_("Destruction lists"), back or reverse("destructions")),
    ]
