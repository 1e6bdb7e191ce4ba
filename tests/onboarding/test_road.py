"""Every transition, allowed and refused, for everybody (ON-5, ON-6)."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest
from django.core import mail
from django.db import transaction

from archive.actors import Actor
from archive.models import LedgerEvent
from archive.values import today
from onboarding.errors import ActorUnfit, StepOutOfOrder
from onboarding.models import FourEyes, Joining, JoiningState, Transition
from onboarding.rules import road as rules
from onboarding.rules.road import Party
from onboarding.services import joining, production
from tests import post_office
from tests.onboarding import cast

S = JoiningState
# What each party may do, by state. Whatever is not here is refused.
TABLE: dict[tuple[S, S], set[str]] = {
    (S.DRAFT, S.SUBMITTED): {"customer", "officer"},
    (S.RETURNED, S.SUBMITTED): {"customer", "officer"},
    (S.SUBMITTED, S.IN_REVIEW): {"officer"},
    (S.IN_REVIEW, S.RETURNED): {"officer"},
    (S.IN_REVIEW, S.ACCEPTED): {"officer"},
    (S.IN_REVIEW, S.REJECTED): {"officer"},
    (S.RETURNED, S.REJECTED): {"officer"},
    (S.ACCEPTED, S.TEST_PASSED): {"system"},
    (S.ACCEPTED, S.TEST_WAIVED): {"officer"},
    (S.ACCEPTED, S.REJECTED): {"officer"},
    (S.TEST_PASSED, S.IN_PRODUCTION): {"officer", "system"},
    (S.TEST_PASSED, S.REJECTED): {"officer"},
    (S.TEST_WAIVED, S.IN_PRODUCTION): {"officer"},
    (S.TEST_WAIVED, S.REJECTED): {"officer"},
    (S.IN_PRODUCTION, S.NOTICE_GIVEN): {"customer", "officer"},
    (S.NOTICE_GIVEN, S.IN_PRODUCTION): {"customer", "officer"},
    (S.NOTICE_GIVEN, S.ENDED): {"system"},
    (S.ENDED, S.DRAFT): {"customer", "officer"},
    (S.REJECTED, S.DRAFT): {"customer", "officer"},
}


@pytest.mark.parametrize(("start", "to", "party"), list(product(S, S, Party)))
def test_the_road_is_the_table(start: S, to: S, party: Party) -> None:
    assert rules.may_move(start, to, party) == (party.value in TABLE.get((start, to), set()))
    assert rules.leads(start, to) == ((start, to) in TABLE)


def test_every_state_can_be_reached_and_says_whose_move_it_is() -> None:
    assert {to for _, to in TABLE} == set(S)
    assert set(rules.WAITS_FOR) == set(S) == set(rules.ROAD)
    for state in S:
        for party in Party:
            assert all(rules.may_move(state, to, party) for to in rules.next_states(state, party))


# --- the same through the services ----------------------------------------------------------------

Step = Callable[[Actor, Joining], object]
STEPS: dict[str, tuple[Step, dict[S, set[str]]]] = {
    "submit": (
        joining.submit,
        {S.DRAFT: {"customer", "officer"}, S.RETURNED: {"customer", "officer"}},
    ),
    "take_up": (joining.take_up, {S.SUBMITTED: {"officer"}}),
    "send_back": (
        lambda actor, road: joining.send_back(actor, road, reason="r"),
        {S.IN_REVIEW: {"officer"}},
    ),
    "accept": (joining.accept_for_testing, {S.IN_REVIEW: {"officer"}}),
    "reject": (
        lambda actor, road: joining.reject(actor, road, reason="r"),
        {
            state: {"officer"}
            for state in (S.IN_REVIEW, S.RETURNED, S.ACCEPTED, S.TEST_PASSED, S.TEST_WAIVED)
        },
    ),
    "ask_waiver": (
        lambda actor, road: joining.ask_waiver(actor, road, reason="r"),
        {S.ACCEPTED: {"officer"}},
    ),
    "open": (
        production.open_production,
        {S.TEST_PASSED: {"officer", "system"}, S.TEST_WAIVED: {"officer"}},
    ),
    "notice": (
        lambda actor, road: production.give_notice(actor, road, given_on=today()),
        {S.IN_PRODUCTION: {"customer", "officer"}},
    ),
    "withdraw": (production.withdraw_notice, {S.NOTICE_GIVEN: {"customer", "officer"}}),
    "again": (
        joining.apply_again,
        {S.ENDED: {"customer", "officer"}, S.REJECTED: {"customer", "officer"}},
    ),
}


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("state", list(S))
def test_who_may_take_which_step_in_a_state(state: S) -> None:
    road = cast.brought_to(state)
    if state == S.DRAFT:
        cast.proved(cast.filled(road))
    road.refresh_from_db()
    assert road.state == state
    actors = cast.actors(road)
    for step, (act, table) in STEPS.items():
        for name, actor in actors.items():
            allowed = name in table.get(state, set())
            assert _does(act, actor, road) == allowed, (step, name)


def _does(act: Step, actor: Actor, road: Joining) -> bool:
    """Whether it is done; then it is undone."""
    point = transaction.savepoint()
    before = Transition.objects.filter(joining=road).count()
    try:
        act(actor, Joining.objects.get(id=road.id))
    except (StepOutOfOrder, ActorUnfit):
        kept = Transition.objects.filter(joining=road).count()
        assert kept == before
        done = False
    else:
        done = True
    transaction.savepoint_rollback(point)
    return done


@pytest.mark.usefixtures("db")
def test_each_step_leaves_who_when_and_why_and_a_mail_in_each_language() -> None:
    road = cast.brought_to(S.IN_REVIEW)
    post_office.deliver()
    mail.outbox.clear()
    joining.send_back(cast.officer(), road, reason="The number is missing")
    newest = Transition.objects.filter(joining=road).latest("at")
    assert (newest.from_state, newest.to_state) == (S.IN_REVIEW, S.RETURNED)
    assert (newest.actor_name, newest.reason) == ("first.officer", "The number is missing")
    event = LedgerEvent.objects.filter(kind="joining.moved").latest("at")
    assert event.facts == {"from": "in_review", "to": "returned", "reason": "The number is missing"}
    assert event.organisation_id == road.organisation_id
    sent = {message.to[0]: message for message in post_office.deliver()}
    assert len(sent) == 3
    names = {"administrative": "Uusi Kuvaus", "technical": "Nya Bild", "data_protection": "New Im"}
    for kind, name in names.items():
        message = sent[f"{kind}@uusi.example.invalid"]
        assert name in message.subject
        assert "The number is missing" in message.body


@pytest.mark.usefixtures("db")
def test_a_step_taken_twice_from_two_pages_is_taken_once() -> None:
    road = cast.brought_to(S.SUBMITTED)
    seen_by_another = Joining.objects.get(id=road.id)
    joining.take_up(cast.officer(), road)
    with pytest.raises(StepOutOfOrder):
        joining.take_up(cast.second_officer(), seen_by_another)


@pytest.mark.usefixtures("db")
def test_a_rejected_applicant_loses_its_test_connections_and_open_requests() -> None:
    road = cast.brought_to(S.ACCEPTED)
    joining.ask_waiver(cast.officer(), road, reason="only views")
    joining.reject(cast.officer(), road, reason="no licence")
    yesterday = today() - timedelta(days=1)
    assert [row.valid_until for row in road.organisation.connections.all()] == [yesterday]
    assert [row.state for row in FourEyes.objects.filter(joining=road)] == ["refused"]
