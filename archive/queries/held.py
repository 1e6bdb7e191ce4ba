"""What is kept of a person as of a moment: studies with their documents, and documents without one
(AC-5).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from archive.models import Document, DocumentKind, DocumentLink, DocumentStatus, LedgerEvent, Study
from archive.queries import standing

REPLACING = ("RPLC", "XFRM_RPLC")  # ITI TF-3 4.2.2: the link's source replaces its target


@dataclass(frozen=True, slots=True)
class Held:
    """A study with the documents of its accession number and register, or such documents alone."""

    study: Study | None
    documents: list[Document]


def of_person(person_id: UUID, environment: str, at: datetime) -> list[Held]:
    """The latest study first, then what has no study; five queries however much it is."""
    person = standing.of_person(person_id)
    studies = Study.objects.filter(person, environment=environment, received_at__lte=at)
    studies = studies.select_related("register__organisation", "patient")
    documents = _in_force(person, environment, at)
    found = [
        Held(study, [row for row in documents if _belongs(row, study)])
        for study in studies.order_by("-study_date", "-received_at", "-id")
    ]
    taken = {row.id for held in found for row in held.documents}
    return [*found, *_loose(row for row in documents if row.id not in taken)]


def _in_force(person: Q, environment: str, at: datetime) -> list[Document]:
    """Registered by then and not replaced by then."""
    rows = Document.objects.filter(person, environment=environment, registered_at__lte=at)
    rows = rows.select_related("register__organisation", "patient", "study")
    found = list(rows.order_by("registered_at", "id"))
    gone = {row.entry_uuid for row in found if row.status == DocumentStatus.DEPRECATED}
    gone -= in_force_then([row for row in found if row.entry_uuid in gone], environment, at)
    return [row for row in found if row.entry_uuid not in gone]


def in_force_then(rows: Sequence[Document], environment: str, at: datetime) -> set[str]:
    """Entry UUIDs of those of these that were replaced or withdrawn after a moment."""
    withdrawn = _withdrawn(rows)
    gone = {uuid for uuid, when in withdrawn.items() if when <= at}
    replaced = _replaced_after([row.entry_uuid for row in rows], environment, at)
    return (replaced | withdrawn.keys()) - gone  # one that was withdrawn is replaced later, if ever


def _withdrawn(rows: Sequence[Document]) -> dict[str, datetime]:
    """Manifests that had no other in their place, and when the log says they were withdrawn."""
    manifests = {row.id: row.entry_uuid for row in rows if row.kind == DocumentKind.MANIFEST}
    if not manifests:
        return {}
    told = LedgerEvent.objects.filter(kind="manifest.withdrawn", subject_id__in=list(manifests))
    return {
        manifests[subject]: when
        for subject, when in told.values_list("subject_id", "at")
        if subject is not None
    }


def _replaced_after(uuids: Iterable[str], environment: str, at: datetime) -> set[str]:
    """Those whose replacement came later: at that moment they were still in force."""
    links = DocumentLink.objects.filter(
        environment=environment, kind__in=REPLACING, target_uuid__in=uuids
    )
    pairs = list(links.values_list("source_uuid", "target_uuid"))
    later = Document.objects.filter(
        environment=environment,
        entry_uuid__in=[source for source, _ in pairs],
        registered_at__gt=at,
    )
    sources = set(later.values_list("entry_uuid", flat=True))
    return {target for source, target in pairs if source in sources}


def _belongs(document: Document, study: Study) -> bool:
    if document.kind == DocumentKind.MANIFEST:
        return document.study_id == study.id
    return (
        document.register_id == study.register_id
        and document.accession_number == study.accession_number
        and document.study_instance_uid in ("", study.study_instance_uid)
    )


def _loose(documents: Iterable[Document]) -> list[Held]:
    groups: dict[tuple[UUID, str], list[Document]] = {}
    for row in documents:
        groups.setdefault((row.register_id, row.accession_number), []).append(row)
    return [Held(None, rows) for rows in groups.values()]
