"""Rejection notes over real associations: every title, every status (AR-7)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path

from pydicom.dataset import Dataset
from pynetdicom.association import Association

from archive.edges.dicom import codec
from archive.models import Instance, Job, Rejection
from archive.objects.messages import Notice
from archive.values import uid_from_uuid
from tests import cast, notes
from tests.cast import dataset
from tests.edges.dicom.listening import COMMITMENT, Listening, dcmtk, send
from tests.edges.dicom.test_storing import write
from tests.notes import QUALITY, RETENTION, SAFETY, WORKLIST, note

SC = "1.2.840.10008.5.1.4.1.1.7"
CONTEXTS = ((cast.CT, cast.EXPLICIT), (notes.KOS, cast.EXPLICIT))
MIXED = (*CONTEXTS, (COMMITMENT, cast.IMPLICIT))


def status(assoc: Association, made: Dataset) -> int:
    return int(send(assoc, made).Status)


def rejection_of(made: Dataset) -> str:
    return Instance.objects.get(sop_instance_uid=made.SOPInstanceUID).rejection


def test_each_answer_of_the_conformance_statement(listener: Listening) -> None:
    objects = [dataset() for _ in range(4)]
    first, second, third, _kept = objects
    notes.allow(note_first=False)
    with listener.associate(*MIXED) as assoc:
        assert [status(assoc, each) for each in objects] == [0x0000] * 4
        sent = note(SAFETY, first)
        assert status(assoc, sent) == 0x0000
        assert status(assoc, sent) == 0x0000
        assert status(assoc, note(SAFETY, second, SOPInstanceUID=sent.SOPInstanceUID)) == 0xA770
        answer = send(assoc, first)
        assert answer.Status == 0xA771
        assert answer.ErrorComment == "A771: object was rejected and is not taken again"
        assert status(assoc, note(SAFETY, dataset())) == 0xA772
        other_class = dataset(SOPInstanceUID=second.SOPInstanceUID, SOPClassUID=SC)
        assert status(assoc, note(SAFETY, other_class)) == 0xA773
        assert status(assoc, note(WORKLIST, first)) == 0xA774
        assert status(assoc, note(RETENTION, second)) == 0xA775
        assert status(assoc, note(QUALITY, third)) == 0x0000
        assert status(assoc, third) == 0x0000
        assert status(assoc, note(WORKLIST, second, third)) == 0x0000
    assert [rejection_of(each) for each in objects] == [SAFETY, WORKLIST, WORKLIST, ""]


def test_retention_and_notes_before_their_objects(listener: Listening) -> None:
    old, later = dataset(), dataset()
    notes.allow(retention=True)
    with listener.associate(*CONTEXTS) as assoc:
        assert status(assoc, old) == 0x0000
        assert status(assoc, note(RETENTION, old)) == 0xA776
        notes.died(-1)
        assert status(assoc, note(RETENTION, old)) == 0x0000
        assert status(assoc, note(RETENTION, later)) == 0xA772
        assert status(assoc, note(SAFETY, later)) == 0x0000
        assert status(assoc, note(SAFETY, later)) == 0xA774
        assert status(assoc, later) == 0x0000
        assert status(assoc, later) == 0xA771
    assert (rejection_of(old), rejection_of(later)) == (RETENTION, SAFETY)


def test_a_note_that_comes_several_times_in_one_moment_is_one(shared: Listening) -> None:
    here = dataset()
    cast.store(here)
    for sent in (note(SAFETY, here), note(SAFETY, dataset())):
        together = threading.Barrier(4)

        def bring(sent: Dataset = sent, together: threading.Barrier = together) -> int:
            with shared.associate(*CONTEXTS) as assoc:
                together.wait(30)
                return status(assoc, deepcopy(sent))

        with ThreadPoolExecutor(4) as senders:
            answers = [senders.submit(bring) for _ in range(4)]
        assert [each.result() for each in answers] == [0x0000] * 4
        assert Rejection.objects.filter(note_uid=sent.SOPInstanceUID).count() == 1


def test_anothers_objects_answer_as_nobodys(shared: Listening) -> None:
    mine = dataset()
    cast.store(mine)
    notes.allow(cast.MALLILA, note_first=False)
    with shared.associate(*CONTEXTS, calling="MALLI_PACS") as assoc:
        answers = [send(assoc, note(SAFETY, each)) for each in (mine, dataset())]
    assert answers[0].Status == answers[1].Status == 0xA772
    assert answers[0].ErrorComment == answers[1].ErrorComment
    assert rejection_of(mine) == ""


def test_dcmtk_rejects_and_the_study_is_woken(listener: Listening, tmp_path: Path) -> None:
    made = dataset()
    study = cast.store(made)
    Job.objects.filter(subject_id=study.id).update(state="done")
    file = write(note(SAFETY, made), tmp_path / "note.dcm")
    sent = dcmtk("storescu", listener.port, "-v", file)
    assert sent.returncode == 0, sent.stderr
    assert rejection_of(made) == SAFETY
    assert Job.objects.filter(subject_id=study.id, state="waiting").exists()


def test_a_note_that_cannot_be_read_is_answered_so(shared: Listening) -> None:
    broken = note(SAFETY, dataset())
    del broken.CurrentRequestedProcedureEvidenceSequence[0].StudyInstanceUID
    empty = note(SAFETY)
    with shared.associate(*CONTEXTS) as assoc:
        assert status(assoc, broken) == 0xC000
        assert status(assoc, empty) == 0xC000
        assert status(assoc, dataset()) == 0x0000


def test_the_notice_says_which_objects_are_given_out_no_more() -> None:
    gone, here = uid_from_uuid(), uid_from_uuid()
    notice = Notice("1.2", "KANTA", [("1.2.1", [(cast.CT, gone), (cast.CT, here)])], {gone})
    items = codec.encode_notice(notice).ReferencedSeriesSequence[0].ReferencedSOPSequence
    assert [item.InstanceAvailability for item in items] == ["UNAVAILABLE", "ONLINE"]
