"""What may be archived: the rules by which one object is admitted or refused (AR-1, AR-2, AR-8).

Pure functions over the header and dated rows. The first rule that does not hold raises its error;
the order is the order of `admit`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from archive.errors import (
    AccessionMissing,
    ClassMismatch,
    ClassNotArchived,
    ContentMismatch,
    DatasetUnreadable,
    PatientIdUntrusted,
    StudyCodeClosed,
    StudyCodeMissing,
    StudyCodeUnknown,
)
from archive.errors.web import StudyMismatch
from archive.objects.header import Header
from archive.rules import identity
from archive.values import PatientIdentifier, Period, StudyCode, Uid, dicom_date


@dataclass(frozen=True, slots=True)
class Content:
    """A row of the content policy: what it is, its classes and modalities, and from when."""

    content_type: str
    sop_classes: frozenset[str]
    modalities: frozenset[str]  # empty: any
    code_demanded: bool
    allowed: Period


@dataclass(frozen=True, slots=True)
class Policy:
    """The dated rows that judge one association."""

    contents: Sequence[Content]
    codes: Callable[[StudyCode], Sequence[Period]]  # when a code is valid; empty when it is unknown
    environment: str
    takes_test_patients: bool  # 900-series codes in production


@dataclass(frozen=True, slots=True)
class Announced:
    """What the request said of the object; STOW-RS may name the study that it must be of."""

    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str = ""


@dataclass(frozen=True, slots=True)
class Admitted:
    """An object that may be archived, with what was parsed on the way."""

    patient: PatientIdentifier
    study_code: str
    content_type: str


def admit(header: Header, announced: Announced, policy: Policy, today: date) -> Admitted:
    """Judge one object on the day of receipt. Raises an Unacceptable, Unsupported or Malformed."""
    identify(header, announced)
    return judge(header, policy, today)


def judge(header: Header, policy: Policy, today: date) -> Admitted:
    """What does not depend on which object of its series it is."""
    patient = trusted_patient(header, policy)
    content = content_of(header, policy, today)
    code = study_code(header, content, policy, today)
    if not header.accession_number:
        raise AccessionMissing()
    return Admitted(patient, code, content.content_type)


def identify(header: Header, announced: Announced) -> None:
    """The data set is what was announced, and its UIDs are UIDs (PS3.4 B.2.3: A900, C000)."""
    _require_uid(0x0020000D, header.study_instance_uid)
    _require_uid(0x0020000E, header.series_instance_uid)
    identify_in_series(header, announced)


def identify_in_series(header: Header, announced: Announced) -> None:
    """What is left of that when the UIDs of study and series are known to be UIDs."""
    _require_uid(0x00080018, header.sop_instance_uid)
    if (header.sop_class_uid, header.sop_instance_uid) != (
        announced.sop_class_uid,
        announced.sop_instance_uid,
    ):
        raise ClassMismatch()
    if announced.study_instance_uid not in ("", header.study_instance_uid):
        raise StudyMismatch()


def _require_uid(tag: int, uid: str) -> None:
    try:
        Uid(uid)
    except ValueError:
        raise DatasetUnreadable("a UID is missing or is no UID", tag=tag) from None


def identified(header: Header) -> PatientIdentifier:
    """Whom the object names. Raises ValueError."""
    issuer = header.issuer_universal_entity_id or header.issuer_of_patient_id
    return PatientIdentifier.parse(header.patient_id, issuer)


def trusted_patient(header: Header, policy: Policy) -> PatientIdentifier:
    """A personal identity code, or a temporary id with its issuer's OID."""
    try:
        patient = identified(header)
    except ValueError:
        raise PatientIdUntrusted() from None
    identity.require_environment(
        patient, policy.environment, takes_test_patients=policy.takes_test_patients
    )
    return patient


def content_of(header: Header, policy: Policy, today: date) -> Content:
    """The content type this object is of. What was imaged before archiving was possible may be
    archived now.
    """
    by_class = [
        row
        for row in policy.contents
        if header.sop_class_uid in row.sop_classes and row.allowed.covers(today)
    ]
    if not by_class:
        raise ClassNotArchived()
    for row in by_class:
        if not row.modalities or header.modality in row.modalities:
            return row
    raise ContentMismatch()


def study_code(header: Header, content: Content, policy: Policy, today: date) -> str:
    """The code StudyDescription begins with, valid on StudyDate, or on the day of receipt when that
    is empty. Where none is demanded, only what the nomenclature has is taken for one: `CHEST` has
    the shape of a code.
    """
    code = StudyCode.leading(header.study_description)
    validity = policy.codes(code) if code is not None else ()
    if code is None or not validity:
        if not content.code_demanded:
            return ""
        raise StudyCodeUnknown() if header.study_description else StudyCodeMissing()
    if not content.code_demanded:
        return code
    day = dicom_date(header.study_date) or today
    if not any(period.covers(day) for period in validity):
        raise StudyCodeClosed()
    return code
