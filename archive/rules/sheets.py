"""Sheets that people and their systems export: CSV with a heading, by comma or semicolon."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain

from archive.errors.rules import ListUnreadable, Unread
from archive.values import without_codes

REST = ""  # no column's name: whether a line has more cells than the heading
MOST_TOLD = 300  # letters of the names of columns


def rows(
    lines: Iterable[str],
    needed: Sequence[Sequence[str]],
    *,
    column: Callable[[str], str] = str.lower,
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The lines after the heading by column, numbered as an editor numbers them; empty ones are
    passed over. `column` reads a name of the heading; of each group that is `needed` one name is
    enough. Raises ListUnreadable.
    """
    lines = iter(lines)
    first = next(lines, "")
    reader = csv.reader(chain([first], lines), delimiter=_delimiter(first))
    try:
        heading = _heading([name.strip() for name in next(reader, [])], needed, column)
        for cells in reader:
            values = [cell.strip() for cell in cells]
            if any(values):
                row = dict(zip(heading, values, strict=False))
                yield reader.line_num, row | ({REST: "yes"} if len(values) > len(heading) else {})
    except csv.Error as error:
        facts = {"line": str(reader.line_num)}
        raise unread(Unread.NOT_CSV, f"line {reader.line_num}: {error}", **facts) from error


def _heading(
    names: Sequence[str], needed: Sequence[Sequence[str]], column: Callable[[str], str]
) -> list[str]:
    """What each column is. Raises ListUnreadable."""
    heading = [column(name) for name in names]
    there = set(heading)
    lacks = [group for group in needed if not any(column(name) in there for name in group)]
    if lacks and not (any(names) and all(name[:1].isalpha() for name in names if name)):
        raise unread(Unread.NO_HEADING, "the first line is not the names of the columns")
    if lacks:
        missing, found = ",".join(map("|".join, lacks)), _told(names)
        said = f"missing: {missing.replace('|', ' or ')}; found: {found}"
        raise unread(Unread.MISSING, said, missing=missing, found=found)
    alike = [name for name, each in zip(names, heading, strict=True) if heading.count(each) > 1]
    if alike:
        raise unread(Unread.TWICE, f"mean the same: {_told(alike)}", found=_told(alike))
    return heading


def _told(names: Iterable[str]) -> str:
    """As the list has them: but a first line may be no heading at all, and hold anything."""
    return without_codes(", ".join(name for name in names if name))[:MOST_TOLD]


def unread(why: Unread, detail: str, **facts: str) -> ListUnreadable:
    return ListUnreadable(detail, facts={"field": "file", "why": why, **facts})


def _delimiter(heading: str) -> str:
    return ";" if heading.count(";") > heading.count(",") else ","


def day(text: str) -> date:
    """2026-11-26, 20261126 or 26.11.2026. Raises ValueError."""
    if "." in text:
        day, month, year = (int(part) for part in text.split("."))
        if max(day, month, year) > date.max.year:  # else an OverflowError, of one of many digits
            raise ValueError("no such day")
        return date(year, month, day)
    return date.fromisoformat(text)
