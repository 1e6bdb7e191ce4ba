"""A register's passing to a successor: what passes is shown first, two officers agree (ON-8)."""

from datetime import date, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.models import Organisation
from archive.values import today
from onboarding.models import FourEyes, JoiningState
from onboarding.queries import succession as queries
from onboarding.rules import road
from onboarding.services import succession as services
from onboarding.services.succession import Preview
from portal.forms.succession import SuccessionForm
from portal.staff import Request, page
from portal.views.joining import words
from portal.views.joining.opened import Opened, address, blame, open_file, show

SURE = "sure"  # posted with the choice whose effect was shown


def is_thinkable(opened: Opened) -> bool:
    """Whether an officer may have a use for the page: the customer has, or had, a register."""
    return opened.is_officer and opened.joining.state in road.LIVE | {JoiningState.ENDED}


@require_http_methods(["GET", "HEAD", "POST"])
@page("succession")
def succession(request: Request, actor: Actor, organisation_id: UUID) -> HttpResponseBase:
    """Two steps: successor and day, then what passes with the button that asks."""
    opened = open_file(request, organisation_id)
    former = opened.organisation
    form = SuccessionForm(
        request.POST if request.method == "POST" else None,
        former=former,
        initial={"on": _first_day(opened)},
    )
    shown: Preview | None = None
    if form.is_bound and form.is_valid():
        successor, on = form.cleaned_data["successor"], form.cleaned_data["on"]
        shown = services.preview(former, successor, on)
        if on < today():
            form.add_error("on", _("The day is before today. Choose today or a later day."))
            shown = None
        elif request.POST.get(SURE) == form.mark:
            try:
                services.ask(actor, former, successor, on=on, reason=form.cleaned_data["reason"])
            except ArchiveError as error:
                blame(form, error, is_staff=True)
            else:
                messages.success(request, _("It was asked for. A second officer decides."))
                return redirect("succession", organisation_id)
    asked = queries.open_request(former, services.SUCCESSION)
    context = {
        "form": form,
        "shown": _told(shown),
        "asked": asked,
        "asked_shown": _told(_preview_of(former, asked)),
        "successor": _successor(asked),
        "asked_on": services.asked_day(asked) if asked else None,
        "own": asked is not None and asked.asked_by_id == request.person.id,
        "history": queries.history(former),
        "back": address("joining-file", opened),
    }
    return show(request, "joining/succession.html", opened, context)


def _first_day(opened: Opened) -> date:
    """The earliest on which the register could pass."""
    ends_on = opened.joining.ends_on
    return max(today(), ends_on + timedelta(days=1)) if ends_on else today()


def _preview_of(former: Organisation, asked: FourEyes | None) -> Preview | None:
    """As it is now, which may be otherwise than when it was asked for."""
    successor = _successor(asked)
    if asked is None or successor is None:
        return None
    return services.preview(former, successor, services.asked_day(asked))


def _successor(asked: FourEyes | None) -> Organisation | None:
    return Organisation.objects.filter(id=asked.details["to"]).first() if asked else None


def _told(shown: Preview | None) -> dict[str, object] | None:
    if shown is None:
        return None
    return {
        "registers": shown.registers,
        "volumes": [(words.environment(each.environment), each) for each in shown.volumes],
        "open_cases": shown.open_cases,
        "obstacles": [words.OBSTACLES[each] for each in shown.obstacles],
    }


@require_POST
@page("succession")
def call_off(request: Request, actor: Actor, organisation_id: UUID) -> HttpResponseBase:
    """What was agreed on and has not come about yet."""
    opened = open_file(request, organisation_id)
    if services.call_off(actor, opened.organisation):
        messages.success(request, _("The succession was called off, and the contacts are told."))
    else:
        messages.info(request, _("No succession was planned."))
    return redirect("succession", organisation_id)
