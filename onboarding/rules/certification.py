"""Warnings before a certificate or a specification version runs out (ON-2 a)."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

AHEAD = timedelta(days=180)  # a new certificate takes about half a year


class Window(StrEnum):
    CERTIFICATE = "certificate"
    PRODUCTION = "production"  # the specification version may be used until
    CERTIFICATION = "certification"  # no new certificates against this version


class Odd(StrEnum):
    """What does not fit between a certificate, its specification version and the day."""

    NOT_YET = "not-yet"  # the certificate is not valid before
    NOT_IN_USE = "not-in-use"  # the version may not be used before
    TOO_EARLY = "too-early"  # dated before anything could be certified against the version
    TOO_LATE = "too-late"  # dated after the last day on which something could


@dataclass(frozen=True, slots=True)
class Dates:
    """Of one certified system; None is without an end."""

    certificate_from: date
    certificate_until: date | None
    production_from: date | None
    production_until: date | None
    certification_until: date | None
    certification_from: date | None = None


@dataclass(frozen=True, slots=True)
class Warning:
    window: Window
    until: date
    passed: bool
    days: int  # to the last day; negative when it has passed


def odds(dates: Dates, day: date) -> tuple[tuple[Odd, date], ...]:
    """Each with the day that it is measured by."""
    dated = dates.certificate_from
    since, closed = dates.certification_from, dates.certification_until
    found: list[tuple[Odd, date]] = []
    if dated > day:
        found.append((Odd.NOT_YET, dated))
    if dates.production_from is not None and dates.production_from > day:
        found.append((Odd.NOT_IN_USE, dates.production_from))
    if since is not None and dated < since:
        found.append((Odd.TOO_EARLY, since))
    if closed is not None and dated > closed:
        found.append((Odd.TOO_LATE, closed))
    return tuple(found)


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
