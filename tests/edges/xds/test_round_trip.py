"""Whatever the metadata says, it is written validly and read back the same."""

import json
import string

from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st
from lxml import etree

from archive.edges.xds import codec, packages
from archive.edges.xds.ebrim import rim
from archive.edges.xds.entries import decode_entry
from archive.objects.queries import Found
from archive.objects.registry import (
    ASSOCIATIONS,
    Author,
    Code,
    DocumentEntry,
    Folder,
    Link,
    PatientId,
    ReferenceId,
    SubmissionSet,
)
from tests.edges.xds.schemas import schema

# What XML can carry, without the blanks that a reader trims.
TEXT = st.text(
    st.characters(
        blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), blacklist_characters="\ufffe\uffff"
    ),
    min_size=1,
    max_size=12,
)
HL7_TEXT = st.text(string.ascii_letters + string.digits + "^&~|-.", min_size=1, max_size=12)
URN = st.uuids().map(lambda found: found.urn)
OID = st.lists(st.integers(0, 99_999), min_size=1, max_size=5).map(
    lambda arcs: "1." + ".".join(map(str, arcs))
)
TIME = st.datetimes().map(lambda at: at.strftime("%Y%m%d%H%M%S").rjust(14, "0"))
CODE = st.builds(Code, TEXT, TEXT, TEXT)
PATIENT = st.builds(PatientId, HL7_TEXT, OID)
AUTHOR = st.builds(Author, person=TEXT, institutions=st.lists(TEXT, max_size=2).map(tuple))
SLOTS = st.dictionaries(
    TEXT.map(lambda name: f"urn:example:{name}"),
    st.lists(TEXT, min_size=1, max_size=3).map(tuple),
    max_size=2,
).map(lambda found: tuple(sorted(found.items())))
ENTRY = st.builds(
    DocumentEntry,
    uuid=URN,
    unique_id=OID,
    patient=PATIENT,
    mime_type=st.just("text/xml"),
    class_code=CODE,
    type_code=st.none() | CODE,
    format_code=CODE,
    confidentiality=st.lists(CODE, max_size=3).map(tuple),
    event_codes=st.lists(CODE, max_size=3).map(tuple),
    authors=st.lists(AUTHOR, max_size=2).map(tuple),
    references=st.lists(
        st.builds(ReferenceId, HL7_TEXT, OID, st.just("urn:ihe:iti:xds:2013:accession")),
        max_size=2,
    ).map(tuple),
    hash=st.just("a" * 40),
    size=st.integers(0, 10**15),
    repository=OID,
    language=st.just("fi-FI"),
    creation_time=TIME,
    title=TEXT,
    comments=TEXT,
    slots=SLOTS,
)
SET = st.builds(
    SubmissionSet,
    id=URN,
    unique_id=OID,
    source_id=OID,
    patient=PATIENT,
    content_type=st.none() | CODE,
    submission_time=TIME,
    authors=st.lists(AUTHOR, max_size=2).map(tuple),
    title=TEXT,
    intended_recipients=st.lists(TEXT, max_size=2).map(tuple),
    slots=SLOTS,
)
FOLDER = st.builds(
    Folder,
    id=URN,
    unique_id=OID,
    patient=PATIENT,
    codes=st.lists(CODE, min_size=1, max_size=3).map(tuple),
    title=TEXT,
    comments=TEXT,
    slots=SLOTS,
)
LINK = st.builds(Link, st.sampled_from(ASSOCIATIONS), URN, URN, URN, SLOTS)
FOUND = st.builds(
    Found,
    st.tuples(ENTRY),
    st.tuples(SET),
    st.tuples(FOLDER),
    st.lists(LINK, max_size=2).map(tuple),
)


@given(FOUND)
@trials(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_found_is_read_back_the_same(found: Found) -> None:
    answer = codec.parse_xml(etree.tostring(codec.encode_found(found)))
    query_schema = schema("query.xsd")
    assert query_schema.validate(answer), query_schema.error_log
    listed = answer.find(rim("RegistryObjectList"))
    assert listed is not None
    kinds = {packages.SUBMISSION_SET: [], packages.FOLDER: []}  # type: ignore[var-annotated]
    for package in listed.iterchildren(rim("RegistryPackage")):
        kinds[packages.node_of(listed, package)].append(package)
    again = Found(
        tuple(decode_entry(each) for each in listed.iterchildren(rim("ExtrinsicObject"))),
        tuple(map(packages.decode_set, kinds[packages.SUBMISSION_SET])),
        tuple(map(packages.decode_folder, kinds[packages.FOLDER])),
        tuple(packages.decode_link(each) for each in listed.iterchildren(rim("Association"))),
    )
    assert again == found


@given(st.one_of(ENTRY, SET, FOLDER))
@trials(max_examples=60, deadline=None)
def test_the_database_gives_back_what_it_was_given(
    held: DocumentEntry | SubmissionSet | Folder,
) -> None:
    assert type(held).from_json(json.loads(json.dumps(held.to_json()))) == held
