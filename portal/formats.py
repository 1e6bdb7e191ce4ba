"""How times, lengths, numbers and identifiers are written for people. UTC inside,
Europe/Helsinki on the screen.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from archive.values import HELSINKI, civil_day

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
COUNTED_TO = 10_000  # lists count no further
CUT_FROM = 28
HEAD, TAIL = 14, 8


def _language() -> str:
    return (get_language() or "fi")[:2]


def day_text(day: date) -> str:
    """`12.1.2024`, in English `12 Jan 2024`."""
    if _language() == "en":
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return f"{day.day}.{day.month}.{day.year}"


def span_text(first: date, last: date | None) -> str:
    """`1.1.2024 – 31.1.2024`; a day alone where both ends are that, `1.1.2024 –` without an end."""
    if last == first:
        return day_text(first)
    return f"{day_text(first)} – {day_text(last) if last else ''}".rstrip()


def either_text(words: Sequence[str]) -> str:
    """`CR, DX tai RF`: one of them is enough."""
    if len(words) < 2:
        return "".join(words)
    return _("%(words)s or %(last)s") % {"words": ", ".join(words[:-1]), "last": words[-1]}


def month_text(month: date) -> str:
    """`11/2026`, in English `Nov 2026`."""
    if _language() == "en":
        return f"{MONTHS[month.month - 1]} {month.year}"
    return f"{month.month}/{month.year}"


def clock_text(at: datetime, *, seconds: bool = False) -> str:
    """`14.05`, in English `14:05`; Helsinki time."""
    return time_text(at.astimezone(HELSINKI).time(), seconds=seconds)


def time_text(clock: time, *, seconds: bool = False) -> str:
    """The same of a time of day."""
    mark = ":" if _language() == "en" else "."
    parts = [f"{clock.hour:02}", f"{clock.minute:02}", *([f"{clock.second:02}"] if seconds else [])]
    return mark.join(parts)


def when_text(at: datetime, *, seconds: bool = False) -> str:
    """`12.1.2024 klo 14.05`, `12.1.2024 kl. 14.05`, `12 Jan 2024 14:05`; Helsinki time."""
    joint = {"fi": " klo ", "sv": " kl. "}.get(_language(), " ")
    return f"{day_text(civil_day(at))}{joint}{clock_text(at, seconds=seconds)}"


def utc_text(at: datetime) -> str:
    """What the tooltip and a copy say: `2024-01-12 12:05:09 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def number_text(value: float | int, places: int | None = None) -> str:
    """A number with the language's groups and decimal mark."""
    return number_format(value, decimal_pos=places, use_l10n=True, force_grouping=True)


def counted_text(count: int) -> str:
    """A count of a list, which nobody counts beyond 10,000."""
    if count > COUNTED_TO:
        return _("over %(number)s") % {"number": number_text(COUNTED_TO)}
    return number_text(count)


def length_text(length: timedelta | float) -> str:
    """`38 ms`, `4.1 s`, `12 min`, `2 h 24 min`, `3 d 2 h`."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else float(length)
    if seconds < 1:
        return f"{round(max(seconds, 0) * 1000)} ms"
    if seconds < 60:
        return f"{number_text(seconds, 1)} s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    text = _("%(days)s d") % {"days": number_text(days)}
    return f"{text} {hours} h" if hours else text


def wait_text(length: timedelta) -> str:
    """How long something has waited, for whom a second is nothing."""
    return _("less than a minute") if length < timedelta(minutes=1) else length_text(length)


def cut_text(identifier: str) -> str:
    """A long identifier without its middle; both ends are what people compare."""
    if len(identifier) <= CUT_FROM:
        return identifier
    return f"{identifier[:HEAD]}…{identifier[-TAIL:]}"


def person_text(name: str) -> str:
    """A person's name as DICOM writes it (PS3.5 6.2), given name first."""
    family, given, middle, *_rest = [*name.partition("=")[0].split("^"), "", ""]
    return " ".join(part for part in (given, middle, family) if part.strip()) or name
