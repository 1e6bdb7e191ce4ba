"""Sheets that people and their systems export: CSV with a heading, by comma or semicolon."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from itertools import chain

from archive.errors.rules import ListUnreadable

REST = ""  # no column's name: whether a line has more cells than the heading


def rows(
    lines: Iterable[str],
    fits: Callable[[set[str]], bool],
    *,
    column: Callable[[str], str] = str.lower,
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The lines after the heading by column, numbered as an editor numbers them; empty ones are
    passed over. `column` reads a name of the heading, `fits` whether those that are needed are
    there. Raises ListUnreadable.
    """
    lines = iter(lines)
    first = next(lines, "")
    reader = csv.reader(chain([first], lines), delimiter=_delimiter(first))
    try:
        heading = [column(name.strip()) for name in next(reader, [])]
        if not fits(set(heading)) or len(set(heading)) != len(heading):
            raise ListUnreadable("a column is missing or named twice", facts={"field": "file"})
        for cells in reader:
            values = [cell.strip() for cell in cells]
            if any(values):
                row = dict(zip(heading, values, strict=False))
                yield reader.line_num, row | ({REST: "yes"} if len(values) > len(heading) else {})
    except csv.Error as error:
        raise ListUnreadable(f"line {reader.line_num}: {error}", facts={"field": "file"}) from error


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
