"""By when a system always sends, learned from its own days; what people know goes before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from archive.values import HELSINKI, midnight


@dataclass(frozen=True, slots=True)
class Learning:
    """From so many weeks; so many days must have been seen, and so few may have been silent."""

    weeks: int
    least_days: int
    most_silent: int


def days_before(day: date, learning: Learning) -> list[date]:
    """The same day of the weeks before, the latest first."""
    return [day - timedelta(weeks=week + 1) for week in range(learning.weeks)]


def learned(day: date, firsts: Sequence[datetime | None], learning: Learning) -> datetime | None:
    """By when something should have come on this day: the end of the latest first hour of the days
    that were seen. `firsts` has the hour of each, None for one that was silent; days before the
    system's first exchange are left out.
    """
    came = [each.astimezone(HELSINKI).hour for each in firsts if each is not None]
    if len(firsts) < learning.least_days or len(firsts) - len(came) > learning.most_silent:
        return None
    return _hour(day, max(came) + 1) if came else None


def laid_down(day: date, weekdays: Sequence[int], by: time | None) -> datetime | None:
    """As people said it: the time on these days of the week, nothing on others."""
    if by is None or day.weekday() not in weekdays:
        return None
    return datetime.combine(day, by, HELSINKI)


def minutes_late(
    expected_by: datetime | None, came_at: datetime | None, day: date, at: datetime
) -> float:
    """How long what was expected on a day has been missing, that day or later; 0 when something
    came since it began, or is not due.
    """
    if expected_by is None or at <= expected_by or has_come(came_at, day):
        return 0.0
    return (at - expected_by).total_seconds() / 60


def has_come(came_at: datetime | None, day: date) -> bool:
    return came_at is not None and came_at >= midnight(day)


def _hour(day: date, hour: int) -> datetime:
    if hour >= 24:
        return midnight(day + timedelta(days=1))
    return datetime.combine(day, time(hour), HELSINKI)
