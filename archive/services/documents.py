"""Register Document Set-b: what the Patient Data Repository says it holds (XD-1, ITI TF-2 3.42)."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from archive import ledger
from archive.actors import Actor
from archive.errors import (
    AlreadyReplaced,
    HashDiffers,
    MetadataInvalid,
    PatientDiffers,
    PatientIdUntrusted,
    Refused,
    StudyUidDiffers,
    UniqueIdReused,
)
from archive.models import (
    Connection,
    Document,
    DocumentKind,
    DocumentLink,
    DocumentStatus,
    Patient,
    Register,
    Study,
    XdsRole,
)
from archive.models import Submission as SubmissionRow
from archive.objects.registry import HAS_MEMBER, DocumentEntry, Link, PatientId, Submission
from archive.objects.submissions import digest, problems, resolve, set_to_json
from archive.services import error_desk, filing, manifests, registration
from archive.values import PatientIdentifier, now


@dataclass(frozen=True, slots=True)
class _Accepted:
    """A submission in order, with the rows it hangs on."""

    actor: Actor
    environment: str
    correlation_id: UUID | None
    submission: Submission
    patient: Patient
    registers: dict[str, Register]
    at: datetime


def register(
    actor: Actor,
    submission: Submission,
    *,
    environment: str,
    message_id: str,
    correlation_id: UUID | None,
) -> None:
    """Register a submission and its documents in one transaction; the same again changes nothing.

    Raises Refused, MetadataInvalid, PatientIdUntrusted, EnvironmentMismatch, RealPatientRequired,
    HashDiffers, UniqueIdReused, PatientDiffers, AlreadyReplaced.
    """
    require_repository(actor, environment)
    content, resolved = digest(submission), _in_order(submission)
    identifier = _trusted_patient(resolved.submission_set.patient, environment)
    with transaction.atomic():
        _lock(environment, resolved)
        known = _known_documents(environment, resolved)
        again = SubmissionRow.objects.filter(
            environment=environment, unique_id=resolved.submission_set.unique_id
        ).first()
        if again is not None and bytes(again.content_digest) == content:
            return
        for entry in resolved.entries:
            _check_unique(entry, known)
        if again is not None:
            raise UniqueIdReused("submission set uniqueId was used for other content")
        accepted = _Accepted(
            actor,
            environment,
            correlation_id,
            resolved,
            filing.file_patient(environment, identifier),
            _registers(resolved),
            now(),
        )
        for entry in resolved.entries:
            _check_doubled(accepted, entry, known.get(entry.unique_id))
        _store(accepted, known, message_id=message_id, content=content)


def require_repository(actor: Actor, environment: str) -> None:
    """Only the environment's Patient Data Repository registers. Raises Refused."""
    rows = Connection.objects.filter(environment=environment, xds_role=XdsRole.PDR)
    if actor.id is None or not rows.filter(id=actor.id).exists():
        raise Refused("only the Patient Data Repository registers documents")


def _in_order(submission: Submission) -> Submission:
    """Ids settled, nothing wrong with it in itself. Raises MetadataInvalid."""
    try:
        resolved = resolve(submission)
    except ValueError as problem:
        raise MetadataInvalid(str(problem)) from None
    found = list(problems(resolved))
    if found:
        raise MetadataInvalid("; ".join(dict.fromkeys(found))[:400])
    if any(entry.kind == DocumentKind.MANIFEST for entry in resolved.entries):
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
    filing.require_environment(identifier, environment)
    return identifier


def _lock(environment: str, submission: Submission) -> None:
    """Messages about the same ids go one after the other, in an order that cannot deadlock."""
    names = {submission.submission_set.unique_id, *(link.target for link in submission.links)}
    for entry in submission.entries:
        names |= {entry.unique_id, entry.uuid}
    keys = sorted(
        int.from_bytes(
            hashlib.sha256(f"{environment} {name}".encode()).digest()[:8], "big", signed=True
        )
        for name in names
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])


def _known_documents(environment: str, submission: Submission) -> dict[str, Document]:
    """Rows already registered that the submission touches, by uniqueId and by entry UUID."""
    uuids = {entry.uuid for entry in submission.entries} | {
        link.target for link in submission.links
    }
    rows = Document.objects.select_related("patient", "register").filter(
        Q(unique_id__in=[entry.unique_id for entry in submission.entries])
        | Q(entry_uuid__in=uuids),
        environment=environment,
    )
    return {key: row for row in rows for key in (row.unique_id, row.entry_uuid)}


def _check_unique(entry: DocumentEntry, known: dict[str, Document]) -> None:
    """Raises HashDiffers, UniqueIdReused."""
    same = known.get(entry.unique_id)
    if same is not None and same.hash.lower() != entry.hash:
        raise HashDiffers()
    holder = known.get(entry.uuid)
    if holder is not None and holder.unique_id != entry.unique_id:
        raise UniqueIdReused("entryUUID belongs to another document")


def _check_doubled(accepted: _Accepted, entry: DocumentEntry, known: Document | None) -> None:
    """A document may come again, but not for another study. Raises UniqueIdReused."""
    if known is None:
        return
    held = manifests.row(entry, environment=accepted.environment, at=accepted.at)
    fields = ("kind", "accession_number", "study_instance_uid")
    same = all(getattr(held, name) == getattr(known, name) for name in fields)
    same_patient = filing.canonical(known.patient) == filing.canonical(accepted.patient)
    if not (
        same and same_patient and known.register_id == accepted.registers[entry.controller_oid].id
    ):
        raise UniqueIdReused("document uniqueId is registered for another study or patient")


def _registers(submission: Submission) -> dict[str, Register]:
    """The default register of each controller. Raises MetadataInvalid when one has none here."""
    oids = {entry.controller_oid for entry in submission.entries}
    rows = Register.objects.filter(controller_oid__in=oids, is_default=True)
    found = {row.controller_oid: row for row in rows}
    if oids - found.keys():
        raise MetadataInvalid("author institution is no data controller here")
    return found


# --- storing --------------------------------------------------------------------------------------


def _store(
    accepted: _Accepted, known: dict[str, Document], *, message_id: str, content: bytes
) -> None:
    held = accepted.submission.submission_set
    links = _links_to_known_entries(accepted.submission, known)
    _check_replacing(accepted, links, known)
    submission_row = SubmissionRow.objects.create(
        environment=accepted.environment,
        entry_uuid=held.id,
        unique_id=held.unique_id,
        source_id=held.source_id,
        message_id=message_id[:128],
        content_digest=content,
        metadata=set_to_json(held),
        received_at=accepted.at,
    )
    new = [entry for entry in accepted.submission.entries if entry.unique_id not in known]
    replaced_early = _replaced_before_they_came(accepted.environment, new)
    rows = [_new_row(accepted, entry, submission_row, replaced_early) for entry in new]
    Document.objects.bulk_create(rows)
    own = {(HAS_MEMBER, entry.uuid) for entry in new}  # the row's submission says that already
    manifests.add_links(
        accepted.environment,
        [
            (link.type, link.source, link.target)
            for link in links
            if (link.type, link.target) not in own
        ],
    )
    Document.objects.filter(
        environment=accepted.environment,
        entry_uuid__in=_targets(links),
        status=DocumentStatus.APPROVED,
    ).update(status=DocumentStatus.DEPRECATED)
    _tell(accepted, rows)


def _links_to_known_entries(submission: Submission, known: dict[str, Document]) -> list[Link]:
    """Links speak of the registered entries, also where a document came again under a new UUID."""
    names = {
        entry.uuid: known[entry.unique_id].entry_uuid
        for entry in submission.entries
        if entry.unique_id in known
    }
    return [
        replace(
            link,
            source=names.get(link.source, link.source),
            target=names.get(link.target, link.target),
        )
        for link in submission.links
    ]


def _is_replacing(link: Link) -> bool:
    return manifests.SHORT_NAMES.get(link.type) in manifests.REPLACING


def _targets(links: list[Link]) -> set[str]:
    return {link.target for link in links if _is_replacing(link)}


def _check_replacing(accepted: _Accepted, links: list[Link], known: dict[str, Document]) -> None:
    """A replaced document is the same patient's and has one successor.

    Raises PatientDiffers, AlreadyReplaced, MetadataInvalid.
    """
    replacing = {link.target: link.source for link in links if _is_replacing(link)}
    if not replacing:
        return
    if len(replacing) < sum(_is_replacing(link) for link in links):
        raise AlreadyReplaced()
    for target in replacing:
        row = known.get(target)
        if row is not None and row.kind == DocumentKind.MANIFEST:
            raise MetadataInvalid("manifests are replaced by the archive itself")
        if row is not None and filing.canonical(row.patient) != filing.canonical(accepted.patient):
            raise PatientDiffers()
    earlier = DocumentLink.objects.filter(
        environment=accepted.environment, kind__in=manifests.REPLACING, target_uuid__in=replacing
    )
    if any(replacing[link.target_uuid] != link.source_uuid for link in earlier):
        raise AlreadyReplaced()


def _replaced_before_they_came(environment: str, entries: list[DocumentEntry]) -> set[str]:
    """Entries whose successor was registered first: messages may come in any order."""
    return set(
        DocumentLink.objects.filter(
            environment=environment,
            kind__in=manifests.REPLACING,
            target_uuid__in=[entry.uuid for entry in entries],
        ).values_list("target_uuid", flat=True)
    )


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
        register=accepted.registers[entry.controller_oid],
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
            patient_id=filing.canonical(accepted.patient),
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
            accepted.environment, oid, accession, filing.canonical(accepted.patient)
        )


def _studies_of(accepted: _Accepted, row: Document) -> list[Study]:
    """Studies this document ties to: by register, accession number and patient."""
    person = filing.canonical(accepted.patient)
    return list(
        Study.objects.filter(
            Q(patient_id=person) | Q(patient__survivor_id=person),
            environment=accepted.environment,
            register=row.register,
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
