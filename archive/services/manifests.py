"""Document rows, and the engine's own registration of a study's manifest (XD-2)."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from archive.config import settings
from archive.errors import HashDiffers
from archive.models import Document, DocumentKind, DocumentStatus, Study, Submission
from archive.objects.registry import (
    HAS_MEMBER,
    REPLACES,
    DocumentEntry,
    Link,
    SubmissionSet,
    format_time,
    parse_time,
)
from archive.services import links
from archive.values import now, uid_from_uuid, uuid7

ORIGINAL = (("SubmissionSetStatus", ("Original",)),)  # ITI TF-3 4.2.2.1.1


def row(entry: DocumentEntry, *, environment: str, at: datetime, **columns: object) -> Document:
    """An unsaved row: the entry whole, and the columns that are searched."""
    accession = entry.accession
    return Document(
        environment=environment,
        entry_uuid=entry.uuid,
        unique_id=entry.unique_id,
        kind=entry.kind,
        accession_number=accession.value if accession else "",
        study_instance_uid=entry.study_instance_uid,
        service_event=entry.service_event[:64],
        repository_unique_id=entry.repository,
        mime_type=entry.mime_type,
        hash=entry.hash,
        size=entry.size or 0,
        creation_time=_instant(entry.creation_time),
        service_start_time=_instant(entry.service_start),
        service_stop_time=_instant(entry.service_stop),
        metadata=entry.to_json(),
        registered_at=at,
        **columns,
    )


def _instant(text: str) -> datetime | None:
    return parse_time(text) if text else None


def register_manifest(
    entry: DocumentEntry,
    *,
    study_id: UUID,
    environment: str,
    replaces: Sequence[str] = (),
    vault_key: str = "",
) -> Document:
    """Register a study's manifest in the caller's transaction, deprecating those before it.

    The same entry again is no second entry. Raises HashDiffers when its uniqueId has other bytes.
    """
    known = Document.objects.filter(environment=environment, unique_id=entry.unique_id).first()
    if known is not None:
        if known.hash != entry.hash:
            raise HashDiffers()
        return known
    study = Study.objects.only("patient_id", "register_id").get(id=study_id)
    # The unique constraint allows one manifest in force: the old one yields first.
    Document.objects.filter(
        study_id=study_id, kind=DocumentKind.MANIFEST, status=DocumentStatus.APPROVED
    ).update(status=DocumentStatus.DEPRECATED)
    links.deprecate(environment, replaces)
    at = now()
    submission = _own_submission(entry, study, environment, at)
    memberships = [Link(HAS_MEMBER, submission.entry_uuid, entry.uuid, slots=ORIGINAL)]
    memberships += [Link(REPLACES, entry.uuid, each) for each in replaces]
    links.keep(environment, memberships)
    document = row(
        entry,
        environment=environment,
        at=at,
        submission=submission,
        study_id=study_id,
        patient_id=study.patient_id,
        register_id=study.register_id,
        vault_key=vault_key,
    )
    document.save(force_insert=True)
    links.follow_into_folders(environment, dict.fromkeys(replaces, entry.uuid), at)
    return document


def _own_submission(
    entry: DocumentEntry, study: Study, environment: str, at: datetime
) -> Submission:
    """The archive is the source of its manifests: a submission set for each."""
    held = SubmissionSet(
        id=uuid7().urn,
        unique_id=uid_from_uuid(),
        source_id=settings().imaging_source,
        patient=entry.patient,
        content_type=entry.class_code,
        submission_time=format_time(at),
        authors=entry.authors,
        title=entry.title,
    )
    return Submission.objects.create(
        environment=environment,
        entry_uuid=held.id,
        unique_id=held.unique_id,
        source_id=held.source_id,
        content_digest=hashlib.sha256(held.unique_id.encode()).digest(),
        patient_id=study.patient_id,
        submission_time=at,
        metadata=held.to_json(),
        received_at=at,
    )
