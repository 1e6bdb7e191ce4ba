"""What expires when: the forecast, and what may be destroyed now (AR-9)."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from archive.actors import Actor
from archive.models import ListState, RetentionRule
from archive.queries import destruction as queries
from archive.queries import retention
from archive.queries.destruction import Forecast
from archive.services import retention_survey
from archive.services.retention_survey import FREE, HELD, PERMANENT, UNCOMMITTED, UNSETTLED
from archive.values import today
from portal import plots
from portal.formats import counted_text, number_text
from portal.pages import BY_NAME
from portal.plots import Plot
from portal.retention_words import name_of
from portal.staff import Request, page

KEPT = (PERMANENT, HELD, UNCOMMITTED)


@require_safe
@page("retention")
def front(request: Request, actor: Actor) -> HttpResponse:
    told = queries.forecast(request.environment)
    count = queries.expired_count(request.environment, before=today() - timedelta(days=1))
    said = ngettext(
        "The retention of %(count)s study has ended and nothing is known to keep it.",
        "The retention of %(count)s studies has ended and nothing is known to keep them.",
        count,
    )
    waiting = queries.lists(request.environment).filter(state=ListState.PROPOSED)
    nothing = _("No study is known whose retention has ended and that nothing keeps.")
    context: dict[str, Any] = {
        "say": said % {"count": counted_text(count)} if count else nothing,
        "expired": count,
        "forecast": told,
        "plot": _plot(told) if told else None,
        "figures": _figures(told) if told else [],
        "walking": queries.walking(request.environment),
        "for_ever": [(name_of(row), _(row.source)) for row in _for_ever()],
        "waiting": waiting.order_by("number"),
        "may_act": BY_NAME["destruction-propose"].may_open(request.person.roles),
        "on": [("on", "1")],
    }
    return render(request, "retention/front.html", context)


@page("retention-survey")
def survey(request: Request, actor: Actor) -> HttpResponseBase:
    """Begin it, or have one that stands go on where it is."""
    if request.method == "POST":
        if "on" in request.POST and retention_survey.go_on(request.environment):
            messages.success(request, _("The survey goes on where it stood."))
        else:
            retention_survey.begin(request.environment)
            messages.success(request, _("Retention is being worked out anew for every study."))
    return redirect("retention")


def _for_ever() -> list[RetentionRule]:
    """Rules of today that keep everything."""
    rows = retention.rows_on(today()).filter(permanent=True)
    return list(rows.filter(content_types=[], register_types=[], birth_days=[]))


def _plot(told: Forecast) -> Plot:
    """Years before this one are one step: what has ended already."""
    first = today().year - 1
    by_year: dict[int, tuple[int, int]] = {}
    for year, counts in told.figures.items():
        if year == UNSETTLED:
            continue
        place = max(int(year), first)
        free, kept = by_year.get(place, (0, 0))
        by_year[place] = (
            free + counts.get(FREE, 0),
            kept + sum(counts.get(standing, 0) for standing in KEPT),
        )
    return plots.forecast("forecast", _("Studies whose retention ends"), first, by_year)


def _figures(told: Forecast) -> list[tuple[str, str]]:
    unsettled = sum(told.figures.get(UNSETTLED, {}).values())
    return [
        (_("Studies"), number_text(told.survey.studies)),
        (_("Kept for ever"), number_text(told.total(PERMANENT))),
        (_("Held"), number_text(told.total(HELD))),
        (_("Not committed, so the sender’s duty"), number_text(told.total(UNCOMMITTED))),
        (_("No end known"), number_text(unsettled)),
    ]
