"""What one officer has asked for and another must decide (NF-3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from archive.actors import Actor
from archive.errors import ArchiveError, NotFound
from archive.models import Organisation
from onboarding.models import FourEyes, RequestState
from onboarding.services import joining, succession
from portal.formats import day_text
from portal.staff import Request, page
from portal.views.joining.opened import words
from portal.views.joining.words import FOUR_EYES

DECIDED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Kind:
    """What a second officer's decision calls, and what is said of a grant."""

    grant: Callable[[Actor, FourEyes], object]
    refuse: Callable[[Actor, FourEyes], object]
    granted: Any


KINDS: Mapping[str, Kind] = {
    joining.WAIVER: Kind(
        joining.grant_waiver, joining.refuse_waiver, gettext_lazy("The waiver is granted.")
    ),
    succession.SUCCESSION: Kind(
        succession.carry_out, succession.refuse, gettext_lazy("The succession is agreed on.")
    ),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request in words; `url` leads to what a grant would do."""

    row: FourEyes
    own: bool
    title: Any
    effect: str
    url: str


@require_safe
@page("four-eyes")
def requests(request: Request, actor: Actor) -> HttpResponse:
    return _show(request, 200)


def _show(request: Request, status: int) -> HttpResponse:
    rows = FourEyes.objects.select_related("joining__organisation", "asked_by", "decided_by")
    decided = rows.exclude(state=RequestState.OPEN).order_by("-decided_at")
    waiting = rows.filter(state=RequestState.OPEN).order_by("asked_at")
    context = {
        "waiting": [_told(row, request.person.id) for row in waiting],
        "decided": [_told(row, request.person.id) for row in decided[:DECIDED_SHOWN]],
        "trail": [(_("Joining"), reverse("joining"))],
    }
    return render(request, "joining/four_eyes.html", context, status=status)


def _told(row: FourEyes, reader: UUID) -> Asked:
    effect, url = "", reverse("joining-file", args=[row.joining.organisation_id])
    if row.kind == succession.SUCCESSION:
        successor = Organisation.objects.get(id=row.details["to"])
        effect = _("%(name)s becomes controller on %(day)s.") % {
            "name": successor.name,
            "day": day_text(succession.asked_day(row)),
        }
        url = reverse("succession", args=[row.joining.organisation_id])
    return Asked(row, row.asked_by_id == reader, FOUR_EYES[row.kind][0], effect, url)


@require_POST
@page("four-eyes")
def decide(request: Request, actor: Actor, request_id: UUID, verdict: str) -> HttpResponseBase:
    asked = FourEyes.objects.select_related("joining__organisation").filter(id=request_id).first()
    if asked is None:
        raise NotFound()
    kind, granted = KINDS[asked.kind], verdict == "grant"
    try:
        (kind.grant if granted else kind.refuse)(actor, asked)
    except ArchiveError as error:
        messages.error(request, words(error, is_staff=True))
        return _show(request, 409)
    messages.success(request, str(kind.granted) if granted else _("It is refused."))
    return redirect("four-eyes")
