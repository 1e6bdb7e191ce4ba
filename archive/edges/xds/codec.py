"""The registry's messages: ebRS 3.0 requests in, answers out; ITI TF-2 3.18 and 3.42."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from lxml import etree

from archive.edges.xds.ebrim import RIM, rim
from archive.edges.xds.entries import REFERENCE_IDS, decode_entry, encode_entry
from archive.edges.xds.packages import (
    FOLDER,
    SUBMISSION_SET,
    decode_folder,
    decode_link,
    decode_set,
    encode_folder,
    encode_link,
    encode_set,
    node_of,
)
from archive.errors import Malformed
from archive.objects.queries import Found, StoredQuery
from archive.objects.registry import (
    ACCESSION_TYPE,
    STUDY_UID_TYPE,
    ReferenceId,
    Submission,
    is_entry_uuid,
    normal_uuid,
)
from archive.objects.xml import parse_xml as parse_xml

RS = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
LCM = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
QUERY = "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"
SUBMIT_OBJECTS = f"{{{LCM}}}SubmitObjectsRequest"
REMOVE_OBJECTS = f"{{{LCM}}}RemoveObjectsRequest"
ADHOC_QUERY = f"{{{QUERY}}}AdhocQueryRequest"

SUCCESS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"
FAILURE = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure"
SEVERITY = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error"

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
    packages: dict[str, list[etree._Element]] = {}
    for package in listed.iterchildren(rim("RegistryPackage")):
        packages.setdefault(node_of(listed, package), []).append(package)
    if packages.keys() - {SUBMISSION_SET, FOLDER} or len(packages.get(SUBMISSION_SET, ())) != 1:
        raise Malformed("a submission is one submission set, with folders at most")
    return Submission(
        decode_set(packages[SUBMISSION_SET][0]),
        tuple(decode_entry(item) for item in listed.iterchildren(rim("ExtrinsicObject"))),
        tuple(decode_link(item) for item in listed.iterchildren(rim("Association"))),
        tuple(decode_folder(item) for item in packages.get(FOLDER, ())),
    )


def decode_update(body: etree._Element) -> Submission:
    """A SubmitObjectsRequest whose entries name by `lid` what they are a new version of, ITI TF-2
    3.57. Raises Malformed.
    """
    submission = decode_submission(body)
    lids = {
        item.get("id", "").strip(): item.get("lid", "").strip()
        for item in body.iter(rim("ExtrinsicObject"))
    }
    entries = tuple(replace(entry, lid=lids[entry.uuid]) for entry in submission.entries)
    return replace(submission, entries=entries)


def decode_removal(body: etree._Element) -> tuple[str, ...]:
    """Ids of a RemoveObjectsRequest, ITI TF-2 3.62. Raises Malformed."""
    listed = body.find(rim("ObjectRefList"))
    ids = [] if listed is None else [item.get("id", "") for item in listed.iter(rim("ObjectRef"))]
    if not ids or len(ids) > MAX_OBJECTS or not all(map(is_entry_uuid, ids)):
        raise Malformed("ObjectRefList must name objects by their UUIDs")
    try:
        return tuple(dict.fromkeys(map(normal_uuid, ids)))
    except ValueError:
        raise Malformed("an ObjectRef is no UUID") from None


def mentioned(body: etree._Element) -> tuple[str, str]:
    """Accession number and study UID a message speaks of, however bad the rest of it is."""
    found: dict[str, str] = {}
    for study in body.iterchildren("{*}StudyRequest"):
        found.setdefault(STUDY_UID_TYPE, study.get("studyInstanceUID", ""))
    for slot in body.iter(rim("Slot")):
        if slot.get("name") != REFERENCE_IDS:
            continue
        for value in slot.iter(rim("Value")):
            with suppress(ValueError):
                reference = ReferenceId.parse(value.text or "")
                found.setdefault(reference.type, reference.value)
    return found.get(ACCESSION_TYPE, ""), found.get(STUDY_UID_TYPE, "")


def status_of(response: etree._Element) -> str:
    """Of an answer: its own, or of the RegistryResponse in it."""
    return next((each.get("status", "") for each in response.iter() if "status" in each.attrib), "")


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
        if not name.startswith("$"):
            continue  # no parameter: what another profile adds need not be written as literals
        texts = (value.text or "" for value in slot.iterfind(f"{rim('ValueList')}/{rim('Value')}"))
        # The same name again means AND, ITI TF-2 3.18.4.1.2.3.5; values of one slot mean OR.
        group = tuple(literal for text in texts for literal in _literals(name, text))
        if group:  # without a value it was not given
            parameters.setdefault(name, []).append(group)
    if sum(len(group) for groups in parameters.values() for group in groups) > MAX_VALUES:
        raise Malformed("too many values in one query")
    return StoredQuery(
        id=query.get("id", "").strip().lower(),
        return_type=return_type,
        parameters={name: tuple(groups) for name, groups in parameters.items()},
    )


def decode_home(body: etree._Element) -> str:
    """The community that an AdhocQueryRequest is for, ITI TF-2 3.38.4.1.2; empty: not named."""
    query = body.find(rim("AdhocQuery"))
    return "" if query is None else str(query.get("home", "").strip())


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


def encode_found(found: Found) -> etree._Element:
    """Whole objects."""
    response = _response(QUERY, "AdhocQueryResponse", None)
    listed = etree.SubElement(response, rim("RegistryObjectList"))
    for held in found.sets:
        encode_set(listed, held)
    for folder in found.folders:
        encode_folder(listed, folder)
    for entry in found.entries:
        encode_entry(listed, entry)
    for link in found.links:
        encode_link(listed, link)
    return response


def encode_references(ids: Iterable[str]) -> etree._Element:
    response = _response(QUERY, "AdhocQueryResponse", None)
    listed = etree.SubElement(response, rim("RegistryObjectList"))
    for each in ids:
        etree.SubElement(listed, rim("ObjectRef"), id=each)
    return response


def encode_query_failure(error: tuple[str, str]) -> etree._Element:
    response = _response(QUERY, "AdhocQueryResponse", error)
    etree.SubElement(response, rim("RegistryObjectList"))
    return response


def of_community(response: etree._Element, home: str) -> etree._Element:
    """Say of every object and error whose it is, ITI TF-2 3.38.4.1.3."""
    for listed in response.iterchildren(rim("RegistryObjectList")):
        for each in listed:
            each.set("home", home)
    for error in response.iter(f"{{{RS}}}RegistryError"):
        error.set("location", home)
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
