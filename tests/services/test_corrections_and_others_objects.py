"""What was rejected before a correction, or came after it, names another patient than the study
would be of: no undoing and no revocation brings that about (AR-7).
"""

import pytest

from archive.errors.corrections import OthersObjects
from archive.models import Correction, Instance, Rejection, Study
from archive.services import overlays, rejections
from tests import cast, notes, persons
from tests.cast import MATTI, VENLA, dataset
from tests.notes import QUALITY, note
from tests.services.test_corrections import NEW_PATIENT, corrected, settle, whose
from tests.services.test_corrections_laid_over import lay_over
from tests.services.test_rejections import ARCHIVIST, registered, rejection_of

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
def _switch_on(db: None) -> None:
    notes.allow(metadata=True)


def study_corrected_while_one_is_rejected() -> tuple[Study, cast.Dataset]:
    first, second = dataset(), dataset()
    study = registered(first, second)
    notes.send(note(QUALITY, second))
    cast.store(corrected(first, **NEW_PATIENT))
    settle(study)
    assert whose(study) == VENLA
    return study, second


def test_what_was_rejected_before_a_correction_is_not_given_back_into_anothers_study() -> None:
    study, second = study_corrected_while_one_is_rejected()
    with pytest.raises(OthersObjects):
        rejections.revoke(ARCHIVIST, Rejection.objects.get(), reason="a slip")
    assert rejection_of(second) == QUALITY
    overlays.undo(ARCHIVIST, Correction.objects.get(), reason="first things first")
    rejections.revoke(ARCHIVIST, Rejection.objects.get(), reason="a slip")
    assert (whose(study), rejection_of(second)) == (MATTI, "")
    lay_over(study, PatientID=VENLA)
    assert whose(study) == VENLA


def test_what_an_archivist_has_laid_over_holds_for_what_is_given_back() -> None:
    first, second = dataset(), dataset()
    study = registered(first, second)
    notes.send(note(QUALITY, second))
    lay_over(study, PatientID=VENLA)
    rejections.revoke(ARCHIVIST, Rejection.objects.get(), reason="a slip")
    assert rejection_of(second) == ""


def test_a_correction_is_not_undone_when_objects_came_for_whom_it_was_corrected_to() -> None:
    study = registered(dataset())
    [made] = lay_over(study, PatientID=VENLA)
    late = dataset(PatientID=VENLA)
    cast.store(late)
    with pytest.raises(OthersObjects):
        overlays.undo(ARCHIVIST, made, reason="a slip")
    assert whose(study) == VENLA and Study.objects.get().overlay == made
    assert Correction.objects.get().state == "in_force"
    chosen = list(Instance.objects.filter(sop_instance_uid=late.SOPInstanceUID))
    notes.send(note(QUALITY, late))
    overlays.undo(ARCHIVIST, made, reason="a slip")
    assert whose(study) == MATTI and chosen
    with pytest.raises(OthersObjects):
        rejections.revoke(ARCHIVIST, Rejection.objects.get(), reason="a slip")


def test_of_one_person_under_two_ids_all_is_undone_and_given_back() -> None:
    study = registered(dataset())
    persons.merge(persons.temporary(), persons.official())
    [made] = lay_over(
        study,
        PatientID=persons.TEMPORARY,
        IssuerOfPatientID=persons.temporary().issuer,
    )
    cast.store(dataset(PatientID=persons.TEMPORARY, IssuerOfPatientID=persons.temporary().issuer))
    overlays.undo(ARCHIVIST, made, reason="a slip")
    assert whose(study) == MATTI
