"""The first page: today's flow by customer, what waits, open cases, queues and interfaces."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from archive.actors import Actor
from archive.models import Case, JobKind, StudyState
from archive.queries import alarms, overview
from archive.values import now
from onboarding import queries
from portal import formats, plots
from portal.advice import Advice, advise
from portal.alarm_words import about
from portal.pages import BY_NAME, CUSTOMERS, address
from portal.staff import Request, page, person_of
from portal.views.desk import STAFF_READER

ALARMS = 5


def front(request: HttpRequest) -> HttpResponseBase:
    """The bare address: the overview for the staff, their own page for a customer's people."""
    if request.user.is_authenticated and person_of(request.user).roles & CUSTOMERS:
        return redirect("home")
    return show(request)


@page("overview")
def show(request: Request, actor: Actor) -> HttpResponse:
    flows = overview.flows(request.environment, queries.customers_of(actor, ()))
    waiting = overview.waiting(request.environment)
    cases = overview.open_cases(request.environment)
    top = max(
        (max(map(sum, zip(flow.received, flow.failed, strict=True))) for flow in flows), default=0
    )
    shows_alarms = BY_NAME["alarms"].may_open(actor.roles)
    standing = alarms.standing(request.environment)[:ALARMS] if shows_alarms else []
    context = {
        "alarms": [(row, about(row)) for row in standing],
        "untold": len(alarms.untold()) if shows_alarms else 0,
        "title": _title(flows),
        "say": _say(waiting, overview.open_case_count(request.environment)),
        "flows": [
            {
                "flow": flow,
                "states": _states(flow),
                "plot": plots.by_hour(
                    f"flow{place}", flow.organisation.name, flow.received, flow.failed, top=top
                ),
            }
            for place, flow in enumerate(flows)
        ],
        "waiting": waiting,
        "waiting_plot": ages_plot(waiting),
        "oldest": [
            (study, address(actor.roles, "study", study))
            for study in overview.oldest_waiting(request.environment)
        ],
        "cases": [_in_words(case, actor) for case in cases],
        "queues": [
            (JobKind(queue.kind).label, queue) for queue in overview.queues(request.environment)
        ],
        "interfaces": [(interface_word(each.kind), each) for each in overview.interfaces()],
    }
    return render(request, "overview/overview.html", context)


def _in_words(case: Case, actor: Actor) -> tuple[Case, Advice, str, str]:
    """With its advice, whose move it is, and its address for who may open it."""
    advice = advise(case.reason)
    return case, advice, STAFF_READER.move(advice, case), address(actor.roles, "case", case)


def _title(flows: list[overview.Flow]) -> str:
    received = sum(flow.total for flow in flows)
    registered = sum(flow.states.get(StudyState.REGISTERED, 0) for flow in flows)
    if not received:
        return _("Today: no studies received yet")
    return ngettext(
        "Today: %(received)s study received, %(registered)s registered",
        "Today: %(received)s studies received, %(registered)s registered",
        received,
    ) % {"received": formats.number_text(received), "registered": formats.number_text(registered)}


def _say(waiting: overview.Waiting, cases: int) -> str:
    """What waits and what is open, as sentences."""
    sentences = []
    if waiting.count and waiting.oldest_at:
        sentences.append(
            ngettext(
                "%(count)s study waits for its documents, the oldest for %(length)s.",
                "%(count)s studies wait for their documents, the oldest for %(length)s.",
                waiting.count,
            )
            % {
                "count": formats.counted_text(waiting.count),
                "length": formats.wait_text(now() - waiting.oldest_at),
            }
        )
    else:
        sentences.append(_("No study waits for its documents."))
    if cases:
        said = ngettext("%(count)s case is open.", "%(count)s cases are open.", cases)
        sentences.append(said % {"count": formats.counted_text(cases)})
    else:
        sentences.append(_("No case is open."))
    return " ".join(sentences)


def _states(flow: overview.Flow) -> list[tuple[str, str]]:
    """Shape and words of each state that has studies, and of the day's failures."""
    said = []
    for state in StudyState:
        if count := flow.states.get(state.value):
            said.append((state.value, f"{state.label} {formats.number_text(count)}"))
    return said


def ages_plot(waiting: overview.Waiting) -> plots.Plot:
    words = {
        "minutes": _("< 10 min"),
        "hour": _("< 1 h"),
        "hours": _("< 4 h"),
        "day": _("< 24 h"),
        "days": _("< 3 d"),
        "longer": _("≥ 3 d"),
    }
    classes = [
        (words[name], waiting.ages[name], name in overview.LATE) for name, _limit in overview.AGES
    ]
    return plots.ages("ages", _("How long studies have waited for their documents"), classes)


def interface_word(kind: str) -> str:
    words = {
        "dicom": _("DICOM listener"),
        "worker": _("Worker"),
        "caller": _("Calls to customers"),
        "web": _("Web"),
        "beat": _("Timer"),
        "hl7": _("HL7 listener"),
    }
    return words.get(kind, kind)
