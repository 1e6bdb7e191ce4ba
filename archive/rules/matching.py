"""What the key of a query asks for, PS3.4 section C.2.2.2. Pure.

A universal key (no value, or a lone asterisk) is None: it matches everything and asks for a value
to be returned. Several values mean any of them.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from archive.values import composed


class Level(IntEnum):
    """Query/Retrieve Level (0008,0052); each lies below the one before."""

    PATIENT = 0
    STUDY = 1
    SERIES = 2
    IMAGE = 3


@dataclass(frozen=True, slots=True)
class Among:
    """Single value matching, and list of UID matching."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """Wild card matching: `*` for any characters, `?` for one. Without them, single value. Of a
    name by one of its groups: alphabetic, ideographic, phonetic.
    """

    patterns: tuple[str, ...]
    group: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """From `low` to `high`, both included, in the normal form; an empty bound is open."""

    low: str = ""
    high: str = ""


@dataclass(frozen=True, slots=True)
class Within:
    """Range matching of dates and times; a single one is a range from its begin to its end."""

    spans: tuple[Span, ...]


Match = Among | Like | Within
Bound = Callable[[str], str]

UNIVERSAL = "*"
WILD_VRS = frozenset(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"))
# PS3.5 table 6.2-1, and the forms of ACR-NEMA with dots and colons. The bounds of a range may be
# the 31st of any month, and the end of a day: systems make them so, and they are meant.
_DATE = re.compile(r"([0-9]{4})\.?(0[0-9]|1[0-2])\.?([0-2][0-9]|3[01])")
_TIME = re.compile(
    r"([01][0-9]|2[0-4])(?::?([0-5][0-9])(?::?([0-5][0-9]|60)(?:\.([0-9]{1,6}))?)?)?"
)
_END_OF_DAY = "24"
# A component with a leading zero is none, PS3.5 9.1, but some systems have made such UIDs.
_PLAIN = {"UI": re.compile(r"[0-9.]{1,64}"), "IS": re.compile(r"[+-]?[0-9]{1,12}")}


def match_of(vr: str, values: Sequence[str]) -> Match | None:
    """None is universal. Raises ValueError: a value that none of the VR is, or that is no text."""
    given = tuple(value for value in values if value)
    if any("\0" in value for value in given):  # no column takes it, so none that is kept has one
        raise ValueError("not a text")
    if not given or given == (UNIVERSAL,):
        return None
    if vr in _PLAIN and not all(map(_PLAIN[vr].fullmatch, given)):
        raise ValueError("not a value of the VR")
    if vr == "DA":
        return Within(tuple(_days(value) for value in given))
    if vr == "TM":
        return Within(tuple(_times(value) for value in given))
    if vr == "PN":
        return _names(given)
    return Like(given) if vr in WILD_VRS else Among(given)


def _names(given: Sequence[str]) -> Like | None:
    """Matched without regard to case, by the first group alone that is asked for, PS3.5 6.2.1."""
    for group in range(3):
        folded = tuple(folded_name(value, group) for value in given)
        if all(folded):
            return Like(folded, group)
    return None


def folded_name(name: str, group: int = 0) -> str:
    return (*composed(name).split("="), "", "")[group].lower().rstrip("^ ")


def _days(text: str) -> Span:
    found = _span(text, _date, _date)
    if "-" not in text:
        date(int(found.low[:4]), int(found.low[4:6]), int(found.low[6:]))
    return found


def _times(text: str) -> Span:
    if "-" not in text and text.strip().startswith(_END_OF_DAY):
        raise ValueError("not a time")
    return _span(text, time_begin, time_end)


def _span(text: str, begin: Bound, end: Bound) -> Span:
    low, dash, high = text.partition("-")
    low, high = low.strip(), high.strip()
    if not dash:
        return Span(begin(low), end(low))
    if not low and not high:
        raise ValueError("a range without bounds")
    return Span(begin(low) if low else "", end(high) if high else "")


def _date(text: str) -> str:
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueError("not a date")
    return "".join(found.groups())


def time_begin(text: str) -> str:
    """HHMMSS.FFFFFF; components that are left out are the earliest. Raises ValueError."""
    return _time(text, "00", "00", "0")


def time_end(text: str) -> str:
    """The same; components that are left out are the latest."""
    return _time(text, "59", "59", "9")


def _time(text: str, minute: str, second: str, fraction: str) -> str:
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError("not a time")
    hours, minutes, seconds, parts = found.groups()
    whole = f"{hours}{minutes or minute}{seconds or second}"
    return f"{whole}.{(parts or '').ljust(6, fraction)}"


def combined(dates: Within, times: Within) -> Within | None:
    """Date and time as one range, as negotiated (PS3.4 C.2.2.2.5.4); None unless both are one."""
    if len(dates.spans) != 1 or len(times.spans) != 1:
        return None
    date, time = dates.spans[0], times.spans[0]
    low = date.low + (time.low or "000000.000000") if date.low else ""
    high = date.high + (time.high or "235959.999999") if date.high else ""
    return Within((Span(low, high),))


def matches_constant(match: Match | None, value: str) -> bool:
    """Whether an attribute that has the same value everywhere fits."""
    if match is None:
        return True
    if isinstance(match, Among):
        return value in match.values
    return isinstance(match, Like) and any(_fits(each, value) for each in match.patterns)


def _fits(pattern: str, value: str) -> bool:
    """In steps by length of pattern times length of value: whoever asks chooses the pattern, and a
    regular expression would try every way of sharing the value out among its asterisks.
    """
    reached = {0}  # how much of the value the pattern may have used up
    for sign in pattern:
        if sign == UNIVERSAL:
            reached = set(range(min(reached), len(value) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(value) and sign in ("?", value[at])}
        if not reached:
            return False
    return len(value) in reached
