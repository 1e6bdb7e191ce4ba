"""The named cast: Esimerkkilä stores, Mallila has no right to it, Röntgen Esimerkki is private.

Builders are plain functions over the demo world; persons are of the 900 series.
"""

from collections.abc import Iterable
from io import BytesIO
from typing import Any

import pydicom
from django.db.models import QuerySet
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from archive.models import Connection, Document, Organisation, Patient, Register, Study
from archive.objects.registry import (
    ACCESSION_TYPE,
    KIND_SCHEME,
    STUDY_UID_TYPE,
    Author,
    Code,
    DocumentEntry,
    PatientId,
    ReferenceId,
)
from archive.services import filing, ingest, manifests
from archive.services.associations import Peer
from archive.services.sessions import Session
from archive.values import HETU_ROOT, PatientIdentifier, now, uid_from_uuid, uuid7
from onboarding.services import demo_citizens

ESIMERKKILA, MALLILA, RONTGEN = "9000000-3", "9000001-1", "9000003-8"
MATTI, VENLA = "010181-900C", "010594Y9032"
CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"


def newcomers() -> QuerySet[Patient]:
    """Everybody but the demo world's citizens: those have said something from the first day on."""
    return Patient.objects.exclude(identifier__in=demo_citizens.SPOKEN)


def organisation(business_id: str = ESIMERKKILA) -> Organisation:
    return Organisation.objects.get(business_id=business_id)


def connection(business_id: str = ESIMERKKILA, environment: str = "production") -> Connection:
    return Connection.objects.get(
        organisation__business_id=business_id, environment=environment, kind="dicom"
    )


def peer(business_id: str = ESIMERKKILA, environment: str = "production") -> Peer:
    """An association that was let in."""
    link = connection(business_id, environment)
    return Peer(
        association_id=uuid7(),
        connection_id=link.id,
        organisation_id=link.organisation_id,
        organisation_name=link.organisation.name_fi,
        environment=environment,
        calling=link.aet,
        called="KANTA" if environment == "production" else "KANTATEST",
        address="127.0.0.1",
    )


def dataset(**overrides: Any) -> Dataset:
    """A CT image that is admitted; None takes an attribute away."""
    values: dict[str, Any] = {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": CT,
        "SOPInstanceUID": uid_from_uuid(),
        "StudyDate": "20261120",
        "StudyTime": "101500",
        "AccessionNumber": "A1",
        "Modality": "CT",
        "StudyDescription": "AA1AD Pään TT",
        "PatientName": "Meikäläinen^Matti",
        "PatientID": MATTI,
        "IssuerOfPatientID": HETU_ROOT,
        "PatientBirthDate": "19810101",
        "PatientSex": "F",
        "StudyInstanceUID": "1.2.246.10.90000003.1",
        "SeriesInstanceUID": "1.2.246.10.90000003.1.1",
        "SeriesNumber": "1",
        "InstanceNumber": "1",
        "Rows": 2,
        "Columns": 2,
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 0,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "PixelData": bytes(range(8)),
        **overrides,
    }
    made = Dataset()
    for name, value in values.items():
        if value is not None:
            tag = tag_for_keyword(name)
            assert tag is not None
            # Wrong values must be possible: senders do not ask pydicom.
            element = DataElement(tag, dictionary_VR(tag), value, validation_mode=IGNORE)
            made[tag] = element
    made["PixelData"].VR = "OW"
    return made


def encoded(made: Dataset, transfer_syntax_uid: str = EXPLICIT) -> bytes:
    """The data set's bytes without preamble and meta information, as C-STORE carries them."""
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, made, implicit_vr=transfer_syntax_uid == IMPLICIT, little_endian=True)
    return buffer.getvalue()


def send(
    session: Session,
    made: Dataset,
    transfer_syntax_uid: str = EXPLICIT,
    *,
    data: bytes | None = None,
) -> str:
    """Store one object as an association would; its SOP Instance UID. Raises what it is refused
    with.
    """
    receipt = ingest.begin(
        session,
        sop_class_uid=str(made.SOPClassUID),
        sop_instance_uid=str(made.SOPInstanceUID),
        transfer_syntax_uid=transfer_syntax_uid,
    )
    receipt.write(data if data is not None else encoded(made, transfer_syntax_uid))
    receipt.finish()
    return str(made.SOPInstanceUID)


def store(
    *datasets: Dataset, business_id: str = ESIMERKKILA, environment: str = "production"
) -> Study:
    """One association that brings these objects; the study of the last one."""
    session = Session(peer(business_id, environment))
    for made in datasets:
        send(session, made)
    session.close()
    return Study.objects.get(
        environment=environment, study_instance_uid=str(datasets[-1].StudyInstanceUID)
    )


def document(
    kind: str,
    *,
    accession: str = "A1",
    study_uid: str = "",
    patient: str = MATTI,
    business_id: str = ESIMERKKILA,
    environment: str = "production",
) -> Document:
    """A registered care document, written as a row."""
    register = Register.objects.get(organisation__business_id=business_id, is_default=True)
    references = [ReferenceId(accession, register.controller_oid, ACCESSION_TYPE)]
    if study_uid:
        references.append(ReferenceId(study_uid, "", STUDY_UID_TYPE))
    entry = DocumentEntry(
        uuid=uuid7().urn,
        unique_id=uid_from_uuid(),
        patient=PatientId(patient, HETU_ROOT),
        mime_type="text/xml",
        class_code=Code(kind, KIND_SCHEME, kind),
        authors=(Author(institutions=(f"X^^^^^^^^^{register.controller_oid}",)),),
        references=tuple(references),
        hash="00" * 20,
        size=1,
        repository="1.2.246.10.2462460.40",
    )
    person = filing.file_patient(environment, PatientIdentifier.parse(patient, HETU_ROOT))
    row = manifests.row(entry, environment=environment, at=now(), patient=person, register=register)
    row.save()
    return row


def documents(kinds: Iterable[str] = ("request", "study-entry"), **where: Any) -> None:
    for kind in kinds:
        document(kind, **where)
