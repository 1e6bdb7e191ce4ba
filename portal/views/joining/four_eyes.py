"""What one officer has asked for and another must decide (NF-3)."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from archive.actors import Actor
from archive.errors import ArchiveError, NotFound
from onboarding.models import FourEyes, RequestState
from onboarding.services import joining as services
from portal.staff import Request, page
from portal.views.joining.opened import words

DECIDED_SHOWN = 20


@require_safe
@page("four-eyes")
def requests(request: Request, actor: Actor) -> HttpResponse:
    return _show(request, 200)


def _show(request: Request, status: int) -> HttpResponse:
    rows = FourEyes.objects.select_related("joining__organisation", "asked_by", "decided_by")
    waiting = rows.filter(state=RequestState.OPEN).order_by("asked_at")
    context = {
        "waiting": [(row, row.asked_by_id == request.person.id) for row in waiting],
        "decided": rows.exclude(state=RequestState.OPEN).order_by("-decided_at")[:DECIDED_SHOWN],
        "trail": [(_("Joining"), reverse("joining"))],
    }
    return render(request, "joining/four_eyes.html", context, status=status)


@require_POST
@page("four-eyes")
def decide(request: Request, actor: Actor, request_id: UUID, verdict: str) -> HttpResponseBase:
    asked = FourEyes.objects.select_related("joining__organisation").filter(id=request_id).first()
    if asked is None:
        raise NotFound()
    try:
        if verdict == "grant":
            services.grant_waiver(actor, asked)
        else:
            services.refuse_waiver(actor, asked)
    except ArchiveError as error:
        messages.error(request, words(error, is_staff=True))
        return _show(request, 409)
    granted = verdict == "grant"
    messages.success(request, _("The waiver is granted.") if granted else _("It is refused."))
    return redirect("four-eyes")
