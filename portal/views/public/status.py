"""Where a registration stands, who has the move, how long, what is next, and how it came there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from archive.values import BusinessId, now
from onboarding.models import AccessRequest, Joining, JoiningState, RequestState
from onboarding.queries.file import transitions
from onboarding.queries.registration import of_person
from onboarding.rules.road import FILLED_IN
from portal.staff import Person
from portal.views.joining import words
from portal.views.public.applicant import applicant
from portal.views.public.filling import address
from portal.views.public.steps import KEYS, place_of

YOU, WE, TIME, NOBODY = _("You"), _("We"), _("Nobody: time passes"), _("Nobody")


@dataclass(frozen=True, slots=True)
class Standing:
    """A state in the applicant's words. `go` is the one next action, where there is one."""

    shape: str
    mover: Any
    means: Any
    following: Any
    go: Any = ""


STANDINGS: Mapping[str, Standing] = {
    JoiningState.DRAFT: Standing(
        "needs",
        YOU,
        _("The registration is not sent yet. Nobody else sees it."),
        _("Fill it in and send it. Then we look it through."),
        _("Go on with the registration"),
    ),
    JoiningState.SUBMITTED: Standing(
        "wait",
        WE,
        _("We have the registration, and nobody has taken it up yet."),
        _("One of us takes it up and looks it through."),
        _("Fill in systems, terms and connections meanwhile"),
    ),
    JoiningState.IN_REVIEW: Standing(
        "wait",
        WE,
        _("We are looking the registration through."),
        _("We accept it for testing, or return it and say what is missing."),
        _("Fill in systems, terms and connections meanwhile"),
    ),
    JoiningState.RETURNED: Standing(
        "needs",
        YOU,
        _("We returned the registration. The reason stands in the history below."),
        _("Put right what we named, and send it again."),
        _("Go on with the registration"),
    ),
    JoiningState.ACCEPTED: Standing(
        "needs",
        YOU,
        _("Your test connections are open."),
        _("Run the rollout test with your own systems. When it passes, production can open."),
        _("To the rollout test"),
    ),
    JoiningState.TEST_PASSED: Standing(
        "wait",
        WE,
        _("The rollout test has passed."),
        _("Production opens when all preconditions hold. Your checklist shows which do not."),
        _("To the checklist"),
    ),
    JoiningState.TEST_WAIVED: Standing(
        "wait",
        WE,
        _("The rollout test was waived, for the reason below."),
        _("Production opens when all preconditions hold. Your checklist shows which do not."),
        _("To the checklist"),
    ),
    JoiningState.IN_PRODUCTION: Standing(
        "done",
        NOBODY,
        _("The organisation is in production, and stands in the public list of customers."),
        _("Run the rollout test again when versions change, for new functions and after faults."),
        _("To the organisation’s file"),
    ),
    JoiningState.NOTICE_GIVEN: Standing(
        "wait",
        TIME,
        _("Notice has been given. Everything works until the last day of use."),
        _("After it nothing is stored or searched. Until then the notice can be withdrawn."),
        _("To the organisation’s file"),
    ),
    JoiningState.ENDED: Standing(
        "stop",
        NOBODY,
        _("The use has ended. What was archived stays, and so does the duty to keep it."),
        _("The organisation can register again."),
        _("To the organisation’s file"),
    ),
    JoiningState.REJECTED: Standing(
        "stop",
        NOBODY,
        _("We rejected the registration. The reason stands in the history below."),
        _("Once the reason is gone, the organisation can register again."),
        _("To the organisation’s file"),
    ),
}


@dataclass(frozen=True, slots=True)
class Move:
    """A line of the history."""

    at: datetime
    to: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Shown:
    joining: Joining
    identifier: BusinessId
    standing: Standing
    url: str
    waited: Any
    done: int  # pages of the registration, of `pages`
    pages: int
    moves: list[Move]


@applicant
@require_safe
def status(request: HttpRequest, person: Person) -> HttpResponseBase:
    assert request.user.is_authenticated
    own = of_person(request.user)
    context = {
        "here": "join",
        "registrations": [_shown(joining) for joining in own.joinings],
        "requests": [(each, _is_refused(each)) for each in own.requests],
        "begun": request.session.get("registration", {}).get("business_id", ""),
    }
    return render(request, "public/join/status.html", context)


def _is_refused(request: AccessRequest) -> bool:
    return request.state == RequestState.REFUSED


def _next_page(joining: Joining) -> str:
    if joining.state in FILLED_IN:
        return address(joining, KEYS[place_of(joining)])
    if joining.state == JoiningState.ACCEPTED:
        return reverse("rollout")
    return reverse("joining-file", args=[joining.organisation_id])


def _shown(joining: Joining) -> Shown:
    return Shown(
        joining=joining,
        identifier=BusinessId(joining.organisation.business_id),
        standing=STANDINGS[joining.state],
        url=_next_page(joining),
        waited=now() - joining.state_since,
        done=place_of(joining) + 1,
        pages=len(KEYS) + 1,
        moves=[
            Move(each.at, each.get_to_state_display(), each.actor_name, words.why(each))
            for each in transitions(joining)
        ],
    )
