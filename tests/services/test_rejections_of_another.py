"""Rejection notes that name another patient than the study's hide nothing (AR-7)."""

import pytest
from pydicom.dataset import Dataset

from archive import errors
from archive.errors.corrections import RejectionEnded, RejectionOfAnother
from archive.models import Case, CaseEvent, Instance, RejectedObject, Rejection, Study
from archive.services import rebuilding, registration, rejections
from archive.values import PatientIdentifier
from tests import cast, notes, persons
from tests.cast import MALLILA, MATTI, VENLA, dataset
from tests.notes import QUALITY, SAFETY, WORKLIST, note
from tests.persons import merge, official, temporary, undo
from tests.rebuilding import nothing, wipe
from tests.services.test_corrections import NEW_PATIENT, corrected, moved
from tests.services.test_corrections_laid_over import lay_over
from tests.services.test_registration import state, stored
from tests.services.test_rejections import registered, rejection_of

pytestmark = pytest.mark.usefixtures("db")

OF_VENLA = {"PatientID": VENLA, "PatientName": "Mallikas^Venla"}


def of(patient: PatientIdentifier) -> dict[str, str]:
    return {"PatientID": patient.value, "IssuerOfPatientID": patient.issuer}


@pytest.mark.parametrize("title", [QUALITY, SAFETY, WORKLIST])
def test_a_note_of_another_patient_is_refused_and_hides_nothing(title: str) -> None:
    made = dataset()
    study = registered(made)
    sent = note(title, made, **OF_VENLA)
    with pytest.raises(RejectionOfAnother) as refused:
        notes.send(sent)
    said = "A778: rejection note names another patient than the study's"
    assert refused.value.error_comment == said
    assert rejection_of(made) == "" and state(study) == "registered"
    assert not Rejection.objects.exists()
    case = Case.objects.get(reason="rejection-of-another")
    assert (case.code, case.organisation) == ("A778", cast.organisation())
    notes.send(note(title, made))  # as it should have been
    assert rejection_of(made) == title
    with pytest.raises(RejectionOfAnother):  # says more than that it is rejected already
        notes.send(note(title, made, **OF_VENLA))


def test_a_note_for_studies_of_which_one_is_anothers_does_nothing() -> None:
    mine = dataset()
    theirs = dataset(StudyInstanceUID="1.2.5", SeriesInstanceUID="1.2.5.1", **OF_VENLA)
    cast.store(mine)
    cast.store(theirs)
    with pytest.raises(RejectionOfAnother):
        notes.send(note(SAFETY, mine, theirs))
    assert (rejection_of(mine), rejection_of(theirs)) == ("", "")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"PatientID": ""}, errors.PatientIdUntrusted),
        ({"PatientID": "0001", "IssuerOfPatientID": "PACS"}, errors.PatientIdUntrusted),
        ({"PatientID": "010181-900X"}, errors.PatientIdUntrusted),
    ],
)
def test_who_is_named_by_no_trusted_id_is_nobody(changes: dict[str, str], error: type) -> None:
    made = dataset()
    registered(made)
    with pytest.raises(error):
        notes.send(note(SAFETY, made, **changes))
    with pytest.raises(error):
        notes.send(note(SAFETY, dataset(), **changes))  # nor is anything awaited
    assert rejection_of(made) == "" and not Rejection.objects.exists()


# --- whom the study's patient is, or was, known as ------------------------------------------------


def test_ids_that_were_merged_are_one_patient() -> None:
    first = persons.study(temporary())
    second = persons.study(official())
    merge(temporary(), official())
    for study, named in ((first, official()), (second, temporary())):
        notes.send(note(SAFETY, _object_of(study), **of(named)))
        assert not Instance.objects.filter(study=study, rejection="").exists()


def test_a_merge_that_was_undone_makes_two_again() -> None:
    study = persons.study(temporary())
    merge(temporary(), official())
    undo(temporary())
    with pytest.raises(RejectionOfAnother):
        notes.send(note(SAFETY, _object_of(study), **of(official())))


def test_what_came_under_the_other_id_meanwhile_is_rejected_under_it() -> None:
    """Its study is another person's again, so it must go; the rest stays."""
    first = dataset(**of(temporary()))
    study = cast.store(first)
    merge(temporary(), official())
    came = dataset()
    cast.store(came)
    undo(temporary())
    with pytest.raises(RejectionOfAnother):
        notes.send(note(WORKLIST, first, came))
    notes.send(note(WORKLIST, came))
    assert (rejection_of(first), rejection_of(came)) == ("", WORKLIST)
    assert Study.objects.get(id=study.id).instance_count == 1


@pytest.mark.parametrize("named", [{}, NEW_PATIENT])
def test_a_corrected_study_is_rejected_under_its_patient_and_the_one_before(
    named: dict[str, str],
) -> None:
    notes.allow(metadata=True)
    made = dataset()
    moved(made)
    notes.send(note(SAFETY, made, **named))
    assert rejection_of(made) == SAFETY


def test_a_part_that_was_corrected_is_rejected_under_its_new_patient() -> None:
    """The rest has not come yet, so that the study is what it was."""
    notes.allow(metadata=True)
    first, second = dataset(), dataset()
    cast.store(first, second)
    cast.store(corrected(first, **NEW_PATIENT))
    notes.send(note(SAFETY, first, **NEW_PATIENT))
    assert (rejection_of(first), rejection_of(second)) == (SAFETY, "")


@pytest.mark.parametrize("named", [MATTI, VENLA])
def test_so_is_what_an_archivist_corrected(named: str) -> None:
    made = dataset()
    study = registered(made)
    lay_over(study, PatientID=VENLA, PatientName="Mallikas^Venla")
    notes.send(note(SAFETY, made, PatientID=named))
    assert rejection_of(made) == SAFETY


def test_somebody_else_is_refused_after_a_correction_too() -> None:
    made = dataset()
    study = registered(made)
    lay_over(study, PatientID=VENLA, PatientName="Mallikas^Venla")
    with pytest.raises(RejectionOfAnother):
        notes.send(note(SAFETY, made, **of(temporary())))


def _object_of(study: Study) -> Dataset:
    row = Instance.objects.select_related("series").get(study=study)
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = row.sop_class_uid, row.sop_instance_uid
    made.StudyInstanceUID = study.study_instance_uid
    made.SeriesInstanceUID = row.series.series_instance_uid
    return made


# --- before its objects ---------------------------------------------------------------------------


def test_a_note_before_its_objects_falls_on_none_of_another_patient() -> None:
    first, second = dataset(), dataset()
    sent = note(SAFETY, first, second, **OF_VENLA)
    notes.send(sent)
    study = cast.store(first, second)
    registration.advance(study.id)
    assert (rejection_of(first), rejection_of(second)) == ("", "")
    assert Study.objects.get(id=study.id).instance_count == 2
    ended = RejectedObject.objects.exclude(ended_at=None)
    assert set(ended.values_list("ended_why", flat=True)) == {rejections.OF_ANOTHER}
    assert ended.count() == 2
    case = Case.objects.get(reason="rejection-of-another")
    assert (case.organisation, case.open_count) == (cast.organisation(), 1)
    event = CaseEvent.objects.get(case=case)
    assert event.sop_instance_uid == Rejection.objects.get().note_uid
    with pytest.raises(RejectionEnded):  # its sender would take them for hidden
        notes.send(sent)
    notes.send(note(SAFETY, first, second))
    assert (rejection_of(first), rejection_of(second)) == (SAFETY, SAFETY)


def test_whose_note_it_is_none_of_says_nothing_of_the_patient() -> None:
    made = dataset()
    notes.send(note(SAFETY, made, **OF_VENLA), MALLILA)
    study = stored(made)
    registration.advance(study.id)
    assert rejection_of(made) == "" and not Case.objects.filter(code="A778").exists()


@pytest.mark.usefixtures("own_vault")
def test_a_rebuilt_index_obeys_no_note_that_fell_on_nothing() -> None:
    wrong, right = dataset(), dataset()
    notes.send(note(SAFETY, wrong, **OF_VENLA))
    notes.send(note(SAFETY, right))
    cast.store(wrong, right)
    for _ in range(2):
        assert (rejection_of(wrong), rejection_of(right)) == ("", SAFETY)
        wipe()
        rebuilding.rebuild(nothing, ["production"])
        registration.advance(Study.objects.get().id)
    assert RejectedObject.objects.get(ended_why=rejections.OF_ANOTHER)
