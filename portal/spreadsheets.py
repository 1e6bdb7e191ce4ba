"""CSV (RFC 4180) that is safe to open in a spreadsheet."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

# What a spreadsheet would take for a formula (OWASP, CSV injection). A Finnish or Swedish one parts
# cells at semicolons, whatever stands in quotation marks, and lines at line ends: there a cell may
# begin in the middle of a text.
RISKY = re.compile(r"(?:^|(?<=[;\t\r\n]))(?=\"?[=+\-@\t\r])")


class _Echo:
    """A file that only hands on what is written."""

    def write(self, text: str) -> str:
        return text


def lines(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """A heading, then a line for each row; what a row does not have is empty."""
    return table(columns, ([row.get(name) for name in columns] for row in rows))


def table(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The same for rows whose values stand in order."""
    writer = csv.writer(_Echo())
    yield writer.writerow(heading)
    for row in rows:
        yield writer.writerow([_plain(value) for value in row])


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, (list, tuple)):
        value = " ".join(map(str, value))
    return RISKY.sub("'", str(value))
