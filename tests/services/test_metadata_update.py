"""The operator's own tools: new versions of metadata, availability, removal (ITI-57, ITI-62)."""

import pytest
from django.db.models import Q

from archive.actors import Actor
from archive.edges.xds import codec
from archive.errors import (
    ArchiveError,
    MetadataFixed,
    MetadataInvalid,
    ObjectUnknown,
    Refused,
    StillReferenced,
    UniqueIdReused,
    UpdateUnknown,
    VersionDiffers,
)
from archive.models import (
    Document,
    DocumentLink,
    DocumentVersion,
    Folder,
    Job,
    LedgerEvent,
    Submission,
)
from archive.objects.registry import DocumentEntry
from archive.services import discovery, metadata_update, removal
from tests.edges.xds import messages
from tests.edges.xds.messages import APPROVED, RPLC, Binder, Paper, association, filed, slot
from tests.services import xds_cast
from tests.services.test_discovery import asked
from tests.services.xds_cast import Cast, Peer

pytestmark = pytest.mark.django_db

DEPRECATED = APPROVED.replace("Approved", "Deprecated")
NEW_STATUS = "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus"


@pytest.fixture
def cast() -> Cast:
    return xds_cast.assemble()


@pytest.fixture
def tools(cast: Cast) -> Peer:
    return xds_cast.tools(cast)


def new_version(of: Paper, *, lid: str, previous: str = "1", **changes: str) -> str:
    """The entry of a paper with a new UUID, as a new version of what `lid` names."""
    paper = of.resubmitted(entry=messages.urn(), **changes)
    text = messages.submit(paper)
    member = association(messages.HAS_MEMBER, paper.submission, paper.entry)
    start = text.index('<Association id="', text.index("</RegistryPackage>"))
    end = text.index("</Association>", start) + len("</Association>")
    with_previous = member.replace(
        "</Association>", f"{slot('PreviousVersion', previous)}</Association>"
    )
    text = text[:start] + with_previous + text[end:]
    return text.replace(f'id="{paper.entry}"', f'id="{paper.entry}" lid="{lid}"', 1)


def new_status(of: Paper, target: str, old: str = APPROVED, new: str = DEPRECATED) -> str:
    carrier = of.resubmitted()
    slots = slot("OriginalStatus", old) + slot("NewStatus", new)
    return messages.empty_set(
        carrier, association(NEW_STATUS, carrier.submission, target, slots=slots)
    )


def update(actor: Actor, text: str) -> None:
    metadata_update.update(
        actor,
        codec.decode_update(codec.parse_xml(text.encode())),
        environment="production",
        message_id="urn:uuid:1",
        correlation_id=None,
    )


def refused(actor: Actor, error: type[ArchiveError], text: str) -> None:
    before = list(Document.objects.order_by("id").values())
    with pytest.raises(error) as caught:
        update(actor, text)
    assert type(caught.value) is error
    assert "010181" not in str(caught.value)
    assert list(Document.objects.order_by("id").values()) == before
    assert not DocumentVersion.objects.exists()


# --- versions -------------------------------------------------------------------------------------


def test_a_new_version_of_metadata_takes_the_place_of_the_old(cast: Cast, tools: Peer) -> None:
    paper, binder = xds_cast.paper(cast), Binder()
    xds_cast.register(cast, paper, more=filed(paper, binder, paper))
    update(tools.actor, new_version(paper, lid=paper.entry, title="Korjattu", event="GD1AA"))
    row = Document.objects.get()
    assert (row.version, row.unique_id) == (2, paper.unique)
    assert row.entry_uuid != paper.entry
    old = DocumentVersion.objects.get()
    assert (old.entry_uuid, old.version) == (paper.entry, 1)
    assert old.metadata["title"] == "Tutkimusmerkintä"
    members = DocumentLink.objects.filter(source_uuid=binder.entry)
    assert [link.target_uuid for link in members] == [row.entry_uuid]
    event = LedgerEvent.objects.get(kind="document.updated")
    assert event.facts == {"kind": "study-entry", "version": 2}

    (entry,) = found(cast, messages.find())
    assert (entry.title, entry.version, entry.lid) == ("Korjattu", "2", paper.entry)
    by_old = [("$XDSDocumentEntryEntryUUID", f"('{paper.entry}')")]
    assert found(cast, by_old, messages.GET_DOCUMENTS) == (entry,)

    update(tools.actor, new_version(paper, lid=paper.entry, previous="2", title="Taas"))
    assert Document.objects.get().version == 3
    assert found(cast, by_old, messages.GET_DOCUMENTS)[0].lid == paper.entry


def found(
    cast: Cast, parameters: list[tuple[str, str]], query_id: str = messages.FIND_DOCUMENTS
) -> tuple[DocumentEntry, ...]:
    query = asked(parameters, query_id)
    actor = cast.oulu.consumer.actor
    return discovery.leaves(actor, query, environment="production").entries


def test_an_update_that_knows_another_version_is_refused(cast: Cast, tools: Peer) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    for previous in ("0", "2", "x"):
        text = new_version(paper, lid=paper.entry, previous=previous)
        refused(tools.actor, VersionDiffers, text)
    without = messages.submit(paper.resubmitted(entry=messages.urn()))
    lid = f'<ExtrinsicObject lid="{paper.entry}" '
    refused(tools.actor, VersionDiffers, without.replace("<ExtrinsicObject ", lid))


@pytest.mark.parametrize(
    "changes",
    [
        {"hash": "b" * 40},
        {"size": "95"},
        {"unique": "2.25.1"},
        {"accession": "ACC-2"},
        {"study": "1.2.9"},
        {"kind": "report"},
        {"controller": "1.2.246.10.88888039.19.0"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_ties_a_document_is_not_changed(
    cast: Cast, tools: Peer, changes: dict[str, str]
) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    refused(tools.actor, MetadataFixed, new_version(paper, lid=paper.entry, **changes))


def test_a_document_keeps_its_service_event_and_register(cast: Cast, tools: Peer) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    plain = new_version(paper, lid=paper.entry)
    event = "1.2.3^^^^urn:ihe:iti:xds:2015:encounterId"
    moved = plain.replace("<Value>ACC-1^^^", f"<Value>{event}</Value><Value>ACC-1^^^")
    refused(tools.actor, MetadataFixed, moved)
    other = paper.but(extra=slot("urn:kanta:kvarkki:registry-type", "4"))
    refused(tools.actor, MetadataFixed, new_version(other, lid=paper.entry))


def test_only_what_is_there_and_the_patients_own_is_updated(cast: Cast, tools: Peer) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    refused(tools.actor, ObjectUnknown, new_version(paper, lid=messages.urn()))
    xds_cast.patient(cast, "010594Y9032")
    other = new_version(paper, lid=paper.entry, patient="010594Y9032")
    refused(tools.actor, ObjectUnknown, other)
    refused(tools.actor, UniqueIdReused, messages.submit(paper.resubmitted()))


def test_only_the_operators_tools_update_and_remove(cast: Cast, tools: Peer) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    for actor in (cast.repository.actor, cast.oulu.consumer.actor):
        refused(actor, Refused, new_version(paper, lid=paper.entry))
        with pytest.raises(Refused):
            remove(actor, paper.entry)


def test_an_update_of_another_kind_is_told_so(cast: Cast, tools: Peer) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    carrier = paper.resubmitted()
    refused(tools.actor, UpdateUnknown, messages.empty_set(carrier, ""))
    refused(
        tools.actor,
        UpdateUnknown,
        messages.empty_set(carrier, filed(carrier, Binder())),
    )
    fresh = new_version(paper, lid=paper.entry)
    more = association(RPLC, messages.urn(), paper.entry)
    end = "</RegistryObjectList>"
    refused(tools.actor, MetadataInvalid, fresh.replace(end, f"{more}{end}"))


# --- availability ---------------------------------------------------------------------------------


def test_availability_is_taken_away_and_given_back(cast: Cast, tools: Peer) -> None:
    study, paper = xds_cast.study(cast, "1.2.3"), xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    Job.objects.all().delete()
    update(tools.actor, new_status(paper, paper.entry))
    assert Document.objects.get().status == "deprecated"
    assert Job.objects.get().subject_id == study.id
    update(tools.actor, new_status(paper, paper.entry, DEPRECATED, APPROVED))
    assert Document.objects.get().status == "approved"
    told = LedgerEvent.objects.filter(kind="document.updated").order_by("at")
    assert [event.facts["status"] for event in told] == ["deprecated", "approved"]


def test_availability_starts_from_what_it_is(cast: Cast, tools: Peer) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    refused(tools.actor, VersionDiffers, new_status(paper, paper.entry, DEPRECATED, APPROVED))
    refused(tools.actor, UpdateUnknown, new_status(paper, paper.entry, APPROVED, "urn:x"))
    refused(tools.actor, ObjectUnknown, new_status(paper, messages.urn()))


def test_what_was_replaced_does_not_come_back(cast: Cast, tools: Peer) -> None:
    old = xds_cast.paper(cast)
    xds_cast.register(cast, old)
    xds_cast.register(cast, xds_cast.paper(cast, replaces=old.entry))
    refused(tools.actor, MetadataFixed, new_status(old, old.entry, DEPRECATED, APPROVED))


# --- removal --------------------------------------------------------------------------------------


def remove(actor: Actor, *uuids: str) -> None:
    removal.remove(actor, uuids, environment="production", correlation_id=None)


def links_of(*uuids: str) -> list[str]:
    rows = DocumentLink.objects.filter(Q(source_uuid__in=uuids) | Q(target_uuid__in=uuids))
    return list(rows.values_list("entry_uuid", flat=True))


def test_an_object_is_removed_with_all_that_refers_to_it(cast: Cast, tools: Peer) -> None:
    paper, binder = xds_cast.paper(cast), Binder()
    xds_cast.register(cast, paper, more=filed(paper, binder, paper))
    with pytest.raises(StillReferenced):
        remove(tools.actor, paper.entry)
    ids = {paper.entry, paper.submission, binder.entry, *links_of(paper.entry, binder.entry)}
    ids |= set(links_of(*ids))
    with pytest.raises(ObjectUnknown):
        remove(tools.actor, *ids, messages.urn())
    assert Document.objects.exists()
    remove(tools.actor, *ids)
    for model in (Document, DocumentLink, Folder, Submission):
        assert not model.objects.exists()
    event = LedgerEvent.objects.get(kind="document.removed")
    assert event.facts["unique_id"] == paper.unique
    xds_cast.register(cast, paper)
    assert Document.objects.count() == 1


def test_a_study_whose_document_is_removed_waits_for_it_again(cast: Cast, tools: Peer) -> None:
    study, paper = xds_cast.study(cast, "1.2.3"), xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    Job.objects.all().delete()
    remove(tools.actor, paper.entry, *links_of(paper.entry))
    assert Job.objects.get().subject_id == study.id


def test_a_set_may_go_and_leave_its_document(cast: Cast, tools: Peer) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    remove(tools.actor, paper.submission, *links_of(paper.submission))
    assert Document.objects.get().submission is None


def test_an_updated_document_is_removed_with_its_versions(cast: Cast, tools: Peer) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    update(tools.actor, new_version(paper, lid=paper.entry))
    now_called = Document.objects.get().entry_uuid
    remove(tools.actor, now_called, *links_of(now_called))
    assert not Document.objects.exists() and not DocumentVersion.objects.exists()
