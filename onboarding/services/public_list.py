"""The public list, from its source's text or from our CSV (ON-7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


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
    ...


def load(lines: Iterable[Line]) -> int:
    """Make or renew the entries; how many changed."""
    ...
