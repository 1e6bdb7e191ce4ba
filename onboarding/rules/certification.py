"""Warnings before a certificate or a specification version runs out (ON-2 a)."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

AHEAD = timedelta(days=180)  # a new certificate takes about half a year


class Window(StrEnum):
    CERTIFICATE = "certificate"
    PRODUCTION = "production"  # the specification version may be used until
    CERTIFICATION = "certification"  # no new certificates against this version


@dataclass(frozen=True, slots=True)
class Dates:
    """Of one certified system; None is without an end."""

    certificate_from: date
    certificate_until: date | None
    production_from: date | None
    production_until: date | None
    certification_until: date | None


@dataclass(frozen=True, slots=True)
class Warning:
    window: Window
    until: date
    passed: bool
    days: int  # to the last day; negative when it has passed


def is_valid(dates: Dates, day: date) -> bool:
    """Certificate and the version's production window both cover the day."""
    starts = (dates.certificate_from, dates.production_from)
    ends = (dates.certificate_until, dates.production_until)
    return all(start is None or start <= day for start in starts) and all(
        end is None or day <= end for end in ends
    )


def warnings(dates: Dates, day: date) -> tuple[Warning, ...]:
    """What has run out or will within `AHEAD`, soonest first. That nothing new is certified against
    a version concerns a customer only while that version may still be used.
    """
    ends = (
        (Window.CERTIFICATE, dates.certificate_until),
        (Window.PRODUCTION, dates.production_until),
        (Window.CERTIFICATION, dates.certification_until),
    )
    found = [
        Warning(window, until, until < day, (until - day).days)
        for window, until in ends
        if until is not None and until - day <= AHEAD
    ]
    return tuple(sorted(found, key=lambda each: each.until))
