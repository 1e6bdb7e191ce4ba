"""What the registry does with a submission, whatever brought it."""

import pytest

from archive.errors import (
    AlreadyReplaced,
    ArchiveError,
    EnvironmentMismatch,
    HashDiffers,
    MetadataInvalid,
    PatientDiffers,
    PatientIdUntrusted,
    Refused,
    UniqueIdReused,
)
from archive.models import (
    Case,
    CaseEvent,
    Document,
    DocumentLink,
    Job,
    LedgerEvent,
    Patient,
    Submission,
)
from tests.edges.xds import messages
from tests.services import xds_cast
from tests.services.xds_cast import Cast

pytestmark = pytest.mark.django_db

OTHER_HASH = "b" * 40


@pytest.fixture
def cast() -> Cast:
    return xds_cast.assemble()


def counts() -> tuple[int, int]:
    return Submission.objects.count(), Document.objects.count()


def refused(cast: Cast, error: type[ArchiveError], *papers: messages.Paper) -> str:
    """Nothing is kept of a refused submission."""
    before = counts()
    with pytest.raises(error) as caught:
        xds_cast.register(cast, *papers)
    assert counts() == before
    return caught.value.detail


def test_a_document_is_registered_with_what_ties_it_to_its_study(cast: Cast) -> None:
    paper = xds_cast.paper(cast, study="1.2.3")
    xds_cast.register(cast, paper)
    row = Document.objects.get()
    assert (row.kind, row.status) == ("study-entry", "approved")
    assert (row.entry_uuid, row.unique_id) == (paper.entry, paper.unique)
    assert (row.accession_number, row.study_instance_uid) == ("ACC-1", "1.2.3")
    assert row.register == cast.oulu.register
    assert row.patient.identifier == "010181-900C"
    assert row.creation_time is not None
    assert row.creation_time.isoformat() == "2026-11-20T10:15:00+00:00"
    assert row.submission is not None
    assert row.submission.unique_id == paper.submission_unique


def test_each_document_is_one_event_of_the_ledger(cast: Cast) -> None:
    first = xds_cast.paper(cast)
    xds_cast.register(cast, first, xds_cast.paper(cast, kind="request"))
    events = LedgerEvent.objects.filter(kind="document.registered")
    assert sorted(event.facts["kind"] for event in events) == ["request", "study-entry"]
    assert {event.subject_id for event in events} == set(
        Document.objects.values_list("id", flat=True)
    )
    assert "010181" not in str([event.facts for event in events])


def test_the_same_message_again_is_success_without_effect(cast: Cast) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    events = LedgerEvent.objects.count()
    for _ in range(3):
        xds_cast.register(cast, paper)
    assert counts() == (1, 1)
    assert LedgerEvent.objects.count() == events


def test_symbolic_ids_get_uuids_and_the_message_may_come_again(cast: Cast) -> None:
    paper = xds_cast.paper(cast, entry="Document01", submission="Set01")
    xds_cast.register(cast, paper)
    xds_cast.register(cast, paper.but(entry="theDocument", submission="theSet"))
    row = Document.objects.get()
    assert row.entry_uuid.startswith("urn:uuid:")
    assert row.metadata["uuid"] == row.entry_uuid


def test_an_entry_uuid_is_kept_in_lower_case(cast: Cast) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper.but(entry=paper.entry.upper()))
    assert Document.objects.get().entry_uuid == paper.entry


def test_a_document_in_a_new_submission_set_is_no_second_entry(cast: Cast) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    xds_cast.register(cast, paper.resubmitted())
    xds_cast.register(cast, paper.resubmitted(entry=messages.urn()))
    assert counts() == (3, 1)


def test_the_same_unique_id_with_other_bytes_is_refused(cast: Cast) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    refused(cast, HashDiffers, paper.resubmitted(hash=OTHER_HASH))
    refused(cast, HashDiffers, paper.but(hash=OTHER_HASH))


def test_a_submission_set_with_other_content_is_refused(cast: Cast) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    refused(cast, UniqueIdReused, paper.but(entry=messages.urn(), unique=messages.uid()))
    refused(cast, UniqueIdReused, paper.but(title="Toinen"))


@pytest.mark.parametrize(
    "changes",
    [{"accession": "ACC-2"}, {"patient": "010594Y9032"}, {"kind": "report"}, {"study": "1.2.3"}],
)
def test_a_known_document_for_another_study_is_refused(cast: Cast, changes: dict[str, str]) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    refused(cast, UniqueIdReused, paper.resubmitted(**changes))


def test_an_entry_uuid_belongs_to_one_document(cast: Cast) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    refused(cast, UniqueIdReused, xds_cast.paper(cast, entry=paper.entry))


def test_only_the_environments_patient_data_repository_registers(cast: Cast) -> None:
    paper = xds_cast.paper(cast)
    with pytest.raises(Refused):
        xds_cast.register(cast, paper, actor=cast.oulu.consumer.actor)
    other = xds_cast.peer(cast.oulu.organisation, "test", xds_cast.XdsRole.PDR)
    with pytest.raises(Refused):
        xds_cast.register(cast, paper, actor=other.actor)
    assert counts() == (0, 0)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"hash": ""}, "hash"),
        ({"hash": "zz"}, "hash"),
        ({"size": ""}, "size"),
        ({"created": ""}, "creationTime is missing"),
        ({"created": "yesterday"}, "creationTime is no time"),
        ({"started": "20261399"}, "serviceStartTime is no time"),
        ({"unique": "doc 1"}, "uniqueId"),
        ({"submission_unique": "x"}, "uniqueId"),
        ({"controller": "Oulu"}, "author institution"),
        ({"controller": "1.2.246.10.1.19.0"}, "no data controller here"),
        ({"study": "one"}, "studyInstanceUID"),
        ({"kind": "manifest"}, "manifest"),
        ({"replaces": "symbolic"}, "not in the submission"),
    ],
)
def test_metadata_that_cannot_be_relied_on_is_refused_with_the_reason(
    cast: Cast, changes: dict[str, str], reason: str
) -> None:
    assert reason in refused(cast, MetadataInvalid, xds_cast.paper(cast, **changes))


def test_a_set_and_its_documents_are_of_one_patient(cast: Cast) -> None:
    papers = xds_cast.paper(cast), xds_cast.paper(cast, patient="010594Y9032")
    assert "same patientId" in refused(cast, MetadataInvalid, *papers)


def test_patient_ids_follow_the_rule_for_images(cast: Cast) -> None:
    before = list(Patient.objects.values_list("id", flat=True))
    refused(cast, PatientIdUntrusted, xds_cast.paper(cast, patient="010181-900D"))
    refused(cast, PatientIdUntrusted, xds_cast.paper(cast, root="1.2.3"))
    xds_cast.register(cast, xds_cast.paper(cast, patient="X1", root="1.2.246.10.88888029.22.2026"))
    assert Patient.objects.exclude(id__in=before).get().identifier == "X1"


def test_the_test_environment_takes_test_persons_only() -> None:
    cast = xds_cast.assemble("test")
    xds_cast.register(cast, xds_cast.paper(cast))
    refused(cast, EnvironmentMismatch, xds_cast.paper(cast, patient="131052-308T"))


def test_environments_do_not_meet(cast: Cast) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    repository = xds_cast.peer(cast.oulu.organisation, "test", xds_cast.XdsRole.PDR)
    other = Cast("test", repository, cast.oulu, cast.turku)
    xds_cast.register(other, paper.but(hash=OTHER_HASH))
    assert sorted(Document.objects.values_list("environment", flat=True)) == ["production", "test"]


# --- replacing ------------------------------------------------------------------------------------


def statuses() -> dict[str, str]:
    return dict(Document.objects.values_list("entry_uuid", "status"))


def test_a_replacement_deprecates_what_it_replaces(cast: Cast) -> None:
    old = xds_cast.paper(cast)
    new = xds_cast.paper(cast, replaces=old.entry)
    xds_cast.register(cast, old)
    xds_cast.register(cast, new)
    assert statuses() == {old.entry: "deprecated", new.entry: "approved"}
    link = DocumentLink.objects.exclude(kind="HasMember").get()
    assert (link.kind, link.source_uuid, link.target_uuid) == ("RPLC", new.entry, old.entry)


def test_a_replacement_may_come_first(cast: Cast) -> None:
    old = xds_cast.paper(cast)
    new = xds_cast.paper(cast, replaces=old.entry)
    xds_cast.register(cast, new)
    assert statuses() == {new.entry: "approved"}
    xds_cast.register(cast, old)
    xds_cast.register(cast, new)
    assert statuses() == {old.entry: "deprecated", new.entry: "approved"}


def test_a_document_has_one_successor(cast: Cast) -> None:
    old = xds_cast.paper(cast)
    new = xds_cast.paper(cast, replaces=old.entry)
    xds_cast.register(cast, old)
    xds_cast.register(cast, new)
    xds_cast.register(cast, new.resubmitted())
    refused(cast, AlreadyReplaced, xds_cast.paper(cast, replaces=old.entry))
    refused(
        cast,
        AlreadyReplaced,
        xds_cast.paper(cast, replaces=new.entry),
        xds_cast.paper(cast, replaces=new.entry),
    )


def test_a_document_replaces_one_of_its_own_patient(cast: Cast) -> None:
    old = xds_cast.paper(cast, patient="010594Y9032")
    xds_cast.register(cast, old)
    refused(cast, PatientDiffers, xds_cast.paper(cast, replaces=old.entry))


def test_a_merged_away_patient_counts_as_the_survivor(cast: Cast) -> None:
    old = xds_cast.paper(cast, patient="010594Y9032")
    xds_cast.register(cast, old)
    survivor = xds_cast.patient(cast)
    Patient.objects.filter(identifier="010594Y9032").update(survivor=survivor)
    xds_cast.register(cast, xds_cast.paper(cast, replaces=old.entry))
    assert statuses()[old.entry] == "deprecated"


# --- studies that wait ----------------------------------------------------------------------------


def woken() -> set[object]:
    return set(Job.objects.filter(kind="registration").values_list("subject_id", flat=True))


def test_a_document_wakes_the_studies_it_ties_to(cast: Cast) -> None:
    mine = xds_cast.study(cast, "1.2.3")
    twin = xds_cast.study(cast, "1.2.4")
    xds_cast.study(cast, "1.2.5", accession="ACC-9")
    xds_cast.study(cast, "1.2.6", of=xds_cast.patient(cast, "010594Y9032"))
    xds_cast.register(cast, xds_cast.paper(cast))
    assert woken() == {mine.id, twin.id}


def test_a_document_wakes_a_study_of_a_merged_away_patient(cast: Cast) -> None:
    retired = xds_cast.patient(cast, "010594Y9032")
    mine = xds_cast.study(cast, "1.2.3", of=retired)
    Patient.objects.filter(id=retired.id).update(survivor=xds_cast.patient(cast))
    xds_cast.register(cast, xds_cast.paper(cast))
    assert woken() == {mine.id}


def test_a_document_that_names_another_study_is_registered_and_a_case(cast: Cast) -> None:
    study = xds_cast.study(cast, "1.2.3")
    xds_cast.register(cast, xds_cast.paper(cast, study="1.2.9"))
    assert Document.objects.count() == 1
    case = Case.objects.get()
    assert (case.reason, case.organisation) == ("study-uid-differs", cast.oulu.organisation)
    event = CaseEvent.objects.get()
    assert (event.study, event.accession_number) == (study, "ACC-1")
    assert event.facts["named by document"] == "1.2.9"


def test_one_of_several_studies_under_an_accession_number_may_be_named(cast: Cast) -> None:
    xds_cast.study(cast, "1.2.3")
    named = xds_cast.study(cast, "1.2.4")
    xds_cast.register(cast, xds_cast.paper(cast, study="1.2.4"))
    assert not Case.objects.exists()
    assert LedgerEvent.objects.get(kind="document.registered").study_id == named.id
