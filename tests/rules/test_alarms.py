"""Alarms around their hysteresis, and expectations of who always sends: pure rules."""

from datetime import UTC, date, datetime, time, timedelta

from archive.rules.alarms import Limits, Standing, Step, is_quiet, step
from archive.rules.silence import Learning, days_before, laid_down, learned, minutes_late
from archive.values import HELSINKI

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
RISING = Limits(threshold=50, clear_at=20, lasting=timedelta(minutes=10))
DAYS_LEFT = Limits(threshold=30, clear_at=31, falling=True)


def walk(limits: Limits, *values: float | None) -> list[str]:
    """What each value leads to, five minutes apart, the open alarm carried along."""
    said, standing = [], None
    for place, value in enumerate(values):
        at = AT + timedelta(minutes=5 * place)
        what = step(limits, standing, value, at)
        said.append(what.value)
        if what == Step.WATCH:
            standing = Standing(at, is_raised=False)
        elif what == Step.RAISE:
            standing = Standing(standing.since if standing else at, is_raised=True)
        elif what in (Step.CLEAR, Step.FORGET):
            standing = None
    return said


def test_an_alarm_is_raised_when_it_lasts_and_cleared_at_the_lower_value() -> None:
    said = walk(RISING, 49.9, 50, 80, 50, 49, 21, 50, 20, 49)
    expected = ["nothing", "watch", "nothing", "raise", *["nothing"] * 3, "clear", "nothing"]
    assert said == expected


def test_what_swings_around_the_threshold_is_forgotten_before_it_lasts() -> None:
    assert walk(RISING, 50, 49, 50, 49) == ["watch", "forget", "watch", "forget"]


def test_what_cannot_be_measured_raises_nothing_and_clears_nothing() -> None:
    assert walk(RISING, None, 50, None, 50, 50, 50, None, 0) == [
        *("nothing", "watch", "forget", "watch", "nothing", "raise", "nothing", "clear")
    ]


def test_of_what_falls_less_is_worse() -> None:
    assert walk(DAYS_LEFT, 30.5, 30, 29, 30.5, 31) == [
        *("nothing", "raise", "nothing", "nothing", "clear")
    ]
    assert DAYS_LEFT.worse(29, 30) == 29 and RISING.worse(29, 30) == 30


def test_what_comes_back_within_the_cool_down_is_quiet() -> None:
    hour = timedelta(hours=1)
    assert is_quiet(AT, hour, AT + timedelta(minutes=59))
    assert not is_quiet(AT, hour, AT + hour)
    assert not is_quiet(None, hour, AT)


LEARNING = Learning(weeks=8, least_days=4, most_silent=1)
THURSDAY = date(2026, 11, 26)


def firsts(*hours: int | None) -> list[datetime | None]:
    """First hours in Finland on the Thursdays before."""
    days = days_before(THURSDAY, LEARNING)
    return [
        None if hour is None else datetime.combine(day, time(hour), HELSINKI).astimezone(UTC)
        for day, hour in zip(days, hours, strict=False)
    ]


def test_by_when_a_system_always_sends_is_learned_from_the_same_day_of_the_weeks_before() -> None:
    eight = datetime(2026, 11, 26, 8, tzinfo=HELSINKI)
    # Five of the eight Thursdays were in summer time: the hour is Finland's.
    assert learned(THURSDAY, firsts(7, 6, 7, 7, 5, 7, 7, 7), LEARNING) == eight
    assert learned(THURSDAY, firsts(7, 7, None, 7, 7), LEARNING) == eight, "one was a holiday"
    assert learned(THURSDAY, firsts(7, None, None, 7, 7), LEARNING) is None
    assert learned(THURSDAY, firsts(7, 7, 7), LEARNING) is None, "too few are known"
    assert learned(THURSDAY, firsts(23, 7, 7, 7), LEARNING) == datetime(
        2026, 11, 27, tzinfo=HELSINKI
    )


def test_what_people_laid_down_counts_on_its_days() -> None:
    assert laid_down(THURSDAY, [3], time(8)) == datetime(2026, 11, 26, 8, tzinfo=HELSINKI)
    assert laid_down(THURSDAY, [0, 1], time(8)) is None
    assert laid_down(THURSDAY, [], None) is None


def test_a_system_is_late_until_something_comes_on_the_day() -> None:
    by = datetime(2026, 11, 26, 8, tzinfo=HELSINKI)
    yesterday, morning = by - timedelta(hours=9), by - timedelta(hours=1)
    at = by + timedelta(minutes=90)
    assert minutes_late(by, yesterday, THURSDAY, at) == 90
    assert minutes_late(by, None, THURSDAY, at) == 90
    assert minutes_late(by, morning, THURSDAY, at) == 0
    assert minutes_late(by, yesterday, THURSDAY, by) == 0
    assert minutes_late(by, yesterday, THURSDAY, morning) == 0
    midnight = by.replace(hour=0)
    assert minutes_late(by, midnight, THURSDAY, at) == 0
    assert minutes_late(None, yesterday, THURSDAY, at) == 0
    assert minutes_late(by, yesterday, THURSDAY, by + timedelta(days=2)) == 2 * 24 * 60
