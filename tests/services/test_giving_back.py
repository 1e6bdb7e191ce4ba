"""What a customer gets back after rejection, correction and damage (AR-6, AR-7, AR-10)."""

import pytest
from pydicom.dataset import Dataset

from archive import errors, vault
from archive.models import Case, Instance, Study
from archive.services import registration, retrieval
from archive.services.serving import Outgoing
from tests import cast, notes
from tests.cast import MATTI, VENLA, dataset
from tests.notes import QUALITY, SAFETY, note
from tests.objects.samples import read
from tests.services.test_corrections import moved
from tests.services.test_querying import question, uids
from tests.services.test_rejections import registered

pytestmark = pytest.mark.usefixtures("db")


def uid_of(made: Dataset) -> str:
    return str(made.SOPInstanceUID)


def fetched(study: Study) -> list[Outgoing]:
    asked = question("STUDY", StudyInstanceUID=study.study_instance_uid)
    wanted = retrieval.get(cast.peer(), asked)
    found = [item for part in wanted.parts for item in wanted.items(part)]
    assert wanted.total == len(found)
    return found


@pytest.mark.parametrize("title", [QUALITY, SAFETY])
def test_what_is_rejected_is_neither_found_nor_given_nor_counted(title: str) -> None:
    bad, good = dataset(SeriesInstanceUID="1.2.246.10.90000003.8"), dataset()
    study = registered(bad, good)
    notes.send(note(title, bad))
    registration.advance(study.id)
    assert uids("IMAGE", StudyInstanceUID=study.study_instance_uid) == {uid_of(good)}
    assert uids("SERIES", StudyInstanceUID=study.study_instance_uid) == {
        str(good.SeriesInstanceUID)
    }
    assert [item.sop_instance_uid for item in fetched(study)] == [uid_of(good)]
    assert Study.objects.get(id=study.id).instance_count == 1


def test_a_study_of_which_everything_is_rejected_is_not_there() -> None:
    made = dataset()
    study = registered(made)
    notes.send(note(SAFETY, made))
    registration.advance(study.id)
    assert uids("STUDY", StudyInstanceUID=study.study_instance_uid) == set()
    assert fetched(study) == []


def test_a_corrected_study_is_found_by_what_it_says_now_and_carries_what_it_said() -> None:
    notes.allow(metadata=True)
    made = dataset()
    study = moved(made)
    assert uids("STUDY", PatientID=MATTI) == set()
    assert uids("STUDY", PatientID=VENLA) == {study.study_instance_uid}
    (item,) = fetched(study)
    with item.hold() as held:
        out = read(held.data(), item.transfer_syntax_uid)
    assert out.PatientID == VENLA
    original = out.OriginalAttributesSequence[0].ModifiedAttributesSequence[0]
    assert original.PatientID == MATTI


def test_what_was_never_corrected_goes_out_byte_by_byte() -> None:
    made = dataset()
    (item,) = fetched(registered(made))
    with item.hold() as held:
        assert held.data() == cast.encoded(made)


def test_damage_that_a_retrieval_finds_sets_the_object_aside_and_is_a_case() -> None:
    made = dataset()
    study = registered(made)
    row = Instance.objects.get(sop_instance_uid=uid_of(made))
    file = vault.path_of(row.environment, bytes(row.digest))
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-1] + b"\xff")
    wanted = retrieval.get(
        cast.peer(), question("STUDY", StudyInstanceUID=study.study_instance_uid)
    )
    (item,) = wanted.items(wanted.parts[0])
    with pytest.raises(errors.BytesDamaged) as raised:
        item.hold()
    wanted.note(item, raised.value)
    wanted.close(retrieval.DONE)
    assert Instance.objects.get(id=row.id).damaged_at is not None
    assert Case.objects.filter(reason="bytes-damaged").exists()
