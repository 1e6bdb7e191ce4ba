"""Folders and associations: what is kept of them, and what follows from them."""

import pytest

from archive.errors import (
    ArchiveError,
    MetadataInvalid,
    PatientDiffers,
    TargetDeprecated,
    UniqueIdReused,
)
from archive.models import Document, DocumentLink, Folder, LedgerEvent, Register, Submission
from archive.objects.registry import Folder as FolderObject
from archive.services import study_papers
from tests.edges.xds import messages
from tests.edges.xds.messages import (
    APND,
    HAS_MEMBER,
    RPLC,
    SIGNS,
    SNAPSHOT,
    XFRM,
    XFRM_RPLC,
    Binder,
    Paper,
    association,
    filed,
    slot,
)
from tests.services import xds_cast
from tests.services.xds_cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return xds_cast.assemble()


def statuses(*papers: Paper) -> list[str]:
    rows = dict(Document.objects.values_list("entry_uuid", "status"))
    return [rows[paper.entry] for paper in papers]


def refused(cast: Cast, error: type[ArchiveError], *papers: Paper, more: str = "") -> str:
    before = (Submission.objects.count(), Document.objects.count(), DocumentLink.objects.count())
    with pytest.raises(error) as caught:
        xds_cast.register(cast, *papers, more=more)
    assert type(caught.value) is error
    after = (Submission.objects.count(), Document.objects.count(), DocumentLink.objects.count())
    assert before == after
    return caught.value.detail


# --- associations ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [RPLC, XFRM_RPLC, APND, XFRM, SIGNS, SNAPSHOT])
def test_every_kind_of_association_is_kept_with_its_id_and_slots(cast: Cast, kind: str) -> None:
    old, new, id = xds_cast.paper(cast), xds_cast.paper(cast), messages.urn()
    xds_cast.register(cast, old)
    slots = slot("urn:example:why", "corrected")
    xds_cast.register(cast, new, more=association(kind, new.entry, old.entry, id=id, slots=slots))
    row = DocumentLink.objects.get(entry_uuid=id)
    assert (row.source_uuid, row.target_uuid) == (new.entry, old.entry)
    assert row.slots == [["urn:example:why", ["corrected"]]]
    falls = kind in (RPLC, XFRM_RPLC)
    assert statuses(old, new) == ["deprecated" if falls else "approved", "approved"]


def test_an_association_of_a_kind_nobody_knows_is_refused(cast: Cast) -> None:
    paper = xds_cast.paper(cast)
    odd = association("urn:example:odd", paper.entry, messages.urn())
    assert "no type" in refused(cast, MetadataInvalid, paper, more=odd)


def test_symbolic_ids_of_associations_get_a_uuid(cast: Cast) -> None:
    old, new = xds_cast.paper(cast), xds_cast.paper(cast)
    xds_cast.register(cast, old)
    xds_cast.register(cast, new, more=association(APND, new.entry, old.entry, id="a1"))
    row = DocumentLink.objects.get(kind="APND")
    assert row.entry_uuid.startswith("urn:uuid:")


def test_what_hangs_on_a_replaced_document_falls_with_it(cast: Cast) -> None:
    first, appendix, translation = (xds_cast.paper(cast) for _ in range(3))
    xds_cast.register(cast, first)
    xds_cast.register(cast, appendix, more=association(APND, appendix.entry, first.entry))
    xds_cast.register(cast, translation, more=association(XFRM, translation.entry, appendix.entry))
    second = xds_cast.paper(cast, replaces=first.entry)
    xds_cast.register(cast, second)
    assert statuses(first, appendix, translation, second) == [*["deprecated"] * 3, "approved"]


@pytest.mark.parametrize("kind", [APND, XFRM])
def test_nothing_is_added_to_what_has_been_replaced(cast: Cast, kind: str) -> None:
    first, second = xds_cast.paper(cast), xds_cast.paper(cast)
    xds_cast.register(cast, first)
    xds_cast.register(cast, second.but(replaces=first.entry))
    late = xds_cast.paper(cast)
    refused(cast, TargetDeprecated, late, more=association(kind, late.entry, first.entry))


@pytest.mark.parametrize("kind", [APND, XFRM, RPLC])
def test_an_association_ties_documents_of_one_patient(cast: Cast, kind: str) -> None:
    other = xds_cast.paper(cast, patient="010594Y9032")
    xds_cast.register(cast, other)
    paper = xds_cast.paper(cast)
    refused(cast, PatientDiffers, paper, more=association(kind, paper.entry, other.entry))


def test_the_id_of_an_association_is_no_other_objects(cast: Cast) -> None:
    old = xds_cast.paper(cast)
    xds_cast.register(cast, old)
    known = DocumentLink.objects.get().entry_uuid
    for taken in (old.entry, old.submission, known):
        paper = xds_cast.paper(cast)
        more = association(APND, paper.entry, old.entry, id=taken)
        refused(cast, UniqueIdReused, paper, more=more)


# --- folders --------------------------------------------------------------------------------------


def test_a_folder_is_registered_with_its_documents(cast: Cast) -> None:
    paper, binder = xds_cast.paper(cast), Binder()
    xds_cast.register(cast, paper, more=filed(paper, binder, paper))
    row = Folder.objects.get()
    assert (row.entry_uuid, row.unique_id) == (binder.entry, binder.unique)
    held = FolderObject.from_json(row.metadata)
    assert (held.title, held.codes[0].value) == ("Hoitojakso", "episode")
    event = LedgerEvent.objects.get(kind="folder.filled")
    assert (event.subject_id, event.facts) == (row.id, {"documents": 1})


def test_the_same_submission_with_a_folder_again_changes_nothing(cast: Cast) -> None:
    paper, binder = xds_cast.paper(cast), Binder()
    text = messages.submit(paper, more=filed(paper, binder, paper))
    for _ in range(2):
        xds_cast.submit_text(cast, text)
    assert (Folder.objects.count(), Submission.objects.count()) == (1, 1)


def test_a_document_is_put_into_a_folder_later(cast: Cast) -> None:
    paper, binder = xds_cast.paper(cast), Binder()
    xds_cast.register(cast, paper, more=filed(paper, binder))
    before = Folder.objects.get().updated_at
    link = messages.urn()
    carrier = xds_cast.paper(cast)
    more = association(HAS_MEMBER, binder.entry, paper.entry, id=link)
    xds_cast.submit_text(
        cast,
        messages.empty_set(carrier, more + association(HAS_MEMBER, carrier.submission, link)),
    )
    assert DocumentLink.objects.filter(
        source_uuid=binder.entry, target_uuid=paper.entry, kind="HasMember"
    ).exists()
    assert Folder.objects.get().updated_at > before


def test_a_replacement_goes_into_the_folders_of_what_it_replaces(cast: Cast) -> None:
    paper, binder = xds_cast.paper(cast), Binder()
    xds_cast.register(cast, paper, more=filed(paper, binder, paper))
    before = Folder.objects.get().updated_at
    new = xds_cast.paper(cast, replaces=paper.entry)
    xds_cast.register(cast, new)
    members = DocumentLink.objects.filter(source_uuid=binder.entry)
    assert set(members.values_list("target_uuid", flat=True)) == {paper.entry, new.entry}
    assert Folder.objects.get().updated_at > before


def test_a_folder_holds_documents_of_its_own_patient(cast: Cast) -> None:
    paper, binder = xds_cast.paper(cast), Binder()
    xds_cast.register(cast, paper, more=filed(paper, binder, paper))
    other = xds_cast.paper(cast, patient="010594Y9032")
    more = association(HAS_MEMBER, binder.entry, other.entry)
    refused(cast, PatientDiffers, other, more=more)
    foreign = Binder(patient="010594Y9032")
    paper = xds_cast.paper(cast)
    assert "patientId" in refused(cast, MetadataInvalid, paper, more=filed(paper, foreign, paper))


def test_a_folder_that_is_not_in_order_is_refused(cast: Cast) -> None:
    paper, binder = xds_cast.paper(cast), Binder()
    whole = filed(paper, binder, paper)
    apart = whole.replace(association_of(whole, paper.submission, binder.entry), "")
    assert "folder is no member" in refused(cast, MetadataInvalid, paper, more=apart)
    unknown = association(HAS_MEMBER, messages.urn(), paper.entry)
    assert "no folder" in refused(cast, MetadataInvalid, paper, more=unknown)
    of_document = association(HAS_MEMBER, paper.entry, messages.urn())
    assert "no members" in refused(cast, MetadataInvalid, paper, more=of_document)
    xds_cast.register(cast, paper, more=whole)
    again = xds_cast.paper(cast)
    twice = filed(again, Binder(unique=binder.unique), again)
    refused(cast, UniqueIdReused, again, more=twice)


def association_of(text: str, source: str, target: str) -> str:
    """The text of one association."""
    parts = (part + "</Association>" for part in text.split("</Association>"))
    found = next(
        part for part in parts if f'{source}"' in part and f'targetObject="{target}"' in part
    )
    return found[found.index("<Association") :]


# --- registers ------------------------------------------------------------------------------------

TYPE, SPECIFIER = "urn:kanta:kvarkki:registry-type", "urn:kanta:kvarkki:registry-specifier"


def occupational(cast: Cast, specifier: str = "0245929-6", **changes: str) -> Paper:
    extra = slot(TYPE, "4") + (slot(SPECIFIER, specifier) if specifier else "")
    return xds_cast.paper(cast, extra=extra, **changes)


def test_a_register_with_a_specifier_is_made_once(cast: Cast) -> None:
    for specifier in ("0245929-6", "0245929-6^^^&1.2.246.10&ISO"):
        xds_cast.register(cast, occupational(cast, specifier))
    register = Register.objects.get(type="4")
    assert (register.specifier, register.organisation) == ("0245929-6", cast.oulu.organisation)
    assert register.controller_oid == cast.oulu.register.controller_oid
    assert not register.is_default
    assert set(Document.objects.values_list("register", flat=True)) == {register.id}


def test_a_specifier_may_be_a_persons_code_or_of_another_root(cast: Cast) -> None:
    for specifier, kept in (
        ("010594Y9032^^^&1.2.246.21&ISO", "010594Y9032"),
        ("X1^^^&1.2.246.537.30&ISO", "X1^^^&1.2.246.537.30&ISO"),
        ("", ""),
    ):
        paper = occupational(cast, specifier)
        xds_cast.register(cast, paper)
        assert Document.objects.get(entry_uuid=paper.entry).register.specifier == kept


@pytest.mark.parametrize(
    ("kind", "specifier"),
    [("4", "0245929-7"), ("4", "x^^^&1.2.3&ISO"), ("2", "0245929-6"), ("9", "")],
)
def test_a_register_that_cannot_be_is_refused(cast: Cast, kind: str, specifier: str) -> None:
    extra = slot(TYPE, kind) + (slot(SPECIFIER, specifier) if specifier else "")
    detail = refused(cast, MetadataInvalid, xds_cast.paper(cast, extra=extra))
    assert specifier == "" or specifier not in detail
    assert Register.objects.filter(controller_oid=cast.oulu.register.controller_oid).count() == 1


def test_images_meet_their_documents_in_whichever_register_these_stand(cast: Cast) -> None:
    study = xds_cast.study(cast, "1.2.3")
    for kind in ("request", "study-entry"):
        xds_cast.register(cast, occupational(cast, kind=kind, study="1.2.3"))
    assert len(study_papers.tied(study)) == 2


def test_the_service_event_is_read_from_the_references(cast: Cast) -> None:
    event = "1.2.246.10.88888029.14001.2026.1"
    reference = f"{event}^^^^urn:ihe:iti:xds:2015:encounterId"
    text = messages.submit(xds_cast.paper(cast)).replace(
        "<Value>ACC-1^^^", f"<Value>{reference}</Value><Value>ACC-1^^^"
    )
    entry = xds_cast.submission_of(text).entries[0]
    assert entry.service_event == event
    assert xds_cast.submission(xds_cast.paper(cast)).entries[0].service_event == ""


def test_a_second_version_registers_even_if_the_first_never_came(cast: Cast) -> None:
    second = xds_cast.paper(cast, replaces=messages.urn())
    xds_cast.register(cast, second)
    assert statuses(second) == ["approved"]
