"""Clients of the citizen API and their keys: added and retired by the administrator (AC-6)."""

from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.config import settings
from archive.errors import ArchiveError, NotFound
from archive.errors.wishes import ValueUnfit
from archive.models import ApiClient, Environment
from archive.services import api_clients as services
from archive.values import today
from portal.forms.api_clients import ClientForm, RetireForm
from portal.lists.dated import API_CLIENTS
from portal.staff import Request, page
from portal.views import lists
from portal.views.joining.opened import blame
from portal.views.lists import Opened


@require_safe
@page("api-clients")
def listed(request: Request, actor: Actor) -> HttpResponseBase:
    words = {
        "title": _("Clients of the API"),
        "say": _("Services that ask for citizens, each known by the key with which it signs."),
        "audience": settings().citizen_audience,
    }
    opened: Opened[ApiClient] = Opened(Form(), list(ApiClient.objects.all()))
    part = "access/_clients.html"
    return lists.answer(request, actor, API_CLIENTS, opened, part, lambda _rows: words)


@require_http_methods(["GET", "POST"])
@page("api-clients")
def add(request: Request, actor: Actor) -> HttpResponseBase:
    form = ClientForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _added(actor, form):
        messages.success(request, _("The key may be used from now on."))
        return redirect("api-clients")
    context = {"form": form, "trail": _trail()}
    status = 422 if form.is_bound else 200
    return render(request, "access/client_add.html", context, status=status)


def _added(actor: Actor, form: ClientForm) -> bool:
    given = dict(form.cleaned_data)
    given["environment"] = Environment(given["environment"])
    try:
        services.add(actor, **given)
    except ValueUnfit:
        form.add_error("issuer", _("This issuer has a key in the other environment."))
        return False
    except ArchiveError as error:
        blame(form, error, is_staff=True)
        return False
    return True


@require_http_methods(["GET", "POST"])
@page("api-clients")
def retire(request: Request, actor: Actor, client_id: UUID) -> HttpResponseBase:
    row = ApiClient.objects.filter(id=client_id).first()
    if row is None or not row.is_valid_on(today()):
        raise NotFound()
    form = RetireForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        services.retire(actor, row, reason=form.cleaned_data["reason"])
        messages.success(request, _("The key may not be used any more."))
        return redirect("api-clients")
    context = {"row": row, "form": form, "trail": _trail(), "back": reverse("api-clients")}
    return render(request, "access/client_retire.html", context)


def _trail() -> list[tuple[str, str]]:
    return [(_("Clients of the API"), reverse("api-clients"))]
