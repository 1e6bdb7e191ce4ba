"""Studies as a local archive names them; of the persons nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class ListedStudy:
    study_instance_uid: str  # or the accession number, where the list has no UID
    accession_number: str
    study_date: date | None
    instances: int | None  # None: the list does not say


@dataclass(frozen=True, slots=True)
class Question:
    """For the studies of these days, both included; no more than so many, within so many
    seconds.
    """

    first_day: date
    last_day: date
    most: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Answers:
    studies: Sequence[ListedStudy]
    whole: bool  # False: there were more, or they came too slowly
    faulty: int = 0  # answers that name no study
