"""What a customer gets back after rejection, correction and damage (AR-6, AR-7, AR-10)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

import pytest
from pydicom.dataset import Dataset

from archive import errors
from archive.models import Case, Instance, LedgerEvent, Register, Study
from archive.services import registration, retrieval
from archive.services.retrieval import Retrieval
from archive.services.serving import Outgoing
from tests import cast, notes
from tests.cast import MATTI, VENLA, dataset
from tests.finding import question, uids
from tests.notes import QUALITY, SAFETY, note
from tests.objects.samples import read
from tests.services.test_corrections import moved
from tests.services.test_rejections import registered
from tests.vaults import file_of

pytestmark = pytest.mark.usefixtures("db")


def uid_of(made: Dataset) -> str:
    return str(made.SOPInstanceUID)


def going(study: Study) -> Retrieval:
    asked = question("STUDY", StudyInstanceUID=study.study_instance_uid)
    return retrieval.get(cast.peer(), asked)


def fetched(study: Study) -> list[Outgoing]:
    wanted = going(study)
    found = list(wanted.objects(nullcontext))
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
    file = file_of(row.environment, bytes(row.digest))
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-1] + b"\xff")
    wanted = going(study)
    (item,) = wanted.objects(nullcontext)
    with pytest.raises(errors.BytesDamaged) as raised:
        item.hold()
    wanted.note(item, raised.value)
    wanted.close(retrieval.DONE)
    assert Instance.objects.get(id=row.id).damaged_at is not None
    assert Case.objects.filter(reason="bytes-damaged").exists()


def withdrawn(objects: Iterator[Outgoing]) -> dict[str, bool]:
    return {item.sop_instance_uid: item.is_withdrawn for item in objects}


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each object takes its time to go."""
    monkeypatch.setattr(retrieval, "FRESH_SECONDS", 0)


@pytest.mark.usefixtures("slowly")
def test_what_is_rejected_while_its_study_goes_out_stays_here() -> None:
    brought = {uid_of(each): each for each in (dataset() for _ in range(3))}
    wanted = going(registered(*brought.values()))
    # Of what came in one millisecond any may be first.
    made = [brought[row.sop_instance_uid] for row in Instance.objects.order_by("id")]
    objects = wanted.objects(nullcontext)
    assert uid_of(made[0]) == next(objects).sop_instance_uid
    notes.send(note(SAFETY, made[1]))
    bad, good = objects
    assert (bad.sop_instance_uid, bad.is_withdrawn) == (uid_of(made[1]), True)
    assert (good.sop_instance_uid, good.is_withdrawn) == (uid_of(made[2]), False)
    with pytest.raises(errors.InstanceUnknown) as raised:
        bad.hold()
    cases = Case.objects.count()
    wanted.note(bad, raised.value)
    wanted.note(good, None)
    wanted.close(retrieval.DONE)
    told = LedgerEvent.objects.get(kind="study.retrieved").facts
    assert (told["instances"], told["failed"], told["outcome"]) == (1, 1, "failed")
    assert Case.objects.count() == cases  # somebody decided so: nothing is wrong


@pytest.mark.usefixtures("slowly")
def test_what_is_corrected_while_it_goes_out_goes_as_it_is_now() -> None:
    notes.allow(metadata=True)
    made = dataset()
    objects = going(registered(made)).objects(nullcontext)
    moved(made)
    (item,) = objects
    with item.hold() as held:
        assert read(held.data(), item.transfer_syntax_uid).PatientID == VENLA


@pytest.mark.usefixtures("slowly")
def test_what_the_asker_may_have_no_more_stays_here() -> None:
    made = [dataset(SeriesInstanceUID=f"1.2.246.10.90000003.{number}") for number in (8, 9)]
    study = registered(*made)
    objects = going(study).objects(nullcontext)
    assert not next(objects).is_withdrawn
    other = Register.objects.exclude(organisation=cast.organisation()).first()
    Study.objects.filter(id=study.id).update(register=other)
    assert withdrawn(objects) == {uid_of(made[1]): True}


def test_what_goes_at_once_is_looked_up_once(
    django_assert_num_queries: Callable[[int], AbstractContextManager[None]],
) -> None:
    study = registered(*(dataset() for _ in range(3)))
    objects = going(study).objects(nullcontext)
    next(objects)
    with django_assert_num_queries(0):
        assert len(withdrawn(objects)) == 2
