"""Who stands where on the road, who waits for whom and how long, what runs out (ON-5)."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from archive.actors import Actor
from onboarding.models import FourEyes, JoiningState, RequestState
from onboarding.queries import alarms, pipeline
from onboarding.queries.alarms import Alarm
from onboarding.queries.pipeline import BOARD, Entry
from onboarding.rules.certification import Window
from onboarding.services import people
from portal import formats
from portal.forms.joining import WAITS_FOR, PipelineFilters
from portal.pages import BY_NAME
from portal.staff import Request, page
from portal.views.joining import words


@dataclass(frozen=True, slots=True)
class Told:
    """A customer on the road, in words."""

    entry: Entry
    waits: str
    asked: str  # what waits for a second officer
    alarms: list[tuple[str, str]]  # shape and sentence


@dataclass(frozen=True, slots=True)
class Column:
    state: JoiningState
    told: list[Told]


@require_safe
@page("pipeline")
def joining(request: Request, actor: Actor) -> HttpResponse:
    form = PipelineFilters(request.GET)
    told = _told(form)
    as_list = request.GET.get("view") == "list" or bool(form.data.get("warning"))
    on_way = [each for each in told if each.entry.joining.state in BOARD]
    ours = sum(each.entry.waits_for == "officer" for each in on_way)
    count = len(on_way)
    title = ngettext("%(count)s customer is joining", "%(count)s customers are joining", count)
    say = ngettext("%(count)s of them waits for us.", "%(count)s of them wait for us.", ours)
    context = {
        "title": title % {"count": formats.number_text(count)},
        "say": say % {"count": formats.number_text(ours)},
        "form": form,
        "as_list": as_list,
        "rows": told,
        "columns": [
            Column(state, [each for each in told if each.entry.joining.state == state])
            for state in BOARD
        ],
        "asked": FourEyes.objects.filter(state=RequestState.OPEN).count(),
        "decides": BY_NAME["four-eyes"].may_open(request.person.roles),
        "knocking": people.access_requests().count(),
    }
    return render(request, "joining/pipeline.html", context)


def _told(form: PipelineFilters) -> list[Told]:
    """Nothing when a filter cannot be read."""
    if not form.is_valid():
        return []
    wanted = form.cleaned_data
    states = [wanted["state"]] if wanted["state"] else []
    found = [
        entry
        for entry in pipeline.entries(states, search=wanted["name"], waits_for=wanted["waits_for"])
        if not entry.organisation.is_operator
    ]
    by_organisation = alarms.of(entry.joining for entry in found)
    told = []
    for entry in found:
        own = by_organisation.get(entry.organisation.id, [])
        if not wanted["warning"] or any(each.kind == wanted["warning"] for each in own):
            asked = str(words.FOUR_EYES[entry.asked][1]) if entry.asked else ""
            told.append(Told(entry, _waits(entry), asked, [_alarm(each) for each in own]))
    return told


def _waits(entry: Entry) -> str:
    who = WAITS_FOR.get(entry.waits_for)
    return _("waits for %(who)s") % {"who": who} if who else ""


def _alarm(found: Alarm) -> tuple[str, str]:
    stops = found.passed and found.what != Window.CERTIFICATION
    return ("needs" if stops else "wait"), words.alarm(found)
