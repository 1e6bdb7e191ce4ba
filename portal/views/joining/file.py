"""The file of a customer: its checklist, what stands behind each row, and the next step (ON-2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.models import Environment
from archive.values import now
from onboarding.models import (
    CertifiedSystem,
    Evidence,
    EvidenceState,
    JoiningState,
    Precondition,
    TermsKind,
)
from onboarding.queries import file as queries
from onboarding.queries import succession as succession_queries
from onboarding.rules import road
from onboarding.rules.preconditions import Lack
from onboarding.rules.road import Party
from onboarding.services.evidence import GIVEN_BY_HAND
from onboarding.services.moves import is_waiver_asked
from portal.forms.joining import MoveForm
from portal.lists.customers import PIPELINE
from portal.staff import Request, page
from portal.views import lists
from portal.views.joining import details, moves, pipeline, words
from portal.views.joining.opened import Opened, address, blame, open_file, show, trail
from portal.views.joining.succession import is_thinkable
from portal.views.public.filling import address as page_address
from portal.views.public.steps import KEYS, place_of

TERMS = (Precondition.DELIVERY_TERMS, Precondition.SERVICE_DESCRIPTION)
TESTABLE = road.TESTING | road.LIVE


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the checklist."""

    letter: str
    precondition: Precondition
    evidence: Evidence | None
    acceptance: Any
    shape: str
    word: str
    lacks: list[str]
    url: str
    act: str


@dataclass(frozen=True, slots=True)
class Next:
    """The one thing to do."""

    label: str
    url: str


@require_safe
@page("joining-file")
def file(request: Request, actor: Actor, organisation_id: UUID) -> HttpResponse:
    opened = open_file(request, organisation_id)
    joining, organisation = opened.joining, opened.organisation
    checks = queries.checklist(joining)
    allowed = moves.open_to(opened)
    next_step = following(opened, checks)
    who = road.WAITS_FOR[JoiningState(joining.state)]
    terms, systems = queries.terms(organisation), queries.systems(organisation)
    context = {
        "rows": rows(opened, checks, terms, _odd(systems)),
        "next": next_step,
        "moves": [each for each in allowed if _move_url(opened, each) != next_step.url],
        "notice_url": address("joining-notice", opened) if moves.may_give_notice(opened) else "",
        "say": words.waits(who, now() - joining.state_since, is_staff=opened.is_staff),
        "systems": [(row, words.of_system(row, found)) for row, found in systems],
        "terms": terms,
        "planned": queries.planned_connections(organisation),
        "contacts": queries.contacts(organisation),
        "transitions": [(row, words.why(row)) for row in queries.transitions(joining)],
        "requests": [
            (words.FOUR_EYES[each.kind][0], each) for each in queries.open_requests(joining)
        ],
        "history": succession_queries.history(organisation),
        "succession_url": address("succession", opened) if is_thinkable(opened) else "",
        "told": details.told(opened),
        "trail": trail(opened, above=True),
        **(_beside(request, actor, opened) if opened.is_staff else {}),
    }
    return show(request, "joining/file.html", opened, context)


def _beside(request: Request, actor: Actor, opened: Opened) -> dict[str, object]:
    """The customers before and after this one in the list of the road, for who came from it."""
    around = lists.around(request, actor, PIPELINE, pipeline.opened_by, opened.organisation)
    if "neighbours" not in around:
        return {}
    (first, _back), *rest = trail(opened, above=True)
    return {**around, "trail": [(first, around["back"]), *rest]}


def _odd(systems: Sequence[tuple[CertifiedSystem, Any]]) -> list[str]:
    """Which of them has a certificate that does not fit, and why."""
    return [f"{row}: {said}" for row, _found in systems for said, _word in words.odds_of(row)]


def rows(
    opened: Opened,
    checks: list[queries.Check],
    terms: list[queries.TermsRow],
    odd: Sequence[str] = (),
) -> list[Row]:
    """`odd` is told beside what the certified systems lack: an officer judges whether it counts."""
    accepted = {row.kind.value: row.acceptance for row in terms}
    made = []
    for letter, check in zip("abcdef", checks, strict=True):
        shape, word = _standing(check)
        url, act = _way(opened, check)
        made.append(
            Row(
                letter,
                check.precondition,
                check.evidence,
                accepted.get(check.precondition.value),
                shape,
                word,
                [
                    *(str(words.LACKS[each]) for each in check.lacking),
                    *(odd if check.precondition == Precondition.CERTIFIED else ()),
                ],
                url,
                act,
            )
        )
    return made


def _standing(check: queries.Check) -> tuple[str, str]:
    if check.evidence and check.evidence.state == EvidenceState.WAIVED:
        return "done", str(check.evidence.get_state_display())
    if check.holds:
        return "done", _("in order")
    if check.lacking == (Lack.JUDGEMENT,):
        return "wait", _("to be looked at")
    return "needs", _("missing")


def _way(opened: Opened, check: queries.Check) -> tuple[str, str]:
    """Where something can be done about it, and what."""
    precondition = check.precondition
    if precondition in GIVEN_BY_HAND:
        if precondition == Precondition.CERTIFIED and Lack.SYSTEM in check.lacking:
            label = _("Name the systems")
        elif Lack.JUDGEMENT in check.lacking and opened.is_officer:
            label = _("Look at the evidence")
        else:
            label = _("Give evidence") if Lack.EVIDENCE in check.lacking else _("Evidence")
        return address("joining-evidence", opened, precondition.value), label
    if precondition in TERMS:
        label = _("Read") if check.holds or opened.is_staff else _("Read and accept")
        return address("joining-terms", opened, precondition.value), label
    if precondition == Precondition.DEPLOYMENT_DATA:
        if Lack.CONTACTS in check.lacking and opened.fills_in:
            return address("joining-contacts", opened), _("Fill in the contacts")
        return address("joining-connections", opened), _("Connections")
    url = f"{reverse('rollout')}?{urlencode({'organisation': opened.organisation.id})}"
    return url, _("Rollout test")


def following(opened: Opened, checks: list[queries.Check] | None = None) -> Next:
    """The one next action of this person; without address where it is somebody else's move."""
    checks = queries.checklist(opened.joining) if checks is None else checks
    state = opened.joining.state
    allowed = [move for move in moves.open_to(opened) if move.leads]
    is_open = state in road.FILLED_IN
    if opened.is_staff:
        return _officers(opened, checks, allowed) if opened.is_officer else Next("", "")
    if is_open and not _told_enough(checks):
        left_off = page_address(opened.joining, KEYS[place_of(opened.joining)])
        return Next(_("Go on with the registration"), left_off)
    if allowed and state not in road.LIVE | road.OVER:
        return Next(str(allowed[0].label), _move_url(opened, allowed[0]))
    return _customers(opened, checks)


def _officers(opened: Opened, checks: list[queries.Check], allowed: list[moves.Move]) -> Next:
    """What waits for us; what only the customer can do has no filled button."""
    state = opened.joining.state
    if state in (JoiningState.IN_REVIEW, *road.TESTING):
        for check in checks:
            if Lack.JUDGEMENT in check.lacking:
                url, label = _way(opened, check)
                return Next(f"{label}: {check.precondition.label}", url)
    if state in road.TESTING and any(check.lacking for check in checks):
        return Next("", "")
    if allowed and road.WAITS_FOR[JoiningState(state)] == "officer":
        return Next(str(allowed[0].label), _move_url(opened, allowed[0]))
    return Next("", "")


def _customers(opened: Opened, checks: list[queries.Check]) -> Next:
    if opened.joining.state in road.OVER:
        return Next("", "")
    for check in checks:
        if not check.lacking or check.lacking == (Lack.JUDGEMENT,):
            continue
        if check.lacking == (Lack.TEST,) and opened.joining.state not in TESTABLE:
            continue
        if check.precondition in TERMS and opened.party != Party.CUSTOMER:
            continue
        url, label = _way(opened, check)
        return Next(_named(label, check.precondition), url) if url else Next("", "")
    return Next("", "")


def _named(label: str, precondition: Precondition) -> str:
    """What the button does, and with what; the precondition's own name says how it ends."""
    if precondition in TERMS:
        return f"{label}: {TermsKind(precondition.value).label}"
    if precondition in GIVEN_BY_HAND and label != _("Name the systems"):
        return f"{label}: {precondition.label}"
    return label


def _told_enough(checks: list[queries.Check]) -> bool:
    """Whether the registration can be sent (`preconditions.for_submission`)."""
    lacking = {lack for check in checks for lack in check.lacking}
    return not lacking & {Lack.ACTIVITY, Lack.CONTACTS}


def _move_url(opened: Opened, move: moves.Move) -> str:
    return address("joining-move", opened, move.key)


@require_http_methods(["GET", "HEAD", "POST"])
@page("joining-move")
def move(request: Request, actor: Actor, organisation_id: UUID, key: str) -> HttpResponseBase:
    """What a step does is said first, then it is done."""
    opened = open_file(request, organisation_id)
    wanted = moves.BY_KEY.get(key)
    if wanted is None:
        raise Http404
    posted = request.POST if request.method == "POST" else None
    form = MoveForm(posted, needed=wanted.needs_reason)
    if form.is_bound and form.is_valid():
        try:
            wanted.act(opened.actor, opened.joining, form.cleaned_data["reason"])
        except ArchiveError as error:
            blame(form, error, is_staff=opened.is_staff)
        else:
            messages.success(request, str(wanted.done))
            return redirect("joining-file", organisation_id)
    context = {
        "move": wanted,
        "form": form,
        "is_open": wanted in moves.open_to(opened),
        "is_asked": wanted.key == "waive" and is_waiver_asked(opened.joining),
        "missing": _missing(opened, wanted),
        "connections": _opening(opened, wanted),
        "back": address("joining-file", opened),
    }
    return show(request, "joining/move.html", opened, context)


def _missing(opened: Opened, wanted: moves.Move) -> list[str]:
    """What would be refused is said before."""
    if wanted.key != "open":
        return []
    return [
        str(check.precondition.label)
        for check in queries.checklist(opened.joining)
        if not check.holds
    ]


def _opening(opened: Opened, wanted: moves.Move) -> list[str]:
    """The connections that the step opens."""
    environments = {"accept": Environment.TEST, "open": Environment.PRODUCTION}
    environment = environments.get(wanted.key)
    planned = queries.planned_connections(opened.organisation)
    return [str(row) for row in planned if row.environment == environment]
