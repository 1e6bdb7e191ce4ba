"""A study's page: what it is, how it stands, what happened to it, and what can be done."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from archive import gate
from archive.actors import Actor
from archive.models import Case, Study, StudyState
from archive.queries import corrections as corrected
from archive.queries import desk, timeline
from archive.queries import studies as documents
from archive.queries import study as queries
from archive.rules.access import Action
from archive.services import looking, marks, notices, registration, retries
from archive.values import dicom_date
from portal import formats, standing
from portal.forms.reasons import ReasonForm
from portal.happenings import missing_words, told
from portal.lists.studies import STUDIES
from portal.staff import Request, page
from portal.views import lists, looks, reasons, studies
from portal.views.retention import study as retention

ENDED = (StudyState.CORRECTED, StudyState.DESTROYED)


@page("study")
def study(request: Request, actor: Actor, study_id: UUID) -> HttpResponseBase:
    found = looks.found(request, actor, study_id)
    seer = looks.seer(request, actor, found)
    if not seer.reason:
        return _ask(request, found, ReasonForm())
    looking.at_study(seer, found)
    return _show(request, actor, found)


@require_POST
@page("study")
def reason(request: Request, actor: Actor, study_id: UUID) -> HttpResponseBase:
    """Keep the reason for this patient and session, and open the study."""
    found = looks.found(request, actor, study_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _ask(request, found, form)
    reasons.keep(request, reasons.subject(found.patient), form.cleaned_data["reason"])
    return redirect(looks.address(request, found))


@require_POST
@page("study")
def patient(request: Request, actor: Actor, study_id: UUID) -> HttpResponseBase:
    """The page with the patient's code and name on it, for this once."""
    found = looks.found(request, actor, study_id)
    seer = looks.seer(request, actor, found)
    if not seer.reason:
        return redirect(looks.address(request, found))
    looking.at_study(seer, found, shown="code and name")
    return _show(request, actor, found, shown=True)


@page("study")
def objects(request: Request, actor: Actor, study_id: UUID) -> HttpResponseBase:
    """All objects of a study, a page at a time."""
    found = looks.found(request, actor, study_id)
    seer = looks.seer(request, actor, found)
    if not seer.reason:
        return redirect(looks.address(request, found))
    looking.at_study(seer, found, shown="objects")
    try:
        part = queries.objects_of(
            found, after=request.GET.get("after", ""), before=request.GET.get("before", "")
        )
    except ValueError as error:
        raise BadRequest("not a place in this list") from error
    context = {
        "study": found,
        "page": part,
        "trail": [
            (_("Studies"), reverse("studies")),
            (looks.title(found), looks.address(request, found)),
        ],
    }
    return render(request, "study/objects.html", context)


# --- what can be done ---------------------------------------------------------------------------


def _doing(act: Callable[[Actor, Study], str]) -> Callable[..., HttpResponseBase]:
    """A button of the page: asks the gate, acts, says the outcome, and shows the study again."""

    @require_POST
    @page("study")
    def view(request: Request, actor: Actor, study_id: UUID) -> HttpResponseBase:
        found = looks.found(request, actor, study_id)
        gate.require(actor, Action.ACT, found)
        messages.success(request, act(actor, found))
        return redirect(looks.address(request, found))

    return view


@_doing
def register(actor: Actor, found: Study) -> str:
    registration.register_again(actor, found)
    return _("Registration is on its way. The timeline tells how it went.")


@_doing
def notice(actor: Actor, found: Study) -> str:
    count = notices.send_again(actor, found)
    if not count:
        return _("There is no confirmation to send: the study has no manifest in force.")
    said = ngettext(
        "%(count)s confirmation is on its way again.",
        "%(count)s confirmations are on their way again.",
        count,
    )
    return said % {"count": formats.number_text(count)}


@_doing
def retry(actor: Actor, found: Study) -> str:
    count = retries.retry_study(actor, found)
    if not count:
        return _("Nothing was left to retry.")
    said = ngettext("%(count)s try is on its way.", "%(count)s tries are on their way.", count)
    return said % {"count": formats.number_text(count)}


# --- the page -----------------------------------------------------------------------------------


def _ask(request: Request, found: Study, form: ReasonForm) -> HttpResponse:
    kept = request.GET.get("list")
    context = {
        "study": found,
        "title": looks.title(found),
        "form": form,
        "action": looks.with_list(reverse("study-reason", args=[found.id]), kept),
        "back": f"{reverse('studies')}?{kept or ''}",
        "trail": [(_("Studies"), reverse("studies"))],
    }
    return render(request, "study/reason.html", context)


def _show(request: Request, actor: Actor, found: Study, *, shown: bool = False) -> HttpResponse:
    owed = queries.notices_of(found)
    newest = queries.newest(owed)
    retryable = sum(map(len, desk.retryable_of(found).values()))
    series = queries.series_of(found)
    damaged = sum(row.damaged for row in series)
    stands = standing.of_study(found, newest, retryable=retryable, damaged=damaged)
    cases = desk.cases_of(found)
    part = queries.objects_of(found)
    papers = documents.documents_of(found)
    waits_for = [kind for kind in found.waits_for.split(",") if kind]
    context = {
        "study": found,
        "title": looks.title(found),
        "stands": stands,
        "actions": _actions(request, found, stands.next, len(newest), retryable),
        "shown": shown,
        "entries": told(timeline.of_study(found, papers), cases, _case_address),
        "waited_for": missing_words(waits_for),
        "documents": papers,
        "notices": owed,
        "cases": cases,
        "corrections": corrected.of_study(found),
        "rejections": corrected.rejections_of(found),
        "may_correct": looks.may_correct(actor, found),
        "marks": _marks(found),
        "series": [
            (row, [each for each in part.rows if each.series_id == row.series.id]) for row in series
        ],
        "objects": sum(row.objects for row in series),
        "size": sum(row.size for row in series),
        "more": bool(part.following),
        "study_day": dicom_date(found.study_date),
        "retention": retention.told(request, found),
        "patient_url": looks.with_list(
            reverse("study-patient", args=[found.id]), request.GET.get("list")
        ),
        **_place(request, actor, found),
    }
    return render(request, "study/detail.html", context)


def _marks(found: Study) -> list[tuple[Any, date | None]]:
    """Each with the day on which it was made."""
    return [
        (each, dicom_date(each.mark.made_on) if each.mark else None)
        for each in marks.of_study(found)
    ]


def _case_address(case: Case) -> str:
    return reverse("case", args=[case.id])


def _actions(
    request: Request, found: Study, following: str, newest: int, retryable: int
) -> list[dict[str, Any]]:
    """The buttons that fit the study now, each with what it does; the next one first."""
    actions: list[dict[str, Any]] = []

    def add(name: str, label: str, say: str) -> None:
        address = looks.with_list(reverse(name, args=[found.id]), request.GET.get("list"))
        actions.append({"url": address, "label": label, "say": say, "go": name == following})

    if retryable:
        say = ngettext(
            "%(count)s piece of failed work is tried again from its first try.",
            "%(count)s pieces of failed work are tried again from their first try.",
            retryable,
        )
        add(standing.RETRY, _("Retry"), say % {"count": formats.number_text(retryable)})
    if newest:
        say = ngettext(
            "%(count)s confirmation of registration (IAN) is sent again to the customer.",
            "%(count)s confirmations of registration (IAN) are sent again to the customer.",
            newest,
        )
        label = _("Send confirmation (IAN) again")
        add(standing.NOTICE, label, say % {"count": formats.number_text(newest)})
    if found.state not in ENDED:
        say = _(
            "Documents are looked for anew. If the objects have changed, a new manifest replaces "
            "the one in force; else nothing changes."
        )
        add(standing.REGISTER, _("Register again"), say)
    return sorted(actions, key=lambda action: bool(action["go"]))


def _place(request: Request, actor: Actor, found: Study) -> dict[str, Any]:
    """Breadcrumbs, and the studies before and after this one in the list one came from."""
    around = lists.around(request, actor, STUDIES, studies.opened_by, found)
    return {**around, "trail": [(_("Studies"), around["back"])]}
