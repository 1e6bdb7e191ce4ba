"""What the staff tell customers: planned breaks, and notices of changed instructions."""

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from archive.actors import Actor
from archive.errors import NotFound
from archive.errors.wishes import ValueUnfit
from archive.models import Announcement, PlannedBreak
from archive.services import service_status as services
from portal.forms.service import AnnouncementForm, BreakForm
from portal.staff import Request, page

OVER = gettext_lazy("A break ends after it begins, and has not ended yet.")
MISSING = gettext_lazy("This is missing.")
FIELDS = {"ends": "ends_day"}


@require_http_methods(["GET", "HEAD", "POST"])
@page("status-change")
def plan(request: Request, actor: Actor) -> HttpResponseBase:
    form = BreakForm(request.POST or None)
    return _tell(
        request,
        form,
        _("Plan a break"),
        lambda: services.plan(actor, **form.given()),
        _("The break is told to customers from now on."),
    )


@require_POST
@page("status-change")
def call_off(request: Request, actor: Actor, break_id: UUID) -> HttpResponseBase:
    row = PlannedBreak.objects.filter(id=break_id).first()
    if row is None:
        raise NotFound()
    if services.call_off(actor, row):
        messages.success(request, _("The break was called off."))
    else:
        messages.info(request, _("The break is over, or was called off before."))
    return redirect("status")


@require_http_methods(["GET", "HEAD", "POST"])
@page("status-change")
def announce(request: Request, actor: Actor) -> HttpResponseBase:
    form = AnnouncementForm(request.POST or None)
    return _tell(
        request,
        form,
        _("Put up a notice"),
        lambda: services.announce(actor, **form.given()),
        _("Customers read the notice from now on."),
    )


@require_POST
@page("status-change")
def take_down(request: Request, actor: Actor, announcement_id: UUID) -> HttpResponseBase:
    row = Announcement.objects.filter(id=announcement_id).first()
    if row is None:
        raise NotFound()
    if services.take_down(actor, row):
        messages.success(request, _("The notice was taken down. Who took note of it stays known."))
    return redirect("status")


def _tell(
    request: Request, form: forms.Form, title: str, act: Callable[[], object], done: str
) -> HttpResponseBase:
    if form.is_bound and form.is_valid() and _fits(form, act):
        messages.success(request, done)
        return redirect("status")
    context = {
        "form": form,
        "title": title,
        "say": _("Customers read it in the language they have chosen."),
        "back": reverse("status"),
        "button": _("Tell customers"),
        "trail": [(_("State of the service"), reverse("status"))],
    }
    return render(request, "watching/form.html", context, status=422 if form.is_bound else 200)


def _fits(form: forms.Form, act: Callable[[], object]) -> bool:
    """Whether the service takes it; if not, the form says why."""
    try:
        act()
    except ValueUnfit as error:
        name = error.facts["field"]
        field = FIELDS.get(name, name)
        form.add_error(field, str(OVER if name == "ends" else MISSING))
        return False
    return True
