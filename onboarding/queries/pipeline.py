"""Who stands where on the road, who waits for whom, and how long (ON-5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from archive.models import Organisation
from onboarding.models import Joining, JoiningState


@dataclass(frozen=True, slots=True)
class Entry:
    joining: Joining
    organisation: Organisation
    waits_for: str  # "customer", "officer", "time" or ""
    waited: timedelta  # since it came into its state
    missing: int  # preconditions that do not hold
    open_request: bool  # a waiver waits for a second officer


@dataclass(frozen=True, slots=True)
class Column:
    state: JoiningState
    entries: tuple[Entry, ...]


def entries(
    states: Iterable[str] = (), *, search: str = "", waits_for: str = ""
) -> list[Entry]:
    """Longest waiting first."""
    ...


def board() -> list[Column]:
    """The columns from draft to in production that staff work with; ended and rejected are in the
    list only.
    """
    ...


def ending(until: date) -> list[Entry]:
    """Notice given, last day not after `until`."""
    ...
