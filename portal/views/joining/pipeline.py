"""Who stands where on the road, who waits for whom and how long, what runs out (ON-5)."""

from dataclasses import dataclass

from django.http import HttpResponseBase, QueryDict
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
from portal.lists.customers import PIPELINE, OnRoad
from portal.pages import BY_NAME
from portal.staff import Request, page
from portal.views import lists
from portal.views.joining import words
from portal.views.lists import Opened


@dataclass(frozen=True, slots=True)
class State:
    state: JoiningState
    told: list[OnRoad]


@require_safe
@page("pipeline")
def joining(request: Request, actor: Actor) -> HttpResponseBase:
    opened = opened_by(request, actor, request.GET)
    return lists.answer(
        request,
        actor,
        PIPELINE,
        opened,
        "joining/_pipeline.html",
        lambda _rows: _words(request, opened),
    )


def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[OnRoad]:
    form = PipelineFilters(query)
    return Opened(form, _told(form), is_unread=not form.is_valid())


def _words(request: Request, opened: Opened[OnRoad]) -> dict[str, object]:
    asked = request.GET
    on_way = [each for each in opened.rows if each.entry.joining.state in BOARD]
    ours = sum(each.entry.waits_for == "officer" for each in on_way)
    count = len(on_way)
    title = ngettext("%(count)s customer is joining", "%(count)s customers are joining", count)
    say = ngettext("%(count)s of them waits for us.", "%(count)s of them wait for us.", ours)
    return {
        "page_title": _("Joining"),
        "title": title % {"count": formats.number_text(count)},
        "say": say % {"count": formats.number_text(ours)},
        "as_list": asked.get("view") == "list" or bool(asked.get("warning")),
        "columns": [
            State(state, [each for each in on_way if each.entry.joining.state == state])
            for state in BOARD
        ],
        "asked": FourEyes.objects.filter(state=RequestState.OPEN).count(),
        "decides": BY_NAME["four-eyes"].may_open(request.person.roles),
        "knocking": people.access_requests().count(),
    }


def _told(form: PipelineFilters) -> list[OnRoad]:
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
            told.append(OnRoad(entry, _waits(entry), asked, [_alarm(each) for each in own]))
    return told


def _waits(entry: Entry) -> str:
    who = WAITS_FOR.get(entry.waits_for)
    return _("waits for %(who)s") % {"who": who} if who else ""


def _alarm(found: Alarm) -> tuple[str, str]:
    stops = found.passed and found.what != Window.CERTIFICATION
    return ("needs" if stops else "wait"), words.alarm(found)
