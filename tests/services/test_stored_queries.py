"""Every stored query: what it gives whole and as references, and what is left out of it."""

from datetime import timedelta
from typing import Any

import pytest

from archive.actors import SYSTEM
from archive.errors import Malformed, ParameterMissing, QueryUnknown, SeveralPatients
from archive.models import Document, DocumentLink, Folder, LedgerEvent, Submission
from archive.objects.queries import Found
from archive.objects.registry import format_time
from archive.services import discovery
from archive.services import wishes as service
from archive.values import now
from tests import cast, wishes
from tests.edges.xds import messages
from tests.edges.xds.messages import APND, HAS_MEMBER, RPLC, XFRM, Paper
from tests.kept import Kept
from tests.services import xds_cast
from tests.services.registry_world import (
    DEPRECATED,
    IN_FORCE,
    MATTI,
    World,
    build,
    every_id,
    parse,
    uuids,
)

pytestmark = pytest.mark.django_db
SETS = ("$XDSSubmissionSetPatientId", MATTI)
SETS_IN_FORCE = ("$XDSSubmissionSetStatus", IN_FORCE)


@pytest.fixture(scope="module")
def world(kept: Kept) -> World:
    return kept(build)


# --- find -----------------------------------------------------------------------------------------


def test_submission_sets_are_found_by_what_is_in_them(world: World) -> None:
    base = (("$XDSSubmissionSetPatientId", MATTI), ("$XDSSubmissionSetStatus", IN_FORCE))

    def found(*more: tuple[str, str]) -> int:
        return len(world.ask("FindSubmissionSets", *base, *more).sets)

    assert found() == 3
    assert len(world.turku("FindSubmissionSets", *base).sets) == 1
    assert found(("$XDSSubmissionSetSourceId", "('1.2.246.10.2462460.41','1.2')")) == 3
    assert found(("$XDSSubmissionSetSourceId", "('1.2')")) == 0
    assert found(("$XDSSubmissionSetSubmissionTimeFrom", "20261120102000")) == 3
    assert found(("$XDSSubmissionSetSubmissionTimeTo", "20261120102000")) == 0
    assert found(("$XDSSubmissionSetAuthorPerson", "'%Kuvaaja%'")) == 3
    assert found(("$XDSSubmissionSetAuthorPerson", "'nobody'")) == 0
    assert found(("$XDSSubmissionSetContentType", "('request^^KUVA-DOC')")) == 1
    query = ("FindSubmissionSets", base[0], ("$XDSSubmissionSetStatus", f"('{DEPRECATED}')"))
    assert world.ask(*query).sets == ()


def test_a_submission_set_is_given_back_as_it_came(world: World) -> None:
    query = ("GetSubmissionSets", ("$uuid", uuids(world.image)))
    (held,) = world.ask(*query).sets
    sent = xds_cast.submission(world.note, world.image).submission_set
    assert held == sent


def test_folders_are_found_by_codes_and_time(world: World) -> None:
    base = (("$XDSFolderPatientId", MATTI), ("$XDSFolderStatus", IN_FORCE))

    def found(*more: tuple[str, str]) -> int:
        return len(world.ask("FindFolders", *base, *more).folders)

    assert found() == 1
    code = ("$XDSFolderCodeList", "('episode^^KUVA-DOC')")
    other = ("$XDSFolderCodeList", "('other^^KUVA-DOC')")
    assert (found(code), found(other), found(code, other)) == (1, 0, 0)
    before, after = (format_time(now() + timedelta(days=days)) for days in (-1, 1))
    assert found(("$XDSFolderLastUpdateTimeFrom", before)) == 1
    assert found(("$XDSFolderLastUpdateTimeFrom", after)) == 0
    (folder,) = world.ask("FindFolders", *base).folders
    assert (folder.id, folder.unique_id) == (world.binder.entry, world.binder.unique)
    row = Folder.objects.get()
    assert folder.last_update == format_time(row.updated_at)


def test_documents_are_found_by_reference(world: World) -> None:
    controller = world.cast.oulu.register.controller_oid
    accession = f"ACC-1^^^&{controller}&ISO^urn:ihe:iti:xds:2013:accession"
    base = messages.find()
    name = "$XDSDocumentEntryReferenceIdList"

    def found(*values: str) -> set[str]:
        query = (*base, *((name, value) for value in values))
        return world.entries(world.ask("FindDocumentsByReferenceId", *query))

    assert found(f"('{accession}')") == {"note", "image", "appendix"}
    other = "ACC-2^^^&1.2&ISO^urn:ihe:iti:xds:2013:accession"
    assert found(f"('{accession}','{other}')") == {"note", "image", "appendix"}
    assert found(f"('{accession}')", f"('{other}')") == set()
    for wrong, error in (((), ParameterMissing), (("('x')",), Malformed)):
        with pytest.raises(error):
            found(*wrong)


def test_get_all_gives_everything_of_a_patient_that_may_be_seen(world: World) -> None:
    statuses = tuple(
        (f"$XDS{kind}Status", IN_FORCE) for kind in ("DocumentEntry", "SubmissionSet", "Folder")
    )
    found = world.ask("GetAll", ("$patientId", MATTI), *statuses)
    assert world.entries(found) == {"note", "image", "appendix"}
    assert (len(found.sets), len(found.folders)) == (3, 1)
    kinds = sorted(link.type.rsplit(":", 1)[1] for link in found.links)
    # Four documents in sets, one folder in a set, two documents in the folder, and those two
    # memberships in the set; the replacement and the appendix.
    assert kinds == ["APND", *["HasMember"] * 9, "RPLC"]
    ends = {end for link in found.links for end in (link.source, link.target)}
    assert world.turkus.entry not in ends and world.turkus.submission not in ends

    narrowed = world.ask(
        "GetAll",
        ("$patientId", MATTI),
        *statuses,
        ("$XDSDocumentEntryConfidentialityCode", "('1^^1.2.246.777.5.1')"),
    )
    assert world.entries(narrowed) == {"image"}
    for missing in range(3):
        with pytest.raises(ParameterMissing):
            world.ask(
                "GetAll", ("$patientId", MATTI), *statuses[:missing], *statuses[missing + 1 :]
            )


# --- get ------------------------------------------------------------------------------------------


def test_folders_by_their_ids(world: World) -> None:
    for name, value in (
        ("EntryUUID", uuids(world.binder)),
        ("UniqueId", f"('{world.binder.unique}')"),
    ):
        found = world.ask("GetFolders", (f"$XDSFolder{name}", value))
        assert [folder.id for folder in found.folders] == [world.binder.entry]


def test_associations_need_both_ends_to_be_seen(world: World) -> None:
    found = world.ask("GetAssociations", ("$uuid", uuids(world.binder)))
    members = {link.target for link in found.links if link.source == world.binder.entry}
    assert members == {world.note.entry, world.image.entry}
    of_turku = world.turku("GetAssociations", ("$uuid", uuids(world.binder)))
    members = {link.target for link in of_turku.links if link.source == world.binder.entry}
    assert members == {world.turkus.entry}
    assert world.ask("GetAssociations", ("$uuid", uuids(world.turkus))).links == ()


def test_an_association_to_what_never_came_is_seen(world: World) -> None:
    paper = xds_cast.paper(world.cast, replaces=messages.urn())
    xds_cast.register(world.cast, paper)
    found = world.ask("GetAssociations", ("$uuid", uuids(paper)))
    assert {link.type for link in found.links} == {RPLC, HAS_MEMBER}


def test_documents_with_their_associations(world: World) -> None:
    query = ("GetDocumentsAndAssociations", ("$XDSDocumentEntryEntryUUID", uuids(world.note)))
    found = world.ask(*query)
    assert world.entries(found) == {"note"}
    kinds = sorted(link.type.rsplit(":", 1)[1] for link in found.links)
    assert kinds == ["APND", "HasMember", "HasMember", "RPLC"]
    assert every_id(world.turku(*query)) == []


def test_submission_sets_of_documents_and_folders(world: World) -> None:
    found = world.ask("GetSubmissionSets", ("$uuid", uuids(world.note, world.binder)))
    assert [held.id for held in found.sets] == [world.note.submission]
    assert {link.target for link in found.links} == {world.note.entry, world.binder.entry}
    assert every_id(world.ask("GetSubmissionSets", ("$uuid", uuids(world.turkus)))) == []


def test_a_submission_set_with_its_contents(world: World) -> None:
    name = "GetSubmissionSetAndContents"
    found = world.ask(name, ("$XDSSubmissionSetEntryUUID", f"'{world.note.submission}'"))
    assert [held.id for held in found.sets] == [world.note.submission]
    assert world.entries(found) == {"note", "image"}
    assert [folder.id for folder in found.folders] == [world.binder.entry]
    sources = [link.source for link in found.links]
    assert sources.count(world.note.submission) == 5  # two documents, folder, two memberships
    assert sources.count(world.binder.entry) == 2
    again = world.ask(name, ("$XDSSubmissionSetUniqueId", f"'{world.note.submission_unique}'"))
    assert sorted(every_id(again)) == sorted(every_id(found))
    narrowed = world.ask(
        name,
        ("$XDSSubmissionSetEntryUUID", f"'{world.note.submission}'"),
        ("$XDSDocumentEntryConfidentialityCode", "('1^^1.2.246.777.5.1')"),
    )
    assert world.entries(narrowed) == {"image"}


def test_a_folder_with_its_contents(world: World) -> None:
    query = ("GetFolderAndContents", ("$XDSFolderEntryUUID", f"'{world.binder.entry}'"))
    found = world.ask(*query)
    assert world.entries(found) == {"note", "image"}
    assert [folder.id for folder in found.folders] == [world.binder.entry]
    assert {link.target for link in found.links} == {world.note.entry, world.image.entry}
    assert world.entries(world.turku(*query)) == {"turkus"}


def test_the_folders_of_a_document(world: World) -> None:
    name = "GetFoldersForDocument"
    found = world.ask(name, ("$XDSDocumentEntryUniqueId", f"'{world.image.unique}'"))
    assert [folder.id for folder in found.folders] == [world.binder.entry]
    query = (name, ("$XDSDocumentEntryEntryUUID", f"'{world.turkus.entry}'"))
    assert every_id(world.ask(*query)) == []
    assert len(world.turku(*query).folders) == 1


def test_related_documents_by_the_kinds_of_their_ties(world: World) -> None:
    def related(paper: Paper, *kinds: str) -> set[str]:
        types = "(" + ",".join(f"'{kind}'" for kind in kinds) + ")"
        found = world.ask(
            "GetRelatedDocuments",
            ("$XDSDocumentEntryEntryUUID", f"'{paper.entry}'"),
            ("$AssociationTypes", types),
        )
        return world.entries(found)

    assert related(world.note, RPLC) == {"note", "old"}
    assert related(world.note, RPLC, APND, HAS_MEMBER) == {"note", "old", "appendix"}
    assert related(world.appendix, APND) == {"note", "appendix"}
    assert related(world.note, XFRM) == set()
    assert related(world.turkus, RPLC, APND) == set()


# --- of several patients --------------------------------------------------------------------------


def test_a_query_about_many_patients_gives_them_at_once(world: World) -> None:
    venla = xds_cast.paper(world.cast, patient="010594Y9032", kind="report")
    xds_cast.register(world.cast, venla)
    status = ("$XDSDocumentEntryStatus", IN_FORCE)
    name = "FindDocumentsForMultiplePatients"
    reports = world.ask(name, status, ("$XDSDocumentEntryClassCode", "('report^^KUVA-DOC')"))
    assert {entry.patient.value for entry in reports.entries} == {"010181-900C", "010594Y9032"}
    patients = "('010594Y9032^^^&1.2.246.21&ISO')"
    found = world.ask(name, status, ("$XDSDocumentEntryPatientId", patients))
    assert [entry.uuid for entry in found.entries] == [venla.entry]
    with pytest.raises(ParameterMissing):
        world.ask(name, status)
    folder_status = ("$XDSFolderStatus", IN_FORCE)
    name = "FindFoldersForMultiplePatients"
    codes = ("$XDSFolderCodeList", "('episode^^KUVA-DOC')")
    assert len(world.ask(name, folder_status, codes).folders) == 1
    with pytest.raises(ParameterMissing):
        world.ask(name, folder_status)


def test_each_transaction_has_its_own_queries(world: World) -> None:
    actor = world.cast.oulu.consumer.actor
    for name, many in (("FindDocuments", True), ("FindDocumentsForMultiplePatients", False)):
        query = parse(name, *messages.find())
        with pytest.raises(QueryUnknown):
            discovery.leaves(actor, query, environment="production", many=many)


def test_packages_of_several_patients_are_not_given_at_once(world: World) -> None:
    venla = xds_cast.paper(world.cast, patient="010594Y9032")
    xds_cast.register(world.cast, venla)
    query = parse("GetSubmissionSets", ("$uuid", uuids(world.note, venla)))
    with pytest.raises(SeveralPatients):
        discovery.leaves(world.cast.oulu.consumer.actor, query, environment="production")


# --- parameters -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "parameters", "error"),
    [
        ("FindSubmissionSets", [("$XDSSubmissionSetStatus", IN_FORCE)], ParameterMissing),
        ("FindSubmissionSets", [("$XDSSubmissionSetPatientId", MATTI)], ParameterMissing),
        ("FindFolders", [("$XDSFolderPatientId", MATTI)], ParameterMissing),
        ("GetAll", [], ParameterMissing),
        ("GetFolders", [], ParameterMissing),
        ("GetAssociations", [], ParameterMissing),
        ("GetSubmissionSets", [], ParameterMissing),
        ("GetDocumentsAndAssociations", [], ParameterMissing),
        ("GetSubmissionSetAndContents", [], ParameterMissing),
        ("GetFolderAndContents", [], ParameterMissing),
        ("GetFoldersForDocument", [], ParameterMissing),
        ("GetRelatedDocuments", [("$XDSDocumentEntryUniqueId", "'1.2'")], ParameterMissing),
        ("GetFolderAndContents", [("$XDSFolderUniqueId", "('1.2','1.3')")], Malformed),
        (
            "GetFolders",
            [("$XDSFolderUniqueId", "('1.2')"), ("$XDSFolderEntryUUID", "('x')")],
            Malformed,
        ),
        ("GetAssociations", [("$uuid", "('a')"), ("$uuid", "('b')")], Malformed),
        (
            "FindFolders",
            [
                ("$XDSFolderPatientId", MATTI),
                ("$XDSFolderStatus", IN_FORCE),
                ("$XDSFolderCodeList", "('x')"),
            ],
            Malformed,
        ),
    ],
)
def test_a_query_without_what_it_needs_says_so(
    world: World, name: str, parameters: list[tuple[str, str]], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        world.ask(name, *parameters)
    assert type(caught.value) is error
    assert "010181" not in str(caught.value)


# --- silence --------------------------------------------------------------------------------------

EVERYTHING: list[tuple[str, list[tuple[str, str]]]] = [
    ("FindDocuments", messages.find()),
    (
        "FindSubmissionSets",
        [("$XDSSubmissionSetPatientId", MATTI), ("$XDSSubmissionSetStatus", IN_FORCE)],
    ),
    ("FindFolders", [("$XDSFolderPatientId", MATTI), ("$XDSFolderStatus", IN_FORCE)]),
]


@pytest.mark.parametrize(("name", "parameters"), EVERYTHING, ids=[name for name, _ in EVERYTHING])
def test_what_may_not_be_seen_is_as_what_is_not_there(
    world: World, name: str, parameters: list[tuple[str, str]]
) -> None:
    stranger = xds_cast.customer("Vaasa", 8888804, "production").consumer.actor
    seen = world.ask(name, *parameters, actor=stranger)
    assert seen == Found()
    DocumentLink.objects.all().delete()
    Folder.objects.all().delete()
    Document.objects.all().delete()
    Submission.objects.all().delete()
    assert world.ask(name, *parameters, actor=stranger) == seen


def test_the_log_names_the_query_and_the_message(world: World) -> None:
    query = parse("GetFolders", ("$XDSFolderEntryUUID", uuids(world.binder)))
    actor = world.cast.oulu.consumer.actor
    discovery.leaves(actor, query, environment="production", message_id="urn:uuid:9")
    event = LedgerEvent.objects.filter(kind="documents.queried").order_by("-at")[0]
    assert event.facts == {"query": "get_folders", "found": 1, "message": "urn:uuid:9"}


# --- what is told of another's register -----------------------------------------------------------


def disclosed() -> set[str]:
    """The uniqueIds in the disclosure log."""
    rows = LedgerEvent.objects.filter(kind="disclosure.given")
    return {each for row in rows for each in row.facts["documents"]}


@pytest.mark.parametrize(
    ("query", "papers"),
    [
        (("FindSubmissionSets", SETS, SETS_IN_FORCE), ("old", "note", "image", "appendix")),
        (("GetSubmissionSets", ("$uuid", "image")), ("note", "image")),
        (("GetAssociations", ("$uuid", "appendix")), ("note", "appendix")),
        # Turku's own note stands in it: the folder tells of nobody else's.
        (("FindFolders", ("$XDSFolderPatientId", MATTI), ("$XDSFolderStatus", IN_FORCE)), ()),
    ],
)
def test_sets_and_associations_of_anothers_documents_are_disclosures(
    world: World, query: tuple[Any, ...], papers: tuple[str, ...]
) -> None:
    whose, said = wishes.whose(cast.MATTI), wishes.said()
    service.inform(SYSTEM, whose, said)
    service.permit(SYSTEM, whose, said, given=True)
    name, *parameters = query
    named = [
        (key, uuids(getattr(world, value)) if key == "$uuid" else value)
        for key, value in parameters
    ]
    asker = world.cast.turku.consumer.actor
    found = discovery.leaves(asker, parse(name, *named), environment="production")
    assert not found.entries and every_id(found)
    assert disclosed() == {getattr(world, paper).unique for paper in papers}
    event = LedgerEvent.objects.get(kind="documents.queried", actor_id=asker.id)
    assert event.patient_id == xds_cast.patient(world.cast).id
