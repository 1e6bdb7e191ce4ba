"""Rejections revoked, made by an archivist, asked to be committed; and key notes (AR-7)."""

import pytest

from archive import errors, vault
from archive.errors import corrections as refusals
from archive.models import Instance, LedgerEvent, RejectedObject, Rejection
from archive.objects import key_objects
from archive.services import commitment, registration, rejection_notes, rejections
from archive.values import uid_from_uuid, uuid7
from tests import cast, notes
from tests.cast import dataset
from tests.notes import QUALITY, SAFETY, note
from tests.services.test_registration import state, stored
from tests.services.test_rejections import (
    ARCHIVIST,
    named_by_manifest,
    registered,
    rejection_of,
)

pytestmark = pytest.mark.usefixtures("db")


# --- revocation -----------------------------------------------------------------------------------


def test_revocation_gives_the_objects_back_and_the_manifest_names_them_again() -> None:
    first, second = dataset(), dataset()
    study = registered(first, second)
    notes.send(note(SAFETY, first, second))
    registration.advance(study.id)
    assert state(study) == "corrected"
    rejection = Rejection.objects.get()
    one = RejectedObject.objects.get(sop_instance_uid=first.SOPInstanceUID)
    assert rejections.revoke(ARCHIVIST, rejection, reason="a slip", object_ids=[one.id]) == 1
    registration.advance(study.id)
    assert named_by_manifest(study) == {str(first.SOPInstanceUID)}
    assert rejections.revoke(ARCHIVIST, rejection, reason="a slip") == 1
    registration.advance(study.id)
    assert len(named_by_manifest(study)) == 2
    told = LedgerEvent.objects.filter(kind="rejection.revoked", study_id=study.id)
    assert [event.facts["objects"] for event in told] == [1, 1]
    cast.store(first)  # and it is a known object again


def test_a_revoked_note_awaits_nothing_any_more() -> None:
    made = dataset()
    notes.send(note(SAFETY, made))
    rejections.revoke(ARCHIVIST, Rejection.objects.get(), reason="a slip")
    stored(made)
    assert rejection_of(made) == ""


# --- by an archivist ------------------------------------------------------------------------------


def test_an_archivist_rejects_by_a_note_of_our_own() -> None:
    bad, good = dataset(), dataset()
    study = registered(bad, good)
    chosen = Instance.objects.filter(sop_instance_uid=bad.SOPInstanceUID)
    rejection = rejection_notes.reject(
        ARCHIVIST, study, chosen.values_list("id", flat=True), QUALITY, reason="moved"
    )
    data = vault.read("production", bytes(rejection.digest))
    content = key_objects.read(data, rejection.transfer_syntax_uid)
    assert content.title == QUALITY
    assert [each.instance_uid for each in content.named] == [str(bad.SOPInstanceUID)]
    registration.advance(study.id)
    assert named_by_manifest(study) == {str(good.SOPInstanceUID)}
    told = LedgerEvent.objects.get(kind="objects.rejected")
    assert (told.actor_name, told.facts["reason"]) == (ARCHIVIST.name, "moved")


def test_an_archivist_cannot_reject_twice_nor_another_studys_objects() -> None:
    made = dataset()
    study = registered(made)
    ids = list(Instance.objects.values_list("id", flat=True))
    rejection_notes.reject(ARCHIVIST, study, ids, SAFETY, reason="x")
    with pytest.raises(refusals.RejectedAlready):
        rejection_notes.reject(ARCHIVIST, study, ids, SAFETY, reason="x")
    with pytest.raises(errors.DatasetUnreadable):
        rejection_notes.reject(ARCHIVIST, study, [uuid7()], SAFETY, reason="x")


# --- commitment, key notes ------------------------------------------------------------------------


def test_commitment_covers_notes_and_not_what_was_rejected() -> None:
    made, kept = dataset(), dataset()
    registered(made, kept)
    sent = note(SAFETY, made)
    notes.send(sent)
    asked = commitment.request(
        cast.peer(),
        transaction_uid=uid_from_uuid(),
        references=[
            (notes.KOS, str(sent.SOPInstanceUID)),
            (cast.CT, str(made.SOPInstanceUID)),
            (cast.CT, str(kept.SOPInstanceUID)),
        ],
    )
    result = commitment.result(asked)
    assert {uid for _, uid in result.committed} == {
        str(sent.SOPInstanceUID),
        str(kept.SOPInstanceUID),
    }
    assert [reason for _, _, reason in result.failed] == [errors.InstanceUnknown]


def test_a_key_note_is_an_object_of_its_study() -> None:
    made = dataset()
    key_note = note(notes.KEY_NOTE, made)
    study = registered(made, key_note)
    row = Instance.objects.get(sop_instance_uid=key_note.SOPInstanceUID)
    assert (row.study_id, row.content_type, row.rejection) == (study.id, "key_note", "")
    assert str(key_note.SOPInstanceUID) in named_by_manifest(study)
    assert not Rejection.objects.exists()


def test_a_title_of_another_scheme_rejects_nothing() -> None:
    made = dataset()
    registered(made)
    sent = note(SAFETY, made)
    sent.ConceptNameCodeSequence[0].CodingSchemeDesignator = "99LOCAL"
    notes.send(sent)
    assert rejection_of(made) == ""
