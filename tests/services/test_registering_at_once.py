"""A study is corrected, parted from another person or added to while its registration is under way
(AR-4, AR-7, HL-1).
"""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from archive.models import Case, Document, Instance, Job, Study
from archive.objects.registry import DocumentEntry
from archive.rules import linkage
from archive.services import overlays, publishing, registration, study_moves, study_papers
from archive.services.sessions import Session
from archive.tasks import run_job
from archive.values import now
from tests import cast, meanwhile, notes, persons
from tests.cast import dataset
from tests.persons import merge, official, temporary, undo
from tests.services.test_corrected_service_events import FIRST, events, papers
from tests.services.test_merged_studies import named_by
from tests.services.test_registration import state, stored
from tests.services.test_rejections import ARCHIVIST, registered

pytestmark = pytest.mark.usefixtures("fresh_database")


def lay_over(study: Study, **given: str) -> None:
    held = Study.objects.select_related("patient").get(id=study.id)
    seen = {study.id: study_moves.facts_of(held).mark()}
    overlays.correct(ARCHIVIST, [study.id], given, reason="mix-up at the desk", seen=seen)


def work_off(study: Study) -> None:
    """The registration that is owed, until none is due."""
    owed = Job.objects.filter(kind="registration", subject_id=study.id, state="waiting")
    owed.update(not_before=now())
    while job := owed.filter(not_before__lte=now()).first():
        run_job(str(job.id))


def test_a_study_that_is_corrected_while_its_documents_are_looked_for_names_its_new_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = stored()
    cast.documents()
    cast.documents(accession="B2")
    with monkeypatch.context() as patched:
        act = partial(lay_over, study, AccessionNumber="B2")
        meanwhile.once_before(patched, linkage, "judge", act)
        work_off(study)
    assert state(study) == "registered"
    found = Document.objects.get(study=study, status="approved")
    entry = DocumentEntry.from_json(found.metadata)
    assert entry.accession is not None
    assert (found.accession_number, entry.accession.value) == ("B2", "B2")


def test_a_study_that_waits_for_the_lock_of_its_correction_is_of_the_right_patient_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody is told of a manifest that names the patient whom the study had before."""
    study = stored()
    cast.documents()
    with monkeypatch.context() as patched:
        act = partial(lay_over, study, PatientID=cast.VENLA)
        meanwhile.once_before(patched, linkage, "judge", act)
        work_off(study)
    named = [named_by(each) for each in Document.objects.filter(study=study)]
    assert cast.MATTI not in named


@pytest.mark.parametrize("step", ["_count", "_register"])
def test_a_merge_undone_while_its_study_is_registered_leaves_no_manifest_of_the_other_person(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = persons.study(temporary())
    Instance.objects.update(committed_at=now())
    cast.documents(accession=study.accession_number)
    merge(temporary(), official())
    with monkeypatch.context() as patched:
        where: Any = registration if step == "_count" else publishing
        name = step if step == "_count" else "prepare"
        meanwhile.once_before(patched, where, name, partial(undo, temporary()))
        work_off(study)
    left = Document.objects.filter(study=study, status="approved")
    assert [named_by(each) for each in left] == []
    assert state(study) == "waiting_for_documents"


def test_a_merge_made_while_its_study_is_walked_brings_its_documents(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = persons.study(temporary())
    Instance.objects.update(committed_at=now())
    cast.documents(accession=study.accession_number)
    with monkeypatch.context() as patched:
        act = partial(merge, temporary(), official())
        meanwhile.once_after(patched, linkage, "judge", act)
        work_off(study)
    assert state(study) == "registered"


def test_an_object_that_comes_when_all_others_are_rejected_is_not_hidden_with_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its receiving had begun before that of the last one that was counted."""
    made = dataset()
    study = registered(made)
    notes.send(notes.note(notes.SAFETY, made))

    def store() -> None:
        session = Session(cast.peer())
        uid = cast.send(session, dataset())
        session.close()
        earlier = now() - timedelta(minutes=6)
        Instance.objects.filter(sop_instance_uid=uid).update(received_at=earlier)

    Study.objects.filter(id=study.id).update(state="receiving")  # as a second object had put it
    with monkeypatch.context() as patched:
        meanwhile.once_before(patched, registration, "_nothing_left", store)
        work_off(study)
    assert state(study) == "registered"


def test_a_study_that_is_corrected_while_its_service_event_is_looked_for_has_that_of_its_new_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Prohibitions go by it."""
    study = stored()
    papers("A1", cast.MATTI, FIRST)
    papers("C3", cast.MATTI, "")
    with monkeypatch.context() as patched:
        act = partial(lay_over, study, AccessionNumber="C3")
        meanwhile.once_before(patched, study_papers, "take_service_event", act)
        work_off(study)
    assert events(study) == ("", [""])


def test_a_study_of_which_all_is_rejected_while_its_manifest_is_made_is_no_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = dataset()
    study = stored(made)
    cast.documents()
    with monkeypatch.context() as patched:
        act = partial(notes.send, notes.note(notes.QUALITY, made))
        meanwhile.once_before(patched, publishing, "prepare", act)
        work_off(study)
    assert state(study) == "corrected"
    assert not Case.objects.exists()
