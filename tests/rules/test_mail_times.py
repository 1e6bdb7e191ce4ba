"""Quiet hours and digests, in local time."""

from datetime import UTC, datetime, timedelta

import pytest

from archive.rules.mail_times import digest_is_due, is_quiet
from archive.values import HELSINKI


@pytest.mark.parametrize(
    ("quiet_from", "quiet_until", "quiet"),
    [(22, 6, {22, 23, 0, 1, 2, 3, 4, 5}), (12, 13, {12}), (0, 0, set()), (7, 7, set())],
)
def test_quiet_hours_may_go_over_midnight(
    quiet_from: int, quiet_until: int, quiet: set[int]
) -> None:
    assert {hour for hour in range(24) if is_quiet(hour, quiet_from, quiet_until)} == quiet


def test_a_digest_is_due_once_a_day() -> None:
    at = datetime(2026, 11, 26, 7, 5, tzinfo=HELSINKI)
    assert digest_is_due(at, 7, at - timedelta(hours=1))
    assert not digest_is_due(at, 7, at - timedelta(minutes=2))
    assert not digest_is_due(at, 8, at - timedelta(hours=22))
    assert digest_is_due(at, 8, at - timedelta(days=1))


def test_a_digest_of_the_hour_that_comes_twice_in_autumn_comes_once() -> None:
    first = datetime(2026, 10, 25, 3, 1, tzinfo=HELSINKI)
    assert digest_is_due(first, 3, datetime(2026, 10, 24, 0, 0, tzinfo=UTC))
    again = first.replace(fold=1)
    assert not digest_is_due(again, 3, first.astimezone(UTC))


def test_a_digest_of_the_hour_that_spring_leaves_out_comes_in_the_next_one() -> None:
    sent = datetime(2026, 3, 28, 1, 0, tzinfo=UTC)
    assert not digest_is_due(datetime(2026, 3, 29, 2, 59, tzinfo=HELSINKI), 3, sent)
    assert digest_is_due(datetime(2026, 3, 29, 4, 0, tzinfo=HELSINKI), 3, sent)
