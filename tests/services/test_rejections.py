"""Rejection by a customer's note and by an archivist, and what follows by itself (AR-7)."""

from datetime import timedelta
from typing import Any

import pytest
from pydicom.dataset import Dataset

from archive import errors, vault
from archive.actors import Actor, ActorKind
from archive.errors import corrections as refusals
from archive.models import (
    AvailabilityNotice,
    Case,
    Connection,
    Document,
    Instance,
    LedgerEvent,
    Register,
    RejectedObject,
    Rejection,
    Study,
)
from archive.objects import manifest
from archive.objects.identifier import Key
from archive.queries import finding, held
from archive.queries.attributes import MODALITIES
from archive.rules.matching import Level
from archive.services import notices, registration, rejections
from archive.values import now, today, uuid7
from tests import cast, notes
from tests.cast import MALLILA, RONTGEN, dataset
from tests.notes import QUALITY, RETENTION, SAFETY, WORKLIST, note
from tests.services.test_registration import state, stored

pytestmark = pytest.mark.usefixtures("db")

ARCHIVIST = Actor(ActorKind.STAFF, "Arja Arkistonhoitaja", uuid7(), roles=frozenset({"archivist"}))


def registered(*made: Dataset, **where: Any) -> Study:
    study = stored(*made, **where)
    cast.documents(**where)
    registration.advance(study.id)
    assert state(study) == "registered"
    return study


def rejection_of(made: Dataset) -> str:
    return Instance.objects.get(sop_instance_uid=made.SOPInstanceUID).rejection


def named_by_manifest(study: Study) -> set[str]:
    row = Document.objects.get(study=study, status="approved")
    data = vault.read("production", bytes.fromhex(row.vault_key))
    return {reference.instance_uid for reference in manifest.read(data)}


# --- partial and total ----------------------------------------------------------------------------


@pytest.mark.parametrize("title", [QUALITY, SAFETY, WORKLIST])
def test_what_a_note_rejects_leaves_the_manifest_and_the_customer_is_told(title: str) -> None:
    bad, good = dataset(), dataset()
    study = registered(bad, good)
    notes.send(note(title, bad))
    assert rejection_of(bad) == title
    registration.advance(study.id)
    assert state(study) == "registered"
    assert named_by_manifest(study) == {str(good.SOPInstanceUID)}
    assert Document.objects.filter(study=study, status="deprecated").count() == 1
    newest = AvailabilityNotice.objects.order_by("-made_at").first()
    assert newest is not None
    owed = notices.owed(newest.id)
    assert owed is not None and owed.notice.unavailable == {str(bad.SOPInstanceUID)}
    told = {uid for _, references in owed.notice.series for _, uid in references}
    assert told == {str(bad.SOPInstanceUID), str(good.SOPInstanceUID)}


def test_when_everything_is_rejected_the_manifest_is_withdrawn_and_the_study_corrected() -> None:
    first, second = dataset(), dataset()
    study = registered(first, second)
    notes.send(note(WORKLIST, first, second))
    registration.advance(study.id)
    registration.advance(study.id)
    study.refresh_from_db()
    assert (study.state, study.instance_count) == ("corrected", 0)
    assert [row.status for row in Document.objects.filter(study=study)] == ["deprecated"]
    withdrawal = AvailabilityNotice.objects.get(withdraws=True)
    owed = notices.owed(withdrawal.id)
    assert owed is not None and len(owed.notice.unavailable) == 2
    assert LedgerEvent.objects.filter(kind="manifest.withdrawn", study_id=study.id).count() == 1


def test_whom_the_register_has_passed_to_is_told_when_the_sender_has_left() -> None:
    bad, good = dataset(), dataset()
    study = registered(bad, good)
    successor, known = cast.organisation(RONTGEN), set(study.notices.values_list("id", flat=True))
    notes.send(note(QUALITY, bad))
    Register.objects.filter(id=study.register_id).update(organisation=successor)
    registration.advance(study.id)
    told = study.notices.exclude(id__in=known)
    assert {row.connection.organisation_id for row in told} == {cast.organisation().id}
    known |= {row.id for row in told}
    Connection.objects.filter(organisation=cast.organisation()).update(
        valid_until=today() - timedelta(days=1)
    )
    rejections.revoke(ARCHIVIST, Rejection.objects.get(), reason="by mistake")
    registration.advance(study.id)
    told = study.notices.exclude(id__in=known)
    assert {row.connection.organisation_id for row in told} == {successor.id}


def test_a_study_that_was_never_registered_is_corrected_without_a_notice() -> None:
    made = dataset()
    study = stored(made)
    notes.send(note(SAFETY, made))
    registration.advance(study.id)
    assert state(study) == "corrected"
    assert not AvailabilityNotice.objects.exists()


def test_a_rejection_while_documents_are_missing_withdraws_what_names_the_rejected() -> None:
    bad, good = dataset(), dataset()
    study = registered(bad, good)
    Document.objects.exclude(kind="manifest").update(status="deprecated")
    notes.send(note(SAFETY, bad))
    registration.advance(study.id)
    assert state(study) == "waiting_for_documents"
    assert not Document.objects.filter(study=study, status="approved").exists()


def test_after_rejection_the_study_goes_on_under_new_identifiers() -> None:
    wrong = dataset()
    study = registered(wrong)
    first = Document.objects.get(study=study)
    notes.send(note(WORKLIST, wrong))
    registration.advance(study.id)
    between = now()
    right = dataset()
    stored(right)
    registration.advance(study.id)
    assert state(study) == "registered"
    assert named_by_manifest(study) == {str(right.SOPInstanceUID)}
    # Withdrawn first, replaced later: in between none was in force.
    before = first.registered_at
    assert held.in_force_then([first], "production", before) == {first.entry_uuid}
    assert held.in_force_then([first], "production", between) == set()


def test_a_note_is_no_object_of_the_study_and_is_kept_byte_by_byte() -> None:
    made = dataset()
    study = registered(made)
    sent = note(SAFETY, made)
    notes.send(sent)
    assert Instance.objects.filter(study=study).count() == 1
    row = Rejection.objects.get()
    assert vault.read("production", bytes(row.digest)) == cast.encoded(sent)
    assert (row.study_id, row.organisation) == (study.id, cast.organisation())


# --- the views ------------------------------------------------------------------------------------


def test_the_quality_view_has_what_was_rejected_for_quality_and_nothing_else() -> None:
    made = [dataset() for _ in range(4)]
    study = registered(*made)
    for title, each in zip((QUALITY, SAFETY, WORKLIST), made, strict=False):
        notes.send(note(title, each))
    regular = Instance.objects.available().filter(study=study)
    quality = Instance.objects.available(quality=True).filter(study=study)
    assert {row.sop_instance_uid for row in regular} == {str(made[3].SOPInstanceUID)}
    assert {row.rejection for row in quality} == {"", QUALITY}
    assert quality.count() == 2


# --- sent again -----------------------------------------------------------------------------------


@pytest.mark.parametrize("title", [SAFETY, WORKLIST])
def test_a_rejected_object_is_refused_when_it_comes_again(title: str) -> None:
    made = dataset()
    registered(made)
    notes.send(note(title, made))
    with pytest.raises(refusals.RejectedBefore):
        cast.store(made)
    cast.store(dataset())
    registration.advance(stored(dataset()).id)
    case = Case.objects.get(reason="rejected-before")
    assert (case.code, case.state) == ("A771", "open")  # that it is archived solves nothing


def test_an_object_of_poor_quality_that_comes_again_stays_rejected() -> None:
    made = dataset()
    registered(made)
    notes.send(note(QUALITY, made))
    cast.store(made)
    assert rejection_of(made) == QUALITY
    with pytest.raises(errors.OtherContent):
        cast.store(dataset(SOPInstanceUID=made.SOPInstanceUID, Rows=4))


# --- notes that are refused -----------------------------------------------------------------------


def test_the_same_note_again_is_a_success_without_effect() -> None:
    made = dataset()
    registered(made)
    sent = note(SAFETY, made)
    notes.send(sent)
    notes.send(sent)
    assert Rejection.objects.count() == 1


def test_a_note_that_was_revoked_is_no_success_when_it_comes_again() -> None:
    """It would say that the objects are hidden, and they are shown."""
    first, second = dataset(), dataset()
    registered(first, second)
    sent = note(QUALITY, first, second)
    notes.send(sent)
    stricter = note(SAFETY, first)
    notes.send(stricter)
    notes.send(sent)  # all is hidden, by whichever note
    rejections.revoke(ARCHIVIST, Rejection.objects.get(title=QUALITY), reason="by mistake")
    with pytest.raises(refusals.RejectionEnded) as refused:
        notes.send(sent)
    said = "A770: rejection by this note has ended, send a new note"
    assert refused.value.error_comment == said
    assert (rejection_of(first), rejection_of(second)) == (SAFETY, "")
    notes.send(stricter)
    notes.send(note(QUALITY, second))
    notes.send(sent)
    assert rejection_of(second) == QUALITY


def test_nor_is_one_whose_objects_never_came() -> None:
    made = dataset()
    sent = note(SAFETY, made)
    notes.send(sent)
    notes.send(sent)
    rejections.revoke(ARCHIVIST, Rejection.objects.get(), reason="by mistake")
    with pytest.raises(refusals.RejectionEnded):
        notes.send(sent)


def test_another_note_under_a_used_uid_is_refused() -> None:
    first, second = dataset(), dataset()
    registered(first, second)
    sent = note(SAFETY, first)
    notes.send(sent)
    with pytest.raises(refusals.RejectionNoteReused):
        notes.send(note(SAFETY, second, SOPInstanceUID=str(sent.SOPInstanceUID)))
    assert rejection_of(second) == ""


def test_a_second_note_for_the_same_objects_is_refused_and_a_stricter_one_takes_over() -> None:
    made = dataset()
    registered(made)
    notes.send(note(QUALITY, made))
    with pytest.raises(refusals.RejectedAlready):
        notes.send(note(QUALITY, made))
    notes.send(note(SAFETY, made))
    assert rejection_of(made) == SAFETY
    live = RejectedObject.objects.get(ended_at=None)
    assert live.rejection.title == SAFETY


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, refusals.RejectionClassConflict),
        ({"SeriesInstanceUID": "1.2.3.4"}, refusals.NothingToReject),
    ],
)
def test_a_note_with_wrong_data_has_no_effect(changes: dict[str, str], error: type) -> None:
    made = dataset()
    registered(made)
    with pytest.raises(error):
        notes.send(note(SAFETY, dataset(SOPInstanceUID=made.SOPInstanceUID, **changes)))
    assert rejection_of(made) == "" and not Rejection.objects.exists()


@pytest.mark.filterwarnings("ignore:.*value for VR UI:UserWarning")
@pytest.mark.filterwarnings("ignore:.*exceeds the maximum length:UserWarning")
@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"])
@pytest.mark.parametrize("uid", ["1." * 32 + "12", "1.2.x", ""])
def test_a_note_that_names_what_is_no_uid_is_never_to_be_sent_again(keyword: str, uid: str) -> None:
    sent = note(SAFETY, dataset())
    study = sent.CurrentRequestedProcedureEvidenceSequence[0]
    series = study.ReferencedSeriesSequence[0]
    item = series.ReferencedSOPSequence[0]
    if keyword == "SOPInstanceUID":
        item.ReferencedSOPInstanceUID = uid
    else:
        setattr(study if keyword == "StudyInstanceUID" else series, keyword, uid)
    with pytest.raises(errors.DatasetUnreadable):
        notes.send(sent)
    assert not Rejection.objects.exists()


def test_a_refused_note_leaves_no_bytes() -> None:
    notes.allow(note_first=False)
    sent = note(SAFETY, dataset())
    with pytest.raises(refusals.NothingToReject):
        notes.send(sent)
    incoming = vault.Incoming("production")
    incoming.write(cast.encoded(sent))
    assert not vault.where("production", incoming.digest())


def test_anothers_objects_are_as_if_they_were_not_there() -> None:
    made = dataset()
    study = registered(made)
    notes.allow(MALLILA, note_first=False)
    with pytest.raises(refusals.NothingToReject) as of_anothers:
        notes.send(note(SAFETY, made), MALLILA)
    with pytest.raises(refusals.NothingToReject) as of_nobodys:
        notes.send(note(SAFETY, dataset()), MALLILA)
    assert of_anothers.value.error_comment == of_nobodys.value.error_comment
    assert rejection_of(made) == "" and state(study) == "registered"


def test_anothers_note_that_waits_never_falls_on_my_object() -> None:
    made = dataset()
    notes.send(note(SAFETY, made), MALLILA)
    study = stored(made)
    assert study.instance_count == 1
    assert LedgerEvent.objects.get(kind="study.stored").facts["rejected"] == 0
    registration.advance(study.id)
    assert rejection_of(made) == ""


def test_the_environments_never_meet() -> None:
    made = dataset()
    registered(made)
    notes.allow(note_first=False)
    with pytest.raises(refusals.NothingToReject):
        notes.send(note(SAFETY, made), environment="test")
    assert rejection_of(made) == ""


# --- retention ------------------------------------------------------------------------------------


def test_retention_is_ended_by_a_note_only_after_its_last_day_and_with_the_right_to() -> None:
    made = dataset()
    registered(made)
    with pytest.raises(refusals.RetentionRejectionUnauthorised):
        notes.send(note(RETENTION, made))
    notes.allow(retention=True)
    with pytest.raises(refusals.RetentionNotEnded):
        notes.send(note(RETENTION, made))
    notes.died(0)
    with pytest.raises(refusals.RetentionNotEnded):
        notes.send(note(RETENTION, made))
    notes.died(-1)
    notes.send(note(RETENTION, made))
    assert rejection_of(made) == RETENTION
    assert vault.where("production", bytes(Instance.objects.get().digest))  # not deleted by this


# --- a note before its objects --------------------------------------------------------------------


def test_modalities_follow_what_is_rejected_and_given_back() -> None:
    """At once, before any job of the study has run."""
    picture = dataset()
    marked = note(notes.KEY_NOTE, picture)
    study = registered(picture, marked)
    notes.send(note(QUALITY, marked))
    study.refresh_from_db()
    assert (study.modalities, study.instance_count) == (["CT"], 1)
    assert _found_by_modality("KO") == [] and _found_by_modality("CT") == [study.study_instance_uid]
    rejections.revoke(ARCHIVIST, Rejection.objects.get(), reason="by mistake")
    study.refresh_from_db()
    assert (sorted(study.modalities), study.instance_count) == (["CT", "KO"], 2)
    assert _found_by_modality("KO") == [study.study_instance_uid]


def _found_by_modality(modality: str) -> list[str]:
    wanted = finding.conditions({MODALITIES: Key((modality,))}, Level.STUDY)
    found = finding.studies(Study.objects.all(), "production", wanted)
    return list(found.values_list("study_instance_uid", flat=True))
