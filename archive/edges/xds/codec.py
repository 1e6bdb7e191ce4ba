"""The registry's messages: ebRS 3.0 requests in, answers out; ITI TF-2 3.18 and 3.42."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from lxml import etree

from archive.edges.xds.entries import (
    REFERENCE_IDS,
    RIM,
    decode_entry,
    decode_set,
    encode_entry,
    rim,
)
from archive.errors import Malformed
from archive.objects.registry import (
    ACCESSION_TYPE,
    STUDY_UID_TYPE,
    DocumentEntry,
    Link,
    ReferenceId,
    StoredQuery,
    Submission,
)
from archive.objects.xml import parse_xml as parse_xml

RS = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
LCM = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
QUERY = "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"
SUBMIT = f"{{{LCM}}}SubmitObjectsRequest"
ADHOC_QUERY = f"{{{QUERY}}}AdhocQueryRequest"

SUCCESS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"
FAILURE = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure"
SEVERITY = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error"
SUBMISSION_SET_NODE = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"  # ITI TF-3 Table 4.2.5.2-1

LEAF_CLASS, OBJECT_REF = "LeafClass", "ObjectRef"
RETURN_TYPES = (LEAF_CLASS, OBJECT_REF)  # ITI TF-2 3.18.4.1.2.2
MAX_OBJECTS = 5_000
MAX_VALUES = 1_000
_NAMESPACES: dict[str | None, str] = {"rs": RS, "rim": RIM, "query": QUERY}
# ITI TF-2 3.18.4.1.2.3.5: a string in single quotes (a quote doubled), or a number
_LITERAL = re.compile(r"\s*(?:'((?:[^']|'')*)'|([0-9]+(?:\.[0-9]+)?))\s*")


# --- ITI-42 ---------------------------------------------------------------------------------------


def decode_submission(body: etree._Element) -> Submission:
    """A SubmitObjectsRequest. Raises Malformed."""
    listed = body.find(rim("RegistryObjectList"))
    if listed is None:
        raise Malformed("RegistryObjectList is missing")
    if len(listed) > MAX_OBJECTS:
        raise Malformed("too many objects in one submission")
    packages = list(listed.iterchildren(rim("RegistryPackage")))
    if len(packages) != 1 or not _is_submission_set(listed, packages[0]):
        raise Malformed("a submission is one submission set, without folders")
    return Submission(
        decode_set(packages[0]),
        tuple(decode_entry(item) for item in listed.iterchildren(rim("ExtrinsicObject"))),
        tuple(_decode_link(item) for item in listed.iterchildren(rim("Association"))),
    )


def _is_submission_set(listed: etree._Element, package: etree._Element) -> bool:
    """The package's classification stands inside it or beside it, ITI TF-3 4.2.1.2."""
    inner, beside = (
        package.iterchildren(rim("Classification")),
        listed.iterchildren(rim("Classification")),
    )
    own = package.get("id", "")
    return any(
        item.get("classificationNode", "").lower() == SUBMISSION_SET_NODE for item in inner
    ) or any(
        item.get("classificationNode", "").lower() == SUBMISSION_SET_NODE
        and item.get("classifiedObject") == own
        for item in beside
    )


def _decode_link(element: etree._Element) -> Link:
    values = [
        element.get(name, "").strip()
        for name in ("associationType", "sourceObject", "targetObject")
    ]
    if not all(values):
        raise Malformed("an association needs a type, a source and a target")
    return Link(*values)


def mentioned(body: etree._Element) -> tuple[str, str]:
    """Accession number and study UID a message speaks of, however bad the rest of it is."""
    found: dict[str, str] = {}
    for slot in body.iter(rim("Slot")):
        if slot.get("name") != REFERENCE_IDS:
            continue
        for value in slot.iter(rim("Value")):
            with suppress(ValueError):
                reference = ReferenceId.parse(value.text or "")
                found.setdefault(reference.type, reference.value)
    return found.get(ACCESSION_TYPE, ""), found.get(STUDY_UID_TYPE, "")


def encode_registered(error: tuple[str, str] | None = None) -> etree._Element:
    """A RegistryResponse: success, or failure with one (errorCode, codeContext)."""
    return _response(RS, "RegistryResponse", error)


# --- ITI-18 ---------------------------------------------------------------------------------------


def decode_query(body: etree._Element) -> StoredQuery:
    """An AdhocQueryRequest. Raises Malformed."""
    query = body.find(rim("AdhocQuery"))
    if query is None or not query.get("id"):
        raise Malformed("AdhocQuery is missing")
    option = body.find(f"{{{QUERY}}}ResponseOption")
    return_type = option.get("returnType", "") if option is not None else ""
    if return_type not in RETURN_TYPES:
        raise Malformed("returnType must be LeafClass or ObjectRef")
    parameters: dict[str, list[tuple[str, ...]]] = {}
    for slot in query.iterchildren(rim("Slot")):
        name = slot.get("name", "").strip()
        texts = (value.text or "" for value in slot.iterfind(f"{rim('ValueList')}/{rim('Value')}"))
        # The same name again means AND, ITI TF-2 3.18.4.1.2.3.5; values of one slot mean OR.
        group = tuple(literal for text in texts for literal in _literals(name, text))
        parameters.setdefault(name, []).append(group)
    if sum(len(group) for groups in parameters.values() for group in groups) > MAX_VALUES:
        raise Malformed("too many values in one query")
    return StoredQuery(
        id=query.get("id", "").strip().lower(),
        return_type=return_type,
        parameters={name: tuple(groups) for name, groups in parameters.items()},
    )


def _literals(name: str, text: str) -> Iterator[str]:
    """`'a'`, `12` or `('a','b')`."""
    stripped = text.strip()
    listed = stripped.startswith("(") and stripped.endswith(")")
    rest = stripped[1:-1] if listed else stripped
    position, first = 0, True
    while first or position < len(rest):
        match = _LITERAL.match(rest, position)
        if not match or (not first and not listed):
            raise Malformed(f"value of {name[:64]} is no literal")
        yield match[1].replace("''", "'") if match[1] is not None else match[2]
        first, position = False, match.end()
        if position < len(rest):
            if rest[position] != ",":
                raise Malformed(f"value of {name[:64]} is no literal")
            position += 1


def encode_leaves(entries: Iterable[DocumentEntry]) -> etree._Element:
    response = _response(QUERY, "AdhocQueryResponse", None)
    listed = etree.SubElement(response, rim("RegistryObjectList"))
    for entry in entries:
        encode_entry(listed, entry)
    return response


def encode_references(entry_uuids: Iterable[str]) -> etree._Element:
    response = _response(QUERY, "AdhocQueryResponse", None)
    listed = etree.SubElement(response, rim("RegistryObjectList"))
    for entry_uuid in entry_uuids:
        etree.SubElement(listed, rim("ObjectRef"), id=entry_uuid)
    return response


def encode_query_failure(error: tuple[str, str]) -> etree._Element:
    response = _response(QUERY, "AdhocQueryResponse", error)
    etree.SubElement(response, rim("RegistryObjectList"))
    return response


def _response(namespace: str, name: str, error: tuple[str, str] | None) -> etree._Element:
    response = etree.Element(f"{{{namespace}}}{name}", nsmap=_NAMESPACES)
    response.set("status", FAILURE if error else SUCCESS)
    if error:
        listed = etree.SubElement(response, f"{{{RS}}}RegistryErrorList", highestSeverity=SEVERITY)
        etree.SubElement(
            listed,
            f"{{{RS}}}RegistryError",
            errorCode=error[0],
            codeContext=error[1],
            severity=SEVERITY,
        )
    return response
