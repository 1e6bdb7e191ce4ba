"""Rows made from a file of the vault alone: patient, study, series, instance (AR-10).

The head of each file says whose it is, who sent it and when; the data set says the rest.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db import transaction
from django.db.models import F, QuerySet

from archive import locks, vault
from archive.config import settings
from archive.errors import ArchiveError, BytesDamaged, RelationalMismatch
from archive.models import (
    Authorisation,
    Connection,
    Instance,
    Patient,
    Register,
    Series,
    Study,
    StudyState,
)
from archive.objects import key_objects, manifest
from archive.objects.elements import Bytes
from archive.objects.header import Header
from archive.objects.part10 import FileMeta
from archive.queries import standing
from archive.rules import admission, correction
from archive.rules.admission import Policy
from archive.services import filing, rows, tombstones
from archive.services.rows import Written
from archive.values import PatientIdentifier, StudyCode, civil_day, dicom_instant, uuid7


class Indexed(Enum):
    """What became of a file."""

    ADDED = auto()
    KNOWN = auto()
    OTHER = auto()  # its UID is archived with other bytes: a version, or a loser
    NOTE = auto()  # a rejection note
    OURS = auto()  # a manifest
    DESTROYED = auto()  # of a study that is: its bytes are to go
    UNPLACED = auto()  # no such register or sender here


@dataclass(frozen=True, slots=True)
class File:
    """A file of the vault with what it says of itself."""

    environment: str
    digest: bytes
    store: str
    meta: FileMeta
    header: Header


@dataclass(slots=True)
class Places:
    """Registers and senders, looked up once."""

    registers: Mapping[str, Register]
    senders: Mapping[tuple[str, str], Connection]

    @classmethod
    def read(cls) -> "Places":
        registers = Register.objects.filter(is_default=True).select_related("organisation")
        connections = Connection.objects.filter(kind__in=("dicom", "xds")).order_by(
            "kind", "valid_from"
        )
        return cls(
            {row.controller_oid: row for row in registers},
            # Over DICOMweb objects come by the credentials of an XDS connection.
            {(row.environment, row.aet or str(row.id)): row for row in connections},
        )

    def sender(self, meta: FileMeta, register: Register) -> Connection | None:
        """Who sent it; when the title is nobody's any more, a system of the controller's."""
        known = self.senders.get((meta.environment, meta.source_aet))
        own = (row for row in self.senders.values() if row.environment == meta.environment)
        return known or next(
            (row for row in own if row.organisation_id == register.organisation_id), None
        )


def open_file(environment: str, digest: bytes, store: str) -> File:
    """Raises DatasetUnreadable, InstanceUnknown."""
    meta = vault.read_meta(environment, digest, store)
    header = vault.read_header(environment, digest, meta.transfer_syntax_uid, store)
    # The digest vouches for what the data set says, and for nothing in front of it.
    named = {name: getattr(header, name) for name in ("sop_class_uid", "sop_instance_uid")}
    return File(environment, digest, store, replace(meta, **named), header)


def kind_of(file: File) -> Indexed | None:
    """A note or a manifest; None for an object of a study."""
    if file.meta.sop_class_uid != key_objects.SOP_CLASS_UID:
        return None
    with vault.view(file.environment, file.digest, file.store) as data:
        return kind_of_data(file.meta, data)


def kind_of_data(meta: FileMeta, data: Bytes) -> Indexed | None:
    """The same of a data set. Raises DatasetUnreadable."""
    if meta.sop_class_uid != key_objects.SOP_CLASS_UID:
        return None
    title = key_objects.read(data, meta.transfer_syntax_uid).title
    if title in correction.TITLES:
        return Indexed.NOTE
    ours = meta.source_aet == settings().ae_title(meta.environment)
    return Indexed.OURS if ours and title == manifest.MANIFEST.code else None


def index(file: File, places: Places, policy: Policy) -> Indexed:
    """Add the rows that are missing; those that are there stay. Raises DatasetUnreadable,
    RelationalMismatch, and BytesDamaged of what a power cut left half-written: no row may speak of
    it, or its sender would be told that it is kept.
    """
    if _is_destroyed(file):
        return Indexed.DESTROYED
    special = kind_of(file)
    if special is not None:
        return special
    known = _known(file)
    if known is not None:
        return known
    register = places.registers.get(file.meta.controller_oid)
    sender = places.sender(file.meta, register) if register else None
    if register is None or sender is None:
        return Indexed.UNPLACED
    if not vault.is_whole(file.environment, file.digest, file.store):
        raise BytesDamaged(facts={"digest": file.digest.hex()})
    while not _is_added(file, register, sender, policy):
        known = _known(file)
        if known is not None:
            return known
    return Indexed.ADDED


def _known(file: File) -> Indexed | None:
    named = Instance.objects.filter(
        environment=file.environment, sop_instance_uid=file.meta.sop_instance_uid
    )
    digest = named.values_list("digest", flat=True).first()
    if digest is None:
        return None
    return Indexed.KNOWN if bytes(digest) == file.digest else Indexed.OTHER


def _is_added(file: File, register: Register, sender: Connection, policy: Policy) -> bool:
    """False, with nothing written, where its sender has brought it meanwhile. A study that was
    further on is to go its road again.
    """
    with transaction.atomic():
        _hold_study(file)
        study = file_study(file, register, sender)
        series = _series(file, study)
        if rows.insert(_row(file, study, series, policy)) is Written.NOT:
            transaction.set_rollback(True)
            return False
        if study.state != StudyState.RECEIVING:
            rows.put_back_to_receiving(study.id)
    return True


def _hold_study(file: File) -> None:
    """Neither registering nor storing goes on beside the object."""
    study_id = _studies(file).values_list("id", flat=True).first()
    if study_id is not None:
        locks.hold(study_id)


def _studies(file: File) -> QuerySet[Study]:
    return Study.objects.filter(
        environment=file.environment, study_instance_uid=file.header.study_instance_uid
    )


def _is_destroyed(file: File) -> bool:
    """Whether the index knows its study as destroyed: bytes put back with a copy, or whose receiver
    was killed before their row.
    """
    gone = _studies(file).filter(state=StudyState.DESTROYED)
    return gone.exists() or tombstones.is_left(
        file.environment, file.digest, file.meta.sop_instance_uid
    )


def file_study(file: File, register: Register, sender: Connection) -> Study:
    """Found or made. The object that came first says what the study is."""
    header, at = file.header, file.meta.received_at
    facts: dict[str, Any] = {
        "connection": sender,
        "authorisation": _authorisation(file, register, sender),
        "accession_number": header.accession_number[:64],
        "study_code": StudyCode.leading(header.study_description) or "",
        "description": header.study_description[:64],
        "study_id": header.study_id[:16],
        "study_date": header.study_date[:10],
        "study_time": header.study_time[:16],
        "timezone_offset": header.timezone_offset[:5],
        "referring_physician": header.referring_physician[:324],
        "started_at": dicom_instant(header.study_date, header.study_time, header.timezone_offset),
        "received_at": at,
    }
    new: dict[str, Any] = {"register": register, "patient": lambda: _patient(file)}
    study, made = Study.objects.get_or_create(
        environment=file.environment,
        study_instance_uid=header.study_instance_uid,
        defaults=new | facts,
    )
    if not made and at < study.received_at:
        Study.objects.filter(id=study.id).update(patient=_patient(file), **facts)
        study.received_at = at
    return study


def _authorisation(file: File, register: Register, sender: Connection) -> Authorisation | None:
    """Under which the sender began it in another's register, if the database knows it."""
    if sender.organisation_id == register.organisation_id:
        return None
    code = StudyCode.leading(file.header.study_description) or ""
    persons = filing.persons_of(file.environment, identifier_of(file))
    at = file.meta.received_at
    return _begun_under(sender.organisation_id, file.environment, persons, at, register, code)


def _begun_under(
    producer_id: UUID,
    environment: str,
    persons: Collection[UUID],
    at: datetime,
    register: Register,
    code: str,
) -> Authorisation | None:
    """One whose rights had begun by then, else one that had been made: where it was lost with the
    database and told anew, its rights have begun since.
    """
    for known in (standing.writing, standing.writing_by_its_document):
        granted = known(producer_id, environment, persons, at)
        found = filing.most_particular(granted, register.controller_oid, code)
        if found is not None:
            return found
    return None


def tie_to_authorisations(environment: str) -> None:
    """Studies that were made again before their authorisation was here."""
    others = Study.objects.filter(environment=environment, authorisation=None)
    others = others.exclude(connection__organisation=F("register__organisation"))
    related = ("connection", "register", "patient")
    for study in others.exclude(state=StudyState.DESTROYED).select_related(*related):
        found = _begun_under(
            study.connection.organisation_id,
            environment,
            {standing.person_id(study.patient)},
            study.received_at,
            study.register,
            study.study_code,
        )
        if found is not None:
            Study.objects.filter(id=study.id, authorisation=None).update(authorisation=found)


def identifier_of(file: File) -> PatientIdentifier:
    """The patient's, as the object says. Raises ValueError."""
    header = file.header
    issuer = header.issuer_universal_entity_id or header.issuer_of_patient_id
    return PatientIdentifier.parse(header.patient_id, issuer)


def _patient(file: File) -> Patient:
    header = file.header
    return filing.file_patient(
        file.environment,
        identifier_of(file),
        name=header.patient_name[:324],
        birth_date=header.patient_birth_date[:8],
        sex=header.patient_sex[:16],
    )


def _series(file: File, study: Study) -> Series:
    header = file.header
    facts = {
        "modality": header.modality[:16],
        "series_number": header.series_number[:12],
        "description": header.series_description[:64],
        "body_part": header.body_part[:16],
    }
    series, made = Series.objects.get_or_create(
        environment=file.environment,
        series_instance_uid=header.series_instance_uid,
        defaults={"study": study, **facts},
    )
    if series.study_id != study.id:
        raise RelationalMismatch()
    earlier = Instance.objects.filter(series=series, received_at__lt=file.meta.received_at)
    if not made and not earlier.exists():
        Series.objects.filter(id=series.id).update(**facts)
    if header.modality and header.modality not in study.modalities:
        filing.add_modality(study.id, header.modality[:16])
    return series


def _row(file: File, study: Study, series: Series, policy: Policy) -> rows.Row:
    return rows.Row(
        id=_key_of(file.meta.received_at),
        environment=file.environment,
        study_id=study.id,
        series_id=series.id,
        sop_instance_uid=file.meta.sop_instance_uid,
        sop_class_uid=file.meta.sop_class_uid,
        transfer_syntax_uid=file.meta.transfer_syntax_uid,
        content_type=_content_type(file, policy),
        instance_number=file.header.instance_number[:12],
        digest=file.digest,
        digest_algorithm=file.meta.digest_algorithm,
        size=vault.size_of(file.environment, file.digest, file.store),
        store=file.store,
        association_id=_association_of(file, study),
        received_at=file.meta.received_at,
    )


def _association_of(file: File, study: Study) -> UUID:
    """Files do not say which association brought them: what one title sent of a study in one day
    counts as one.
    """
    day = civil_day(file.meta.received_at)
    return uuid5(NAMESPACE_OID, f"{study.study_instance_uid} {file.meta.source_aet} {day}")


def is_made_again(association_id: UUID) -> bool:
    """Whether it stands for one that the index has forgotten; the others are of version 7."""
    return association_id.version == 5


def _key_of(received_at: datetime) -> UUID:
    """A key in the order of receipt, as it was."""
    milliseconds = int(received_at.astimezone(UTC).timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (uuid7().int & ((1 << 80) - 1)))


def _content_type(file: File, policy: Policy) -> str:
    """By the policy of the day of receipt; none when its row is gone."""
    try:
        day = civil_day(file.meta.received_at)
        return admission.content_of(file.header, policy, day).content_type
    except ArchiveError:
        return ""
