"""Metadata corrected by sending the same objects again (AR-7)."""

from datetime import timedelta
from typing import Any

import pytest
from pydicom.dataset import Dataset

from archive import errors, vault
from archive.errors import corrections as refusals
from archive.errors.persons import PatientIdForeign
from archive.models import (
    Case,
    Correction,
    Document,
    Instance,
    InstanceVersion,
    LedgerEvent,
    Register,
    Study,
)
from archive.services import corrections, overlays, registration, serving
from archive.services.correction_likeness import to_come
from archive.values import now
from tests import cast, notes
from tests.cast import MATTI, VENLA, dataset
from tests.objects.samples import read
from tests.services.test_registration import state
from tests.services.test_rejections import ARCHIVIST, registered

pytestmark = pytest.mark.usefixtures("db")

NEW_PATIENT = {
    "PatientID": VENLA,
    "PatientName": "Mallikas^Venla",
    "PatientBirthDate": "19940501",
}


@pytest.fixture(autouse=True)
def _switch_on(db: None) -> None:
    notes.allow(metadata=True)


def corrected(made: Dataset, **changes: Any) -> Dataset:
    """The same object as its sender has corrected it."""
    again = dataset(**{"SOPInstanceUID": str(made.SOPInstanceUID), **changes})
    for name in ("SeriesInstanceUID", "StudyInstanceUID", "InstanceNumber"):
        if name not in changes:
            setattr(again, name, made[name].value)
    return again


def served(made: Dataset) -> Dataset:
    row = Instance.objects.select_related("study__overlay").get(
        sop_instance_uid=made.SOPInstanceUID
    )
    with serving.served(row) as found:
        return read(found.data(), row.transfer_syntax_uid)


def settle(study: Study) -> Any:
    """As if the last object had come a while ago."""
    InstanceVersion.objects.update(received_at=now() - timedelta(minutes=5))
    return corrections.settle(study.id)


def moved(made: Dataset) -> Study:
    """The study of an object that was registered, and corrected to another patient since."""
    study = registered(made)
    cast.store(corrected(made, **NEW_PATIENT))
    settle(study)
    return study


def whose(study: Study) -> str:
    return Study.objects.select_related("patient").get(id=study.id).patient.identifier


# --- sent again -----------------------------------------------------------------------------------


def issued_by(made: Dataset, controller_oid: str, **changes: Any) -> Dataset:
    issuer = Dataset()
    issuer.UniversalEntityID, issuer.UniversalEntityIDType = controller_oid, "ISO"
    again = corrected(made, **changes)
    again.IssuerOfAccessionNumberSequence = [issuer]
    return again


@pytest.mark.parametrize("changes", [{}, NEW_PATIENT])
def test_another_register_of_the_sender_is_refused_and_said_so(changes: dict[str, str]) -> None:
    """The study would stay where it is, and its objects say another controller."""
    made = dataset()
    study = registered(made)
    passed = Register.objects.get(organisation__business_id=cast.MALLILA, is_default=True)
    Register.objects.filter(id=passed.id).update(organisation=cast.organisation())
    with pytest.raises(refusals.RegisterFixed) as refused:
        cast.store(issued_by(made, passed.controller_oid, **changes))
    assert refused.value.error_comment == "0124: a correction moves no study to another register"
    case = Case.objects.get(reason="register-fixed")
    assert (case.organisation, case.code) == (cast.organisation(), "0124")
    assert not InstanceVersion.objects.exists()
    cast.store(issued_by(made, study.register.controller_oid))  # where it stands
    assert InstanceVersion.objects.count() == 2
    # A study of that register is corrected as ever.
    theirs = issued_by(dataset(StudyInstanceUID="1.2.5"), passed.controller_oid)
    theirs.SeriesInstanceUID = "1.2.5.1"
    cast.store(theirs)
    again = issued_by(theirs, passed.controller_oid, StudyID="9")
    moved_on = cast.store(again)
    settle(moved_on)
    assert Study.objects.get(id=moved_on.id).study_id == "9"


def test_off_it_is_refused_as_it_always_was() -> None:
    made = dataset()
    cast.store(made, business_id=cast.MALLILA)
    for changes, error in (
        (NEW_PATIENT, errors.PatientConflict),
        ({"AccessionNumber": "B2"}, errors.OtherContent),
    ):
        with pytest.raises(error):
            cast.store(corrected(made, **changes), business_id=cast.MALLILA)
    assert not InstanceVersion.objects.exists()


def test_a_study_moves_to_its_right_patient_when_all_its_objects_are_corrected() -> None:
    first, second = dataset(), dataset()
    study = registered(first, second)
    before = bytes(Instance.objects.get(sop_instance_uid=first.SOPInstanceUID).digest)
    cast.store(corrected(first, **NEW_PATIENT))
    assert settle(study) is not None
    assert whose(study) == MATTI and served(first).PatientID == MATTI
    cast.store(corrected(second, **NEW_PATIENT))
    assert settle(study) is None
    assert whose(study) == VENLA
    for made in (first, second):
        out = served(made)
        assert (out.PatientID, str(out.PatientName)) == (VENLA, "Mallikas^Venla")
        original = out.OriginalAttributesSequence[0]
        assert original.ModifyingSystem == "ESIM_PACS"
        assert original.ModifiedAttributesSequence[0].PatientID == MATTI
    assert vault.read("production", before) == cast.encoded(first)  # the original bytes stay
    told = LedgerEvent.objects.get(kind="study.corrected", study_id=study.id)
    assert told.facts["changed"] == ["PatientID", "PatientName", "PatientBirthDate"]
    assert MATTI not in str(told.facts) and VENLA not in str(told.facts)


def test_the_manifest_follows_and_the_old_patients_is_withdrawn_at_once() -> None:
    made = dataset()
    study = moved(made)
    assert not Document.objects.filter(study=study, status="approved").exists()
    registration.advance(study.id)
    assert state(study) == "waiting_for_documents"  # the documents are the old patient's
    cast.documents(patient=VENLA)
    registration.advance(study.id)
    manifest = Document.objects.get(study=study, status="approved")
    assert manifest.patient.identifier == VENLA


def test_a_study_of_which_a_part_is_corrected_stays_whole_and_is_told_of() -> None:
    made = [dataset() for _ in range(3)]
    study = registered(*made)
    for each in made[:2]:
        cast.store(corrected(each, **NEW_PATIENT))
    assert settle(study) is not None
    assert {served(each).PatientID for each in made} == {MATTI}
    correction = Correction.objects.get(study=study, state="gathering")
    assert len(to_come(correction)) == 2
    InstanceVersion.objects.update(received_at=now() - timedelta(hours=3))
    assert corrections.settle(study.id) is None
    case = Case.objects.get(reason="correction-incomplete")
    assert case.organisation == cast.organisation()
    corrections.settle(study.id)
    case.refresh_from_db()
    assert case.event_count == 1
    cast.store(corrected(made[2], **NEW_PATIENT))
    settle(study)
    assert whose(study) == VENLA
    case.refresh_from_db()
    correction.refresh_from_db()
    assert (case.state, correction.state) == ("resolved", "in_force")


def test_objects_that_always_said_so_need_not_come_again() -> None:
    wrong = dataset(StudyID="1")
    right = dataset(StudyID="2")
    study = registered(wrong, right)
    cast.store(corrected(wrong, StudyID="2"))
    assert settle(study) is None
    assert Study.objects.get(id=study.id).study_id == "2"


def test_objects_that_differ_in_what_was_not_corrected_are_corrected_together() -> None:
    first, second = dataset(), dataset(StudyTime="101501", SeriesNumber="2")
    right = dataset(StudyTime="101502", StudyID="2")
    study = registered(first, second, right)
    again = [
        corrected(second, StudyTime="101501", SeriesNumber="2", StudyID="2"),
        corrected(first, StudyID="2"),
    ]
    cast.store(again[0])
    assert settle(study) is not None
    cast.store(again[1])
    assert settle(study) is None
    study.refresh_from_db()
    assert (study.study_id, study.study_time) == ("2", "101500")
    correction = Correction.objects.get()
    assert (correction.state, correction.versions.count()) == ("in_force", 2)
    told = LedgerEvent.objects.get(kind="study.corrected", study_id=study.id)
    assert told.facts["changed"] == ["StudyID"]
    cast.store(*again)
    assert [served(each).StudyID for each in (first, second, right)] == ["2"] * 3
    assert [served(each).StudyTime for each in (first, second)] == ["101500", "101501"]
    overlays.undo(ARCHIVIST, correction, reason="was right before")
    assert ["StudyID" in served(each) for each in (first, second)] == [False, False]


def test_objects_of_which_one_was_corrected_further_wait_for_the_others() -> None:
    first, second = dataset(), dataset(StudyTime="101501")
    study = registered(first, second)
    cast.store(corrected(first, **NEW_PATIENT))
    cast.store(corrected(second, **NEW_PATIENT, StudyTime="101501", AccessionNumber="B3"))
    assert settle(study) is not None
    assert whose(study) == MATTI
    cast.store(corrected(first, **NEW_PATIENT, AccessionNumber="B3"))
    assert settle(study) is None
    study.refresh_from_db()
    assert (whose(study), study.accession_number) == (VENLA, "B3")
    assert Correction.objects.exclude(state="in_force").count() == 1


def test_rejected_objects_need_not_be_corrected() -> None:
    bad, good = dataset(), dataset()
    study = registered(bad, good)
    notes.send(notes.note(notes.SAFETY, bad))
    cast.store(corrected(good, **NEW_PATIENT))
    assert settle(study) is None
    assert whose(study) == VENLA


def test_two_different_corrections_do_not_mix() -> None:
    first, second = dataset(), dataset()
    study = registered(first, second)
    cast.store(corrected(first, AccessionNumber="B2"))
    cast.store(corrected(second, AccessionNumber="B3"))
    assert settle(study) is not None
    assert Correction.objects.filter(state="gathering").count() == 2
    assert Study.objects.get(id=study.id).accession_number == "A1"


@pytest.mark.parametrize(
    "changes",
    [
        {"Rows": 4},
        {"InstanceNumber": "7"},
        {"SeriesDescription": "changed"},
        {"PixelData": bytes(8)},
        {"StudyDate": "20261120", "SeriesInstanceUID": "1.2.246.10.90000003.1.9"},
    ],
)
def test_what_is_not_patient_or_study_stays_refused(changes: dict[str, Any]) -> None:
    made = dataset()
    study = registered(made)
    with pytest.raises(errors.OtherContent):
        cast.store(corrected(made, AccessionNumber="B2", **changes))
    assert not InstanceVersion.objects.filter(instance__study=study).exists()


def test_another_patient_and_changed_pixels_say_so() -> None:
    made = dataset()
    registered(made)
    with pytest.raises(errors.PatientConflict):
        cast.store(corrected(made, **NEW_PATIENT, PixelData=bytes(8)))


def test_a_correction_must_be_admissible_itself() -> None:
    made = dataset()
    registered(made)
    with pytest.raises(errors.PatientIdUntrusted):
        cast.store(corrected(made, PatientID="010181-9000"))
    with pytest.raises(errors.StudyCodeUnknown):
        cast.store(corrected(made, StudyDescription="CT HEAD"))


def test_a_study_is_not_corrected_to_a_temporary_id_of_another_organisation() -> None:
    first, second = dataset(), dataset()
    study = registered(first, second)
    own, foreign = (
        {"PatientID": "010181-9991", "IssuerOfPatientID": f"1.2.246.10.{arc}.22.2026"}
        for arc in ("90000003", "90000011")
    )
    with pytest.raises(PatientIdForeign):
        cast.store(corrected(first, **foreign))
    with pytest.raises(PatientIdForeign):
        cast.store(dataset(), corrected(first, **foreign))  # taken for a new one at first
    assert not InstanceVersion.objects.exists()
    cast.store(*(corrected(each, **own) for each in (first, second)))
    assert settle(study) is not None  # the third one


def test_what_does_not_name_the_study_is_corrected_at_once() -> None:
    first, second = dataset(), dataset()
    study = registered(first, second)
    manifest = Document.objects.get(study=study, status="approved")
    cast.store(*(corrected(each, PatientWeight="70") for each in (first, second)))
    assert served(first).PatientWeight == 70
    correction = Correction.objects.get()
    assert (correction.state, correction.versions.count()) == ("in_force", 2)
    registration.advance(study.id)
    assert Document.objects.get(study=study, status="approved").id == manifest.id


def test_the_same_correction_again_is_known_and_an_earlier_version_does_not_come_back() -> None:
    first, second = dataset(), dataset()
    study = registered(first, second)
    again = corrected(first, **NEW_PATIENT)
    cast.store(again)
    cast.store(again)
    assert InstanceVersion.objects.filter(instance__study=study).count() == 2
    cast.store(corrected(second, **NEW_PATIENT))
    settle(study)
    cast.store(again)
    with pytest.raises(errors.PatientConflict):
        cast.store(first)
    assert served(first).PatientID == VENLA


def test_texts_in_another_character_set_are_compared_as_they_read() -> None:
    made = dataset(SpecificCharacterSet="ISO_IR 100", SeriesDescription="pää")
    study = registered(made)
    cast.store(corrected(made, SeriesDescription="pää", AccessionNumber="B2"))
    settle(study)
    assert served(made).AccessionNumber == "B2"
    with pytest.raises(errors.OtherContent):
        cast.store(corrected(made, SeriesDescription="päa", AccessionNumber="B3"))
    misread = corrected(made, SeriesDescription="pÃ¤Ã¤", AccessionNumber="B3")
    misread.SpecificCharacterSet = "ISO_IR 100"  # in which the bytes of "pää" in Unicode read so
    with pytest.raises(errors.OtherContent):
        cast.store(misread)


def test_who_corrects_back_before_the_study_has_followed_has_the_last_word() -> None:
    """What differs from what is in force in nothing that names the study holds at once."""
    made = [dataset(), dataset()]
    study = registered(*made)
    for each in made:
        cast.store(corrected(each, **NEW_PATIENT))
    for each in made:
        cast.store(corrected(each, ReferringPhysicianName="Lähettäjä^Lassi"))
    assert settle(study) is None
    assert whose(study) == MATTI
    assert {str(served(each).ReferringPhysicianName) for each in made} == {"Lähettäjä^Lassi"}
    states = Correction.objects.order_by("made_at").values_list("state", "undone_why")
    assert states[0] == ("undone", "followed by a later correction")


def test_a_study_of_which_one_object_was_corrected_back_waits_for_it() -> None:
    made = [dataset(), dataset()]
    study = registered(*made)
    for each in made:
        cast.store(corrected(each, **NEW_PATIENT))
    cast.store(corrected(made[0], ReferringPhysicianName="Lähettäjä^Lassi"))
    assert settle(study) is not None
    assert whose(study) == MATTI
    assert {served(each).PatientID for each in made} == {MATTI}
    cast.store(corrected(made[0], **NEW_PATIENT))
    settle(study)
    assert whose(study) == VENLA
    assert {served(each).PatientID for each in made} == {VENLA}


def physician(study: Study) -> str:
    return Study.objects.get(id=study.id).referring_physician


def test_a_study_is_found_by_the_physician_that_its_objects_name_now() -> None:
    """Alone it is corrected at once, with what names the study when that is, and undone with it."""
    made = dataset(ReferringPhysicianName="Lähettäjä^Liisa")
    study = registered(made)
    assert physician(study) == "Lähettäjä^Liisa"
    cast.store(corrected(made, ReferringPhysicianName="Lähettäjä^Lassi"))
    assert physician(study) == "Lähettäjä^Lassi"
    cast.store(corrected(made, ReferringPhysicianName="Muu^Maija", **NEW_PATIENT))
    assert physician(study) == "Lähettäjä^Lassi"
    corrections.settle(study.id)
    assert physician(study) == "Muu^Maija"
    last = overlays.last_in_force(Study.objects.get(id=study.id))
    assert last is not None
    overlays.undo(ARCHIVIST, last, reason="erehdys")
    assert physician(study) == "Lähettäjä^Lassi"
