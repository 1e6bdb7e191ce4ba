"""The switch of a connection: does each of its messages need a signed assertion (XD-4)?"""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from archive.actors import Actor
from archive.errors import NotFound
from archive.models import Connection, ConnectionKind
from archive.values import today
from onboarding.services import connections
from portal.forms.trust import SwitchForm
from portal.staff import Request, page


@require_http_methods(["GET", "HEAD", "POST"])
@page("xua-switch")
def switch(
    request: Request, actor: Actor, organisation_id: UUID, connection_id: UUID
) -> HttpResponseBase:
    rows = Connection.objects.select_related("organisation")
    row = rows.filter(
        id=connection_id, organisation_id=organisation_id, kind=ConnectionKind.XDS
    ).first()
    if row is None or row.organisation.is_operator or not row.is_valid_on(today()):
        raise NotFound()
    form = SwitchForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        required = request.POST.get("required") == "1"
        reason = form.cleaned_data["reason"]
        connections.require_assertion(actor, row, required=required, reason=reason)
        said = (
            _("%(connection)s needs a signed assertion from now on.")
            if required
            else _("%(connection)s is heard without an assertion from now on.")
        )
        messages.success(request, said % {"connection": row})
        return redirect("organisation", organisation_id)
    organisation = row.organisation
    context = {
        "row": row,
        "form": form,
        "hidden": [("required", "0" if row.xua_required else "1")],
        "trail": [
            (_("Customers"), reverse("organisations")),
            (organisation.name, reverse("organisation", args=[organisation.id])),
        ],
    }
    return render(
        request, "customers/assertion.html", context, status=422 if form.is_bound else 200
    )
