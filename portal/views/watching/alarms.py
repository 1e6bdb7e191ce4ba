"""Alarms: those that stand open, and those that were cleared lately; acknowledging one."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.models import Alarm
from archive.queries import alarms as queries
from archive.services import alarms as services
from portal.alarm_words import about, value_words
from portal.formats import counted_text
from portal.forms.watching import AcknowledgeForm, AlarmFilters
from portal.lists.watching import ALARMS, CLEARED_ALARMS, Told
from portal.pages import BY_NAME
from portal.staff import Request, page
from portal.views import lists
from portal.views.lists import Opened


@require_safe
@page("alarms")
def listed(request: Request, actor: Actor) -> HttpResponseBase:
    opened = _opened(request)
    words = {
        "page_title": _("Alarms"),
        "title": _("Cleared lately") if opened.form.of_the_past else _standing(request),
        "say": _(
            "Judged every minute by the rules in force. An alarm is cleared by itself when its"
            " cause is over."
        ),
        "none_fits": _("No alarm has been cleared"),
        "untold": len(queries.untold()),
    }
    acknowledges = BY_NAME["alarm-acknowledge"].may_open(actor.roles)
    listing = CLEARED_ALARMS if opened.form.of_the_past else ALARMS
    if not acknowledges:
        listing = listing.without("act")
    part = "watching/_alarms.html"
    return lists.answer(request, actor, listing, opened, part, lambda _rows: words)


def _standing(request: Request) -> str:
    count = queries.standing(request.environment).count()
    title = ngettext("%(count)s alarm stands open", "%(count)s alarms stand open", count)
    return title % {"count": counted_text(count)}


def _opened(request: Request) -> Opened[Told]:
    """The gravest that stand open, which are few; or those that were cleared, the latest first."""
    form = AlarmFilters(request.GET)
    if not form.is_valid():
        return Opened(form, [], is_unread=True)
    if form.of_the_past:
        return Opened(form, queries.cleared(request.environment), queries.CLEARED, _in_words)
    return Opened(form, list(queries.standing(request.environment)), (), _in_words)


def _in_words(found: Sequence[Alarm]) -> list[Told]:
    return [
        Told(
            row,
            about(row),
            value_words(row.rule.measure, row.value),
            value_words(row.rule.measure, row.worst),
        )
        for row in found
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@page("alarm-acknowledge")
def acknowledge(request: Request, actor: Actor, alarm_id: UUID) -> HttpResponseBase:
    row = queries.one(alarm_id)
    form = AcknowledgeForm(request.POST or None)
    if form.is_bound and form.is_valid():
        if services.acknowledge(actor, row, note=form.cleaned_data["reason"]):
            messages.success(request, _("You look after it now."))
        else:
            messages.info(request, _("Somebody looks after it already."))
        return redirect("alarms")
    context = {
        "form": form,
        "title": _("Acknowledge: %(alarm)s") % {"alarm": row.rule.name},
        "say": about(row),
        "back": reverse("alarms"),
        "button": _("Acknowledge"),
        "trail": [(_("Alarms"), reverse("alarms"))],
    }
    return render(request, "watching/form.html", context, status=422 if form.is_bound else 200)
