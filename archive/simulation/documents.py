"""Care documents and their registration (ITI-42) as the Patient Data Repository writes them.

The national codes of document kinds are not known yet; KUVA-DOC is this project's own scheme.
"""

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lxml import etree

from archive.config import OPERATOR_OID
from archive.simulation import envelope
from archive.values import HETU_ROOT

KINDS = {"request": "Pyyntö", "study-entry": "Tutkimusmerkintä", "report": "Lausunto"}
ACTION = "urn:ihe:iti:2007:RegisterDocumentSet-b"

LCM = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"

_OBJECT = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:"
_APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
_HAS_MEMBER = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
_REPLACES = "urn:ihe:iti:2007:AssociationType:RPLC"
# ITI TF-3 4.2.5: object types, classification schemes and identification schemes.
_STABLE_DOCUMENT = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
_SUBMISSION_SET = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"
_ENTRY_AUTHOR = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d"
_SET_AUTHOR = "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d"
_CLASS_CODE = "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a"
_CONFIDENTIALITY = "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f"
_EVENT_CODE = "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4"
_FORMAT_CODE = "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d"
_FACILITY_TYPE = "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1"
_PRACTICE_SETTING = "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead"
_TYPE_CODE = "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983"
_CONTENT_TYPE_CODE = "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500"
_ENTRY_PATIENT = "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"
_ENTRY_UNIQUE = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"
_SET_PATIENT = "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446"
_SET_UNIQUE = "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8"
_SET_SOURCE = "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832"

RADIOLOGY_CODES = "1.2.246.537.6.4"
DICOM_CODES = "1.2.840.10008.2.16.4"


@dataclass(frozen=True, slots=True)
class Code:
    value: str
    scheme: str
    display: str


@dataclass(frozen=True, slots=True)
class CareDocument:
    """A request, study entry or report that the repository holds."""

    kind: str
    patient_id: str = field(repr=False)
    accession: str
    study_uid: str  # empty when not known yet
    controller: str
    institution: str
    examination: Code
    at: datetime
    entry_uuid: str = field(default_factory=lambda: f"urn:uuid:{uuid.uuid4()}")
    unique_id: str = field(default_factory=lambda: f"2.25.{uuid.uuid4().int}")
    replaces: str = ""
    patient_root: str = HETU_ROOT

    @property
    def patient_cx(self) -> str:
        return f"{self.patient_id}^^^&{self.patient_root}&ISO"

    @property
    def references(self) -> tuple[str, ...]:
        accession = f"{self.accession}^^^&{self.controller}&ISO^urn:ihe:iti:xds:2013:accession"
        study = f"{self.study_uid}^^^^urn:ihe:iti:xds:2016:studyInstanceUID"
        return (accession, study) if self.study_uid else (accession,)


def examination_code(code: str, name: str) -> Code:
    """The study code; for ECG, whose code is not known yet, the modality."""
    return Code(code, RADIOLOGY_CODES, name) if code else Code("ECG", DICOM_CODES, name)


def content(document: CareDocument) -> bytes:
    """The document itself, CDA R2 in outline."""
    return f"<ClinicalDocument><id root='{document.unique_id}'/></ClinicalDocument>".encode()


def message(document: CareDocument) -> bytes:
    """The whole SOAP 1.2 message of ITI-42."""
    return envelope.message(ACTION, submission(document))


def submission(document: CareDocument) -> etree._Element:
    """SubmitObjectsRequest."""
    submit = etree.Element(f"{{{LCM}}}SubmitObjectsRequest", nsmap={"lcm": LCM})
    objects = etree.SubElement(submit, f"{{{RIM}}}RegistryObjectList", nsmap={None: RIM})
    submission = f"urn:uuid:{uuid.uuid4()}"
    objects.append(_entry(document))
    objects.extend(_submission_set(document, submission))
    objects.extend(_associations(document, submission))
    return submit


def _entry(document: CareDocument) -> etree._Element:
    """XDSDocumentEntry, ITI TF-3 4.2.3.2."""
    whole = content(document)
    at = document.at.astimezone(UTC).strftime("%Y%m%d%H%M%S")
    kind = Code(document.kind, "KUVA-DOC", KINDS[document.kind])
    entry = _rim(
        "ExtrinsicObject",
        id=document.entry_uuid,
        mimeType="text/xml",
        objectType=_STABLE_DOCUMENT,
        status=_APPROVED,
    )
    slots = {
        "creationTime": (at,),
        "hash": (hashlib.sha1(whole, usedforsecurity=False).hexdigest(),),
        "languageCode": ("fi-FI",),
        "repositoryUniqueId": (f"{OPERATOR_OID}.40",),
        "serviceStartTime": (at,),
        "size": (str(len(whole)),),
        "sourcePatientId": (document.patient_cx,),
        "urn:ihe:iti:xds:2013:referenceIdList": document.references,
    }
    entry.extend(_slot(name, values) for name, values in slots.items())
    entry.append(_name(kind.display, language="fi"))
    of = document.entry_uuid
    entry.append(_author(_ENTRY_AUTHOR, of, document))
    secret = Code("5", "1.2.246.777.5.99902.2006", "Terveydenhuollon salassapidettävä")
    entry.extend(
        _classification(scheme, of, code)
        for scheme, code in (
            (_CLASS_CODE, kind),
            (_CONFIDENTIALITY, secret),
            (_EVENT_CODE, document.examination),
            (_FORMAT_CODE, Code("cda-r2-imaging", "KUVA-DOC", "CDA R2")),
            (_FACILITY_TYPE, Code("hospital", "KUVA-DOC", "Sairaala")),
            (_PRACTICE_SETTING, Code("radiology", "KUVA-DOC", "Radiologia")),
            (_TYPE_CODE, kind),
        )
    )
    entry.append(_identifier(_ENTRY_PATIENT, of, document.patient_cx, "XDSDocumentEntry.patientId"))
    entry.append(_identifier(_ENTRY_UNIQUE, of, document.unique_id, "XDSDocumentEntry.uniqueId"))
    return entry


def _submission_set(document: CareDocument, submission: str) -> Iterable[etree._Element]:
    """XDSSubmissionSet, ITI TF-3 4.2.3.3, and the classification that says it is one."""
    package = _rim(
        "RegistryPackage", id=submission, objectType=f"{_OBJECT}RegistryPackage", status=_APPROVED
    )
    at = document.at.astimezone(UTC).strftime("%Y%m%d%H%M%S")
    package.append(_slot("submissionTime", (at,)))
    package.append(_author(_SET_AUTHOR, submission, document))
    kind = Code(document.kind, "KUVA-DOC", KINDS[document.kind])
    package.append(_classification(_CONTENT_TYPE_CODE, submission, kind))
    for scheme, value, name in (
        (_SET_PATIENT, document.patient_cx, "XDSSubmissionSet.patientId"),
        (_SET_UNIQUE, f"2.25.{uuid.uuid4().int}", "XDSSubmissionSet.uniqueId"),
        (_SET_SOURCE, f"{OPERATOR_OID}.41", "XDSSubmissionSet.sourceId"),
    ):
        package.append(_identifier(scheme, submission, value, name))
    yield package
    yield _rim(
        "Classification",
        id=f"urn:uuid:{uuid.uuid4()}",
        classifiedObject=submission,
        classificationNode=_SUBMISSION_SET,
        objectType=f"{_OBJECT}Classification",
    )


def _associations(document: CareDocument, submission: str) -> Iterable[etree._Element]:
    member = _association(_HAS_MEMBER, submission, document.entry_uuid)
    member.append(_slot("SubmissionSetStatus", ("Original",)))
    yield member
    if document.replaces:
        yield _association(_REPLACES, document.entry_uuid, document.replaces)


def _rim(tag: str, **attributes: str) -> etree._Element:
    return etree.Element(f"{{{RIM}}}{tag}", attributes, nsmap={None: RIM})


def _slot(name: str, values: Iterable[str]) -> etree._Element:
    slot = _rim("Slot", name=name)
    listed = etree.SubElement(slot, f"{{{RIM}}}ValueList")
    for value in values:
        etree.SubElement(listed, f"{{{RIM}}}Value").text = value
    return slot


def _name(text: str, *, language: str = "") -> etree._Element:
    name = _rim("Name")
    localized = etree.SubElement(name, f"{{{RIM}}}LocalizedString", {"value": text})
    if language:
        localized.set("{http://www.w3.org/XML/1998/namespace}lang", language)
    return name


def _classification(scheme: str, of: str, code: Code) -> etree._Element:
    classification = _classified(scheme, of, code.value)
    classification.append(_slot("codingScheme", (code.scheme,)))
    classification.append(_name(code.display, language="fi"))
    return classification


def _author(scheme: str, of: str, document: CareDocument) -> etree._Element:
    author = _classified(scheme, of, "")
    author.append(_slot("authorPerson", ("^Kuvaaja^Testi",)))
    institution = f"{document.institution}^^^^^^^^^{document.controller}"
    author.append(_slot("authorInstitution", (institution,)))
    return author


def _classified(scheme: str, of: str, representation: str) -> etree._Element:
    return _rim(
        "Classification",
        id=f"urn:uuid:{uuid.uuid4()}",
        classificationScheme=scheme,
        classifiedObject=of,
        nodeRepresentation=representation,
        objectType=f"{_OBJECT}Classification",
    )


def _identifier(scheme: str, of: str, value: str, name: str) -> etree._Element:
    identifier = _rim(
        "ExternalIdentifier",
        id=f"urn:uuid:{uuid.uuid4()}",
        identificationScheme=scheme,
        registryObject=of,
        value=value,
        objectType=f"{_OBJECT}ExternalIdentifier",
    )
    identifier.append(_name(name))
    return identifier


def _association(kind: str, source: str, target: str) -> etree._Element:
    return _rim(
        "Association",
        id=f"urn:uuid:{uuid.uuid4()}",
        associationType=kind,
        sourceObject=source,
        targetObject=target,
        objectType=f"{_OBJECT}Association",
    )
