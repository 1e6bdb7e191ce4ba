"""Evidence of a precondition, and the certified systems behind the first of them (ON-2)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from archive.actors import Actor
from archive.errors import ArchiveError, NotFound
from onboarding.errors import StepOutOfOrder
from onboarding.models import CertifiedSystem, Evidence, EvidenceState, Precondition
from onboarding.queries import file as queries
from onboarding.rules import road
from onboarding.services import evidence as services
from onboarding.services import systems
from onboarding.services.evidence import GIVEN_BY_HAND, Upload
from portal.forms.joining import EvidenceForm, JudgeForm, SystemForm
from portal.staff import Request, page
from portal.views.joining import words
from portal.views.joining.opened import Opened, address, blame, open_file, show

_ONLY = gettext_lazy(
    "It is the only system that is named: without one the precondition does not hold, and "
    "production cannot be opened."
)
_ONLY_LIVE = gettext_lazy(
    "It is the only system that is named: the checklist then says that none is. The use of the "
    "archive does not end by it."
)


def _precondition(word: str) -> Precondition:
    if word not in GIVEN_BY_HAND:
        raise Http404
    return Precondition(word)


def _row(opened: Opened, precondition: Precondition) -> Evidence | None:
    return Evidence.objects.filter(joining=opened.joining, precondition=precondition).first()


@require_http_methods(["GET", "HEAD", "POST"])
@page("joining-file")
def evidence(request: Request, actor: Actor, organisation_id: UUID, word: str) -> HttpResponseBase:
    opened, precondition = open_file(request, organisation_id), _precondition(word)
    if request.method != "POST":
        return _show(request, opened, precondition, {})
    form = EvidenceForm(request.POST, request.FILES)
    if form.is_valid():
        told = form.cleaned_data
        try:
            services.give(
                opened.actor,
                opened.joining,
                precondition,
                number=told["number"],
                dated=told["dated"],
                note=told["note"],
                file=_upload(told["file"]),
            )
        except ArchiveError as error:
            blame(form, error, is_staff=opened.is_staff)
        else:
            messages.success(request, _("The evidence is kept. An officer looks at it."))
            return redirect("joining-file", organisation_id)
    return _show(request, opened, precondition, {"form": form})


def _upload(file: UploadedFile | None) -> Upload | None:
    return None if file is None else Upload(file.name or "", file.read())


@require_POST
@page("joining-judge")
def judge(request: Request, actor: Actor, organisation_id: UUID, word: str) -> HttpResponseBase:
    """An officer's verdict on the evidence that the page showed."""
    opened, precondition = open_file(request, organisation_id), _precondition(word)
    row = _row(opened, precondition)
    if row is None:
        raise NotFound()
    form = JudgeForm(request.POST)
    if form.is_valid():
        accepted = request.POST.get("verdict") == "accept"
        try:
            if form.cleaned_data["seen"] != _seen(row):
                raise StepOutOfOrder(facts={"state": row.state})
            services.judge(
                opened.actor, row, accepted=accepted, judgement=form.cleaned_data["judgement"]
            )
        except ArchiveError as error:
            blame(form, error, is_staff=True)
        else:
            said = _("The evidence is accepted.") if accepted else _("The evidence is refused.")
            messages.success(request, said)
            return redirect("joining-file", organisation_id)
    return _show(request, opened, precondition, {"judging": form})


def _seen(row: Evidence) -> str:
    return row.given_at.isoformat() if row.given_at else ""


def _show(
    request: Request, opened: Opened, precondition: Precondition, forms: dict[str, Any]
) -> HttpResponse:
    row = _row(opened, precondition)
    kept = {"number": row.number, "dated": row.dated, "note": row.note} if row else {}
    judged = row is not None and row.state == EvidenceState.GIVEN and opened.is_officer
    context: dict[str, Any] = {
        "title": Precondition(precondition).label,
        "row": row,
        "form": EvidenceForm(initial=kept) if opened.fills_in else None,
        "judging": JudgeForm(initial={"seen": _seen(row)}) if row and judged else None,
        "word": precondition.value,
        "is_certified": precondition == Precondition.CERTIFIED,
        "systems": [
            (each, words.of_system(each, found))
            for each, found in queries.systems(opened.organisation)
        ],
        "taken_off": queries.systems_taken_off(opened.organisation),
        **forms,
    }
    response = show(request, "joining/evidence.html", opened, context)
    if "judging" in forms:
        response.status_code = 422
    return response


@require_safe
@page("joining-file")
def kept_file(request: Request, actor: Actor, organisation_id: UUID, word: str) -> HttpResponse:
    """As a download only: what somebody has sent is never shown as a page of ours."""
    opened, precondition = open_file(request, organisation_id), _precondition(word)
    row = _row(opened, precondition)
    if row is None:
        raise NotFound()
    response = HttpResponse(
        services.read_file(opened.actor, row), content_type="application/octet-stream"
    )
    response["Content-Disposition"] = content_disposition_header(True, row.file_name) or ""
    return response


# --- certified systems ----------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@page("joining-fill")
def system(
    request: Request, actor: Actor, organisation_id: UUID, system_id: UUID | None = None
) -> HttpResponseBase:
    """A new one, or one to change."""
    opened = open_file(request, organisation_id)
    row = _system(opened, system_id) if system_id else None
    if row is not None and row.taken_off_at is not None:  # put back first
        raise NotFound()
    names = tuple(SystemForm.base_fields)
    kept = {name: getattr(row, name) for name in names} if row else None
    form = SystemForm(request.POST if request.method == "POST" else None, initial=kept)
    if form.is_bound and form.is_valid():
        told = systems.System(**form.cleaned_data)
        try:
            if row is None:
                systems.add_system(opened.actor, opened.organisation, told)
            else:
                systems.change_system(opened.actor, row, told)
        except ArchiveError as error:
            blame(form, error, is_staff=opened.is_staff)
        else:
            messages.success(request, _("The system is kept."))
            return redirect("joining-evidence", organisation_id, Precondition.CERTIFIED.value)
    return show(request, "joining/system.html", opened, {"form": form, "row": row})


@require_http_methods(["GET", "HEAD", "POST"])
@page("joining-fill")
def remove_system(
    request: Request, actor: Actor, organisation_id: UUID, system_id: UUID
) -> HttpResponseBase:
    """What hangs on it is said first."""
    opened = open_file(request, organisation_id)
    row = _system(opened, system_id)
    if request.method != "POST":
        asked = {
            "title": _("Take a system off"),
            "about": str(row),
            "ask": _("Take this system off?"),
            "sentences": _follows(opened, row),
            "button": _("Take this system off"),
            "back": address("joining-system", opened, row.id),
        }
        return show(request, "sure.html", opened, asked)
    systems.remove_system(opened.actor, row)
    messages.success(request, _("The system was taken off. It can be put back on this page."))
    return redirect("joining-evidence", organisation_id, Precondition.CERTIFIED.value)


def _follows(opened: Opened, row: CertifiedSystem) -> list[str]:
    """What it means for all that hangs on it."""
    hanging = queries.hanging_on(row)
    said: list[str] = []
    if not hanging.others:
        said.append(str(_ONLY_LIVE if opened.joining.state in road.LIVE else _ONLY))
    said.append(
        _("Nobody is warned any more before its certificate or specification version ends.")
    )
    if hanging.connections:
        said.append(
            ngettext(
                "The %(count)s open connection of the customer stays open. If only this system "
                "used it, remove it as well.",
                "The %(count)s open connections of the customer stay open. Remove those that only "
                "this system used.",
                hanging.connections,
            )
            % {"count": hanging.connections}
        )
    if hanging.test is not None:
        test = _("Rollout test %(number)s, which was passed with it, stays passed.")
        said.append(test % {"number": hanging.test})
    return [*said, _("It can be put back; an officer then looks at the evidence again.")]


@require_POST
@page("joining-fill")
def put_back(
    request: Request, actor: Actor, organisation_id: UUID, system_id: UUID
) -> HttpResponseBase:
    opened = open_file(request, organisation_id)
    systems.put_back(opened.actor, _system(opened, system_id))
    messages.success(request, _("The system is named again."))
    return redirect("joining-evidence", organisation_id, Precondition.CERTIFIED.value)


def _system(opened: Opened, system_id: UUID) -> CertifiedSystem:
    """Of this customer only."""
    found = CertifiedSystem.objects.filter(organisation=opened.organisation, id=system_id).first()
    if found is None:
        raise NotFound()
    return found
