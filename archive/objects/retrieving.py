"""Documents and images as they are asked for over XDS, ITI TF-2 3.43, RAD TF-2 4.69."""

from collections.abc import Sequence
from dataclasses import dataclass

from archive.errors import ArchiveError


@dataclass(frozen=True, slots=True)
class Wanted:
    """One document; the home community is empty where none was named."""

    repository: str
    unique_id: str
    home: str = ""


@dataclass(frozen=True, slots=True)
class WantedObject(Wanted):
    """One DICOM object, with the study and series in which it is said to stand."""

    study_uid: str = ""
    series_uid: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one of them is not given."""

    wanted: Wanted
    error: ArchiveError


@dataclass(frozen=True, slots=True)
class Unmade(Problem):
    """Of one that is here, and cannot be given in full."""


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """What a consumer wants of an imaging source."""

    objects: Sequence[WantedObject]
    transfer_syntaxes: tuple[str, ...]
