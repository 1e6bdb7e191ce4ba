"""Statements of one moment: the one that was recorded last holds (AC-1)."""

from datetime import UTC, datetime, timedelta

import pytest

from archive.errors.wishes import NoPermissionGiven, PermissionAlreadyGiven, StatementOutdated
from archive.rules import wishes
from archive.rules.wishes import Earlier, Moment

AT = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)


def said(given: bool, at: datetime = AT, recorded: datetime = AT) -> Earlier:
    return Earlier(at, recorded, given)


def check(given: bool, *earlier: Earlier, at: datetime = AT) -> None:
    wishes.check_permission(given, Moment(at, LATER), informed_from=AT, earlier=earlier)


def test_what_takes_effect_at_a_moment_holds_at_it() -> None:
    assert wishes.holding([said(True)], AT) == said(True)
    assert wishes.holding([said(True)], AT - timedelta(microseconds=1)) is None
    check(False, said(True))
    with pytest.raises(PermissionAlreadyGiven):
        check(True, said(True))


def test_of_one_moment_the_word_that_was_recorded_last_holds() -> None:
    first, last = said(True), said(False, recorded=LATER)
    for order in ([first, last], [last, first]):
        assert wishes.holding(order, AT) == last
        check(True, *order)
        with pytest.raises(NoPermissionGiven):
            check(False, *order)


def test_what_is_said_from_before_a_later_contrary_word_is_outdated() -> None:
    check(True, said(False))  # of the same moment
    with pytest.raises(StatementOutdated):
        check(True, said(False, at=LATER))


def test_a_moment_to_come_is_refused_and_this_one_is_not() -> None:
    wishes.require_past(Moment(AT, AT))
    with pytest.raises(wishes.EffectiveInFuture):
        wishes.require_past(Moment(LATER, AT))
