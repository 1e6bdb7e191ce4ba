"""The short way of an object that is nothing special, and what is told apart on it (AR-1, AR-7,
NF-4). Each association has brought a new object before, so that study and series are known.
"""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from archive import config, errors, vault
from archive.errors.retention import StudyDestroyed
from archive.models import Case, Environment, Instance, InstanceVersion, Job, Study, StudyState
from archive.services import doubts, rows, serving
from archive.services.sessions import Session
from archive.stores.landing import FOLDER
from tests import cast, notes
from tests.cast import dataset, send
from tests.services import test_integrity
from tests.services.test_corrections import NEW_PATIENT, corrected

pytestmark = pytest.mark.usefixtures("db", "own_vault")


@pytest.fixture
def first() -> Dataset:
    return dataset()


@pytest.fixture
def session(first: Dataset) -> Iterator[Session]:
    opened = Session(cast.peer())
    send(opened, first)
    yield opened
    opened.close()


def study(first: Dataset) -> Study:
    return Study.objects.get(study_instance_uid=first.StudyInstanceUID)


def row(made: Dataset) -> Instance:
    return Instance.objects.get(sop_instance_uid=made.SOPInstanceUID)


def test_new_objects_are_written_whole(session: Session, first: Dataset) -> None:
    made = dataset(InstanceNumber=7)
    send(session, made)
    found, before = row(made), row(first)
    assert (found.study_id, found.series_id) == (before.study_id, before.series_id)
    assert (found.instance_number, found.store, found.rejection) == ("7", "files", "")
    assert found.received_at == vault.read_meta("production", bytes(found.digest)).received_at


def test_the_same_again_in_the_middle_stays_one(session: Session, first: Dataset) -> None:
    send(session, first)
    made = dataset()
    send(session, made)
    send(session, made)
    session.close()
    assert Instance.objects.count() == 2
    assert study(first).instance_count == 2


def test_other_content_in_the_middle_is_refused_and_its_bytes_go(
    session: Session, first: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = row(first).digest
    other = dataset(SOPInstanceUID=first.SOPInstanceUID, Rows=first.Rows, WindowCenter="41")
    with pytest.raises(errors.OtherContent):
        send(session, other)
    assert row(first).digest == kept
    monkeypatch.setattr(doubts, "DOUBT_SECONDS", -1)
    doubts.settle()
    held = {digest for name in Environment.values for digest, _ in vault.every_object(name)}
    assert held == {bytes(kept)}


def test_a_note_that_came_meanwhile_hides_the_object(session: Session, first: Dataset) -> None:
    made = dataset()
    notes.send(notes.note(notes.SAFETY, made))
    send(session, made)
    assert row(made).rejection == notes.SAFETY
    assert row(first).rejection == ""


def test_a_corrected_object_behind_a_new_one_is_taken_as_it_is_alone() -> None:
    notes.allow(metadata=True)
    made = dataset(StudyInstanceUID="1.2.246.10.90000003.5", SeriesInstanceUID="1.2.246.5.1")
    cast.store(made)
    opened = Session(cast.peer())
    try:
        send(opened, dataset())
        send(opened, corrected(made, **NEW_PATIENT))
    finally:
        opened.close()
    assert InstanceVersion.objects.filter(instance=row(made)).count() == 2
    assert not Case.objects.exists()


def test_a_study_that_went_on_meanwhile_is_received_again(session: Session, first: Dataset) -> None:
    Job.objects.all().delete()
    Study.objects.update(state=StudyState.WAITING)
    send(session, dataset())
    assert study(first).state == StudyState.RECEIVING
    assert Job.objects.filter(kind="registration", subject_id=study(first).id).count() == 1


def test_a_study_destroyed_meanwhile_takes_nothing_old_or_new(
    session: Session, first: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = bytes(row(first).digest)
    Study.objects.update(state=StudyState.DESTROYED)
    vault.remove("production", digest)
    for made in (first, dataset()):
        session.brings_new = True
        with pytest.raises(StudyDestroyed):
            send(session, made)
    assert Instance.objects.count() == 1
    monkeypatch.setattr(doubts, "DOUBT_SECONDS", -1)
    doubts.settle()
    assert list(vault.every_object("production")) == []


def left(made: Dataset) -> None:
    """Its bytes, in doubt, as of an object that was refused."""
    cast.store(made)
    digest = bytes(row(made).digest)
    row(made).delete()
    vault.doubt("production", digest, str(made.SOPInstanceUID))


def test_an_object_that_comes_while_its_bytes_are_judged_keeps_them(
    own_vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = dataset()
    left(made)
    monkeypatch.setattr(doubts, "DOUBT_SECONDS", -1)

    def found_too_early(environment: str, uid: str) -> None:
        """Judged, and then the object comes: its bytes stand, so nothing is written but its row."""
        monkeypatch.undo()
        cast.store(made)

    monkeypatch.setattr(rows, "find", found_too_early)
    doubts.settle()
    monkeypatch.setattr(doubts, "DOUBT_SECONDS", -1)
    assert test_integrity.go_round().found == 1  # somebody looks before they are judged again
    doubts.settle()
    found = Instance.objects.select_related("study__overlay").get()
    assert serving.served(found).data() == cast.encoded(made)
    assert not Case.objects.exclude(state="resolved").exists()
    assert [path for path in own_vault.glob("*/doubted/*")] == []
    doubts.settle()
    assert len(list(vault.every_object("production"))) == 1


def test_bytes_that_nobody_comes_to_name_go_for_good(
    own_vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = dataset()
    left(made)
    assert (doubts.settle(), len(list(vault.every_object("production")))) == (0, 1)
    monkeypatch.setattr(doubts, "DOUBT_SECONDS", -1)
    assert [doubts.settle() for _ in range(3)] == [0, 1, 0]
    left_over = [path for path in own_vault.glob("production/*/*") if path.is_file()]
    assert [path for path in left_over if path.parent.name != FOLDER] == []


def test_what_comes_when_its_bytes_were_taken_away_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    made = dataset()
    left(made)
    monkeypatch.setattr(doubts, "DOUBT_SECONDS", -1)
    doubts.settle()
    cast.store(made)
    doubts.settle()
    doubts.settle()
    found = Instance.objects.select_related("study__overlay").get()
    assert serving.served(found).data() == cast.encoded(made)


def doubted(environment: str = "production") -> set[str]:
    folder = config.settings().vault_dir / environment / "doubted"
    return {path.name for path in folder.iterdir()}


def test_one_that_cannot_be_judged_keeps_no_other_from_its_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = [dataset() for _ in range(3)]
    for each in made:
        left(each)
    (config.settings().vault_dir / "production" / "doubted" / "README").write_text("a stranger's")
    monkeypatch.setattr(doubts, "DOUBT_SECONDS", -1)
    first = vault.doubted("production", older_than=-1)[0]
    find = rows.find

    def failing(environment: str, uid: str) -> rows.Archived | None:
        if vault.whose_doubt(environment, first) == uid:
            raise OSError(errno.EIO, "Input/output error")
        return find(environment, uid)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(rows, "find", failing)
        assert [doubts.settle() for _ in range(2)] == [0, 2]
    assert doubted() == {first.hex(), "README"}
    case = Case.objects.get()
    assert (case.reason, case.place, case.open_count) == ("broken", "doubts", 1)
    assert [doubts.settle() for _ in range(2)] == [0, 1]
    case.refresh_from_db()
    assert (case.state, doubted()) == ("resolved", {"README"})


@pytest.mark.parametrize("torn", [b"", b"\xff\xfe", b"1.2"])
def test_a_note_that_a_power_cut_has_torn_costs_no_bytes_that_are_named(
    torn: bytes, own_vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A note is not synced. Of which object the bytes are they say themselves."""
    made, refused = dataset(), dataset()
    cast.store(made)
    left(refused)
    kept = bytes(row(made).digest)
    vault.doubt("production", kept, str(made.SOPInstanceUID))
    for note in own_vault.glob("production/doubted/*"):
        note.write_bytes(torn)
    monkeypatch.setattr(doubts, "DOUBT_SECONDS", -1)
    assert [doubts.settle() for _ in range(2)] == [0, 1]
    assert [digest for digest, _ in vault.every_object("production")] == [kept]
    assert not doubted() and not Case.objects.exists()


def test_a_store_that_is_away_is_judged_another_time(
    own_vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left(dataset())
    monkeypatch.setattr(doubts, "DOUBT_SECONDS", -1)
    mark = own_vault / "production" / ".vault"
    mark.rename(own_vault / "gone")
    assert doubts.settle() == 0 and not Case.objects.exists()
    (own_vault / "gone").rename(mark)
    assert [doubts.settle() for _ in range(2)] == [0, 1]
