"""Documents that configured sources bring to the repository (ITI-41, RAD-68), and their removal by
the operator (ITI-86).

Content and registration stand in one transaction: registered means kept.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from django.db import transaction

from archive import gate, ledger
from archive.actors import Actor
from archive.config import settings
from archive.errors import ArchiveError, DatasetUnreadable, InflatesTooFar, MetadataFixed
from archive.errors.retrieval import (
    ContentDiffers,
    DocumentMissing,
    DocumentUnknown,
    ManifestInvalid,
    MetadataMissing,
    RepositoryUnknown,
    SourceUnknown,
    StudyArchived,
)
from archive.models import Connection, Document, DocumentKind, ProvidedDocument, Study, XdsRole
from archive.objects import manifest as kos
from archive.objects.registry import MANIFEST_FORMAT, DocumentEntry, Submission
from archive.objects.retrieving import Problem, Wanted
from archive.queries import standing
from archive.services import documents
from archive.services.metadata_update import require_operator
from archive.values import now


def provide(
    actor: Actor,
    submission: Submission,
    contents: Mapping[str, bytes],
    *,
    environment: str,
    message_id: str,
    correlation_id: UUID | None,
) -> None:
    """Keep and register; the same again changes nothing. `contents` by the id of the entry.

    Raises SourceUnknown, DocumentMissing, MetadataMissing, ContentDiffers, ManifestInvalid,
    StudyArchived, and what `documents.register` raises.
    """
    _require_source(actor, environment)
    if contents.keys() - {entry.uuid for entry in submission.entries}:
        raise MetadataMissing()
    described = tuple(_described(entry, contents.get(entry.uuid)) for entry in submission.entries)
    for entry in described:
        _require_manifest(entry, contents[entry.uuid], environment)
    with transaction.atomic():
        documents.register(
            actor,
            replace(submission, entries=described),
            environment=environment,
            message_id=message_id,
            correlation_id=correlation_id,
            role=XdsRole.SOURCE,
        )
        _require_own(actor, described, environment)
        for entry in described:
            ProvidedDocument.objects.get_or_create(
                environment=environment,
                unique_id=entry.unique_id,
                defaults={
                    "content": contents[entry.uuid],
                    "connection_id": actor.connection_id,
                    "provided_at": now(),
                },
            )


def _require_source(actor: Actor, environment: str) -> None:
    rows = Connection.objects.filter(environment=environment, xds_role=XdsRole.SOURCE)
    if actor.id is None or not rows.filter(id=actor.id).exists():
        raise SourceUnknown()


def _described(entry: DocumentEntry, content: bytes | None) -> DocumentEntry:
    """With hash, size and repository, which are the repository's to say (ITI TF-2 3.41.4.1.3.1)."""
    if content is None:
        raise DocumentMissing()
    digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()  # ITI TF-3 4.2.3.2.10
    if entry.hash not in ("", digest) or entry.size not in (None, len(content)):
        raise ContentDiffers()
    return replace(entry, hash=digest, size=len(content), repository=settings().manifest_repository)


def _require_manifest(entry: DocumentEntry, content: bytes, environment: str) -> None:
    """A manifest is a key object selection of the one study it is described as, and of none that is
    archived here (RAD TF-3 4.68.4.1.2). Raises ManifestInvalid, StudyArchived.
    """
    format_code = entry.format_code
    stated = format_code is not None and (format_code.value, format_code.scheme) == MANIFEST_FORMAT
    if entry.kind != DocumentKind.MANIFEST and not stated:
        return
    if entry.kind != DocumentKind.MANIFEST or not stated or entry.mime_type != "application/dicom":
        raise ManifestInvalid("class code, format code and mime type do not agree on a manifest")
    try:
        studies = {reference.study_uid for reference in kos.read(content)}
    except (DatasetUnreadable, InflatesTooFar) as unreadable:
        raise ManifestInvalid(unreadable.detail) from None
    if studies != {entry.study_instance_uid}:
        raise ManifestInvalid()
    known = Study.objects.filter(environment=environment, study_instance_uid__in=studies)
    if known.exists():
        raise StudyArchived()


def _require_own(actor: Actor, entries: Sequence[DocumentEntry], environment: str) -> None:
    """A customer's source registers into its own registers only, and nothing that another brought;
    the operator's into any. Raises SourceUnknown.
    """
    rows = Document.objects.select_related("register", "patient").filter(
        environment=environment, unique_id__in=[entry.unique_id for entry in entries]
    )
    operators = Connection.objects.filter(
        id=actor.connection_id, organisation__is_operator=True
    ).exists()
    for row in rows:
        if row.repository_unique_id != settings().manifest_repository:
            raise SourceUnknown("a document of this id is another repository's")
        if not operators and not gate.is_own(actor, row):
            raise SourceUnknown("the register is another controller's")


# --- removal --------------------------------------------------------------------------------------


def remove(
    actor: Actor, wanted: Sequence[Wanted], *, correlation_id: UUID | None
) -> tuple[int, list[Problem]]:
    """Remove the content of each; how many were, and why the others were not. The entry goes by
    ITI-62. Raises Refused.
    """
    environment = actor.environment
    require_operator(actor, environment)
    removed, problems = 0, []
    for each in dict.fromkeys(wanted):
        try:
            _remove(actor, each, correlation_id)
            removed += 1
        except ArchiveError as error:
            problems.append(Problem(each, error))
    return removed, problems


def _remove(actor: Actor, wanted: Wanted, correlation_id: UUID | None) -> None:
    """Raises RepositoryUnknown, DocumentUnknown, MetadataFixed."""
    if wanted.repository != settings().manifest_repository:
        raise RepositoryUnknown()
    here = {"environment": actor.environment, "unique_id": wanted.unique_id}
    with transaction.atomic():
        document = Document.objects.select_related("register", "patient").filter(**here).first()
        if document is not None and document.vault_key:
            raise MetadataFixed("manifests are the archive's own")
        gone, _ = ProvidedDocument.objects.filter(**here).delete()
        if not gone:
            raise DocumentUnknown()
        about = ledger.About(
            environment=actor.environment,
            organisation_id=document.register.organisation_id if document else None,
            subject_id=document.id if document else None,
            patient_id=standing.person_id(document.patient) if document else None,
            correlation_id=correlation_id,
        )
        facts = {
            "kind": document.kind if document else DocumentKind.OTHER.value,
            "unique_id": wanted.unique_id,
            "what": "content",
        }
        ledger.record(ledger.Kind.DOCUMENT_REMOVED, about, facts, actor=actor)
