"""Who has registered an organisation that is here already, over all customers (ON-1)."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.errors import ArchiveError, NotFound
from onboarding.models import AccessRequest
from onboarding.services import people as services
from portal import formats
from portal.forms.joining import RoleForm
from portal.staff import Request, page
from portal.views.joining.opened import words
from portal.views.joining.people import turning_away


@require_safe
@page("access-requests")
def requests(request: Request, actor: Actor) -> HttpResponse:
    """The longest waiting first, with whether somebody of the organisation could decide."""
    found = list(services.access_requests())
    title = ngettext(
        "%(count)s person asks to be let in", "%(count)s people ask to be let in", len(found)
    )
    context = {
        "title": title % {"count": formats.number_text(len(found))},
        "requests": [(each, services.has_administrator(each.organisation)) for each in found],
        "roles": RoleForm.base_fields["role"].choices,  # type: ignore[attr-defined]
        "trail": [(_("Joining"), reverse("joining"))],
    }
    return render(request, "joining/access.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page("access-requests")
def decide(request: Request, actor: Actor, request_id: UUID) -> HttpResponseBase:
    rows = AccessRequest.objects.select_related("organisation", "user")
    asked = rows.filter(id=request_id).first()
    if asked is None:
        raise NotFound()
    if request.method != "POST":
        return _ask_once_more(request, asked)
    form = RoleForm(request.POST)
    away = request.POST.get("verdict") == "turn-away"
    if not away and not form.is_valid():
        raise Http404
    try:
        if away:
            services.turn_away(actor, asked)
        else:
            services.let_in(actor, asked, role=form.chosen)
    except ArchiveError as error:
        messages.error(request, words(error, is_staff=True))
    else:
        let_in = _("The person was let in, and is told by mail.")
        messages.success(request, _("The person was turned away.") if away else let_in)
    return redirect("access-requests")


def _ask_once_more(request: Request, asked: AccessRequest) -> HttpResponseBase:
    """Before somebody is turned away."""
    back = reverse("access-requests")
    context = turning_away(request, asked, is_staff=True)
    if context is None:
        return redirect(back)
    trail = [(_("Joining"), reverse("joining")), (_("Asks to be let in"), back)]
    return render(request, "sure.html", {**context, "back": back, "trail": trail})
