"""Submission sets, folders and associations in ebRIM 3.0, ITI TF-3 4.2.2, 4.2.3.3 and 4.2.3.4."""

from lxml import etree

from archive.edges.xds.ebrim import (
    OBJECT,
    RegistryObject,
    classification,
    read_patient,
    read_slots,
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
from archive.objects.registry import APPROVED, Folder, Link, SubmissionSet

# Nodes of a package's classification, ITI TF-3 Table 4.2.5.2-1
SUBMISSION_SET = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"
FOLDER = "urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2"

# Of a submission set, ITI TF-3 Table 4.2.5.2-3
SET_AUTHOR = "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d"
SET_CONTENT_TYPE = "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500"
SET_PATIENT_ID = "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446"
SET_SOURCE_ID = "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832"
SET_UNIQUE_ID = "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8"

# Of a folder, ITI TF-3 Table 4.2.5.2-4
FOLDER_CODES = "urn:uuid:1ba97051-7806-41a8-a48b-8fce7af683c5"
FOLDER_PATIENT_ID = "urn:uuid:f64ffdf0-4b97-4e06-b79f-a52b38ec2f8a"
FOLDER_UNIQUE_ID = "urn:uuid:75df8f67-9973-4fbe-a900-df66cefecc5a"


def node_of(listed: etree._Element, package: etree._Element) -> str:
    """What a package is: its classification stands inside it or beside it, ITI TF-3 4.2.1.2."""
    own = package.get("id", "")
    beside = (
        item
        for item in listed.iterchildren(rim("Classification"))
        if item.get("classifiedObject") == own
    )
    nodes = {
        node.lower()
        for item in (*package.iterchildren(rim("Classification")), *beside)
        if (node := item.get("classificationNode"))
    }
    return nodes.pop() if len(nodes) == 1 else ""


def decode_set(element: etree._Element) -> SubmissionSet:
    """A RegistryPackage as a submission set. Raises Malformed."""
    held = RegistryObject.read(element)
    return SubmissionSet(
        id=required(element, "id"),
        unique_id=held.identifier(SET_UNIQUE_ID, "XDSSubmissionSet.uniqueId"),
        source_id=held.identifier(SET_SOURCE_ID, "XDSSubmissionSet.sourceId"),
        patient=read_patient(held.identifier(SET_PATIENT_ID, "XDSSubmissionSet.patientId")),
        content_type=held.code(SET_CONTENT_TYPE),
        submission_time=held.take("submissionTime"),
        intended_recipients=held.slots.pop("intendedRecipient", ()),
        authors=held.authors(SET_AUTHOR),
        title=read_text(element, "Name"),
        comments=read_text(element, "Description"),
        slots=rest(held),
    )


def decode_folder(element: etree._Element) -> Folder:
    """A RegistryPackage as a folder; its time of update is the registry's. Raises Malformed."""
    held = RegistryObject.read(element)
    held.slots.pop("lastUpdateTime", ())
    return Folder(
        id=required(element, "id"),
        unique_id=held.identifier(FOLDER_UNIQUE_ID, "XDSFolder.uniqueId"),
        patient=read_patient(held.identifier(FOLDER_PATIENT_ID, "XDSFolder.patientId")),
        codes=held.codes(FOLDER_CODES),
        title=read_text(element, "Name"),
        comments=read_text(element, "Description"),
        slots=rest(held),
    )


def decode_link(element: etree._Element) -> Link:
    """Raises Malformed."""
    kind, source, target = (
        element.get(name, "").strip()
        for name in ("associationType", "sourceObject", "targetObject")
    )
    if not (kind and source and target):
        raise Malformed("an association needs a type, a source and a target")
    slots = tuple(sorted((name, found) for name, found in read_slots(element).items() if found))
    return Link(kind, source, target, id=element.get("id", "").strip(), slots=slots)


# --- encoding -------------------------------------------------------------------------------------


def encode_set(parent: etree._Element, held: SubmissionSet) -> None:
    element = _package(parent, held.id, APPROVED)
    slots = dict(held.slots)
    if held.submission_time:
        slots["submissionTime"] = (held.submission_time,)
    if held.intended_recipients:
        slots["intendedRecipient"] = held.intended_recipients
    _describe(element, slots, held)
    _classify(element, held.id, SUBMISSION_SET)
    for index, author in enumerate(held.authors):
        write_author(element, held.id, SET_AUTHOR, author, index)
    if held.content_type is not None:
        write_code(element, held.id, SET_CONTENT_TYPE, held.content_type, 0)
    for scheme, value, name in (
        (SET_PATIENT_ID, str(held.patient), "XDSSubmissionSet.patientId"),
        (SET_SOURCE_ID, held.source_id, "XDSSubmissionSet.sourceId"),
        (SET_UNIQUE_ID, held.unique_id, "XDSSubmissionSet.uniqueId"),
    ):
        write_identifier(element, held.id, scheme, value, name)


def encode_folder(parent: etree._Element, held: Folder) -> None:
    element = _package(parent, held.id, held.status)
    slots = dict(held.slots)
    if held.last_update:
        slots["lastUpdateTime"] = (held.last_update,)
    _describe(element, slots, held)
    _classify(element, held.id, FOLDER)
    for index, code in enumerate(held.codes):
        write_code(element, held.id, FOLDER_CODES, code, index)
    write_identifier(element, held.id, FOLDER_PATIENT_ID, str(held.patient), "XDSFolder.patientId")
    write_identifier(element, held.id, FOLDER_UNIQUE_ID, held.unique_id, "XDSFolder.uniqueId")


def encode_link(parent: etree._Element, link: Link) -> None:
    element = etree.SubElement(
        parent,
        rim("Association"),
        id=link.id,
        objectType=f"{OBJECT}:Association",
        status=APPROVED,
        associationType=link.type,
        sourceObject=link.source,
        targetObject=link.target,
    )
    for name, values in link.slots:
        write_slot(element, name, values)


def _package(parent: etree._Element, own: str, status: str) -> etree._Element:
    return etree.SubElement(
        parent,
        rim("RegistryPackage"),
        id=own,
        lid=own,
        objectType=f"{OBJECT}:RegistryPackage",
        status=status,
    )


def _describe(
    element: etree._Element, slots: dict[str, tuple[str, ...]], held: SubmissionSet | Folder
) -> None:
    """Slots, name, description, version: in the order of rim.xsd RegistryObjectType."""
    for name, values in sorted(slots.items()):
        write_slot(element, name, values)
    if held.title:
        write_text(element, "Name", held.title)
    if held.comments:
        write_text(element, "Description", held.comments)
    etree.SubElement(element, rim("VersionInfo")).set("versionName", "1")


def _classify(element: etree._Element, own: str, node: str) -> None:
    made = classification(element, own, "", "", f"node {node}")
    for name in ("classificationScheme", "nodeRepresentation"):
        del made.attrib[name]
    made.set("classificationNode", node)
