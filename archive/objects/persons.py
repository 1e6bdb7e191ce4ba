"""What a message says of a person: ids, demographics, and which ids are to be one (HL-1)."""

from dataclasses import dataclass, field

from archive.values import PatientIdentifier


@dataclass(frozen=True, slots=True)
class Demographics:
    """As in DICOM: name as PN, day of birth as DA. None is not told, empty is taken away."""

    name: str | None = field(default=None, repr=False)
    birth_date: str | None = field(default=None, repr=False)
    sex: str | None = None
    death_date: str | None = None  # DA


@dataclass(frozen=True, slots=True)
class Person:
    identifier: PatientIdentifier = field(repr=False)
    demographics: Demographics = Demographics()
    place: str = field(default="", compare=False)  # in the message, for whoever mends the sender


@dataclass(frozen=True, slots=True)
class Merge:
    """One id that is retired, and the person under whose id its material stands from now on."""

    retired: PatientIdentifier = field(repr=False)
    survivor: Person
    place: str = ""  # in the message, for whoever mends the sender
