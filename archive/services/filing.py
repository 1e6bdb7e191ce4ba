"""Where an object belongs: its register, patient, study and series, found or made."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.db.models import F, Q

from archive import jobs, ledger
from archive.config import settings
from archive.errors import (
    ControllerUnauthorised,
    OtherRegister,
    PatientConflict,
    RelationalMismatch,
)
from archive.models import JobKind, Patient, Register, Series, Study
from archive.objects.header import Header
from archive.rules.admission import Admitted
from archive.services.associations import Peer
from archive.values import BusinessId, PatientIdentifier, dicom_instant, now, uuid7


@dataclass(frozen=True, slots=True)
class Filed:
    """A study as one association knows it."""

    study_id: UUID
    controller_oid: str
    environment: str


@dataclass(frozen=True, slots=True)
class OwnRegisters:
    """The registers of which an organisation is controller: its own, and those that have passed to
    it from a predecessor.
    """

    own: Register
    ids: frozenset[UUID]
    by_controller: dict[str, Register]


def own_registers(peer: Peer) -> OwnRegisters:
    """Raises ControllerUnauthorised when its own register has passed to a successor."""
    rows = Register.objects.filter(organisation_id=peer.organisation_id)
    found = list(rows.select_related("organisation"))
    defaults = {row.controller_oid: row for row in found if row.is_default}
    own_oids = {BusinessId(row.organisation.business_id).controller_oid for row in found}
    own = next((row for oid, row in defaults.items() if oid in own_oids), None)
    if own is None:
        raise ControllerUnauthorised()
    return OwnRegisters(own, frozenset(row.id for row in found), defaults)


def target_register(header: Header, registers: OwnRegisters) -> Register:
    """The organiser's register when one is named in (0008,0051), else the sender's own (AC-4).

    Raises ControllerUnauthorised: without an authorisation another's register is nobody else's.
    """
    if not header.accession_issuer:
        return registers.own
    if header.accession_issuer not in registers.by_controller:
        raise ControllerUnauthorised()
    return registers.by_controller[header.accession_issuer]


def check(peer: Peer, header: Header, admitted: Admitted) -> None:
    """What is filed already agrees. Raises OtherRegister, PatientConflict, RelationalMismatch."""
    study = _find_study(peer.environment, header.study_instance_uid)
    if study is not None:
        _agree(study, peer, admitted)
    series = Series.objects.filter(
        environment=peer.environment, series_instance_uid=header.series_instance_uid
    ).values_list("study__study_instance_uid", flat=True)
    if any(uid != header.study_instance_uid for uid in series):
        raise RelationalMismatch()


def _agree(study: Study, peer: Peer, admitted: Admitted) -> None:
    if study.register.organisation_id != peer.organisation_id:
        raise OtherRegister()
    known = find_patient(peer.environment, admitted.patient)
    if known is None or canonical(known) != canonical(study.patient):
        raise PatientConflict()


def canonical(patient: Patient) -> UUID:
    """A merged-away id counts as its survivor."""
    return patient.survivor_id or patient.id


def related_patients(patient: Patient) -> list[UUID]:
    """A patient with all the ids that were merged into it."""
    survivor = canonical(patient)
    rows = Patient.objects.filter(Q(id=survivor) | Q(survivor_id=survivor))
    return list(rows.values_list("id", flat=True))


def find_patient(environment: str, identifier: PatientIdentifier) -> Patient | None:
    return Patient.objects.filter(
        environment=environment, issuer=identifier.issuer, identifier=identifier.value
    ).first()


def file_patient(environment: str, identifier: PatientIdentifier, **demographics: str) -> Patient:
    """The patient's row, made when it is the first time the id is seen."""
    patient, _ = Patient.objects.get_or_create(
        environment=environment,
        issuer=identifier.issuer,
        identifier=identifier.value,
        defaults=demographics,
    )
    return patient


def file_study(peer: Peer, header: Header, admitted: Admitted, register: Register) -> Filed:
    """Find or make the study in the caller's transaction. Raises OtherRegister, PatientConflict."""
    study = _find_study(peer.environment, header.study_instance_uid)
    if study is None:
        _insert_study(peer, header, admitted, register)
        study = _find_study(peer.environment, header.study_instance_uid)
        assert study is not None  # inserted by us, or by who was first
    _agree(study, peer, admitted)
    return Filed(study.id, study.register.controller_oid, peer.environment)


def _find_study(environment: str, uid: str) -> Study | None:
    rows = Study.objects.select_related("patient", "register")
    return rows.filter(environment=environment, study_instance_uid=uid).first()


_INSERT_STUDY = """
INSERT INTO archive_study (id, environment, register_id, patient_id, connection_id,
    study_instance_uid, service_event, accession_number, study_code, description, study_id,
    study_date, study_time, timezone_offset, started_at, modalities, state, waits_for,
    instance_count, byte_count, received_at)
VALUES (%s, %s, %s, %s, %s, %s, '', %s, %s, %s, %s, %s, %s, %s, %s, %s::varchar(16)[],
    'receiving', '', 0, 0, %s)
ON CONFLICT (environment, study_instance_uid) DO NOTHING
"""


def _insert_study(peer: Peer, header: Header, admitted: Admitted, register: Register) -> None:
    """Make the study and owe its registration, unless another association is first."""
    at = now()
    patient = file_patient(
        peer.environment,
        admitted.patient,
        name=header.patient_name[:324],
        birth_date=header.patient_birth_date[:8],
        sex=header.patient_sex[:16],
    )
    study_id = uuid7()
    started_at = dicom_instant(header.study_date, header.study_time, header.timezone_offset)
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT_STUDY,
            [
                study_id,
                peer.environment,
                register.id,
                patient.id,
                peer.connection_id,
                header.study_instance_uid,
                header.accession_number[:64],
                admitted.study_code,
                header.study_description[:64],
                header.study_id[:16],
                header.study_date[:10],
                header.study_time[:16],
                header.timezone_offset[:5],
                started_at,
                [header.modality[:16]] if header.modality else [],
                at,
            ],
        )
        made = cursor.rowcount
    if made:
        jobs.defer(
            JobKind.REGISTRATION,
            study_id,
            environment=peer.environment,
            organisation_id=peer.organisation_id,
            study_id=study_id,
            not_before=at + timedelta(seconds=settings().quiet_seconds),
        )


def file_series(filed: Filed, header: Header) -> UUID:
    """The series' row, found or made. Raises RelationalMismatch when it is another study's."""
    series, made = Series.objects.get_or_create(
        environment=filed.environment,
        series_instance_uid=header.series_instance_uid,
        defaults={
            "study_id": filed.study_id,
            "modality": header.modality[:16],
            "series_number": header.series_number[:12],
            "description": header.series_description[:64],
        },
    )
    if series.study_id != filed.study_id:
        raise RelationalMismatch()
    if made and header.modality:
        _add_modality(filed.study_id, header.modality[:16])
    return series.id


def _add_modality(study_id: UUID, modality: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE archive_study SET modalities = array_append(modalities, %s::varchar)"
            " WHERE id = %s AND NOT %s = ANY(modalities)",
            [modality, study_id, modality],
        )


def note_progress(filed: Filed, instances: int, size: int) -> None:
    """Add to the study's counts; registration counts again exactly."""
    if instances:
        Study.objects.filter(id=filed.study_id).update(
            instance_count=F("instance_count") + instances, byte_count=F("byte_count") + size
        )


def note_stored(
    peer: Peer, filed: Filed, *, instances: int, size: int, repeated: int, seconds: float
) -> None:
    """One ledger event per study and association."""
    about = ledger.About(
        environment=filed.environment,
        organisation_id=peer.organisation_id,
        subject_id=filed.study_id,
        study_id=filed.study_id,
        correlation_id=peer.association_id,
    )
    facts = {
        "instances": instances,
        "bytes": size,
        "repeated": repeated,
        "ms": round(seconds * 1000),
        "calling": peer.calling,
    }
    ledger.record(ledger.Kind.STUDY_STORED, about, facts, actor=peer.actor)
