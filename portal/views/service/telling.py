"""What the staff tell customers: planned breaks, and notices of changed instructions."""

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods

from archive.actors import Actor
from archive.errors import NotFound
from archive.errors.wishes import ValueUnfit
from archive.models import Announcement, PlannedBreak
from archive.services import service_status as services
from portal.formats import when_text
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


@require_http_methods(["GET", "HEAD", "POST"])
@page("status-change")
def call_off(request: Request, actor: Actor, break_id: UUID) -> HttpResponseBase:
    row = PlannedBreak.objects.filter(id=break_id).first()
    if row is None:
        raise NotFound()
    if request.method != "POST":
        span = f"{when_text(row.starts_at)} – {when_text(row.ends_at)}"
        return _ask(
            request,
            title=_("Call off a break"),
            about=f"{'; '.join(map(str, row.part_words))}, {span}",
            ask=_("Call off this break?"),
            say=_("Customers no longer see it. Should it be held after all, it is planned anew."),
            button=pgettext("break", "Call off"),
        )
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


@require_http_methods(["GET", "HEAD", "POST"])
@page("status-change")
def take_down(request: Request, actor: Actor, announcement_id: UUID) -> HttpResponseBase:
    row = Announcement.objects.filter(id=announcement_id).first()
    if row is None:
        raise NotFound()
    if request.method != "POST":
        return _ask(
            request,
            title=_("Take down a notice"),
            about=row.title,
            ask=_("Take down this notice?"),
            say=_(
                "Customers no longer see it, and nobody is asked to acknowledge it any more. Who "
                "has acknowledged it stays known. It cannot be put up again."
            ),
            button=_("Take down"),
        )
    if services.take_down(actor, row):
        messages.success(request, _("The notice was taken down. Who took note of it stays known."))
    return redirect("status")


def _ask(request: Request, **words: str) -> HttpResponseBase:
    context = {**words, "back": reverse("status"), "trail": _trail()}
    return render(request, "sure.html", context)


def _trail() -> list[tuple[str, str]]:
    return [(_("State of the service"), reverse("status"))]


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
        "trail": _trail(),
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
