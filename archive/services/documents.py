"""Register Document Set-b: what the Patient Data Repository says it holds (XD-1, ITI TF-2 3.42)."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from archive import ledger
from archive.actors import Actor
from archive.config import settings
from archive.errors import (
    MetadataInvalid,
    PatientIdUntrusted,
    Refused,
    StudyUidDiffers,
    UniqueIdReused,
)
from archive.models import (
    Connection,
    Document,
    DocumentKind,
    DocumentStatus,
    Folder,
    Patient,
    Register,
    Study,
    XdsRole,
)
from archive.models import Submission as SubmissionRow
from archive.objects.registry import (
    HAS_MEMBER,
    REPLACING,
    DocumentEntry,
    Link,
    PatientId,
    Submission,
    parse_time,
)
from archive.objects.submissions import digest, problems, resolve
from archive.queries import standing
from archive.rules import identity
from archive.services import (
    conflicts,
    error_desk,
    filing,
    links,
    manifests,
    registers,
    registration,
)
from archive.services.conflicts import Known
from archive.values import PatientIdentifier, now


@dataclass(frozen=True, slots=True)
class _Accepted:
    """A submission in order, with the rows it hangs on."""

    actor: Actor
    environment: str
    correlation_id: UUID | None
    submission: Submission
    patient: Patient
    registers: dict[str, Register]  # by entry UUID
    at: datetime


def register(
    actor: Actor,
    submission: Submission,
    *,
    environment: str,
    message_id: str,
    correlation_id: UUID | None,
    role: XdsRole = XdsRole.PDR,
) -> None:
    """Register a submission and its documents in one transaction; the same again changes nothing.
    `role` is the one that the actor must have.

    Raises Refused, MetadataInvalid, PatientIdUntrusted, EnvironmentMismatch, RealPatientRequired,
    HashDiffers, UniqueIdReused, PatientDiffers, AlreadyReplaced, TargetDeprecated.
    """
    if role == XdsRole.PDR:
        require_repository(actor, environment)
    content, resolved = digest(submission), _in_order(submission, manifests=role == XdsRole.SOURCE)
    identifier = _trusted_patient(resolved.submission_set.patient, environment)
    with transaction.atomic():
        _lock(environment, resolved)
        filing.share_persons(environment)  # whom it is of is still so when its studies are woken
        again = conflicts.set_known(environment, resolved)
        if again is not None and bytes(again.content_digest) == content:
            return
        known = conflicts.known(environment, resolved)
        conflicts.check_ids(environment, resolved, known)
        if again is not None:
            raise UniqueIdReused("submission set uniqueId was used for other content")
        accepted = _Accepted(
            actor,
            environment,
            correlation_id,
            resolved,
            filing.file_patient(environment, identifier),
            registers.of_entries(resolved.entries),
            now(),
        )
        for entry in resolved.entries:
            row = known.documents.get(entry.unique_id)
            conflicts.check_doubled(entry, row, accepted.patient, accepted.registers[entry.uuid])
        _store(accepted, known, message_id=message_id, content=content)


def require_repository(actor: Actor, environment: str) -> None:
    """Only the environment's Patient Data Repository registers. Raises Refused."""
    rows = Connection.objects.filter(environment=environment, xds_role=XdsRole.PDR)
    if actor.id is None or not rows.filter(id=actor.id).exists():
        raise Refused("only the Patient Data Repository registers documents")


def _in_order(submission: Submission, *, manifests: bool) -> Submission:
    """Ids settled, nothing wrong with it in itself. Raises MetadataInvalid."""
    try:
        resolved = resolve(submission)
    except ValueError as problem:
        raise MetadataInvalid(str(problem)) from None
    found = list(problems(resolved))
    if found:
        raise MetadataInvalid("; ".join(dict.fromkeys(found))[:400])
    if not manifests and any(entry.kind == DocumentKind.MANIFEST for entry in resolved.entries):
        raise MetadataInvalid("manifests are registered by the archive itself")
    return resolved


def _trusted_patient(patient: PatientId, environment: str) -> PatientIdentifier:
    """The rule for images: a personal code or a temporary id, of this environment's people.

    Raises PatientIdUntrusted, EnvironmentMismatch, RealPatientRequired.
    """
    try:
        identifier = PatientIdentifier.parse(patient.value, patient.issuer)
    except ValueError:
        raise PatientIdUntrusted() from None
    identity.require_environment(
        identifier, environment, takes_test_patients=settings().production_takes_test_patients
    )
    return identifier


def _lock(environment: str, submission: Submission) -> None:
    """Messages about the same ids go one after the other."""
    names = {submission.submission_set.unique_id, *(link.target for link in submission.links)}
    for entry in submission.entries:
        names |= {entry.unique_id, entry.uuid}
    for folder in submission.folders:
        names |= {folder.unique_id, folder.id}
    conflicts.hold(environment, names)


# --- storing --------------------------------------------------------------------------------------


def _store(accepted: _Accepted, known: Known, *, message_id: str, content: bytes) -> None:
    environment = accepted.environment
    given = _links_to_known_entries(accepted.submission, known)
    conflicts.check_links(environment, accepted.submission, given, known, accepted.patient)
    submission_row = _submission_row(accepted, message_id=message_id, content=content)
    new = [entry for entry in accepted.submission.entries if entry.unique_id not in known.documents]
    replaced_early = links.replaced(environment, [entry.uuid for entry in new])
    rows = [_new_row(accepted, entry, submission_row, replaced_early) for entry in new]
    Document.objects.bulk_create(rows)
    _store_folders(accepted, submission_row)
    links.keep(environment, given)
    successors = {link.target: link.source for link in given if link.type in REPLACING}
    links.deprecate(environment, successors)
    links.follow_into_folders(environment, successors, accepted.at)
    _fill_folders(accepted, given)
    _tell(accepted, rows)


def _submission_row(accepted: _Accepted, *, message_id: str, content: bytes) -> SubmissionRow:
    held = accepted.submission.submission_set
    return SubmissionRow.objects.create(
        environment=accepted.environment,
        entry_uuid=held.id,
        unique_id=held.unique_id,
        source_id=held.source_id,
        message_id=message_id[:128],
        content_digest=content,
        patient=accepted.patient,
        submission_time=parse_time(held.submission_time) if held.submission_time else None,
        metadata=held.to_json(),
        received_at=accepted.at,
    )


def _store_folders(accepted: _Accepted, submission_row: SubmissionRow) -> None:
    Folder.objects.bulk_create(
        Folder(
            environment=accepted.environment,
            submission=submission_row,
            entry_uuid=folder.id,
            unique_id=folder.unique_id,
            patient=accepted.patient,
            updated_at=accepted.at,
            metadata=folder.to_json(),
        )
        for folder in accepted.submission.folders
    )


def _fill_folders(accepted: _Accepted, given: list[Link]) -> None:
    """Folders that got members are newer, and the ledger says so."""
    held = accepted.submission.submission_set.id
    filled = {link.source for link in given if link.type == HAS_MEMBER and link.source != held}
    links.touch(accepted.environment, filled, accepted.at)
    for row in Folder.objects.filter(environment=accepted.environment, entry_uuid__in=filled):
        about = ledger.About(
            environment=accepted.environment,
            subject_id=row.id,
            patient_id=standing.person_id(accepted.patient),
            correlation_id=accepted.correlation_id,
        )
        count = sum(link.source == row.entry_uuid for link in given if link.type == HAS_MEMBER)
        facts = {"documents": count}
        ledger.record(ledger.Kind.FOLDER_FILLED, about, facts, actor=accepted.actor, at=accepted.at)


def _links_to_known_entries(submission: Submission, known: Known) -> list[Link]:
    """Links speak of the registered entries, also where a document came again under a new UUID."""
    names = {
        entry.uuid: known.documents[entry.unique_id].entry_uuid
        for entry in submission.entries
        if entry.unique_id in known.documents
    }
    return [
        replace(
            link,
            source=names.get(link.source, link.source),
            target=names.get(link.target, link.target),
        )
        for link in submission.links
    ]


def _new_row(
    accepted: _Accepted, entry: DocumentEntry, submission: SubmissionRow, replaced_early: set[str]
) -> Document:
    deprecated = entry.uuid in replaced_early
    return manifests.row(
        entry,
        environment=accepted.environment,
        at=accepted.at,
        submission=submission,
        patient=accepted.patient,
        register=accepted.registers[entry.uuid],
        status=DocumentStatus.DEPRECATED if deprecated else DocumentStatus.APPROVED,
    )


# --- telling --------------------------------------------------------------------------------------


def _tell(accepted: _Accepted, rows: list[Document]) -> None:
    """The ledger of each document, the studies that wait, the desk when it names another study."""
    for row in rows:
        studies = _studies_of(accepted, row)
        agreeing = [
            study for study in studies if row.study_instance_uid in ("", study.study_instance_uid)
        ]
        about = ledger.About(
            environment=accepted.environment,
            organisation_id=row.register.organisation_id,
            subject_id=row.id,
            study_id=agreeing[0].id if len(agreeing) == 1 else None,
            patient_id=standing.person_id(accepted.patient),
            correlation_id=accepted.correlation_id,
        )
        facts = {"kind": row.kind, "status": row.status, "accession": row.accession_number}
        ledger.record(
            ledger.Kind.DOCUMENT_REGISTERED, about, facts, actor=accepted.actor, at=accepted.at
        )
        if studies and not agreeing:
            _report_other_study(accepted, row, studies[0])
    for oid, accession in {(row.register.controller_oid, row.accession_number) for row in rows}:
        registration.documents_arrived(
            accepted.environment, oid, accession, standing.person_id(accepted.patient)
        )


def _studies_of(accepted: _Accepted, row: Document) -> list[Study]:
    """Studies this document ties to: by controller, accession number and patient."""
    person = standing.person_id(accepted.patient)
    return list(
        Study.objects.filter(
            standing.of_person(person),
            environment=accepted.environment,
            register__controller_oid=row.register.controller_oid,
            accession_number=row.accession_number,
        ).order_by("-received_at")
    )


def _report_other_study(accepted: _Accepted, row: Document, study: Study) -> None:
    """The document is registered, so nothing is lost, but does not count for this study.

    The same case as when the study comes second: registration opens it then.
    """
    error_desk.report(
        StudyUidDiffers(),
        environment=accepted.environment,
        place=registration.DOCUMENTS,
        who=error_desk.Who(row.register.organisation_id),
        what=error_desk.What(
            study_id=study.id,
            subject_id=row.id,
            accession_number=row.accession_number,
            study_instance_uid=study.study_instance_uid,
            correlation_id=accepted.correlation_id,
        ),
        facts={"kind": row.kind, "named by document": row.study_instance_uid},
        once=True,
    )
