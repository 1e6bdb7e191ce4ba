"""Terms of a search over FHIR R4, section 3.1.1: parameters joined by AND, their values by OR."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Token:
    """`system|code`. No system: of any; an empty one: of none. No code: any of the system."""

    code: str
    system: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A time with its precision, as the instants from `low` to before `high`, and how it is
    compared: eq, ne, gt, lt, ge, le, sa, eb, ap.
    """

    low: datetime
    high: datetime
    prefix: str = "eq"


Value = Token | Moment | str


@dataclass(frozen=True, slots=True)
class Term:
    name: str
    values: tuple[Value, ...]
