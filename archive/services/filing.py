"""Where an object belongs: its register, patient, study and series, found or made."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet

from archive import jobs, ledger, locks
from archive.config import settings
from archive.errors import (
    ControllerUnauthorised,
    OtherRegister,
    PatientConflict,
    RelationalMismatch,
)
from archive.errors.corrections import RegisterFixed
from archive.errors.retention import StudyDestroyed
from archive.models import Authorisation, JobKind, Patient, Register, Series, Study, StudyState
from archive.objects.header import Header
from archive.queries import standing
from archive.rules import identity
from archive.rules.admission import Admitted
from archive.services.associations import Peer
from archive.services.authorisation_parties import using
from archive.values import BusinessId, PatientIdentifier, dicom_instant, now, uuid7


@dataclass(frozen=True, slots=True)
class Filed:
    """A study as one association knows it."""

    study_id: UUID
    register_id: UUID
    controller_oid: str
    environment: str


@dataclass(frozen=True, slots=True)
class Target:
    """The register an object goes to. `reach` are those in which what the sender adds to may stand;
    `authorisation_id` is what opens the register when it is an organiser's.
    """

    register: Register
    reach: frozenset[UUID]
    authorisation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class OwnRegisters:
    """The registers of which an organisation is controller: its own, and those that have passed to
    it from a predecessor.
    """

    own: Register
    ids: frozenset[UUID]
    by_controller: dict[str, Register]
    arcs: frozenset[str]  # under which it issues temporary patient ids


def own_registers(peer: Peer) -> OwnRegisters:
    """Raises ControllerUnauthorised when its own register has passed to a successor."""
    rows = Register.objects.filter(organisation_id=peer.organisation_id)
    found = list(rows.select_related("organisation"))
    defaults = {row.controller_oid: row for row in found if row.is_default}
    own_oids = {BusinessId(row.organisation.business_id).controller_oid for row in found}
    own = next((row for oid, row in defaults.items() if oid in own_oids), None)
    if own is None:
        raise ControllerUnauthorised()
    return OwnRegisters(
        own, frozenset(row.id for row in found), defaults, identity.arcs_of(defaults)
    )


def own_target(header: Header, registers: OwnRegisters) -> Target | None:
    """The sender's own register, or one it controls and names in (0008,0051); None when it names
    another's.
    """
    if not header.accession_issuer:
        return Target(registers.own, registers.ids)
    register = registers.by_controller.get(header.accession_issuer)
    return Target(register, registers.ids) if register is not None else None


def authorised_target(
    peer: Peer, controller_oid: str, patient: PatientIdentifier, study_code: str
) -> Target:
    """The organiser's register, under a live authorisation that writes and reaches the patient; the
    most particular one, when there are several (AC-4).

    Raises ControllerUnauthorised: without one another's register is nobody else's; nor is that of
    an organiser which does not use the service, for which nobody stores (ON-6).
    """
    persons = persons_of(peer.environment, patient)
    live = standing.writing(peer.organisation_id, peer.environment, persons, now())
    open_ = live.filter(register__organisation__in=using(peer.environment))
    chosen = most_particular(open_, controller_oid, study_code)
    if chosen is None:
        raise ControllerUnauthorised(facts={"controller": controller_oid})
    return Target(chosen.register, frozenset({chosen.register_id}), chosen.id)


def persons_of(environment: str, patient: PatientIdentifier) -> set[UUID]:
    known = find_patient(environment, patient)
    return {standing.person_id(known)} if known is not None else set()


def most_particular(
    found: QuerySet[Any], controller_oid: str, study_code: str
) -> Authorisation | None:
    """Of a producer's authorisations that write, the one under which it stores in the organiser's
    register.
    """
    rows = found.filter(register__controller_oid=controller_oid, register__is_default=True)
    order = (F("person").asc(nulls_last=True), "granted_at", "id")
    granted: list[Authorisation] = list(rows.select_related("register").order_by(*order))
    particular = [row for row in granted if row.level == granted[0].level]
    fitting = [row for row in particular if row.service_code == study_code]
    return next(iter(fitting or particular), None)


def check(peer: Peer, header: Header, admitted: Admitted, target: Target) -> None:
    """What is filed already agrees. Raises OtherRegister, StudyDestroyed, PatientConflict,
    RelationalMismatch.
    """
    study = _find_study(peer.environment, header.study_instance_uid)
    if study is not None:
        _agree(study, peer, admitted, target)
    series = Series.objects.filter(
        environment=peer.environment, series_instance_uid=header.series_instance_uid
    ).values_list("study__study_instance_uid", flat=True)
    if any(uid != header.study_instance_uid for uid in series):
        raise RelationalMismatch()


def _agree(study: Study, peer: Peer, admitted: Admitted, target: Target) -> None:
    if study.register_id not in target.reach:
        raise OtherRegister()
    if study.state == StudyState.DESTROYED:
        raise StudyDestroyed()
    known = find_patient(peer.environment, admitted.patient)
    if known is None or standing.person_id(known) != standing.person_id(study.patient):
        raise PatientConflict()


def has_begun(peer: Peer, study_id: UUID) -> bool:
    """Whether a producer stored the first of a study, under whichever authorisation."""
    rows = Study.objects.filter(id=study_id, authorisation__producer_id=peer.organisation_id)
    return rows.exists()


def require_same_controller(register_id: UUID, named: Register) -> None:
    """One controller's registers differ in what documents say of them, not images. Raises
    RegisterFixed.
    """
    rows = Register.objects.filter(id=register_id, controller_oid=named.controller_oid)
    if not rows.exists():
        raise RegisterFixed()


def related_patients(patient: Patient) -> list[UUID]:
    """A patient with all the ids that were merged into it."""
    rows = standing.ids_of(standing.person_id(patient))
    return list(rows.values_list("id", flat=True))


def share_persons(environment: str) -> None:
    """Until the transaction ends no ids become one, or two again."""
    locks.share(persons_lock(environment))


def persons_lock(environment: str) -> str:
    """Held alone by who merges ids, or parts them."""
    return f"identity {environment}"


def find_patient(environment: str, identifier: PatientIdentifier) -> Patient | None:
    return Patient.objects.filter(
        environment=environment, issuer=identifier.issuer, identifier=identifier.value
    ).first()


def require_environment(identifier: PatientIdentifier, environment: str) -> None:
    """Each environment has its own people. Raises EnvironmentMismatch, RealPatientRequired."""
    takes = settings().production_takes_test_patients
    identity.require_environment(identifier, environment, takes_test_patients=takes)


def file_patient(environment: str, identifier: PatientIdentifier, **demographics: str) -> Patient:
    """The patient's row, made when it is the first time the id is seen. A document or a statement,
    which tells no name, may have been first: what it left empty is filled in.
    """
    patient, made = Patient.objects.get_or_create(
        environment=environment,
        issuer=identifier.issuer,
        identifier=identifier.value,
        defaults=demographics,
    )
    untold = {name: told for name, told in demographics.items() if told}
    if not made and untold and not (patient.name or patient.birth_date or patient.sex):
        Patient.objects.filter(id=patient.id).update(**untold)
        patient.refresh_from_db()
    return patient


def file_study(
    peer: Peer, header: Header, admitted: Admitted, target: Target, at: datetime
) -> Filed:
    """Find or make the study in the caller's transaction. Raises OtherRegister, PatientConflict."""
    study = _find_study(peer.environment, header.study_instance_uid)
    if study is None:
        _insert_study(peer, header, admitted, target, at)
        study = _find_study(peer.environment, header.study_instance_uid)
        assert study is not None  # inserted by us, or by who was first
    _agree(study, peer, admitted, target)
    return Filed(study.id, study.register_id, study.register.controller_oid, peer.environment)


def _find_study(environment: str, uid: str) -> Study | None:
    rows = Study.objects.select_related("patient", "register")
    return rows.filter(environment=environment, study_instance_uid=uid).first()


_INSERT_STUDY = """
INSERT INTO archive_study (id, environment, register_id, patient_id, connection_id,
    authorisation_id, study_instance_uid, service_event, accession_number, study_code,
    description, study_id, study_date, study_time, timezone_offset,
    referring_physician, started_at, modalities,
    state, waits_for, instance_count, byte_count, received_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, '', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::varchar(16)[],
    'receiving', '', 0, 0, %s)
ON CONFLICT (environment, study_instance_uid) DO NOTHING
"""


def _insert_study(
    peer: Peer, header: Header, admitted: Admitted, target: Target, at: datetime
) -> None:
    """Make the study and owe its registration, unless another association is first."""
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
                target.register.id,
                patient.id,
                peer.connection_id,
                target.authorisation_id,
                header.study_instance_uid,
                header.accession_number[:64],
                admitted.study_code,
                header.study_description[:64],
                header.study_id[:16],
                header.study_date[:10],
                header.study_time[:16],
                header.timezone_offset[:5],
                header.referring_physician[:324],
                started_at,
                [header.modality[:16]] if header.modality else [],
                at,
            ],
        )
        made = cursor.rowcount
    if made:
        _owe_registration(peer, study_id, at)


def _owe_registration(peer: Peer, study_id: UUID, at: datetime) -> None:
    """When nothing has come for a while."""
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
            "body_part": header.body_part[:16],
        },
    )
    if series.study_id != filed.study_id:
        raise RelationalMismatch()
    if made and header.modality:
        locks.share(filed.study_id)  # before its row is written: who registers does it in this turn
        add_modality(filed.study_id, header.modality[:16])
    return series.id


def add_modality(study_id: UUID, modality: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE archive_study SET modalities = array_append(modalities, %s::varchar)"
            " WHERE id = %s AND NOT %s = ANY(modalities)",
            [modality, study_id, modality],
        )


def note_progress(filed: Filed, instances: int, size: int) -> None:
    """Add to the study's counts while it is being received. What moves it on counts exactly, with
    what an association that lasts has not written down yet.
    """
    if instances:
        receiving = Study.objects.filter(id=filed.study_id, state=StudyState.RECEIVING)
        receiving.update(
            instance_count=F("instance_count") + instances, byte_count=F("byte_count") + size
        )


def note_stored(
    peer: Peer,
    filed: Filed,
    *,
    instances: int,
    size: int,
    repeated: int,
    rejected: int,
    seconds: float,
    authorisation_id: UUID | None = None,
) -> None:
    """One ledger event per study and association; with what opened an organiser's register."""
    about = ledger.About(
        environment=filed.environment,
        organisation_id=peer.organisation_id,
        subject_id=filed.study_id,
        study_id=filed.study_id,
        correlation_id=peer.association_id,
    )
    facts: dict[str, object] = {
        "instances": instances,
        "bytes": size,
        "repeated": repeated,
        "rejected": rejected,
        "ms": round(seconds * 1000),
        "calling": peer.calling,
        **peer.by_web,
    }
    if authorisation_id is not None:
        facts["authorisation"] = str(authorisation_id)
    ledger.record(ledger.Kind.STUDY_STORED, about, facts, actor=peer.actor)
