"""Update Document Set by the operator: a new version of an entry's metadata, or its availability
(ITI TF-2 3.57). What ties a document to its study and its bytes is not touched.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from archive import ledger
from archive.actors import Actor
from archive.errors import (
    MetadataFixed,
    MetadataInvalid,
    ObjectUnknown,
    Refused,
    UniqueIdReused,
    UpdateUnknown,
    VersionDiffers,
)
from archive.models import (
    Connection,
    Document,
    DocumentKind,
    DocumentLink,
    DocumentStatus,
    DocumentVersion,
    XdsRole,
)
from archive.models import Submission as SubmissionRow
from archive.objects.registry import HAS_MEMBER, DocumentEntry, Link, Submission
from archive.objects.submissions import digest, problems, resolve, set_problems
from archive.queries import standing
from archive.services import conflicts, filing, links, manifests, registration
from archive.services.query_parameters import STATUS
from archive.values import PatientIdentifier, now

NEW_STATUS = "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus"
FIXED = (
    *("unique_id", "hash", "size", "repository", "mime_type", "kind", "accession"),
    *("study_instance_uid", "service_event", "controller_oid"),
    *("register_type", "register_specifier"),
)


@dataclass(frozen=True, slots=True)
class _Update:
    actor: Actor
    environment: str
    correlation_id: UUID | None
    submission: Submission
    at: datetime


def update(
    actor: Actor,
    submission: Submission,
    *,
    environment: str,
    message_id: str,
    correlation_id: UUID | None,
) -> None:
    """Everything the submission asks for, or nothing.

    Raises Refused, MetadataInvalid, UpdateUnknown, ObjectUnknown, VersionDiffers, MetadataFixed,
    UniqueIdReused.
    """
    require_operator(actor, environment)
    content = digest(submission)
    resolved, asked = _in_order(submission)
    with transaction.atomic():
        _hold(environment, resolved)
        if links.is_object(environment, [resolved.submission_set.id, *asked]):
            raise UniqueIdReused("entryUUID belongs to another object")
        if conflicts.set_known(environment, resolved) is not None:
            raise UniqueIdReused("submission set uniqueId was used before")
        made = _Update(actor, environment, correlation_id, resolved, now())
        _store_set(made, message_id=message_id, content=content)
        for entry in resolved.entries:
            _new_version(made, entry)
        for link in resolved.links:
            if link.type == NEW_STATUS:
                _new_status(made, link)


def _hold(environment: str, submission: Submission) -> None:
    """What is updated is not replaced meanwhile, nor is an id taken that is to be new."""
    targets = {link.target for link in submission.links}
    targets |= {name for entry in submission.entries for name in (entry.uuid, entry.lid)}
    rows = Document.objects.filter(links.of_documents(targets), environment=environment)
    named = rows.values_list("entry_uuid", flat=True)
    conflicts.hold(environment, {submission.submission_set.unique_id, *targets, *named})


def require_operator(actor: Actor, environment: str) -> None:
    """Only the operator's own tools change what is registered. Raises Refused."""
    rows = Connection.objects.filter(environment=environment, xds_role=XdsRole.OPERATOR)
    if actor.id is None or not rows.filter(id=actor.id).exists():
        raise Refused("only the operator's own tools change the registry")


def _in_order(submission: Submission) -> tuple[Submission, list[str]]:
    """Ids settled, nothing wrong with it in itself; and the ids that are to be new.

    Raises MetadataInvalid, UpdateUnknown.
    """
    changes = [link for link in submission.links if link.type == NEW_STATUS]
    if submission.folders or not (submission.entries or changes):
        raise UpdateUnknown()
    plain = replace(
        submission, links=tuple(link for link in submission.links if link not in changes)
    )
    try:
        resolved = resolve(submission)
        of_set = set_problems(submission.submission_set)
        found = list(problems(resolve(plain)) if plain.entries else of_set)
    except ValueError as problem:
        raise MetadataInvalid(str(problem)) from None
    if found:
        raise MetadataInvalid("; ".join(dict.fromkeys(found))[:400])
    if any(link.type not in (HAS_MEMBER, NEW_STATUS) for link in resolved.links):
        raise UpdateUnknown()
    return resolved, [entry.uuid for entry in resolved.entries]


def _store_set(made: _Update, *, message_id: str, content: bytes) -> None:
    held = made.submission.submission_set
    try:
        identifier = PatientIdentifier.parse(held.patient.value, held.patient.issuer)
    except ValueError:
        raise MetadataInvalid("patient id is of no trusted issuer") from None
    patient = filing.find_patient(made.environment, identifier)
    if patient is None:
        raise ObjectUnknown()
    SubmissionRow.objects.create(
        environment=made.environment,
        entry_uuid=held.id,
        unique_id=held.unique_id,
        source_id=held.source_id,
        message_id=message_id[:128],
        content_digest=content,
        patient=patient,
        submission_time=made.at,
        metadata=held.to_json(),
        received_at=made.at,
    )
    links.keep(
        made.environment, [link for link in made.submission.links if link.type == HAS_MEMBER]
    )


# --- a new version --------------------------------------------------------------------------------


def _new_version(made: _Update, entry: DocumentEntry) -> None:
    row = _row(made, entry.lid)
    previous = next(
        (
            link.slot("PreviousVersion")
            for link in made.submission.links
            if link.type == HAS_MEMBER and link.target == entry.uuid
        ),
        "",
    )
    if previous != str(row.version):
        raise VersionDiffers()
    if row.status != DocumentStatus.APPROVED:
        raise MetadataFixed("document is no longer in force")
    held = DocumentEntry.from_json(row.metadata)
    changed = [name for name in FIXED if getattr(held, name) != getattr(entry, name)]
    if changed:
        raise MetadataFixed(f"may not be changed: {', '.join(changed)}")
    DocumentVersion.objects.create(
        environment=made.environment,
        document=row,
        entry_uuid=row.entry_uuid,
        version=row.version,
        metadata=row.metadata,
        replaced_at=made.at,
    )
    _rename(made.environment, row.entry_uuid, entry.uuid)
    version = row.version + 1
    fresh = replace(entry, lid=held.lid or held.uuid, version=str(version), patient=held.patient)
    _write(row, fresh, made.at)
    _tell(made, row, {"version": version})


def _row(made: _Update, lid: str) -> Document:
    """The document of a logical id, locked; the archive's own manifests are not touched.

    Raises ObjectUnknown, MetadataFixed.
    """
    rows = Document.objects.select_for_update(of=("self",)).select_related("patient", "register")
    row = rows.filter(links.of_documents([lid]), environment=made.environment).first()
    person = made.submission.submission_set.patient
    if row is None or person not in _ids_of(row):
        raise ObjectUnknown()
    if row.kind == DocumentKind.MANIFEST:
        raise MetadataFixed("manifests are the archive's own")
    return row


def _ids_of(row: Document) -> Iterator[object]:
    """Under which ids the document's person may be named."""
    held = DocumentEntry.from_json(row.metadata).patient
    yield held
    survivor = row.patient.survivor or row.patient
    yield replace(held, value=survivor.identifier, issuer=survivor.issuer)


def _rename(environment: str, old: str, new: str) -> None:
    """Associations follow to the new version."""
    rows = DocumentLink.objects.filter(environment=environment)
    rows.filter(source_uuid=old).update(source_uuid=new)
    rows.filter(target_uuid=old).update(target_uuid=new)


def _write(row: Document, entry: DocumentEntry, at: datetime) -> None:
    fresh = manifests.row(entry, environment=row.environment, at=at)
    columns = ("entry_uuid", "creation_time", "service_start_time", "service_stop_time", "metadata")
    for name in columns:
        setattr(row, name, getattr(fresh, name))
    row.version = int(entry.version)
    row.save(update_fields=[*columns, "version"])


# --- availability ---------------------------------------------------------------------------------


def _new_status(made: _Update, link: Link) -> None:
    row = _row(made, link.target)
    old, new = STATUS.get(link.slot("OriginalStatus")), STATUS.get(link.slot("NewStatus"))
    if old is None or new is None:
        raise UpdateUnknown("NewStatus and OriginalStatus must be Approved or Deprecated")
    if row.status != old:
        raise VersionDiffers()
    if new == DocumentStatus.APPROVED and links.replaced(made.environment, [row.entry_uuid]):
        raise MetadataFixed("document has been replaced")
    Document.objects.filter(id=row.id).update(status=new)
    _tell(made, row, {"version": row.version, "status": new.value})


def _tell(made: _Update, row: Document, facts: dict[str, object]) -> None:
    """The ledger, and the studies that the document counts for or no longer does."""
    about = ledger.About(
        environment=made.environment,
        organisation_id=row.register.organisation_id,
        subject_id=row.id,
        patient_id=standing.person_id(row.patient),
        correlation_id=made.correlation_id,
    )
    told = {"kind": row.kind, **facts}
    ledger.record(ledger.Kind.DOCUMENT_UPDATED, about, told, actor=made.actor, at=made.at)
    registration.documents_arrived(
        made.environment,
        row.register.controller_oid,
        row.accession_number,
        standing.person_id(row.patient),
    )
