"""How every customer's interfaces fare, one channel over time, and what is expected of it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.errors import NotFound
from archive.models import Alarm, Channel
from archive.queries import certificates
from archive.queries import interface_health as queries
from archive.queries.interface_health import Line
from archive.services import silence as services
from archive.values import HELSINKI, civil_day, midnight, now, today
from portal.formats import counted_text, day_text
from portal.forms.watching import LEARN, NEVER, ExpectedForm, InterfaceFilters
from portal.lists.watching import INTERFACES
from portal.pages import BY_NAME
from portal.plots import Stretch, over_time
from portal.staff import Request, page
from portal.views import lists
from portal.views.lists import Opened

SOON = 60  # days before a certificate's end from which it is marked
HOURS, DAYS = 48, 56
CERTIFICATES = {
    "system": gettext_lazy("customer’s system"),
    "issuer": gettext_lazy("trusted issuer"),
    "dicom": gettext_lazy("our own, DICOM"),
    "hl7": gettext_lazy("our own, HL7"),
    "audit": gettext_lazy("our own, to the security monitor"),
}


@require_safe
@page("interfaces")
def listed(request: Request, actor: Actor) -> HttpResponseBase:
    opened = opened_by(request, actor, request.GET)
    words = _words(request, opened.rows)
    part = "watching/_interfaces.html"
    return lists.answer(request, actor, INTERFACES, opened, part, lambda _rows: words)


def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[Line]:
    form = InterfaceFilters(query)
    if not form.is_valid():
        return Opened(form, [], is_unread=True)
    rows = [row for row in queries.channels(request.environment) if _fits(row, form)]
    lines = queries.lines(rows, request.environment)
    if form.cleaned_data["look"]:
        lines = [line for line in lines if line.needs_a_look]
    return Opened(form, lines)


def _words(request: Request, lines: list[Line]) -> dict[str, object]:
    worse = sum(line.needs_a_look for line in lines)
    title = ngettext("%(count)s interface", "%(count)s interfaces", len(lines))
    say = ngettext("%(count)s needs a look.", "%(count)s need a look.", worse)
    return {
        "page_title": _("Interfaces"),
        "title": title % {"count": counted_text(len(lines))},
        "say": say % {"count": counted_text(worse)},
        "none_fits": _("No interface fits the filters"),
        "certificates": [
            (each, CERTIFICATES[each.what], int(each.days_left), each.days_left < SOON)
            for each in certificates.certificates()
            if each.environment in ("", request.environment)
        ],
    }


def _fits(row: Channel, form: InterfaceFilters) -> bool:
    wanted = form.cleaned_data
    text, owner = wanted["name"].casefold(), row.organisation
    names = (owner.name_fi, owner.name_sv, owner.name_en, owner.business_id, str(row.connection))
    return wanted["interface"] in ("", row.interface) and any(
        text in name.casefold() for name in names
    )


@require_safe
@page("interface")
def channel(request: Request, actor: Actor, channel_id: UUID) -> HttpResponse:
    row = _row(channel_id)
    request.environment = row.environment
    (line,) = queries.lines([row], row.environment)
    around = lists.around(request, actor, INTERFACES, opened_by, row)
    context = {
        "line": line,
        "cells": {key: INTERFACES.cell(key, line) for key in ("state", "good", "mean")},
        "row": row,
        "title": _title(row),
        "plots": _plots(row),
        "alarms": Alarm.objects.filter(channel=row, cleared_at=None, raised_at__isnull=False),
        "may_change": row.interface in services.SENDERS
        and BY_NAME["interface-expected"].may_open(actor.roles),
        "is_expected": row.interface in services.SENDERS,
        **around,
        "trail": [(_("Interfaces"), around["back"])],
    }
    return render(request, "watching/interface.html", context)


def _title(row: Channel) -> str:
    return f"{row.organisation.name}: {row.get_interface_display()}"


def _plots(row: Channel) -> list[Any]:
    """The last two days by hour, the last eight weeks by day."""
    at = now().replace(minute=0, second=0, microsecond=0)
    hours = [at - timedelta(hours=HOURS - 1 - each) for each in range(HOURS)]
    days = [today() - timedelta(days=DAYS - 1 - each) for each in range(DAYS)]
    found = queries.by_hour(row, midnight(days[0]))
    daily: dict[Any, tuple[int, int]] = {}
    for hour, counted in found.items():
        day = civil_day(hour)
        good, failed = daily.get(day, (0, 0))
        daily[day] = (good + counted.good, failed + counted.failed)
    return [
        over_time(
            "hours",
            _("The last two days, by hour"),
            [_hour(each, found[each] if each in found else None) for each in hours],
            _("Hour"),
        ),
        over_time(
            "days",
            _("The last eight weeks, by day"),
            [
                Stretch(
                    day_text(day),
                    *daily.get(day, (0, 0)),
                    short=f"{day.day}.{day.month}." if day.weekday() == 0 else "",
                )
                for day in days
            ],
            _("Day"),
        ),
    ]


def _hour(at: datetime, counted: Any) -> Stretch:
    local = at.astimezone(HELSINKI)
    label = f"{day_text(local.date())} {local.hour}–{local.hour + 1}"
    good, failed = (counted.good, counted.failed) if counted else (0, 0)
    return Stretch(label, good, failed, short="" if local.hour % 6 else str(local.hour))


@require_http_methods(["GET", "HEAD", "POST"])
@page("interface-expected")
def expected(request: Request, actor: Actor, channel_id: UUID) -> HttpResponseBase:
    row = _row(channel_id)
    if row.interface not in services.SENDERS:
        raise NotFound()
    form = ExpectedForm(request.POST or None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        if given["what"] == LEARN:
            services.learn_again(actor, row, reason=given["reason"])
        else:
            days = [] if given["what"] == NEVER else [int(each) for each in given["weekdays"]]
            services.lay_down(actor, row, weekdays=days, by=given["by"], reason=given["reason"])
        messages.success(request, _("What is expected was changed; it counts from today on."))
        return redirect("interface", row.id)
    context = {
        "form": form,
        "title": _("What is expected of %(system)s") % {"system": row.connection or ""},
        "say": _title(row),
        "back": reverse("interface", args=[row.id]),
        "button": _("Keep"),
        "trail": [
            (_("Interfaces"), reverse("interfaces")),
            (_title(row), reverse("interface", args=[row.id])),
        ],
    }
    return render(request, "watching/form.html", context, status=422 if form.is_bound else 200)


def _row(channel_id: UUID) -> Channel:
    """Raises NotFound."""
    rows = Channel.objects.select_related("organisation", "connection")
    row = rows.filter(id=channel_id).first()
    if row is None:
        raise NotFound()
    return row
