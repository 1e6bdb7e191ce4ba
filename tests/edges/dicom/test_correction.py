"""Corrected objects, damaged ones that come again, and a full disk, over real associations (AR-7,
AR-10).
"""

import pytest
from pydicom.dataset import Dataset

from archive import vault
from archive.models import Case, Correction, Instance, InstanceVersion, Job
from archive.services import corrections
from tests import cast, notes
from tests.cast import dataset
from tests.edges.dicom.conftest import Listen
from tests.edges.dicom.listening import Listening, send
from tests.edges.dicom.test_rejection import MIXED, status
from tests.services.test_corrections import NEW_PATIENT, corrected
from tests.services.test_integrity import flip, one

pytestmark = pytest.mark.usefixtures("fresh_database")


def test_a_study_is_corrected_by_sending_it_again(listener: Listening) -> None:
    first, second = dataset(), dataset()
    again = [corrected(each, **NEW_PATIENT) for each in (first, second)]
    with listener.associate(*MIXED) as assoc:
        assert [status(assoc, each) for each in (first, second)] == [0x0000] * 2
        assert status(assoc, again[0]) == 0xA778  # it is not switched on
        assert status(assoc, corrected(first, StudyID="7")) == 0x0111
    notes.allow(metadata=True)
    with listener.associate(*MIXED) as assoc:
        assert [status(assoc, each) for each in again] == [0x0000] * 2
        assert status(assoc, corrected(first, **NEW_PATIENT, Rows=4)) == 0xA778
        assert status(assoc, corrected(first, StudyID="7", Rows=4)) == 0x0111
        assert status(assoc, first) == 0x0000  # in force until the study is corrected whole
    study = Instance.objects.get(sop_instance_uid=first.SOPInstanceUID).study
    assert Job.objects.filter(kind="correction", subject_id=study.id).exists()
    assert corrections.settle(study.id) is None
    study.refresh_from_db()
    assert study.patient.identifier == cast.VENLA
    assert Correction.objects.get().state == "in_force"
    assert InstanceVersion.objects.count() == 4


def test_a_damaged_object_is_healed_by_the_same_bytes_and_others_wait(
    listener: Listening,
) -> None:
    made = dataset()
    expected = cast.encoded(made)
    other: Dataset = dataset(SOPInstanceUID=made.SOPInstanceUID, Rows=4)
    with listener.associate() as assoc:
        assert status(assoc, made) == 0x0000
        flip(bytes(one(made).digest))
        answer = send(assoc, other)
        assert (answer.Status, answer.ErrorComment[:8]) == (0x0110, "DAMAGED:")
        assert one(made).damaged_at is not None
        assert status(assoc, made) == 0x0000
    assert one(made).damaged_at is None
    assert vault.read("production", bytes(one(made).digest)) == expected
    assert Case.objects.get(place="integrity").state == "resolved"


def test_a_full_disk_is_answered_before_it_is_full(listen: Listen) -> None:
    full = listen(FREE_BYTES_FLOOR=str(1 << 60))
    with full.associate() as assoc:
        answer = send(assoc, dataset())
        assert answer.Status == 0xA700
        assert answer.ErrorComment == "A700: storage is full"
        large = dataset(PixelData=bytes(vault.SPILL + 4096))
        assert status(assoc, large) == 0xA700
    assert not Instance.objects.exists()
