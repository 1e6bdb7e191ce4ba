"""The day a patient died, as an archivist settles it (AR-9)."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.services import deaths
from portal.forms.retention import DeathForm
from portal.staff import Request, page
from portal.views import reasons
from portal.views.retention.holds import blame


@require_http_methods(["GET", "HEAD", "POST"])
@page("retention-death")
def settle(request: Request, actor: Actor) -> HttpResponseBase:
    form = DeathForm(request.POST or None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        reasons.search(request, actor, given["identifier"], given["reason"])
        try:
            deaths.settle(
                actor,
                given["identifier"],
                given["day"],
                environment=request.environment,
                reason=given["reason"],
            )
        except ArchiveError as error:
            blame(form, error)
        else:
            messages.success(request, _("The day is recorded, and retention worked out by it."))
            return redirect("retention")
    context = {
        "form": form,
        "title": _("Day of death"),
        "say": _("Retention runs from it. It stands above what messages tell; it is recorded."),
        "button": _("Record it"),
        "back": reverse("retention"),
        "trail": [(_("Retention"), reverse("retention"))],
    }
    status = 422 if form.is_bound else 200
    return render(request, "retention/form.html", context, status=status)
