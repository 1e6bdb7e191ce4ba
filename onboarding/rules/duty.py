"""Duty against fact: what a customer must archive, beside what has come of it (AR-11)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Verdict(StrEnum):
    """On one content of one customer; those that need somebody stand first."""

    NOTHING = "nothing"  # must, has announced it, and nothing came
    QUIET = "quiet"  # must; it came before, but not this month or the last
    UNTOLD = "untold"  # must if it has any; it was not announced, and nothing came
    STORES = "stores"
    TO_COME = "to_come"  # the duty begins later
    FREE = "free"  # no duty has a day


@dataclass(frozen=True, slots=True)
class Duty:
    """`duty_from` is the content policy's day; `announced` whether the customer's joining names
    the content.
    """

    duty_from: date | None
    announced: bool


def judge(duty: Duty, months: Mapping[date, int], day: date) -> Verdict:
    """`months` has the objects of each month, by its first day, within the time looked at."""
    if duty.duty_from is None:
        return Verdict.FREE
    if duty.duty_from > day:
        return Verdict.TO_COME
    if not any(months.values()):
        return Verdict.NOTHING if duty.announced else Verdict.UNTOLD
    latest = (month_of(day), month_of(month_of(day) - timedelta(days=1)))
    return Verdict.STORES if any(months.get(each) for each in latest) else Verdict.QUIET


def month_of(day: date) -> date:
    return day.replace(day=1)


def months_back(day: date, count: int) -> list[date]:
    """So many months through that day's own, the earliest first."""
    found = [month_of(day)]
    while len(found) < count:
        found.insert(0, month_of(found[0] - timedelta(days=1)))
    return found
