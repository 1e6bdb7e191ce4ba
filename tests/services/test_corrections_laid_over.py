"""Metadata corrected by an archivist, without changing a byte (AR-7)."""

import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from archive import errors, vault
from archive.errors import corrections as refusals
from archive.models import (
    Correction,
    Instance,
    InstanceVersion,
    LedgerEvent,
    Patient,
    Study,
)
from archive.services import overlays, rebuilding, registration, serving, study_moves
from archive.services.sessions import Session
from archive.values import HETU_ROOT
from tests import cast, notes
from tests.cast import MATTI, VENLA, dataset
from tests.services.test_corrections import NEW_PATIENT, corrected, served, settle, whose
from tests.services.test_registration import state
from tests.services.test_rejections import ARCHIVIST, registered

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
def _switch_on(db: None) -> None:
    notes.allow(metadata=True)


def seen(*studies: Study) -> dict[Any, str]:
    fresh = Study.objects.filter(id__in=[each.id for each in studies]).select_related("patient")
    return {each.id: study_moves.facts_of(each).mark() for each in fresh}


def lay_over(*studies: Study, reason: str = "mix-up at the desk", **given: str) -> list[Correction]:
    return overlays.correct(
        ARCHIVIST, [each.id for each in studies], given, reason=reason, seen=seen(*studies)
    )


def test_an_archivist_corrects_without_changing_a_byte() -> None:
    made = dataset()
    study = registered(made)
    digest = bytes(Instance.objects.get().digest)
    lay_over(study, PatientID=VENLA, PatientName="Mallikas^Venla")
    assert bytes(Instance.objects.get().digest) == digest
    assert vault.read("production", digest) == cast.encoded(made)
    out = served(made)
    assert (out.PatientID, str(out.PatientName)) == (VENLA, "Mallikas^Venla")
    original = out.OriginalAttributesSequence[0]
    assert original.ModifyingSystem == "Imaging Data Repository"
    assert original.ModifiedAttributesSequence[0].PatientID == MATTI
    assert whose(study) == VENLA
    told = LedgerEvent.objects.get(kind="study.corrected")
    assert told.facts["changed"] == ["PatientID", "PatientName"]
    assert (told.actor_name, told.facts["reason"]) == (ARCHIVIST.name, "mix-up at the desk")


@pytest.mark.parametrize("name", ["Mallikas^Venla", "Łukasz^Žofia"])
def test_a_large_object_goes_out_corrected_without_being_in_memory(name: str) -> None:
    """The second name makes all texts Unicode."""
    made = dataset(SpecificCharacterSet="ISO_IR 100", PixelData=bytes(4 * vault.SPILL))
    lay_over(registered(made), PatientName=name)
    row = Instance.objects.select_related("study__overlay").get()
    tracemalloc.start()
    with serving.served(row) as held:
        size = sum(map(len, held.pieces()))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert size > 4 * vault.SPILL > 8 * most
        assert held.data() == b"".join(held.pieces())
        with held.view() as whole:
            assert whole == held.data()
    out = served(made)
    assert (str(out.PatientName), out.PixelData) == (name, made.PixelData)
    assert str(out.StudyDescription) == made.StudyDescription


def test_an_association_that_lasts_brings_no_more_of_the_patient_the_study_had() -> None:
    made = dataset()
    session = Session(cast.peer())
    cast.send(session, made)
    study = Study.objects.get(instances__sop_instance_uid=made.SOPInstanceUID)
    lay_over(study, PatientID=VENLA, PatientName="Mallikas^Venla")
    session.studies[study.study_instance_uid].looked_up = 0.0  # a while ago
    for _ in range(2):
        with pytest.raises(errors.PatientConflict):
            cast.send(session, dataset())
    right = cast.send(session, dataset(**NEW_PATIENT))
    with pytest.raises(errors.PatientConflict):
        cast.send(session, dataset())
    session.close()
    held = Instance.objects.filter(study=study).values_list("sop_instance_uid", flat=True)
    assert set(held) == {made.SOPInstanceUID, right}


def test_the_preview_says_field_by_field_and_refuses_what_admission_would() -> None:
    study = Study.objects.select_related("patient").get(id=registered(dataset()).id)
    [good] = overlays.preview([study], {"AccessionNumber": "B2", "PatientSex": "F"})
    assert good.changes == {"AccessionNumber": ("A1", "B2")} and good.refused is None
    for given, error in (
        ({"PatientID": "010181-9000"}, errors.PatientIdUntrusted),
        ({"StudyDescription": "CT HEAD"}, errors.StudyCodeUnknown),
        ({"AccessionNumber": ""}, errors.AccessionMissing),
    ):
        [bad] = overlays.preview([study], given)
        assert isinstance(bad.refused, error)
        with pytest.raises(error):
            lay_over(study, **given)
    assert not Correction.objects.exists()


def test_several_studies_are_corrected_in_one_go_or_not_at_all() -> None:
    first = registered(dataset())
    other = dataset(StudyInstanceUID="1.2.5", SeriesInstanceUID="1.2.5.1", AccessionNumber="A5")
    second = cast.store(other)
    with pytest.raises(refusals.CorrectionOutdated):
        overlays.correct(
            ARCHIVIST,
            [first.id, second.id],
            {"PatientID": VENLA},
            reason="x",
            seen={**seen(first), second.id: "what it said yesterday"},
        )
    assert (whose(first), whose(second)) == (MATTI, MATTI)
    made = lay_over(first, second, PatientID=VENLA)
    assert len({each.batch_id for each in made}) == 1
    assert (whose(first), whose(second)) == (VENLA, VENLA)
    assert Study.objects.get(id=second.id).accession_number == "A5"


def test_what_was_refused_for_one_study_is_not_done_by_who_makes_the_index_again(
    own_vault: Path,
) -> None:
    first = registered(dataset())
    second = cast.store(dataset(StudyInstanceUID="1.2.5", SeriesInstanceUID="1.2.5.1"))
    outdated = {**seen(first), second.id: "what it said yesterday"}
    ids, given = [first.id, second.id], {"PatientID": VENLA}
    with pytest.raises(refusals.CorrectionOutdated):
        overlays.correct(ARCHIVIST, ids, given, reason="x", seen=outdated)
    told = rebuilding.rebuild(lambda _progress: None)
    assert (told.decisions, whose(first)) == (0, MATTI)


def test_undo_makes_the_study_what_it_was_and_the_last_goes_first() -> None:
    made = dataset()
    study = registered(made)
    [first] = lay_over(study, AccessionNumber="B2")
    [second] = lay_over(study, PatientID=VENLA)
    assert (served(made).AccessionNumber, served(made).PatientID) == ("B2", VENLA)
    with pytest.raises(refusals.CorrectionOutdated):
        overlays.undo(ARCHIVIST, first, reason="a slip")
    overlays.undo(ARCHIVIST, second, reason="a slip")
    assert (whose(study), served(made).PatientID) == (MATTI, MATTI)
    assert served(made).AccessionNumber == "B2"
    overlays.undo(ARCHIVIST, first, reason="a slip")
    assert "OriginalAttributesSequence" not in served(made)
    registration.advance(study.id)
    assert state(study) == "registered"
    assert LedgerEvent.objects.filter(kind="correction.undone").count() == 2


def test_what_a_customer_corrected_is_undone_as_well_and_stays_undone() -> None:
    made = dataset()
    study = registered(made)
    again = corrected(made, **NEW_PATIENT)
    cast.store(again)
    settle(study)
    overlays.undo(ARCHIVIST, Correction.objects.get(), reason="was right before")
    assert whose(study) == MATTI and served(made).PatientID == MATTI
    assert Instance.objects.get().version == 1
    with pytest.raises(errors.PatientConflict):
        cast.store(again)
    assert InstanceVersion.objects.count() == 2  # history stays


def test_what_the_customer_sends_takes_the_place_of_what_was_laid_over() -> None:
    made = dataset()
    study = registered(made)
    lay_over(study, PatientID=VENLA, PatientName="Mallikas^Venla")
    cast.store(corrected(made, PatientID=VENLA, PatientName="Mallikas^Venla Maria"))
    settle(study)
    study.refresh_from_db()
    assert study.overlay_id is None
    assert str(served(made).PatientName) == "Mallikas^Venla Maria"
    overlays.undo(ARCHIVIST, Correction.objects.get(origin="stored"), reason="x")
    assert str(served(made).PatientName) == "Mallikas^Venla"


def test_what_comes_to_a_known_patient_bears_that_patients_name_and_not_the_former_ones() -> None:
    """A query said the one, the objects the other."""
    demographics = {"name": "Mallikas^Venla", "birth_date": "19940501", "sex": "F"}
    Patient.objects.create(
        environment="production", identifier=VENLA, issuer=HETU_ROOT, **demographics
    )
    made = dataset(PatientSex="M")
    study = registered(made)
    [seen_] = overlays.preview([Study.objects.get(id=study.id)], {"PatientID": VENLA})
    assert seen_.changes["PatientName"] == ("Meikäläinen^Matti", "Mallikas^Venla")
    lay_over(study, PatientID=VENLA)
    out = served(made)
    said = (out.PatientID, str(out.PatientName), out.PatientBirthDate, out.PatientSex)
    assert said == (VENLA, *demographics.values())
    assert study_moves.facts_of(Study.objects.get(id=study.id)).PatientName == "Mallikas^Venla"
    overlays.undo(ARCHIVIST, Correction.objects.get(), reason="a slip")
    assert str(served(made).PatientName) == "Meikäläinen^Matti"


def test_what_is_given_stands_above_what_is_known_and_is_told_apart() -> None:
    Patient.objects.create(
        environment="production", identifier=VENLA, issuer=HETU_ROOT, name="Mallikas^Venla"
    )
    study = Study.objects.get(id=registered(dataset()).id)
    [seen_] = overlays.preview([study], {"PatientID": VENLA, "PatientName": "Mallikas^Venla Aino"})
    assert seen_.after.PatientName == "Mallikas^Venla Aino"
    assert seen_.otherwise == {"PatientName": "Mallikas^Venla"}
    assert seen_.after.PatientBirthDate == "19810101"  # of which nothing is known


def test_a_known_patient_keeps_its_name() -> None:
    Patient.objects.create(
        environment="production", identifier=VENLA, issuer=HETU_ROOT, name="Mallikas^Venla"
    )
    study = registered(dataset())
    lay_over(study, PatientID=VENLA, PatientName="Meikäläinen^Matti")
    assert Patient.objects.get(identifier=VENLA).name == "Mallikas^Venla"
    assert Patient.objects.get(identifier=MATTI).name == "Meikäläinen^Matti"


def test_rejected_and_damaged_objects_are_not_served() -> None:
    made = dataset()
    registered(made)
    notes.send(notes.note(notes.QUALITY, made))
    assert served(made).SOPInstanceUID == made.SOPInstanceUID  # the quality view's
    notes.send(notes.note(notes.SAFETY, made))
    with pytest.raises(errors.InstanceUnknown):
        served(made)
