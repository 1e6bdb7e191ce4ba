"""Stored queries: what is found, by whom, and what is left out without a trace."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from archive.actors import Actor
from archive.edges.xds import codec
from archive.errors import (
    Malformed,
    ParameterMissing,
    QueryUnknown,
    SeveralPatients,
    TooManyResults,
)
from archive.models import Document, LedgerEvent, Patient
from archive.objects.registry import DocumentEntry, StoredQuery
from archive.services import discovery
from tests.edges.xds import messages
from tests.edges.xds.messages import FIND_DOCUMENTS, GET_DOCUMENTS, Paper, find
from tests.services import xds_cast
from tests.services.xds_cast import Cast

pytestmark = pytest.mark.django_db

DEPRECATED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated"


@pytest.fixture
def cast() -> Cast:
    return xds_cast.assemble()


def asked(parameters: list[tuple[str, str]], query_id: str = FIND_DOCUMENTS) -> StoredQuery:
    text = messages.query(query_id, parameters)
    return codec.decode_query(codec.parse_xml(text.encode()))


def leaves(
    cast: Cast, query: StoredQuery, *, actor: Actor | None = None
) -> dict[str, DocumentEntry]:
    found = discovery.leaves(actor or cast.oulu.consumer.actor, query, environment=cast.environment)
    assert len({entry.uuid for entry in found}) == len(found)
    return {entry.uuid: entry for entry in found}


def found_by(cast: Cast, *papers: Paper, **parameters: str) -> list[int]:
    """Which of the papers FindDocuments finds."""
    found = leaves(cast, asked(find(**parameters)))
    return [number for number, paper in enumerate(papers) if paper.entry in found]


def test_a_customer_finds_the_documents_of_its_own_register(cast: Cast) -> None:
    own = xds_cast.paper(cast)
    foreign = xds_cast.paper(cast, controller=cast.turku.register.controller_oid)
    xds_cast.register(cast, own)
    xds_cast.register(cast, foreign)
    assert set(leaves(cast, asked(find()))) == {own.entry}
    assert set(leaves(cast, asked(find()), actor=cast.turku.consumer.actor)) == {foreign.entry}
    assert leaves(cast, asked(find()), actor=cast.repository.actor) == {}
    both = asked(
        [("$XDSDocumentEntryEntryUUID", f"('{own.entry}','{foreign.entry}')")], GET_DOCUMENTS
    )
    assert set(leaves(cast, both)) == {own.entry}


def test_the_other_environment_is_not_seen(cast: Cast) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    tester = xds_cast.peer(cast.oulu.organisation, "test", xds_cast.XdsRole.CONSUMER)
    by_id = asked([("$XDSDocumentEntryUniqueId", f"('{paper.unique}')")], GET_DOCUMENTS)
    for query in (asked(find()), by_id):
        assert discovery.leaves(tester.actor, query, environment="test") == []


def test_an_unknown_patient_is_an_empty_success(cast: Cast) -> None:
    assert leaves(cast, asked(find("010594Y9032"))) == {}


def test_an_entry_is_given_back_as_it_came(cast: Cast) -> None:
    paper = xds_cast.paper(cast, study="1.2.3", extra=messages.slot("urn:example:x", "y"))
    xds_cast.register(cast, paper)
    sent = xds_cast.submission(paper).entries[0]
    assert leaves(cast, asked(find())) == {paper.entry: sent}


def test_the_patients_code_is_compared_in_upper_case(cast: Cast) -> None:
    xds_cast.register(cast, xds_cast.paper(cast))
    assert len(leaves(cast, asked(find("010181-900c")))) == 1


def test_status_chooses_between_approved_and_deprecated(cast: Cast) -> None:
    old = xds_cast.paper(cast)
    new = xds_cast.paper(cast, replaces=old.entry)
    xds_cast.register(cast, old)
    xds_cast.register(cast, new)
    patient = find()[0]
    for status, expected in (
        (f"('{messages.APPROVED}')", {new.entry: messages.APPROVED}),
        (f"('{DEPRECATED}')", {old.entry: DEPRECATED}),
        (
            f"('{messages.APPROVED}','{DEPRECATED}')",
            {new.entry: messages.APPROVED, old.entry: DEPRECATED},
        ),
        ("('urn:oasis:names:tc:ebxml-regrep:StatusType:Submitted')", {}),
    ):
        found = leaves(cast, asked([patient, ("$XDSDocumentEntryStatus", status)]))
        assert {key: entry.status for key, entry in found.items()} == expected


def test_codes_of_one_slot_are_alternatives(cast: Cast) -> None:
    papers = [xds_cast.paper(cast, kind=kind) for kind in ("request", "study-entry", "report")]
    xds_cast.register(cast, *papers)
    for name, value, expected in (
        ("ClassCode", "('report^^KUVA-DOC')", [2]),
        ("ClassCode", "('report^^KUVA-DOC','request^^KUVA-DOC')", [0, 2]),
        ("ClassCode", "('report^^OTHER')", []),
        ("TypeCode", "('study-entry^^KUVA-DOC')", [1]),
        ("FormatCode", "('cda-r2-imaging^^KUVA-DOC')", [0, 1, 2]),
        ("PracticeSettingCode", "('radiology^^KUVA-DOC')", [0, 1, 2]),
        ("HealthcareFacilityTypeCode", "('home^^KUVA-DOC')", []),
        ("Type", "('urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1')", [0, 1, 2]),
        ("Type", "('urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248')", []),
    ):
        assert found_by(cast, *papers, **{name: value}) == expected, (name, value)


def test_event_and_confidentiality_codes_repeated_are_conditions(cast: Cast) -> None:
    papers = [
        xds_cast.paper(cast, event="AA1AD", confidentiality="5"),
        xds_cast.paper(cast, event="GD1AA", confidentiality="1"),
    ]
    xds_cast.register(cast, *papers)

    def found(*slots: tuple[str, str]) -> list[int]:
        asking = [*find(), *((f"$XDSDocumentEntry{name}", value) for name, value in slots)]
        entries = leaves(cast, asked(asking))
        return [number for number, paper in enumerate(papers) if paper.entry in entries]

    ct, xray = "AA1AD^^1.2.246.537.6.4", "GD1AA^^1.2.246.537.6.4"
    assert found(("EventCodeList", f"('{ct}','{xray}')")) == [0, 1]
    assert found(("EventCodeList", f"('{ct}')"), ("EventCodeList", f"('{xray}')")) == []
    assert found(("EventCodeList", f"('{ct}')"), ("EventCodeList", f"('{xray}','{ct}')")) == [0]
    assert found(("ConfidentialityCode", "('1^^1.2.246.777.5.1')")) == [1]


def test_times_are_from_inclusive_to_exclusive_in_utc(cast: Cast) -> None:
    papers = [
        xds_cast.paper(cast, created="20260101000000", started="20251231220000"),
        xds_cast.paper(cast, created="20260101000001", started="2026"),
    ]
    xds_cast.register(cast, *papers)
    for name, value, expected in (
        ("CreationTimeFrom", "20260101000001", [1]),
        ("CreationTimeFrom", "'20260101'", [0, 1]),
        ("CreationTimeTo", "20260101000001", [0]),
        ("CreationTimeTo", "2026", []),
        ("ServiceStartTimeFrom", "202601", [1]),
        ("ServiceStartTimeTo", "20260101", [0]),
        ("ServiceStopTimeFrom", "1900", []),  # the entries have none
    ):
        assert found_by(cast, *papers, **{name: value}) == expected, (name, value)


def test_authors_are_found_by_pattern(cast: Cast) -> None:
    papers = [
        xds_cast.paper(cast, author="^Kuvaaja^Testi"),
        xds_cast.paper(cast, author="^Mäki\\100%^Ö'Testi"),
    ]
    xds_cast.register(cast, *papers)
    for value, expected in (
        ("('^Kuvaaja^Testi')", [0]),
        ("('%Kuvaaja%')", [0]),
        ("('^K_vaaja%')", [0]),
        ("('kuvaaja')", []),
        ("('%Ö''Testi','%Kuvaaja%')", [0, 1]),
        ("('^Mäki\\%')", [1]),
        ("('%\\')", []),
    ):
        assert found_by(cast, *papers, AuthorPerson=value) == expected, value


def test_get_documents_takes_uuids_or_unique_ids(cast: Cast) -> None:
    papers = [xds_cast.paper(cast), xds_cast.paper(cast)]
    xds_cast.register(cast, *papers)
    first, second = papers
    for name, value, expected in (
        ("EntryUUID", f"('{first.entry}','{second.entry}')", {first.entry, second.entry}),
        ("EntryUUID", f"'{first.entry.upper().replace('URN:UUID', 'urn:uuid')}'", {first.entry}),
        ("EntryUUID", "('urn:uuid:no')", set()),
        ("UniqueId", f"('{second.unique}','1.2.3')", {second.entry}),
    ):
        query = asked([(f"$XDSDocumentEntry{name}", value)], GET_DOCUMENTS)
        assert set(leaves(cast, query)) == expected


def test_references_are_the_same_entries_without_their_content(cast: Cast) -> None:
    papers = [xds_cast.paper(cast), xds_cast.paper(cast)]
    xds_cast.register(cast, *papers)
    found = discovery.references(
        cast.oulu.consumer.actor, asked(find()), environment=cast.environment
    )
    assert set(found) == {paper.entry for paper in papers}


def test_a_merged_away_patient_is_found_as_the_survivor(cast: Cast) -> None:
    old, new = xds_cast.paper(cast, patient="010594Y9032"), xds_cast.paper(cast)
    xds_cast.register(cast, old)
    xds_cast.register(cast, new)
    survivor = Patient.objects.get(identifier="010181-900C")
    Patient.objects.filter(identifier="010594Y9032").update(survivor=survivor)
    for asked_for in ("010594Y9032", "010181-900C"):
        found = leaves(cast, asked(find(asked_for)))
        assert set(found) == {old.entry, new.entry}
        assert {entry.patient.value for entry in found.values()} == {"010181-900C"}
    by_id = asked([("$XDSDocumentEntryEntryUUID", f"('{old.entry}','{new.entry}')")], GET_DOCUMENTS)
    assert len(leaves(cast, by_id)) == 2


def test_documents_of_several_patients_are_not_given_at_once(cast: Cast) -> None:
    papers = [xds_cast.paper(cast), xds_cast.paper(cast, patient="010594Y9032")]
    for paper in papers:
        xds_cast.register(cast, paper)
    value = ",".join(f"'{paper.entry}'" for paper in papers)
    query = asked([("$XDSDocumentEntryEntryUUID", f"({value})")], GET_DOCUMENTS)
    with pytest.raises(SeveralPatients):
        leaves(cast, query)
    actor = cast.oulu.consumer.actor
    assert len(discovery.references(actor, query, environment=cast.environment)) == 2


PATIENT, STATUS = find()


@pytest.mark.parametrize(
    ("query_id", "parameters", "error"),
    [
        ("urn:uuid:00000000-0000-4000-8000-000000000000", find(), QueryUnknown),
        (FIND_DOCUMENTS, [STATUS], ParameterMissing),
        (FIND_DOCUMENTS, [PATIENT], ParameterMissing),
        (FIND_DOCUMENTS, [PATIENT, PATIENT, STATUS], Malformed),
        (FIND_DOCUMENTS, [PATIENT, STATUS, STATUS], Malformed),
        (FIND_DOCUMENTS, [(PATIENT[0], "('a^^^&1.2&ISO','b^^^&1.2&ISO')"), STATUS], Malformed),
        (FIND_DOCUMENTS, [(PATIENT[0], "'010181-900C'"), STATUS], Malformed),
        (FIND_DOCUMENTS, [PATIENT, (STATUS[0], "('Approved')")], Malformed),
        (FIND_DOCUMENTS, find(ClassCode="('report')"), Malformed),
        (FIND_DOCUMENTS, find(EventCodeList="('CT^DCM')"), Malformed),
        (FIND_DOCUMENTS, find(CreationTimeFrom="'today'"), Malformed),
        (FIND_DOCUMENTS, find(CreationTimeTo="20261399"), Malformed),
        (FIND_DOCUMENTS, find(ServiceStartTimeTo="('2025','2026')"), Malformed),
        (GET_DOCUMENTS, [], ParameterMissing),
        (
            GET_DOCUMENTS,
            [("$XDSDocumentEntryEntryUUID", "('a')"), ("$XDSDocumentEntryUniqueId", "('1.2')")],
            Malformed,
        ),
    ],
)
def test_a_query_that_cannot_be_answered_says_why(
    cast: Cast, query_id: str, parameters: list[tuple[str, str]], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        leaves(cast, asked(parameters, query_id))
    assert type(caught.value) is error
    assert "010181" not in str(caught.value)


def test_more_leaves_than_the_bound_are_refused_and_references_are_not(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "MAX_LEAVES", 2)
    xds_cast.register(cast, *(xds_cast.paper(cast) for _ in range(2)))
    assert len(leaves(cast, asked(find()))) == 2
    xds_cast.register(cast, xds_cast.paper(cast))
    with pytest.raises(TooManyResults):
        leaves(cast, asked(find()))
    actor = cast.oulu.consumer.actor
    assert len(discovery.references(actor, asked(find()), environment=cast.environment)) == 3


def test_a_query_costs_the_facts_of_access_one_read_and_one_entry_of_the_log(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    xds_cast.register(cast, *(xds_cast.paper(cast) for _ in range(5)))
    ways: tuple[Callable[..., list[Any]], ...] = (discovery.leaves, discovery.references)
    for ask in ways:
        with django_assert_num_queries(4):  # authorisations and policies of access come first
            ask(cast.oulu.consumer.actor, asked(find()), environment=cast.environment)
    event = LedgerEvent.objects.filter(kind="documents.queried").first()
    assert event is not None
    assert event.facts == {"query": "find_documents", "found": 5}
    assert event.patient_id == Document.objects.values_list("patient_id", flat=True)[0]
    assert event.actor_id == cast.oulu.consumer.actor.id
