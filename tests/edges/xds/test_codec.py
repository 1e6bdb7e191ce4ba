"""ebRIM in and out."""

import importlib.util
import json
from itertools import count
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st
from lxml import etree

from archive.edges.xds import codec, soap
from archive.errors import Malformed
from archive.objects.queries import Found, StoredQuery
from archive.objects.registry import (
    MANIFEST_FORMAT,
    Author,
    Code,
    DocumentEntry,
    PatientId,
    ReferenceId,
    Submission,
)
from tests.edges.xds import messages
from tests.edges.xds.messages import Paper
from tests.edges.xds.schemas import schema, shared


def decoded(text: str) -> Submission:
    return codec.decode_submission(codec.parse_xml(text.encode()))


def asked(parameters: list[tuple[str, str]]) -> StoredQuery:
    text = messages.query(messages.FIND_DOCUMENTS, parameters)
    return codec.decode_query(codec.parse_xml(text.encode()))


def sample() -> ModuleType:
    spec = importlib.util.spec_from_file_location("iti42", shared("samples/iti42.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def manifest() -> DocumentEntry:
    oid = "1.2.246.10.90000019.19.0"
    return DocumentEntry(
        uuid=messages.urn(),
        unique_id="2.25.1",
        patient=PatientId("010181-900C", "1.2.246.21"),
        mime_type="application/dicom",
        class_code=Code("manifest", "KUVA-DOC", "Kuvaluettelo"),
        type_code=Code("AA1AD", "1.2.246.537.6.4", "Pään TT"),
        format_code=Code(*MANIFEST_FORMAT, "Key Object Selection Document"),
        facility_type=Code("hospital", "KUVA-DOC"),
        practice_setting=Code("radiology", "KUVA-DOC"),
        confidentiality=(Code("5", "1.2.246.777.5.99902.2006"),),
        event_codes=(Code("CT", "DCM", "CT"), Code("SR", "DCM")),
        authors=(Author(institutions=(f"Oulu^^^^^^^^^{oid}",)),),
        references=(
            ReferenceId("A&1^", oid, "urn:ihe:iti:xds:2013:accession"),
            ReferenceId("1.2.3", "", "urn:ihe:iti:xds:2016:studyInstanceUID"),
        ),
        hash="a" * 40,
        size=1234,
        repository="1.2.246.10.2462460.42",
        language="fi-FI",
        creation_time="20261120101500",
        title="Kuvat \x0b & <muut>",
    )


def test_the_sample_of_every_kind_is_read_and_valid() -> None:
    made = sample()
    for kind in ("request", "study-entry", "report"):
        text = made.message(
            kind, "010181-900C", "A1", "1.2.3", "1.2.246.10.90000019.19.0", replaces=messages.urn()
        )
        message = soap.decode(text.encode())
        assert schema("lcm.xsd").validate(message.body)
        entry = codec.decode_submission(message.body).entries[0]
        assert entry.kind == kind
        assert entry.accession == ReferenceId(
            "A1", "1.2.246.10.90000019.19.0", "urn:ihe:iti:xds:2013:accession"
        )
        assert entry.study_instance_uid == "1.2.3"
        assert entry.controller_oid == "1.2.246.10.90000019.19.0"
        assert entry.patient == PatientId("010181-900C", "1.2.246.21")
        assert entry.event_codes == (Code("AA1AD", "1.2.246.537.6.4", "Pään TT"),)


def test_an_entry_survives_the_database_and_the_wire() -> None:
    entry = decoded(messages.submit(Paper(study="1.2.3"))).entries[0]
    kept = DocumentEntry.from_json(json.loads(json.dumps(entry.to_json())))
    assert kept == entry
    answer = codec.encode_found(Found(entries=(kept,)))
    again = codec.decode_entry(answer.find(f".//{{{messages.RIM}}}ExtrinsicObject"))
    assert again == entry


def test_slots_nobody_knows_are_kept_and_given_back() -> None:
    extra = messages.slot("urn:example:unknown", "a", "b") + messages.slot("URI", "x.xml")
    entry = decoded(messages.submit(Paper(extra=extra))).entries[0]
    assert dict(entry.slots) == {"urn:example:unknown": ("a", "b"), "URI": ("x.xml",)}
    written = etree.tostring(codec.encode_found(Found(entries=(entry,)))).decode()
    assert "urn:example:unknown" in written
    assert "x.xml" in written


def test_an_encoded_manifest_is_valid_and_readable() -> None:
    entry = manifest()
    answer = codec.parse_xml(etree.tostring(codec.encode_found(Found(entries=(entry,)))))
    found = codec.decode_entry(answer.find(f".//{{{messages.RIM}}}ExtrinsicObject"))
    assert found.format_code == entry.format_code
    assert found.references == entry.references  # delimiters of HL7 escaped and back
    assert [code.value for code in found.event_codes] == ["CT", "SR"]
    assert found.title == "Kuvat  & <muut>"  # a control character cannot stand in XML
    assert (found.kind, found.hash, found.size) == ("manifest", "a" * 40, 1234)
    query_schema = schema("query.xsd")
    assert query_schema.validate(answer), query_schema.error_log


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("query.xsd", codec.encode_found(Found())),
        ("query.xsd", codec.encode_references([messages.urn(), messages.urn()])),
        ("query.xsd", codec.encode_query_failure(("XDSTooManyResults", "too many"))),
        ("rs.xsd", codec.encode_registered()),
        ("rs.xsd", codec.encode_registered(("XDSRegistryError", "no & no"))),
    ],
)
def test_every_answer_is_valid(name: str, answer: etree._Element) -> None:
    found = schema(name)
    assert found.validate(codec.parse_xml(etree.tostring(answer))), found.error_log


@pytest.mark.parametrize(
    ("spoiled", "reason"),
    [
        (Paper(extra=messages.slot("hash", "b" * 40)), "slot hash is given twice"),
        (Paper(extra=messages.slot("creationTime", "2026")), "slot creationTime is given twice"),
        (Paper(extra=messages.slot("legalAuthenticator", "a", "b")), "legalAuthenticator"),
        (Paper(size="many"), "size is no number"),
        (Paper(unique=""), "uniqueId is missing"),
        (Paper(root="HETU"), "patient id"),
        (Paper(entry=""), "attribute id is missing"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused_with_the_reason(
    spoiled: Paper, reason: str
) -> None:
    with pytest.raises(Malformed, match=reason):
        decoded(messages.submit(spoiled))


EVENT_CODE = "2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4"
CLASS_CODE = "41a5887f-8865-4c09-adf7-e362475b143a"


@pytest.mark.parametrize(
    "text",
    [
        messages.submit(Paper()).replace(EVENT_CODE, CLASS_CODE),
        messages.submit(Paper(), more=messages.package(Paper())),
        messages.submit(Paper()).replace("RegistryObjectList", "List"),
        messages.submit(Paper()).replace("a54d6aa5", "d9d542f3"),
        messages.submit(Paper()).replace("7edca82f", "34268e47"),
        messages.submit(Paper(), more='<Association id="x"/>'),
        messages.submit(Paper()).replace(">KUVA-DOC<", "><"),
    ],
    ids=count(),  # messages hold random UUIDs; names must be the same in all test workers
)
def test_a_submission_of_another_shape_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        decoded(text)


# --- stored queries -------------------------------------------------------------------------------


def test_values_of_a_slot_are_alternatives_and_repeated_slots_are_conditions() -> None:
    query = asked(
        [
            ("$XDSDocumentEntryEventCodeList", "('CT^^DCM','MR^^DCM')"),
            ("$XDSDocumentEntryEventCodeList", "('AA1AD^^1.2')"),
            ("$XDSDocumentEntryCreationTimeFrom", "2026"),
            ("$XDSDocumentEntryAuthorPerson", "( 'O''Hara%' , '_' )"),
        ]
    )
    assert query.id == messages.FIND_DOCUMENTS
    assert query.return_type == "LeafClass"
    assert query.parameters == {
        "$XDSDocumentEntryEventCodeList": (("CT^^DCM", "MR^^DCM"), ("AA1AD^^1.2",)),
        "$XDSDocumentEntryCreationTimeFrom": (("2026",),),
        "$XDSDocumentEntryAuthorPerson": (("O'Hara%", "_"),),
    }


def test_a_slot_without_a_value_was_not_given_and_another_profiles_is_passed_over() -> None:
    query = asked([("$XDSDocumentEntryTypeCode", "('a^^b')"), ("urn:x:trace", "no literal")])
    text = messages.query(messages.FIND_DOCUMENTS, [])
    empty = text.replace(
        "</AdhocQuery>", '<Slot name="$XDSDocumentEntryStatus"><ValueList/></Slot></AdhocQuery>'
    )
    assert empty != text
    assert query.parameters == {"$XDSDocumentEntryTypeCode": (("a^^b",),)}
    assert codec.decode_query(codec.parse_xml(empty.encode())).parameters == {}


@pytest.mark.parametrize(
    "value",
    ["abc", "'a", "a'", "('a'", "('a' 'b')", "()", "'a','b'", "('a')x", ""],
)
def test_a_value_that_is_no_literal_is_malformed(value: str) -> None:
    text = messages.query(messages.FIND_DOCUMENTS, [("$x", value)])
    with pytest.raises(Malformed):
        codec.decode_query(codec.parse_xml(text.encode()))


def test_a_message_with_very_many_parts_is_judged_in_its_stride() -> None:
    codes = messages.code(EVENT_CODE, "x", "CT") * 20_000
    text = messages.submit(Paper()).replace("</ExtrinsicObject>", f"{codes}</ExtrinsicObject>")
    assert len(decoded(text).entries[0].event_codes) == 20_001
    with pytest.raises(Malformed, match="too many values"):
        asked([("$x", "'a'")] * 20_000)


# --- hostile XML ----------------------------------------------------------------------------------

BOMB = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><x>&c;</x>'
)


@pytest.mark.parametrize(
    "content",
    [
        BOMB.encode(),
        BOMB.encode("utf-16"),
        BOMB.encode("utf-7"),
        f'<?xml version="1.0" encoding="UTF-7"?>{BOMB}'.encode("utf-7"),
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        b"<!doctype x><x/>",
        b"<x>&undefined;</x>",
        b"<a>" * 40 + b"</a>" * 40,
        b"<a>" * 100_000,
        b"",
        b"\x00",
        b"<a/><b/>",
        b"<a>\xff</a>",
        b'<a x="1" x="2"/>',
    ],
)
def test_hostile_or_broken_xml_is_malformed(content: bytes) -> None:
    with pytest.raises(Malformed):
        codec.parse_xml(content)


FILED = Paper(study="1.2.3")
WHOLE = messages.submit(FILED, more=messages.filed(FILED, messages.Binder(), FILED)).encode()


@given(
    st.integers(0, len(WHOLE) - 1),
    st.integers(0, 200),
    st.one_of(st.binary(max_size=12), st.sampled_from([b"<", b"&", b"''", b"</Slot>", b"<Slot>"])),
)
@trials(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_spoiled_message_is_read_or_malformed_and_nothing_else(
    at: int, cut: int, put: bytes
) -> None:
    spoiled = WHOLE[:at] + put + WHOLE[at + cut :]
    try:
        codec.decode_submission(codec.parse_xml(spoiled))
    except Malformed as problem:
        assert "010181" not in problem.detail


@given(st.text(max_size=60))
@trials(max_examples=200, deadline=None)
def test_any_text_as_a_query_value_is_read_or_malformed(text: str) -> None:
    message = messages.query(messages.FIND_DOCUMENTS, [("$x", text)]).encode(errors="replace")
    try:
        codec.decode_query(codec.parse_xml(message))
    except Malformed as problem:
        assert len(problem.detail) < 200
