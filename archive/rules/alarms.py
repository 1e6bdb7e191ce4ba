"""When an alarm is watched, raised and cleared: pure, of numbers and times alone.

    nothing -> watched   the value is at the threshold or beyond it
    watched -> raised    and has been for the least time
    watched -> nothing   it went back before that
    raised -> cleared    it is at the clearing value or on the good side of it

Between the two values a raised alarm stays, so that one that swings does not come again and again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum


class Step(Enum):
    NOTHING = "nothing"
    WATCH = "watch"
    RAISE = "raise"
    CLEAR = "clear"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a rule. `falling`: less is worse."""

    threshold: float
    clear_at: float
    lasting: timedelta = timedelta(0)
    falling: bool = False

    def is_beyond(self, value: float) -> bool:
        return value <= self.threshold if self.falling else value >= self.threshold

    def is_clear(self, value: float) -> bool:
        return value >= self.clear_at if self.falling else value <= self.clear_at

    def worse(self, one: float, other: float) -> float:
        return min(one, other) if self.falling else max(one, other)


@dataclass(frozen=True, slots=True)
class Standing:
    """An open alarm: since when it is watched, and whether it is raised."""

    since: datetime
    is_raised: bool


def step(limits: Limits, standing: Standing | None, value: float | None, at: datetime) -> Step:
    """What follows from a value. None is one that nothing can be said of: what is raised stays
    raised, what is only watched is forgotten.
    """
    if standing is None:
        if value is None or not limits.is_beyond(value):
            return Step.NOTHING
        return Step.WATCH if limits.lasting else Step.RAISE
    if standing.is_raised:
        return Step.CLEAR if value is not None and limits.is_clear(value) else Step.NOTHING
    if value is None or not limits.is_beyond(value):
        return Step.FORGET
    return Step.RAISE if at - standing.since >= limits.lasting else Step.NOTHING


def is_quiet(cleared_at: datetime | None, cool_down: timedelta, at: datetime) -> bool:
    """Whether what is raised now comes so soon after it was cleared that nobody is told again."""
    return cleared_at is not None and at - cleared_at < cool_down
