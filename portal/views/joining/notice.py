"""Notice of termination: its effect is told before it is given; withdrawn by `moves` (ON-6)."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.values import today
from onboarding.rules.calendar import last_day_after_notice
from onboarding.services import production
from portal.formats import day_text
from portal.forms.joining import NoticeForm
from portal.staff import Request, page
from portal.views.joining import moves
from portal.views.joining.opened import Opened, address, blame, open_file, show

SURE = "sure"  # posted with the day whose effect was shown


@require_http_methods(["GET", "HEAD", "POST"])
@page("joining-move")
def notice(request: Request, actor: Actor, organisation_id: UUID) -> HttpResponseBase:
    """Two steps: the day, then its effect with the button that binds."""
    opened = open_file(request, organisation_id)
    earliest = production.earliest_notice(opened.actor, opened.organisation)
    form = NoticeForm(
        request.POST if request.method == "POST" else None,
        earliest=earliest,
        initial={"given_on": today()},
    )
    effect: date | None = None
    if form.is_bound and form.is_valid():
        given_on = form.cleaned_data["given_on"]
        sure = request.POST.get(SURE) == given_on.isoformat()
        if given_on < earliest:
            form.add_error("given_on", _too_early(opened, earliest))
        elif not sure:
            effect = last_day_after_notice(given_on)
        else:
            try:
                joining = production.give_notice(opened.actor, opened.joining, **form.cleaned_data)
            except ArchiveError as error:
                blame(form, error, is_staff=opened.is_staff)
            else:
                assert joining.ends_on is not None
                said = _("Notice is given. The last day of use is %(day)s.")
                messages.success(request, said % {"day": day_text(joining.ends_on)})
                return redirect("joining-file", organisation_id)
    context = {
        "form": form,
        "effect": effect,
        "is_open": moves.may_give_notice(opened),
        "back": address("joining-file", opened),
    }
    return show(request, "joining/notice.html", opened, context)


def _too_early(opened: Opened, earliest: date) -> str:
    if not opened.is_staff:
        return _("The day is before today. Choose today or a later day.")
    said = _("That day is too long ago. Choose %(day)s or a later day.")
    return said % {"day": day_text(earliest)}
