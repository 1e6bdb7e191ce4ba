"""Quiet hours and digests, in local time."""

from datetime import datetime, timedelta

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
