"""What makes a look suspicious (LG-5), as pure functions: names compared, hours judged, persons
counted. The numbers are in the rows of `ReviewRule`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from archive.models import ReviewKind
from archive.values import HELSINKI

# One cause is one person's looks at one patient; of the others one person's looks at whomever.
OF_ONE_PATIENT = frozenset(
    {
        ReviewKind.EMERGENCY,
        ReviewKind.EMERGENCY_WITHOUT_CARE,
        ReviewKind.FAMILY_NAME,
        ReviewKind.OWN_RECORD,
        ReviewKind.WATCHED,
    }
)
SATURDAY = 5
_WORD = re.compile(r"[^\W\d_]+")
_CASE = re.compile(r"\b([ER])-(\d{1,12})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Look:
    """One look among others by the same person."""

    at: datetime
    event_id: UUID
    patient_id: UUID | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """The ordinary hours in Finland; they may go over midnight."""

    opens: time
    closes: time
    weekdays_only: bool = False

    def hold(self, at: datetime) -> bool:
        local = at.astimezone(HELSINKI)
        if self.weekdays_only and local.weekday() >= SATURDAY:
            return False
        clock = local.time()
        if self.opens <= self.closes:
            return self.opens <= clock < self.closes
        return clock >= self.opens or clock < self.closes


def words(name: str) -> frozenset[str]:
    """The words of a name, whatever their order and what stands between them."""
    return frozenset(_WORD.findall(name.casefold()))


def family_names(patient_name: str) -> frozenset[str]:
    """Of a DICOM person name, PS3.5 6.2.1: its first component; a double name is two."""
    return words(patient_name.partition("=")[0].partition("^")[0])


def shares_family_name(user_name: str, patient_name: str) -> bool:
    return bool(words(user_name) & family_names(patient_name))


def is_same_person(user: str, user_name: str, codes: Iterable[str], patient_name: str) -> bool:
    """By the code, where the professional's id is one; else by family name and a given name."""
    if user and user.upper() in {code.upper() for code in codes}:
        return True
    family = family_names(patient_name)
    given = words(" ".join(patient_name.partition("=")[0].split("^")[1:3])) - family
    said = words(user_name)
    return bool(family) and family <= said and bool(given & (said - family))


def persons(looks: Iterable[Look]) -> int:
    return len({look.patient_id for look in looks if look.patient_id is not None})


def outside(looks: Iterable[Look], hours: Hours) -> list[Look]:
    return [look for look in looks if not hours.hold(look.at)]


def case_numbers(reason: str) -> set[tuple[str, int]]:
    """The cases that a reason names: E-1042 of the support desk, R-101 of log review."""
    return {(letter.upper(), int(number)) for letter, number in _CASE.findall(reason)}
