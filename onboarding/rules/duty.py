"""Duty against fact: what a customer must archive, beside what has come of it (AR-11)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from onboarding.rules.observations import Content


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


def judge(
    duty: Duty, months: Mapping[date, int], day: date, beside: Iterable[Mapping[date, int]] = ()
) -> Verdict:
    """`months` has the objects of each month, by its first day, within the time looked at. `beside`
    has those of the contents that it is not told apart from (`alike`): they speak for what was
    announced or has come itself.
    """
    if duty.announced or any(months.values()):
        months = sum((Counter(each) for each in beside), Counter(months))
    if duty.duty_from is None:
        return Verdict.FREE
    if duty.duty_from > day:
        return Verdict.TO_COME
    if not any(months.values()):
        return Verdict.NOTHING if duty.announced else Verdict.UNTOLD
    latest = (month_of(day), month_of(month_of(day) - timedelta(days=1)))
    return Verdict.STORES if any(months.get(each) for each in latest) else Verdict.QUIET


def alike(contents: Mapping[str, Content]) -> dict[str, list[str]]:
    """Of each content the others that it is not told apart from by SOP class and modality. An
    object that could be of several counts as the first of them in the policy.
    """
    return {
        word: sorted(
            other for other, held in contents.items() if other != word and content.is_like(held)
        )
        for word, content in contents.items()
    }


def month_of(day: date) -> date:
    return day.replace(day=1)


def months_back(day: date, count: int) -> list[date]:
    """So many months through that day's own, the earliest first."""
    found = [month_of(day)]
    while len(found) < count:
        found.insert(0, month_of(found[0] - timedelta(days=1)))
    return found
