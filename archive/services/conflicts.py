"""A submission against what is registered already (ITI TF-2 3.42.4.1.3)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q

from archive.errors import (
    AlreadyReplaced,
    HashDiffers,
    MetadataInvalid,
    PatientDiffers,
    TargetDeprecated,
    UniqueIdReused,
)
from archive.models import (
    Document,
    DocumentKind,
    DocumentLink,
    DocumentStatus,
    Folder,
    Patient,
    Register,
)
from archive.models import Submission as SubmissionRow
from archive.objects.registry import (
    DERIVING,
    HAS_MEMBER,
    REPLACING,
    DocumentEntry,
    Link,
    Submission,
)
from archive.queries import standing
from archive.services import links, manifests
from archive.values import now


@dataclass(frozen=True, slots=True)
class Known:
    """Rows that the submission touches; documents by uniqueId and by entry UUID."""

    documents: dict[str, Document]
    folders: dict[str, Folder]
    persons: dict[str, UUID]  # of documents and folders at the ends of its associations


def hold(environment: str, names: Iterable[str]) -> None:
    """These ids of registry objects, until the transaction ends, in an order that cannot
    deadlock.
    """
    keys = sorted(
        int.from_bytes(
            hashlib.sha256(f"{environment} {name}".encode()).digest()[:8], "big", signed=True
        )
        for name in set(names)
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])


def known(environment: str, submission: Submission) -> Known:
    ends = {end for link in submission.links for end in (link.source, link.target)}
    uuids = {entry.uuid for entry in submission.entries} | ends
    documents = Document.objects.select_related("patient", "register").filter(
        Q(unique_id__in=[entry.unique_id for entry in submission.entries])
        | Q(entry_uuid__in=uuids),
        environment=environment,
    )
    folders = Folder.objects.select_related("patient").filter(
        Q(unique_id__in=[folder.unique_id for folder in submission.folders])
        | Q(entry_uuid__in=ends),
        environment=environment,
    )
    return Known(
        {key: row for row in documents for key in (row.unique_id, row.entry_uuid)},
        {key: row for row in folders for key in (row.unique_id, row.entry_uuid)},
        links.persons_of(environment, ends),
    )


def check_ids(environment: str, submission: Submission, found: Known) -> None:
    """No id is another object's. Raises HashDiffers, UniqueIdReused."""
    for entry in submission.entries:
        same = found.documents.get(entry.unique_id)
        if same is not None and same.hash.lower() != entry.hash:
            raise HashDiffers()
        holder = found.documents.get(entry.uuid)
        if holder is not None and holder.unique_id != entry.unique_id:
            raise UniqueIdReused("entryUUID belongs to another document")
    for folder in submission.folders:
        if folder.unique_id in found.folders:
            raise UniqueIdReused("folder uniqueId is registered already")
    own = [submission.submission_set.id, *(folder.id for folder in submission.folders)]
    if links.is_object(environment, own) or links.ids_taken(environment, submission.links):
        raise UniqueIdReused("entryUUID belongs to another object")


def check_doubled(
    entry: DocumentEntry, row: Document | None, patient: Patient, register: Register
) -> None:
    """A document may come again, but not for another study. Raises UniqueIdReused."""
    if row is None:
        return
    held = manifests.row(entry, environment=row.environment, at=now())
    fields = ("kind", "accession_number", "study_instance_uid")
    same = all(getattr(held, name) == getattr(row, name) for name in fields)
    same_patient = standing.person_id(row.patient) == standing.person_id(patient)
    if not (same and same_patient and row.register_id == register.id):
        raise UniqueIdReused("document uniqueId is registered for another study or patient")


def check_links(
    environment: str, submission: Submission, given: list[Link], found: Known, patient: Patient
) -> None:
    """Raises PatientDiffers, AlreadyReplaced, TargetDeprecated, MetadataInvalid."""
    person = standing.person_id(patient)
    inside = {submission.submission_set.id, *(folder.id for folder in submission.folders)}
    for link in given:
        row = found.documents.get(link.target)
        if link.type in REPLACING and row is not None and row.kind == DocumentKind.MANIFEST:
            raise MetadataInvalid("manifests are replaced by the archive itself")
        if link.type in (*REPLACING, *DERIVING, HAS_MEMBER) and any(
            found.persons.get(end, person) != person for end in (link.source, link.target)
        ):
            raise PatientDiffers()
        if link.type in DERIVING and row is not None and row.status != DocumentStatus.APPROVED:
            raise TargetDeprecated()
        if link.type == HAS_MEMBER and link.source not in inside:
            _check_folder(link, found)
    _check_successors(environment, given)


def _check_folder(link: Link, found: Known) -> None:
    """Only a folder takes members later. Raises MetadataInvalid, TargetDeprecated."""
    folder = found.folders.get(link.source)
    if folder is None:
        raise MetadataInvalid("an association begins at no folder that is known here")
    if folder.status != DocumentStatus.APPROVED:
        raise TargetDeprecated("folder is no longer in force")


def _check_successors(environment: str, given: list[Link]) -> None:
    """A replaced document has one successor. Raises AlreadyReplaced."""
    replacing = {link.target: link.source for link in given if link.type in REPLACING}
    if len(replacing) < sum(link.type in REPLACING for link in given):
        raise AlreadyReplaced()
    earlier = DocumentLink.objects.filter(
        environment=environment, kind__in=links.REPLACING, target_uuid__in=replacing
    )
    if any(replacing[row.target_uuid] != row.source_uuid for row in earlier):
        raise AlreadyReplaced()


def set_known(environment: str, submission: Submission) -> SubmissionRow | None:
    return SubmissionRow.objects.filter(
        environment=environment, unique_id=submission.submission_set.unique_id
    ).first()
