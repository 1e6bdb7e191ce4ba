"""The steps of a customer's road by name, as its page and the API offer them (ON-5, NF-7); to give
notice is none of them, since it needs a day.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from onboarding.models import Joining, JoiningState
from onboarding.queries.file import open_requests
from onboarding.queries.succession import gives_away
from onboarding.rules import road
from onboarding.rules.road import Party
from onboarding.services import joining as services
from onboarding.services import production


@dataclass(frozen=True, slots=True)
class Move:
    """`act` takes the actor, the customer's road and, by its name, the reason."""

    to: JoiningState
    act: Callable[..., object]


MOVES: Mapping[str, Move] = {
    "submit": Move(JoiningState.SUBMITTED, services.submit),
    "take-up": Move(JoiningState.IN_REVIEW, services.take_up),
    "accept": Move(JoiningState.ACCEPTED, services.accept_for_testing),
    "return": Move(JoiningState.RETURNED, services.send_back),
    "reject": Move(JoiningState.REJECTED, services.reject),
    "waive": Move(JoiningState.TEST_WAIVED, services.ask_waiver),
    "open": Move(JoiningState.IN_PRODUCTION, production.open_production),
    "withdraw-notice": Move(JoiningState.IN_PRODUCTION, production.withdraw_notice),
    "again": Move(JoiningState.DRAFT, services.apply_again),
}


def open_to(joining: Joining, party: Party | None) -> list[str]:
    """Those that the road allows this party now; a system is of none."""
    ahead = road.next_states(joining.state, party) if party else ()
    if joining.state == JoiningState.ENDED and gives_away(joining.organisation):
        ahead = ()  # who has no register any more does not come back
    # Of the two steps into production the one that is meant.
    other = "open" if joining.state == JoiningState.NOTICE_GIVEN else "withdraw-notice"
    left_out = {other}
    if JoiningState.TEST_WAIVED in ahead and is_waiver_asked(joining):
        left_out.add("waive")
    return [key for key, move in MOVES.items() if move.to in ahead and key not in left_out]


def is_waiver_asked(joining: Joining) -> bool:
    """It waits for a second officer, and is not asked for twice."""
    return any(row.kind == services.WAIVER for row in open_requests(joining))
