"""A new version: the order is changed, or its producer is named (AC-3)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.models import AuthorisationState as State
from archive.rules.authorisations import ORDER_FIELDS, Move
from archive.services import authorisations
from archive.services.authorisation_parties import producers
from portal.forms.authorisations import VersionForm, blame, order_of
from portal.staff import Request, page
from portal.views.authorisations.opened import Opened, open_one, show


@require_http_methods(["GET", "HEAD", "POST"])
@page("authorisation-act")
def amend(request: Request, actor: Actor, authorisation_id: UUID) -> HttpResponseBase:
    opened = open_one(request, actor, authorisation_id)
    form = _form(request, opened)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            amended = authorisations.amend(
                opened.actor, opened.row, order_of(given), producer=given["producer"]
            )
        except ArchiveError as error:
            blame(form, error)
        else:
            same = amended.id == opened.row.id
            said = _("Nothing was changed.") if same else _("The new version is in force.")
            messages.success(request, said)
            return redirect("authorisation", amended.id)
    context = {
        "form": form,
        "is_open": Move.AMEND in opened.moves,
        "again": opened.row.state == State.DECLINED,
    }
    return show(request, "authorisations/amend.html", opened, context)


def _form(request: Request, opened: Opened) -> VersionForm:
    """With what is in force filled in. A producer that was named stays, until it declines."""
    row = opened.row
    initial: dict[str, Any] = {name: getattr(row, name) for name in ORDER_FIELDS}
    declined = row.state == State.DECLINED
    initial["producer"] = None if declined else row.producer_id
    form = VersionForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        producers=producers(row.organiser_id, row.environment),
    )
    if row.producer_id is not None and not declined:
        form.fields["producer"].disabled = True
    return form
