"""ebRIM 3.0 objects read and written: slots, names, classifications, external identifiers.

Strict when encoding, tolerant when decoding.
"""

import uuid
from dataclasses import dataclass

from lxml import etree

from archive.errors import Malformed
from archive.objects.registry import Author, Code, PatientId, ReferenceId, Slots
from archive.objects.xml import carried

RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
OBJECT = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject"
AUTHOR_SLOTS = (
    ("authorPerson", "person"),
    ("authorInstitution", "institutions"),
    ("authorRole", "roles"),
    ("authorSpecialty", "specialties"),
    ("authorTelecommunication", "telecommunications"),
)


def rim(name: str) -> str:
    return f"{{{RIM}}}{name}"


_SLOT, _VALUES = rim("Slot"), f"{rim('ValueList')}/{rim('Value')}"
_CLASSIFICATION, _IDENTIFIER = rim("Classification"), rim("ExternalIdentifier")
_TEXT = rim("LocalizedString")


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
        return tuple(read_code(item) for item in self.classifications.get(scheme, ()))

    def authors(self, scheme: str) -> tuple[Author, ...]:
        return tuple(read_author(item) for item in self.classifications.get(scheme, ()))

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


def rest(held: RegistryObject) -> Slots:
    return tuple(sorted((name, values) for name, values in held.slots.items() if values))


def required(element: etree._Element, attribute: str) -> str:
    value = element.get(attribute, "").strip()
    if not value:
        raise Malformed(f"attribute {attribute} is missing")
    return value


def read_patient(text: str) -> PatientId:
    try:
        return PatientId.parse(text)
    except ValueError as problem:
        raise Malformed(str(problem)) from None


def read_references(texts: tuple[str, ...]) -> tuple[ReferenceId, ...]:
    try:
        return tuple(ReferenceId.parse(text) for text in texts)
    except ValueError as problem:
        raise Malformed(str(problem)) from None


def read_size(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Malformed("slot size is no number")
    return int(text)


def read_text(element: etree._Element, name: str) -> str:
    parent = element.find(rim(name))
    found = parent.find(_TEXT) if parent is not None else None
    return found.get("value", "").strip() if found is not None else ""


def read_code(element: etree._Element) -> Code:
    scheme = read_slots(element).get("codingScheme", ())
    if len(scheme) != 1:
        raise Malformed("a code needs one codingScheme")
    return Code(required(element, "nodeRepresentation"), scheme[0], read_text(element, "Name"))


def read_author(element: etree._Element) -> Author:
    slots = read_slots(element)
    person = slots.get("authorPerson", ())
    if len(person) > 1:
        raise Malformed("slot authorPerson has several values")
    several = {field: slots.get(name, ()) for name, field in AUTHOR_SLOTS if field != "person"}
    return Author(person=person[0] if person else "", **several)


# --- writing --------------------------------------------------------------------------------------


def write_slot(parent: etree._Element, name: str, values: tuple[str, ...]) -> None:
    slot = etree.SubElement(parent, rim("Slot"), name=carried(name))
    listed = etree.SubElement(slot, rim("ValueList"))
    for value in values:
        etree.SubElement(listed, rim("Value")).text = carried(value)


def write_text(parent: etree._Element, tag: str, text: str) -> None:
    element = etree.SubElement(parent, rim(tag))
    etree.SubElement(element, rim("LocalizedString"), value=carried(text))


def write_author(
    parent: etree._Element, owner: str, scheme: str, author: Author, index: int
) -> None:
    element = classification(parent, owner, scheme, "", f"author {index}")
    if author.person:
        write_slot(element, "authorPerson", (author.person,))
    for name, field in AUTHOR_SLOTS[1:]:
        if values := getattr(author, field):
            write_slot(element, name, values)


def write_code(parent: etree._Element, owner: str, scheme: str, code: Code, index: int) -> None:
    element = classification(parent, owner, scheme, code.value, f"code {index}")
    write_slot(element, "codingScheme", (code.scheme,))
    write_text(element, "Name", code.display or code.value)


def classification(
    parent: etree._Element, owner: str, scheme: str, node: str, part: str
) -> etree._Element:
    return etree.SubElement(
        parent,
        _CLASSIFICATION,
        id=part_id(owner, part),
        classificationScheme=scheme,
        classifiedObject=owner,
        nodeRepresentation=carried(node),
        objectType=f"{OBJECT}:Classification",
    )


def write_identifier(
    parent: etree._Element, owner: str, scheme: str, value: str, name: str
) -> None:
    element = etree.SubElement(
        parent,
        _IDENTIFIER,
        id=part_id(owner, name),
        identificationScheme=scheme,
        registryObject=owner,
        value=carried(value),
        objectType=f"{OBJECT}:ExternalIdentifier",
    )
    write_text(element, "Name", name)


def part_id(owner: str, part: str) -> str:
    """The same part of the same entry has the same id in every answer."""
    return uuid.uuid5(uuid.UUID(owner), part).urn
