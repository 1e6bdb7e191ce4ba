"""The public list, from its source's text or from our CSV (ON-7).

What the source has wrong is read only where one reading is possible, and always reported.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from archive.models import Sector
from onboarding.errors import FieldInvalid
from onboarding.models import PublicCustomer

_TABLE = re.compile(r"^Taulukko:.*\b(julkiset|yksityiset)\b")
_SECTORS = {"julkiset": Sector.PUBLIC, "yksityiset": Sector.PRIVATE}
_DATE = re.compile(r"^(.*?)\s*\b([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})$")
_ONE_DOT = re.compile(r"^(.*?)\s*\b(([0-9]{1,2})\.([0-9]{1,2})([0-9]{4}))$")
_END = "Lue lisää"
_HEADING = "Palvelunantaja"


@dataclass(frozen=True, slots=True)
class Line:
    """`joined_text` is the source's own wording where that is no date as it stands."""

    sector: str
    name_fi: str
    joined_on: date
    name_sv: str = ""
    name_en: str = ""
    joined_text: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    lines: tuple[Line, ...]
    oddities: tuple[str, ...]


def read(text: str, source: str = "") -> Reading:
    """The two tables of the web page, or our CSV. Raises FieldInvalid when there is no row."""
    is_csv = text.lstrip("\ufeff").startswith("sector,")
    reading = _read_csv(text) if is_csv else _read_page(text, source)
    if not reading.lines:
        raise FieldInvalid("no table of customers found", facts={"field": "file"})
    return reading


def _read_csv(text: str) -> Reading:
    lines = []
    for row in csv.DictReader(text.lstrip("\ufeff").splitlines()):
        try:
            joined_on = date.fromisoformat(row["joined_on"])
        except (ValueError, KeyError):
            raise FieldInvalid(f"no date in the row of {row.get('name_fi')}") from None
        named = ("sector", "name_fi", "name_sv", "name_en", "joined_text", "source")
        lines.append(Line(joined_on=joined_on, **{name: row.get(name) or "" for name in named}))
    return Reading(tuple(lines), tuple(_odd(line) for line in lines if line.joined_text))


def _read_page(text: str, source: str) -> Reading:
    lines, oddities = [], []
    for sector, row in _rows(text):
        found = _DATE.match(row)
        odd = None if found else _ONE_DOT.match(row)
        if found:
            name, joined_on, written = found[1], _day(found[2], found[3], found[4]), ""
        elif odd:
            name, joined_on, written = odd[1], _day(odd[3], odd[4], odd[5]), odd[2]
        else:
            oddities.append(f"{row!r}: no joining date; left out")
            continue
        if joined_on is None or not name:
            oddities.append(f"{row!r}: not a line of the table; left out")
            continue
        line = Line(sector, name, joined_on, joined_text=written, source=source)
        lines.append(line)
        if written:
            oddities.append(_odd(line))
    return Reading(tuple(lines), tuple(oddities))


def _rows(text: str) -> Iterator[tuple[str, str]]:
    """Lines of the two tables with their sector; a name and its date may stand on lines of their
    own.
    """
    sector, name = "", ""
    for raw in (*text.splitlines(), _END):
        line = " ".join(raw.split())
        title = _TABLE.match(line)
        ends = title is not None or line.startswith(_END)
        if not sector or not line or line.startswith(_HEADING):
            sector = _SECTORS[title[1]] if title else sector
            continue
        if name and _is_bare_date(line):
            line, name = f"{name} {line}", ""
        if name:
            yield sector, name  # no date came after it
        name = "" if ends or _has_date(line) else line
        if not ends and not name:
            yield sector, line
        if ends:
            sector = _SECTORS[title[1]] if title else ""


def _has_date(line: str) -> bool:
    return bool(_DATE.match(line) or _ONE_DOT.match(line))


def _is_bare_date(line: str) -> bool:
    return any(
        found is not None and not found[1] for found in (_DATE.match(line), _ONE_DOT.match(line))
    )


def _day(day: str, month: str, year: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _odd(line: Line) -> str:
    return (
        f"{line.name_fi}: the source has {line.joined_text!r} for its joining date; "
        f"read as {line.joined_on:%-d.%-m.%Y}, the only date these digits can be"
    )


def load(lines: Iterable[Line]) -> int:
    """Make or renew the entries by name; how many changed. Translations that are there stay."""
    changed = 0
    with transaction.atomic():
        for line in lines:
            entry = PublicCustomer.objects.filter(name_fi=line.name_fi).exclude(source="").first()
            entry = entry or PublicCustomer(name_fi=line.name_fi)
            told = {
                "sector": line.sector,
                "joined_on": line.joined_on,
                "joined_text": line.joined_text,
                "source": line.source or entry.source or "public list",
                "name_sv": line.name_sv or entry.name_sv,
                "name_en": line.name_en or entry.name_en,
            }
            if entry._state.adding or any(
                getattr(entry, name) != value for name, value in told.items()
            ):
                for name, value in told.items():
                    setattr(entry, name, value)
                entry.save()
                changed += 1
    return changed
