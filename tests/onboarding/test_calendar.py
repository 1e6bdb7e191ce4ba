"""A notice ends on the same day one calendar month later (ON-6)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding.rules.calendar import one_calendar_month_later

DAYS = st.dates(date(1990, 1, 1), date(2150, 12, 31))


@pytest.mark.parametrize(
    ("given_on", "ends_on"),
    [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),
        (date(2100, 1, 31), date(2100, 2, 28)),
        (date(2026, 1, 28), date(2026, 2, 28)),
        (date(2026, 12, 31), date(2027, 1, 31)),
        (date(2026, 3, 31), date(2026, 4, 30)),
        (date(2026, 2, 28), date(2026, 3, 28)),
        (date(2026, 11, 22), date(2026, 12, 22)),
    ],
)
def test_named_days(given_on: date, ends_on: date) -> None:
    assert one_calendar_month_later(given_on) == ends_on


@given(DAYS)
def test_it_is_the_same_day_of_the_next_month_or_that_months_last(day: date) -> None:
    later = one_calendar_month_later(day)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == 1
    is_last = (later + timedelta(days=1)).month != later.month
    assert later.day == day.day or (is_last and later.day < day.day)


@given(DAYS, DAYS)
def test_an_earlier_notice_never_ends_later(one: date, other: date) -> None:
    first, second = sorted((one, other))
    assert one_calendar_month_later(first) <= one_calendar_month_later(second)


@given(DAYS)
def test_it_is_28_to_31_days(day: date) -> None:
    assert 28 <= (one_calendar_month_later(day) - day).days <= 31
