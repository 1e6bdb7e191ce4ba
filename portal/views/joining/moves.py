"""The steps of the road as buttons: what each says before, asks, and calls (ON-5, ON-6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from archive.actors import Actor
from onboarding.models import Joining, JoiningState
from onboarding.rules import road
from onboarding.services import moves
from portal.views.joining.opened import Opened


@dataclass(frozen=True, slots=True)
class Move:
    """Each step takes a reason; some need one. `leads` is the step's main way."""

    key: str
    label: Any
    say: Any
    done: Any
    needs_reason: bool = False
    harm: bool = False
    leads: bool = True

    def act(self, actor: Actor, joining: Joining, reason: str) -> None:
        moves.MOVES[self.key].act(actor, joining, reason=reason)


MOVES = (
    Move(
        "submit",
        _("Send the registration"),
        _("It goes to review. Names and sector cannot be changed while it is reviewed."),
        _("The registration was sent."),
    ),
    Move(
        "take-up",
        _("Begin the review"),
        _("The contacts are told that the review has begun."),
        _("The review has begun."),
    ),
    Move(
        "accept",
        _("Accept for testing"),
        _("The planned test connections open at once, and the contacts are told."),
        _("Accepted for testing. The test connections are open."),
    ),
    Move(
        "return",
        _("Return for additions"),
        _("The customer can change its registration again. The contacts read the reason."),
        _("Returned for additions."),
        needs_reason=True,
        leads=False,
    ),
    Move(
        "reject",
        _("Reject"),
        _("Open test connections end at once. The contacts read the reason."),
        _("Rejected."),
        needs_reason=True,
        harm=True,
        leads=False,
    ),
    Move(
        "waive",
        _("Ask for a waiver of the test"),
        _("Nothing changes before a second officer has granted it. Say why no test is needed."),
        _("The waiver was asked for. A second officer decides."),
        needs_reason=True,
        leads=False,
    ),
    Move(
        "open",
        _("Open production"),
        _(
            "Today becomes the joining date. The production connections open this second, the "
            "organisation is put on the public list, and the contacts are told."
        ),
        _("Production is open."),
    ),
    Move(
        "withdraw-notice",
        _("Withdraw the notice"),
        _("The use goes on as if no notice had been given. The contacts are told."),
        _("The notice was withdrawn."),
    ),
    Move(
        "again",
        _("Open the registration again"),
        _("It becomes a draft. What was filled in stays; the rollout test must be passed anew."),
        _("The registration is open again."),
    ),
)
BY_KEY: Mapping[str, Move] = {move.key: move for move in MOVES}


def open_to(opened: Opened) -> list[Move]:
    """The steps that the road allows this person now; the notice has a page of its own."""
    return [BY_KEY[key] for key in moves.open_to(opened.joining, opened.party)]


def may_give_notice(opened: Opened) -> bool:
    return JoiningState.NOTICE_GIVEN in road.next_states(opened.joining.state, opened.party)
