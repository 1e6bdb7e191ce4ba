"""What merging and undoing do to studies: what they wait for, whom manifests name (HL-1, AR-4)."""

from io import BytesIO

import pytest
from pydicom import dcmread

from archive import vault
from archive.models import (
    Case,
    Document,
    DocumentLink,
    Instance,
    Job,
    Study,
)
from archive.services import registration, study_papers
from archive.values import now
from tests import cast, notes, persons
from tests.cast import MATTI
from tests.persons import merge, official, patient, temporary, undo

pytestmark = pytest.mark.django_db


def test_a_merge_wakes_the_study_that_waits_for_the_other_ids_documents() -> None:
    study = persons.study(temporary(), AccessionNumber="W1")
    cast.documents(accession="W1", patient=MATTI)
    Study.objects.filter(id=study.id).update(state="waiting_for_documents")
    Job.objects.update(state="done")
    merge(temporary(), official())
    job = Job.objects.get(subject_id=study.id, state="waiting")
    assert job.kind == "registration"
    assert [row.kind for row in study_papers.tied(study_again(study))] == [
        "request",
        "study-entry",
    ]
    job.delete()
    undo(temporary())
    assert not list(study_papers.tied(study_again(study)))
    assert Job.objects.filter(subject_id=study.id, state="waiting").exists()


def test_when_a_merge_is_undone_no_manifest_of_the_study_names_the_other_person() -> None:
    study = persons.study(temporary())
    Instance.objects.update(committed_at=now())
    cast.documents(accession=study.accession_number)
    merge(temporary(), official())
    registration.advance(study.id)
    first = Document.objects.get(study=study)
    assert (first.status, named_by(first)) == ("approved", MATTI)

    undo(temporary())
    registration.advance(study.id)
    first.refresh_from_db()
    assert (first.status, first.patient.identifier) == ("deprecated", MATTI)
    documents = Document.objects.filter(study=None)
    documents.update(patient=patient(temporary()))  # the person's own, at last
    registration.advance(study.id)
    second = Document.objects.get(study=study, status="approved")
    assert named_by(second) == temporary().value
    assert not DocumentLink.objects.filter(target_uuid=first.entry_uuid, kind="RPLC").exists()


def test_a_manifest_stays_when_the_id_that_it_names_is_merged_away() -> None:
    study = persons.study(temporary())
    Instance.objects.update(committed_at=now())
    cast.documents(accession=study.accession_number)
    Document.objects.update(patient=patient(temporary()))
    registration.advance(study.id)
    merge(temporary(), official())
    registration.advance(study.id)
    assert Document.objects.get(study=study).status == "approved"


def test_images_of_the_other_id_are_on_the_desk_when_a_merge_is_undone() -> None:
    study = persons.study(temporary())
    merge(temporary(), official())
    uid, accession = study.study_instance_uid, study.accession_number
    late = cast.dataset(
        StudyInstanceUID=uid, SeriesInstanceUID=f"{uid}.9", AccessionNumber=accession
    )
    assert cast.store(late) == study
    cast.documents(accession=accession)
    Instance.objects.update(committed_at=now())
    registration.advance(study.id)
    assert not Case.objects.filter(reason="study-of-two").exists()

    undo(temporary())
    registration.advance(study.id)
    registration.advance(study.id)
    case = Case.objects.get(reason="study-of-two")
    assert (case.event_count, case.state, case.organisation) == (1, "open", cast.organisation())
    notes.send(notes.note(notes.WORKLIST, late))
    registration.advance(study.id)
    case.refresh_from_db()
    assert case.state == "resolved"


def named_by(manifest: Document) -> str:
    """The patient id in the manifest itself."""
    content = vault.read_file("production", bytes.fromhex(manifest.vault_key))
    return str(dcmread(BytesIO(content)).PatientID)


def study_again(study: Study) -> Study:
    return Study.objects.select_related("patient").get(id=study.id)
