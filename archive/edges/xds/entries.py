"""Document entries and submission sets in ebRIM 3.0, ITI TF-3 4.2.3.

Strict when encoding, tolerant when decoding.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from archive.errors import Malformed
from archive.objects.registry import (
    Author,
    Code,
    DocumentEntry,
    PatientId,
    ReferenceId,
    Slots,
    SubmissionSet,
)

RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
_OBJECT = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

STABLE_DOCUMENT = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"  # ITI TF-3 Table 4.2.5.2-1

# Classification schemes of a document entry, ITI TF-3 Table 4.2.5.2-2
AUTHOR = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d"
CLASS_CODE = "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a"
CONFIDENTIALITY = "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f"
EVENT_CODE = "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4"
FORMAT_CODE = "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d"
FACILITY_TYPE = "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1"
PRACTICE_SETTING = "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead"
TYPE_CODE = "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983"
ENTRY_PATIENT_ID = "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"
ENTRY_UNIQUE_ID = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"

# Of a submission set, ITI TF-3 Table 4.2.5.2-3
SET_AUTHOR = "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d"
SET_CONTENT_TYPE = "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500"
SET_PATIENT_ID = "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446"
SET_SOURCE_ID = "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832"
SET_UNIQUE_ID = "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8"

REFERENCE_IDS = "urn:ihe:iti:xds:2013:referenceIdList"
_AUTHOR_SLOTS = (
    ("authorPerson", "person"),
    ("authorInstitution", "institutions"),
    ("authorRole", "roles"),
    ("authorSpecialty", "specialties"),
    ("authorTelecommunication", "telecommunications"),
)
# Slots of one value that have a field of their own
_ENTRY_SLOTS = (
    ("creationTime", "creation_time"),
    ("languageCode", "language"),
    ("repositoryUniqueId", "repository"),
    ("serviceStartTime", "service_start"),
    ("serviceStopTime", "service_stop"),
    ("sourcePatientId", "source_patient"),
)
_SINGLE_SLOTS = frozenset(
    {name for name, _ in _ENTRY_SLOTS} | {"hash", "size", "legalAuthenticator"}
)
_NOT_XML = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)  # XML 1.0 section 2.2, Char


def rim(name: str) -> str:
    return f"{{{RIM}}}{name}"


_SLOT, _VALUES, _NAME, _DESCRIPTION = (
    rim("Slot"),
    f"{rim('ValueList')}/{rim('Value')}",
    rim("Name"),
    rim("Description"),
)
_CLASSIFICATION, _IDENTIFIER = rim("Classification"), rim("ExternalIdentifier")
_TEXT = f"{rim('LocalizedString')}"


@dataclass(frozen=True, slots=True)
class RegistryObject:
    """What all ebRIM objects share, read once from its element."""

    slots: dict[str, tuple[str, ...]]
    classifications: dict[str, list[etree._Element]]
    identifiers: dict[str, str]

    @classmethod
    def read(cls, element: etree._Element) -> "RegistryObject":
        classifications: dict[str, list[etree._Element]] = {}
        for item in element.iterchildren(_CLASSIFICATION):
            scheme = item.get("classificationScheme", "").lower()
            classifications.setdefault(scheme, []).append(item)
        identifiers: dict[str, str] = {}
        for item in element.iterchildren(_IDENTIFIER):
            scheme = item.get("identificationScheme", "").lower()
            if scheme in identifiers:
                raise Malformed("an external identifier is given twice", facts={"scheme": scheme})
            identifiers[scheme] = item.get("value", "").strip()
        return cls(read_slots(element), classifications, identifiers)

    def take(self, name: str) -> str:
        """The value of a slot that may have one only; the slot is used up."""
        values = self.slots.pop(name, ())
        if len(values) > 1:
            raise Malformed(f"slot {name} has several values")
        return values[0] if values else ""

    def code(self, scheme: str) -> Code | None:
        found = self.codes(scheme)
        if len(found) > 1:
            raise Malformed(
                "a classification that may stand once is repeated", facts={"scheme": scheme}
            )
        return found[0] if found else None

    def codes(self, scheme: str) -> tuple[Code, ...]:
        return tuple(_read_code(item) for item in self.classifications.get(scheme, ()))

    def authors(self, scheme: str) -> tuple[Author, ...]:
        return tuple(_read_author(item) for item in self.classifications.get(scheme, ()))

    def identifier(self, scheme: str, name: str) -> str:
        value = self.identifiers.get(scheme, "")
        if not value:
            raise Malformed(f"{name} is missing")
        return value


def read_slots(element: etree._Element) -> dict[str, tuple[str, ...]]:
    """Slots by name. A name given twice is refused: which of the two would count?"""
    slots: dict[str, tuple[str, ...]] = {}
    for slot in element.iterchildren(_SLOT):
        name = slot.get("name", "").strip()
        if name in slots:
            raise Malformed(f"slot {name[:64]} is given twice")
        values = (text.strip() for value in slot.iterfind(_VALUES) if (text := value.text or ""))
        slots[name] = tuple(value for value in values if value)
    return slots


def decode_entry(element: etree._Element) -> DocumentEntry:
    """An ExtrinsicObject as a document entry. Raises Malformed."""
    if element.get("objectType") != STABLE_DOCUMENT:
        raise Malformed("only stable document entries can be registered")
    held = RegistryObject.read(element)
    class_code = held.code(CLASS_CODE)
    if class_code is None:
        raise Malformed("XDSDocumentEntry.classCode is missing")
    for name in _SINGLE_SLOTS & held.slots.keys():
        if len(held.slots[name]) > 1:
            raise Malformed(f"slot {name} has several values")
    return DocumentEntry(
        uuid=_required(element, "id"),
        unique_id=held.identifier(ENTRY_UNIQUE_ID, "XDSDocumentEntry.uniqueId"),
        patient=_read_patient(held.identifier(ENTRY_PATIENT_ID, "XDSDocumentEntry.patientId")),
        mime_type=_required(element, "mimeType"),
        class_code=class_code,
        type_code=held.code(TYPE_CODE),
        format_code=held.code(FORMAT_CODE),
        facility_type=held.code(FACILITY_TYPE),
        practice_setting=held.code(PRACTICE_SETTING),
        confidentiality=held.codes(CONFIDENTIALITY),
        event_codes=held.codes(EVENT_CODE),
        authors=held.authors(AUTHOR),
        hash=held.take("hash").lower(),
        size=_read_size(held.take("size")),
        references=_read_references(held.slots.pop(REFERENCE_IDS, ())),
        **{field: held.take(name) for name, field in _ENTRY_SLOTS},
        home=element.get("home", ""),
        title=_read_text(element, _NAME),
        comments=_read_text(element, _DESCRIPTION),
        slots=_rest(held),
    )


def decode_set(element: etree._Element) -> SubmissionSet:
    """A RegistryPackage as a submission set. Raises Malformed."""
    held = RegistryObject.read(element)
    return SubmissionSet(
        id=_required(element, "id"),
        unique_id=held.identifier(SET_UNIQUE_ID, "XDSSubmissionSet.uniqueId"),
        source_id=held.identifier(SET_SOURCE_ID, "XDSSubmissionSet.sourceId"),
        patient=_read_patient(held.identifier(SET_PATIENT_ID, "XDSSubmissionSet.patientId")),
        content_type=held.code(SET_CONTENT_TYPE),
        submission_time=held.take("submissionTime"),
        intended_recipients=held.slots.pop("intendedRecipient", ()),
        authors=held.authors(SET_AUTHOR),
        title=_read_text(element, _NAME),
        comments=_read_text(element, _DESCRIPTION),
        slots=_rest(held),
    )


def _rest(held: RegistryObject) -> Slots:
    return tuple(sorted((name, values) for name, values in held.slots.items() if values))


def _required(element: etree._Element, attribute: str) -> str:
    value = element.get(attribute, "").strip()
    if not value:
        raise Malformed(f"attribute {attribute} is missing")
    return value


def _read_patient(text: str) -> PatientId:
    try:
        return PatientId.parse(text)
    except ValueError as problem:
        raise Malformed(str(problem)) from None


def _read_references(texts: tuple[str, ...]) -> tuple[ReferenceId, ...]:
    try:
        return tuple(ReferenceId.parse(text) for text in texts)
    except ValueError as problem:
        raise Malformed(str(problem)) from None


def _read_size(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Malformed("slot size is no number")
    return int(text)


def _read_text(element: etree._Element, tag: str) -> str:
    parent = element.find(tag)
    found = parent.find(_TEXT) if parent is not None else None
    return found.get("value", "").strip() if found is not None else ""


def _read_code(element: etree._Element) -> Code:
    scheme = read_slots(element).get("codingScheme", ())
    if len(scheme) != 1:
        raise Malformed("a code needs one codingScheme")
    return Code(_required(element, "nodeRepresentation"), scheme[0], _read_text(element, _NAME))


def _read_author(element: etree._Element) -> Author:
    slots = read_slots(element)
    person = slots.get("authorPerson", ())
    if len(person) > 1:
        raise Malformed("slot authorPerson has several values")
    several = {field: slots.get(name, ()) for name, field in _AUTHOR_SLOTS if field != "person"}
    return Author(person=person[0] if person else "", **several)


# --- encoding -------------------------------------------------------------------------------------


def encode_entry(parent: etree._Element, entry: DocumentEntry) -> None:
    """Append an ExtrinsicObject; the order of children is that of rim.xsd RegistryObjectType."""
    element = etree.SubElement(parent, rim("ExtrinsicObject"))
    element.attrib.update(
        {
            "id": entry.uuid,
            "objectType": STABLE_DOCUMENT,
            "status": entry.status,
            "mimeType": entry.mime_type,
        }
    )
    element.set("lid", entry.lid or entry.uuid)
    if entry.home:
        element.set("home", entry.home)
    for name, values in sorted(_entry_slots(entry)):
        _write_slot(element, name, values)
    if entry.title:
        _write_text(element, "Name", entry.title)
    if entry.comments:
        _write_text(element, "Description", entry.comments)
    version = etree.SubElement(element, rim("VersionInfo"))
    version.set("versionName", entry.version)
    for index, author in enumerate(entry.authors):
        _write_author(element, entry.uuid, author, index)
    for index, (scheme, code) in enumerate(_entry_codes(entry)):
        _write_code(element, entry.uuid, scheme, code, index)
    _write_identifier(
        element, entry.uuid, ENTRY_PATIENT_ID, str(entry.patient), "XDSDocumentEntry.patientId"
    )
    _write_identifier(
        element, entry.uuid, ENTRY_UNIQUE_ID, entry.unique_id, "XDSDocumentEntry.uniqueId"
    )


def _entry_slots(entry: DocumentEntry) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, field in _ENTRY_SLOTS:
        if value := getattr(entry, field):
            yield name, (value,)
    if entry.hash:
        yield "hash", (entry.hash,)
    if entry.size is not None:
        yield "size", (str(entry.size),)
    if entry.references:
        yield REFERENCE_IDS, tuple(str(reference) for reference in entry.references)
    yield from entry.slots


def _entry_codes(entry: DocumentEntry) -> Iterator[tuple[str, Code]]:
    yield CLASS_CODE, entry.class_code
    for scheme, codes in (
        (CONFIDENTIALITY, entry.confidentiality),
        (EVENT_CODE, entry.event_codes),
    ):
        for code in codes:
            yield scheme, code
    for scheme, single in (
        (FORMAT_CODE, entry.format_code),
        (FACILITY_TYPE, entry.facility_type),
        (PRACTICE_SETTING, entry.practice_setting),
        (TYPE_CODE, entry.type_code),
    ):
        if single is not None:
            yield scheme, single


def _write_slot(parent: etree._Element, name: str, values: tuple[str, ...]) -> None:
    slot = etree.SubElement(parent, rim("Slot"), name=_clean(name))
    listed = etree.SubElement(slot, rim("ValueList"))
    for value in values:
        etree.SubElement(listed, rim("Value")).text = _clean(value)


def _write_text(parent: etree._Element, tag: str, text: str) -> None:
    element = etree.SubElement(parent, rim(tag))
    etree.SubElement(element, rim("LocalizedString"), value=_clean(text))


def _write_author(parent: etree._Element, owner: str, author: Author, index: int) -> None:
    element = _classification(parent, owner, AUTHOR, "", f"author {index}")
    if author.person:
        _write_slot(element, "authorPerson", (author.person,))
    for name, field in _AUTHOR_SLOTS[1:]:
        if values := getattr(author, field):
            _write_slot(element, name, values)


def _write_code(parent: etree._Element, owner: str, scheme: str, code: Code, index: int) -> None:
    element = _classification(parent, owner, scheme, code.value, f"code {index}")
    _write_slot(element, "codingScheme", (code.scheme,))
    _write_text(element, "Name", code.display or code.value)


def _classification(
    parent: etree._Element, owner: str, scheme: str, node: str, part: str
) -> etree._Element:
    return etree.SubElement(
        parent,
        _CLASSIFICATION,
        id=_part_id(owner, part),
        classificationScheme=scheme,
        classifiedObject=owner,
        nodeRepresentation=_clean(node),
        objectType=f"{_OBJECT}:Classification",
    )


def _write_identifier(
    parent: etree._Element, owner: str, scheme: str, value: str, name: str
) -> None:
    element = etree.SubElement(
        parent,
        _IDENTIFIER,
        id=_part_id(owner, name),
        identificationScheme=scheme,
        registryObject=owner,
        value=_clean(value),
        objectType=f"{_OBJECT}:ExternalIdentifier",
    )
    _write_text(element, "Name", name)


def _part_id(owner: str, part: str) -> str:
    """The same part of the same entry has the same id in every answer."""
    return uuid.uuid5(uuid.UUID(owner), part).urn


def _clean(text: str) -> str:
    """Characters that XML 1.0 cannot carry are dropped: DICOM text may hold them."""
    return _NOT_XML.sub("", text)
