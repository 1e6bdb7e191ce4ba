"""Document entries in ebRIM 3.0, ITI TF-3 4.2.3.2.

Strict when encoding, tolerant when decoding.
"""

from collections.abc import Iterator

from lxml import etree

from archive.edges.xds.ebrim import (
    RegistryObject,
    read_patient,
    read_references,
    read_size,
    read_text,
    required,
    rest,
    rim,
    write_author,
    write_code,
    write_identifier,
    write_slot,
    write_text,
)
from archive.errors import Malformed
from archive.objects.registry import Code, DocumentEntry

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

REFERENCE_IDS = "urn:ihe:iti:xds:2013:referenceIdList"
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
        uuid=required(element, "id"),
        unique_id=held.identifier(ENTRY_UNIQUE_ID, "XDSDocumentEntry.uniqueId"),
        patient=read_patient(held.identifier(ENTRY_PATIENT_ID, "XDSDocumentEntry.patientId")),
        mime_type=required(element, "mimeType"),
        class_code=class_code,
        type_code=held.code(TYPE_CODE),
        format_code=held.code(FORMAT_CODE),
        facility_type=held.code(FACILITY_TYPE),
        practice_setting=held.code(PRACTICE_SETTING),
        confidentiality=held.codes(CONFIDENTIALITY),
        event_codes=held.codes(EVENT_CODE),
        authors=held.authors(AUTHOR),
        hash=held.take("hash").lower(),
        size=read_size(held.take("size")),
        references=read_references(held.slots.pop(REFERENCE_IDS, ())),
        **{field: held.take(name) for name, field in _ENTRY_SLOTS},
        home=element.get("home", ""),
        title=read_text(element, "Name"),
        comments=read_text(element, "Description"),
        slots=rest(held),
    )


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
        write_slot(element, name, values)
    if entry.title:
        write_text(element, "Name", entry.title)
    if entry.comments:
        write_text(element, "Description", entry.comments)
    version = etree.SubElement(element, rim("VersionInfo"))
    version.set("versionName", entry.version)
    for index, author in enumerate(entry.authors):
        write_author(element, entry.uuid, AUTHOR, author, index)
    for index, (scheme, code) in enumerate(_entry_codes(entry)):
        write_code(element, entry.uuid, scheme, code, index)
    write_identifier(
        element, entry.uuid, ENTRY_PATIENT_ID, str(entry.patient), "XDSDocumentEntry.patientId"
    )
    write_identifier(
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
