"""CSV (RFC 4180) that is safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence

# What a spreadsheet would take for a formula (OWASP, CSV injection).
RISKY = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    """A file that only hands on what is written."""

    def write(self, text: str) -> str:
        return text


def lines(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """A heading, then a line for each row; what a row does not have is empty."""
    writer = csv.writer(_Echo())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([_plain(row.get(name)) for name in columns])


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (list, tuple)):
        value = " ".join(map(str, value))
    text = str(value)
    return f"'{text}" if text.startswith(RISKY) else text
