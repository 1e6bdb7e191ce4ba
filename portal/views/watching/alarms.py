"""Alarms: those that stand open, and those that were cleared lately; acknowledging one."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
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
from portal.forms.watching import AcknowledgeForm
from portal.pages import BY_NAME
from portal.staff import Request, page

SHOWN = 200
CLEARED = 20


@require_safe
@page("alarms")
def listed(request: Request, actor: Actor) -> HttpResponse:
    rows = queries.standing(request.environment)
    count = rows.count()
    cleared = queries.cleared(request.environment)[:CLEARED]
    title = ngettext("%(count)s alarm stands open", "%(count)s alarms stand open", count)
    context = {
        "title": title % {"count": counted_text(count)},
        "rows": [_told(row) for row in rows[:SHOWN]],
        "cleared": [_told(row) for row in cleared],
        "acknowledges": BY_NAME["alarm-acknowledge"].may_open(actor.roles),
    }
    return render(request, "watching/alarms.html", context)


def _told(row: Alarm) -> tuple[Alarm, str, str, str]:
    """With the object and its values in words."""
    return (
        row,
        about(row),
        value_words(row.rule.measure, row.value),
        value_words(row.rule.measure, row.worst),
    )


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
