"""The road: which state may follow which, and who may move a customer there (ON-5, ON-6). Pure."""

from collections.abc import Mapping
from enum import StrEnum

from onboarding.models import JoiningState as State


class Party(StrEnum):
    """Who acts, seen from one customer."""

    CUSTOMER = "customer"  # its administrator
    TECHNICAL = "technical"  # its technical contact
    OFFICER = "officer"  # onboarding officer or administrator of the operator
    STAFF = "staff"  # the operator's other people
    SYSTEM = "system"


class Why(StrEnum):
    """The reasons of the system's own steps, as they are kept; the portal has the words."""

    PASSED = "rollout-test-passed"
    AT_ONCE = "all-preconditions-hold"  # production, when the test is passed
    NOTICE_OVER = "notice-over"


_EITHER = frozenset({Party.CUSTOMER, Party.OFFICER})
_OFFICER = frozenset({Party.OFFICER})
_SYSTEM = frozenset({Party.SYSTEM})

ROAD: Mapping[State, Mapping[State, frozenset[Party]]] = {
    State.DRAFT: {State.SUBMITTED: _EITHER},
    State.SUBMITTED: {State.IN_REVIEW: _OFFICER},
    State.IN_REVIEW: {
        State.RETURNED: _OFFICER,
        State.ACCEPTED: _OFFICER,
        State.REJECTED: _OFFICER,
    },
    State.RETURNED: {State.SUBMITTED: _EITHER, State.REJECTED: _OFFICER},
    State.ACCEPTED: {
        State.TEST_PASSED: _SYSTEM,
        State.TEST_WAIVED: _OFFICER,
        State.REJECTED: _OFFICER,
    },
    State.TEST_PASSED: {
        State.IN_PRODUCTION: _OFFICER | _SYSTEM,  # the system by policy, at once
        State.REJECTED: _OFFICER,
    },
    State.TEST_WAIVED: {State.IN_PRODUCTION: _OFFICER, State.REJECTED: _OFFICER},
    State.IN_PRODUCTION: {State.NOTICE_GIVEN: _EITHER},
    State.NOTICE_GIVEN: {State.IN_PRODUCTION: _EITHER, State.ENDED: _SYSTEM},
    State.ENDED: {State.DRAFT: _EITHER},
    State.REJECTED: {State.DRAFT: _EITHER},
}

# Where the customer itself may still fill in its registration.
FILLED_IN = frozenset({State.DRAFT, State.RETURNED})
TESTING = frozenset({State.ACCEPTED, State.TEST_PASSED, State.TEST_WAIVED})
LIVE = frozenset({State.IN_PRODUCTION, State.NOTICE_GIVEN})
OVER = frozenset({State.ENDED, State.REJECTED})

# Whose move it is in each state.
WAITS_FOR: Mapping[State, str] = {
    State.DRAFT: "customer",
    State.SUBMITTED: "officer",
    State.IN_REVIEW: "officer",
    State.RETURNED: "customer",
    State.ACCEPTED: "customer",
    State.TEST_PASSED: "officer",
    State.TEST_WAIVED: "officer",
    State.IN_PRODUCTION: "",
    State.NOTICE_GIVEN: "time",
    State.ENDED: "",
    State.REJECTED: "",
}


def leads(start: str, to: str) -> bool:
    return State(to) in ROAD[State(start)]


def may_move(start: str, to: str, party: Party) -> bool:
    return party in ROAD[State(start)].get(State(to), frozenset())


def next_states(start: str, party: Party) -> tuple[State, ...]:
    """Where this party may move a customer from here; for the buttons of a page."""
    return tuple(to for to, parties in ROAD[State(start)].items() if party in parties)
