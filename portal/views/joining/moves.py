"""The steps of the road as buttons: what each says before, asks, and calls (ON-5, ON-6)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from archive.actors import Actor
from onboarding.models import Joining, JoiningState
from onboarding.queries.file import open_requests
from onboarding.queries.succession import gives_away
from onboarding.rules import road
from onboarding.services import joining as joining_services
from onboarding.services import production
from portal.views.joining.opened import Opened


@dataclass(frozen=True, slots=True)
class Move:
    """Each step takes a reason; some need one. `leads` is the step's main way."""

    key: str
    to: JoiningState
    act: Callable[[Actor, Joining, str], object]
    label: Any
    say: Any
    done: Any
    needs_reason: bool = False
    harm: bool = False
    leads: bool = True


def _submit(actor: Actor, joining: Joining, reason: str) -> object:
    return joining_services.submit(actor, joining, reason=reason)


def _take_up(actor: Actor, joining: Joining, reason: str) -> object:
    return joining_services.take_up(actor, joining, reason=reason)


def _send_back(actor: Actor, joining: Joining, reason: str) -> object:
    return joining_services.send_back(actor, joining, reason=reason)


def _accept(actor: Actor, joining: Joining, reason: str) -> object:
    return joining_services.accept_for_testing(actor, joining, reason=reason)


def _reject(actor: Actor, joining: Joining, reason: str) -> object:
    return joining_services.reject(actor, joining, reason=reason)


def _ask_waiver(actor: Actor, joining: Joining, reason: str) -> object:
    return joining_services.ask_waiver(actor, joining, reason=reason)


def _open(actor: Actor, joining: Joining, reason: str) -> object:
    return production.open_production(actor, joining, reason=reason)


def _withdraw(actor: Actor, joining: Joining, reason: str) -> object:
    return production.withdraw_notice(actor, joining, reason=reason)


def _again(actor: Actor, joining: Joining, reason: str) -> object:
    return joining_services.apply_again(actor, joining, reason=reason)


MOVES = (
    Move(
        "submit",
        JoiningState.SUBMITTED,
        _submit,
        _("Send the registration"),
        _("It goes to review. Names and sector cannot be changed while it is reviewed."),
        _("The registration was sent."),
    ),
    Move(
        "take-up",
        JoiningState.IN_REVIEW,
        _take_up,
        _("Begin the review"),
        _("The contacts are told that the review has begun."),
        _("The review has begun."),
    ),
    Move(
        "accept",
        JoiningState.ACCEPTED,
        _accept,
        _("Accept for testing"),
        _("The planned test connections open at once, and the contacts are told."),
        _("Accepted for testing. The test connections are open."),
    ),
    Move(
        "return",
        JoiningState.RETURNED,
        _send_back,
        _("Return for additions"),
        _("The customer can change its registration again. The contacts read the reason."),
        _("Returned for additions."),
        needs_reason=True,
        leads=False,
    ),
    Move(
        "reject",
        JoiningState.REJECTED,
        _reject,
        _("Reject"),
        _("Open test connections end at once. The contacts read the reason."),
        _("Rejected."),
        needs_reason=True,
        harm=True,
        leads=False,
    ),
    Move(
        "waive",
        JoiningState.TEST_WAIVED,
        _ask_waiver,
        _("Ask for a waiver of the test"),
        _("Nothing changes before a second officer has granted it. Say why no test is needed."),
        _("The waiver was asked for. A second officer decides."),
        needs_reason=True,
        leads=False,
    ),
    Move(
        "open",
        JoiningState.IN_PRODUCTION,
        _open,
        _("Open production"),
        _(
            "Today becomes the joining date. The production connections open this second, the "
            "organisation is put on the public list, and the contacts are told."
        ),
        _("Production is open."),
    ),
    Move(
        "withdraw-notice",
        JoiningState.IN_PRODUCTION,
        _withdraw,
        _("Withdraw the notice"),
        _("The use goes on as if no notice had been given. The contacts are told."),
        _("The notice was withdrawn."),
    ),
    Move(
        "again",
        JoiningState.DRAFT,
        _again,
        _("Open the registration again"),
        _("It becomes a draft. What was filled in stays; the rollout test must be passed anew."),
        _("The registration is open again."),
    ),
)
BY_KEY: Mapping[str, Move] = {move.key: move for move in MOVES}


def open_to(opened: Opened) -> list[Move]:
    """The steps that the road allows this person now; the notice has a page of its own."""
    state = opened.joining.state
    ahead = road.next_states(state, opened.party)
    withdrawing = state == JoiningState.NOTICE_GIVEN
    if state == JoiningState.ENDED and gives_away(opened.organisation):
        ahead = ()  # who has no register any more does not come back
    asked = JoiningState.TEST_WAIVED in ahead and is_waiver_asked(opened.joining)
    return [
        move
        for move in MOVES
        if move.to in ahead
        and not (asked and move.to == JoiningState.TEST_WAIVED)
        and (
            move.to != JoiningState.IN_PRODUCTION or (move.key == "withdraw-notice") == withdrawing
        )
    ]


def is_waiver_asked(joining: Joining) -> bool:
    """It waits for a second officer, and is not asked for twice."""
    return any(row.kind == joining_services.WAIVER for row in open_requests(joining))


def may_give_notice(opened: Opened) -> bool:
    return JoiningState.NOTICE_GIVEN in road.next_states(opened.joining.state, opened.party)
