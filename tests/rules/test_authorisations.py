"""Every move from every state by every side, and every fault of an order (AC-3)."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors.authorisations import AuthorisationMoved, PartyUnfit
from archive.models import AuthorisationState
from archive.rules import authorisations as rules
from archive.rules.authorisations import Coverage, Fault, Move, Order, Side, Standing
from archive.values import Period

TODAY = date(2026, 11, 26)
BEFORE, AFTER = TODAY - timedelta(days=1), TODAY + timedelta(days=30)

# state: what the organiser may do, what the producer may do; validity running.
TABLE: dict[str, tuple[set[str], set[str]]] = {
    "without_producer": ({"amend", "revoke"}, set()),
    "granted": ({"amend", "revoke", "finish"}, {"accept", "decline"}),
    "accepted": ({"amend", "revoke", "finish"}, {"withdraw"}),
    "declined": ({"amend"}, set()),
    "ended": (set(), set()),
    "revoked": (set(), set()),
    "replaced": (set(), set()),
}
LIVE = {"without_producer", "granted", "accepted"}


def allowed(move: Move, side: Side, standing: Standing) -> bool:
    try:
        rules.require(move, frozenset({side}), standing, TODAY)
    except (PartyUnfit, AuthorisationMoved):
        return False
    return True


def standing(state: str, **values: Any) -> Standing:
    return Standing(**{"state": state, "valid_until": AFTER, "accepted_on": TODAY, **values})


def test_the_table_names_every_state() -> None:
    assert TABLE.keys() == set(AuthorisationState.values)
    assert rules.LIVE | rules.OVER == set(AuthorisationState)


@pytest.mark.parametrize("state", TABLE)
def test_every_move_is_allowed_or_refused_by_state_and_side(state: str) -> None:
    by_organiser, by_producer = TABLE[state]
    for side, expected in ((Side.ORGANISER, by_organiser), (Side.PRODUCER, by_producer)):
        found = {move.value for move in Move if allowed(move, side, standing(state))}
        assert found == expected
        assert {each.value for each in _open(side, standing(state))} == expected
    assert not any(allowed(move, Side.TIME, standing(state)) for move in Move)


@pytest.mark.parametrize("state", TABLE)
def test_when_validity_is_over_nothing_is_left_but_its_end(state: str) -> None:
    over = standing(state, valid_until=BEFORE)
    for side in (Side.ORGANISER, Side.PRODUCER):
        assert not any(allowed(move, side, over) for move in Move)
    found = {move.value for move in Move if allowed(move, Side.TIME, over)}
    assert found == ({"end"} if state in LIVE else set())


def _open(side: Side, what: Standing) -> list[Move]:
    return rules.moves_open(frozenset({side}), what, TODAY)


def test_the_last_day_of_validity_is_a_day_of_use() -> None:
    last = standing("granted", valid_until=TODAY)
    assert allowed(Move.ACCEPT, Side.PRODUCER, last)
    assert not allowed(Move.END, Side.TIME, last)


def test_an_acceptance_is_withdrawn_on_its_day_and_before_any_work() -> None:
    accepted = standing("accepted")
    assert allowed(Move.WITHDRAW, Side.PRODUCER, accepted)
    assert not allowed(Move.WITHDRAW, Side.PRODUCER, replace(accepted, accepted_on=BEFORE))
    assert not allowed(Move.WITHDRAW, Side.PRODUCER, replace(accepted, used=True))


def test_nobody_moves_what_is_not_theirs() -> None:
    for move in Move:
        with pytest.raises(PartyUnfit):
            rules.require(move, frozenset(), standing("granted"), TODAY)


@pytest.mark.parametrize(
    ("present", "told", "done", "move"),
    [
        ("granted", "granted", False, None),
        ("granted", "accepted", False, "accept"),
        ("granted", "declined", False, "decline"),
        ("granted", "revoked", False, "revoke"),
        ("without_producer", "revoked", False, "revoke"),
        ("accepted", "granted", False, None),  # an older word changes nothing
        ("accepted", "ended", True, "finish"),
        ("accepted", "ended", False, "end"),
        ("accepted", "replaced", False, "amend"),
        ("ended", "accepted", False, None),
        ("revoked", "granted", False, None),
    ],
)
def test_the_repositorys_word_is_followed_forwards_only(
    present: str, told: str, done: bool, move: str | None
) -> None:
    assert rules.leading_to(told, present, done=done) == move


@pytest.mark.parametrize(
    ("present", "told"), [("revoked", "ended"), ("ended", "revoked"), ("accepted", "declined")]
)
def test_two_ends_contradict_each_other(present: str, told: str) -> None:
    with pytest.raises(AuthorisationMoved):
        rules.leading_to(told, present, done=False)


# --- orders ---------------------------------------------------------------------------------------


def order(**values: Any) -> Order:
    given_values = {"valid_from": TODAY, "valid_until": AFTER, "service_code": "AA1AD", **values}
    return Order(**given_values)


FAULTY: list[tuple[dict[str, Any], str, Fault]] = [
    ({"may_read": False, "may_write": False}, "may_read", Fault.NO_RIGHT),
    ({"valid_until": BEFORE}, "valid_until", Fault.ENDS_BEFORE_IT_BEGINS),
    ({"due_on": BEFORE}, "due_on", Fault.DUE_BEFORE_IT_BEGINS),
    ({"due_on": AFTER + timedelta(days=1)}, "due_on", Fault.DUE_AFTER_IT_ENDS),
    ({"voucher_value": Decimal("90")}, "voucher_number", Fault.VOUCHER_WITHOUT_NUMBER),
    ({"voucher_expires_on": AFTER}, "voucher_number", Fault.VOUCHER_WITHOUT_NUMBER),
    (
        {"voucher_number": "P1", "voucher_value": Decimal("-1")},
        "voucher_value",
        Fault.VOUCHER_VALUE,
    ),
    (
        {"voucher_number": "P1", "voucher_value": Decimal("10000000")},
        "voucher_value",
        Fault.VOUCHER_VALUE,
    ),
    (
        {"voucher_number": "P1", "voucher_expires_on": BEFORE},
        "voucher_expires_on",
        Fault.VOUCHER_TOO_SHORT,
    ),
    ({"service_text": "x" * 201}, "service_text", Fault.TOO_LONG),
    ({"order_text": "x" * 4001}, "order_text", Fault.TOO_LONG),
    ({"urgency": "soon"}, "urgency", Fault.UNKNOWN_WORD),
    ({"service_event": "palvelutapahtuma 1"}, "service_event", Fault.NO_OID),
]


@pytest.mark.parametrize(("values", "field", "fault"), FAULTY)
def test_each_fault_of_an_order_is_named_with_its_field(
    values: dict[str, Any], field: str, fault: Fault
) -> None:
    assert (field, fault) in list(rules.faults(order(**values)))


def test_a_sound_order_has_no_fault() -> None:
    sound = order(
        due_on=AFTER,
        voucher_number="PS-1",
        voucher_value=Decimal("120.50"),
        voucher_expires_on=AFTER,
        service_event="1.2.246.10.90000003.14.2026.1",
    )
    assert list(rules.faults(sound)) == []
    assert list(_today(sound)) == []


def _today(what: Order, before: Order | None = None, **facts: bool) -> Any:
    known = {"of_patient": True, "writable": True, **facts}
    return rules.faults_today(what, TODAY, before, **known)


@pytest.mark.parametrize(
    ("values", "facts", "found"),
    [
        ({"valid_from": BEFORE}, {}, ("valid_from", Fault.BEGINS_BEFORE_TODAY)),
        (
            {"valid_from": BEFORE, "valid_until": BEFORE},
            {},
            ("valid_until", Fault.ENDED_ALREADY),
        ),
        ({"due_on": BEFORE}, {}, ("due_on", Fault.DUE_PASSED)),
        ({"service_code": ""}, {}, ("service_text", Fault.NOTHING_ORDERED)),
        ({}, {"writable": False}, ("may_write", Fault.WRITES_ELSEWHERE)),
    ],
)
def test_what_is_made_today_looks_ahead(
    values: dict[str, Any], facts: dict[str, bool], found: tuple[str, Fault]
) -> None:
    assert found in list(_today(order(**values), **facts))


def test_what_was_so_before_may_stay_in_an_amendment() -> None:
    before = order(valid_from=BEFORE, due_on=BEFORE)
    assert list(_today(replace(before, order_text="more"), before)) == []
    assert list(_today(replace(before, due_on=BEFORE - timedelta(days=1)), before))


def test_of_the_population_nothing_need_be_ordered() -> None:
    assert list(_today(order(service_code=""), of_patient=False)) == []


# --- two for the same -----------------------------------------------------------------------------

days = st.integers(0, 6).map(lambda n: TODAY + timedelta(days=n))
periods = st.builds(
    lambda start, length: Period(start, None if length is None else start + length),
    days,
    st.one_of(st.none(), st.integers(0, 3).map(lambda n: timedelta(days=n))),
)


@given(periods, periods)
def test_two_overlap_when_a_day_is_in_both(one: Period, other: Period) -> None:
    by_hand = any(
        one.covers(each) and other.covers(each)
        for each in (TODAY + timedelta(days=n) for n in range(40))
    )
    first, second = Coverage(None, "AA1AD", one), Coverage(None, "AA1AD", other)
    assert rules.overlap(first, second) == by_hand == rules.overlap(second, first)


def test_another_service_is_another_order_however_it_is_written() -> None:
    texts = [order(service_code="", service_text=text) for text in ("Pään  TT", "pään tt ")]
    assert len({rules.service_of(each) for each in texts}) == 1
    assert rules.service_of(order()) != rules.service_of(texts[0])
