"""Stored queries as asked, and what they give, ITI TF-2 3.18."""

from collections.abc import Mapping
from dataclasses import dataclass

from archive.objects.registry import DocumentEntry, Folder, Link, PatientId, SubmissionSet


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """A stored query as asked: groups of a parameter joined by AND, values of a group by OR."""

    id: str
    return_type: str
    parameters: Mapping[str, tuple[tuple[str, ...], ...]]

    @property
    def patients(self) -> tuple[PatientId, ...]:
        """Whom it asks about; what is no patient id is the query's own error."""
        return tuple(
            found
            for name, groups in self.parameters.items()
            if name.lower().endswith("patientid")
            for group in groups
            for text in group
            if (found := PatientId.read(text)) is not None
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What a stored query gives."""

    entries: tuple[DocumentEntry, ...] = ()
    sets: tuple[SubmissionSet, ...] = ()
    folders: tuple[Folder, ...] = ()
    links: tuple[Link, ...] = ()
