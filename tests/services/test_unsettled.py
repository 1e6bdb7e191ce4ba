"""A row is written while its bytes are being synced: whatever fails between them, a sender is told
success of what stands on the disk alone (NF-4, AR-10).
"""

import errno
import fcntl
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import IntegrityError, connection, connections
from pydicom.dataset import Dataset

from archive import config, vault
from archive.errors import StorageFull, StorageGone
from archive.models import Case, Instance, Job, LedgerEvent, Study, StudyState
from archive.services import commitment, integrity, rows, serving, unsettled
from archive.services.sessions import Session
from archive.stores import files
from archive.values import uid_from_uuid
from tests import cast, notes
from tests.cast import dataset, send
from tests.configuring import Configure
from tests.edges.dicom.listening import eventually
from tests.services.test_integrity import one, quarantined
from tests.unsettling import case, is_committed, known_study, tear
from tests.vaults import file_of, syncing_by

pytestmark = pytest.mark.usefixtures("fresh_database", "own_vault")


@pytest.fixture(params=["0", "16"], ids=["files", "landing"])
def session(request: pytest.FixtureRequest, configure: Configure) -> Session:
    configure(LANDING_SEGMENTS=request.param)
    return known_study()


def test_the_row_is_written_while_the_bytes_are_synced(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, synced = dataset(), list[int]()

    def sync(file: int) -> None:
        eventually(lambda: is_committed(made))
        os.fdatasync(file)
        synced.append(file)

    syncing_by(monkeypatch, sync)
    send(session, made)
    assert synced


def test_bytes_that_fail_after_their_row_are_refused_and_their_row_taken_back(
    session: Session, monkeypatch: pytest.MonkeyPatch, own_vault: Path
) -> None:
    """Its sender was told that it failed: it was never archived, and nobody need ask for it."""
    made = dataset()
    refuse(session, made, monkeypatch)
    assert not is_committed(made) and not Case.objects.filter(reason="bytes-damaged").exists()
    vault.give_files("production", quiet_seconds=0)
    assert len(list(own_vault.glob("production/??/*.dcm"))) == 2 and not quarantined(own_vault)
    send(session, made)
    session.close()
    assert serving.served(one(made)).data() == cast.encoded(made)
    assert Study.objects.get().instance_count == 3


def refuse(session: Session, made: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(file: int) -> None:
        eventually(lambda: is_committed(made))
        raise StorageFull("no space left on the vault")

    with monkeypatch.context() as broken:
        syncing_by(broken, fail)
        with pytest.raises(StorageFull):
            send(session, made)


def test_a_study_that_went_on_with_a_row_that_is_taken_back_goes_its_road_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its manifest may name the object already."""
    made = dataset()

    def went_on(file: int) -> None:
        eventually(lambda: is_committed(made))
        with psycopg.connect(os.environ["DATABASE_URL"]) as other:
            other.execute("UPDATE archive_study SET state = 'registered', instance_count = 3")
            other.execute("DELETE FROM archive_job")
        raise StorageFull("no space left on the vault")

    with monkeypatch.context() as broken:
        syncing_by(broken, went_on)
        with pytest.raises(StorageFull):
            send(session, made)
    study = Study.objects.get()
    assert not is_committed(made) and study.state == StudyState.RECEIVING
    assert Job.objects.filter(kind="registration", subject_id=study.id).count() == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE archive_instance SET damaged_at = now() WHERE id = %(id)s",
        "UPDATE archive_instance SET committed_at = now() WHERE id = %(id)s",
        "UPDATE archive_study SET state = 'destroyed'",
    ],
)
def test_a_row_that_somebody_has_dealt_with_meanwhile_stays(
    session: Session, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    made = dataset()

    def dealt_with(file: int) -> None:
        monkeypatch.undo()
        eventually(lambda: is_committed(made))
        with psycopg.connect(os.environ["DATABASE_URL"]) as other:
            asked = "SELECT id FROM archive_instance WHERE sop_instance_uid = %s"
            [found] = other.execute(asked, [str(made.SOPInstanceUID)]).fetchone() or ()
            other.execute(change, {"id": found})
        raise StorageFull("no space left on the vault")

    syncing_by(monkeypatch, dealt_with)
    with pytest.raises(StorageFull):
        send(session, made)
    assert is_committed(made)


def test_a_note_that_hid_what_was_taken_back_awaits_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = dataset()

    def reject(file: int) -> None:
        monkeypatch.undo()
        eventually(lambda: is_committed(made))
        with ThreadPoolExecutor(1) as threads:
            threads.submit(in_thread, lambda: notes.send(notes.note(notes.QUALITY, made))).result()
        raise StorageFull("no space left on the vault")

    syncing_by(monkeypatch, reject)
    with pytest.raises(StorageFull):
        send(session, made)
    assert not is_committed(made)
    send(session, made)
    assert one(made).rejection == notes.QUALITY


def in_thread(act: Callable[[], object]) -> object:
    try:
        return act()
    finally:
        connections.close_all()


@pytest.mark.parametrize("knows", [True, False])
def test_who_brings_the_same_while_it_is_synced_is_told_success_of_what_stands(
    session: Session, monkeypatch: pytest.MonkeyPatch, knows: bool
) -> None:
    """Its success would else be of bytes that the first one takes away again: whether it asks for
    the row first, or takes the object for new.
    """
    made, second = dataset(), Session(cast.peer())
    second.brings_new = not knows
    waits, lock, sync, first = Event(), fcntl.flock, os.fdatasync, list[int]()

    def locked(file: int, how: int) -> None:
        if how == fcntl.LOCK_SH:
            waits.set()
        lock(file, how)

    def fail_first(file: int) -> None:
        if first:
            sync(file)
            return
        first.append(file)
        eventually(lambda: is_committed(made))
        coming.append(threads.submit(in_thread, lambda: send(second, made)))
        eventually(lambda: waits.is_set() or coming[0].done())
        raise StorageFull("no space left on the vault")

    coming: list[Future[object]] = []
    monkeypatch.setattr(fcntl, "flock", locked)
    syncing_by(monkeypatch, fail_first)
    with ThreadPoolExecutor(1) as threads:
        with pytest.raises(StorageFull):
            send(session, made)
        told = coming[0].exception()
    if told is not None:  # it found the row, which was taken back before it was looked at again
        assert isinstance(told, StorageGone) and not is_committed(made)
        send(second, made)
    assert serving.served(one(made)).data() == cast.encoded(made)
    assert one(made).damaged_at is None


def test_what_is_refused_before_its_row_was_said_leaves_none(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = dataset()
    connection.close()  # the statement is not prepared on the next

    def fail(file: int) -> None:
        raise StorageFull("no space left on the vault")

    syncing_by(monkeypatch, fail)
    with pytest.raises(StorageFull):
        send(session, made)
    assert not is_committed(made)


def test_a_sync_that_failed_hurts_nobody_who_brought_the_same_meanwhile(session: Session) -> None:
    made = dataset()
    send(session, made)
    unsettled.bytes_failed(one(made).id, rows.Said(lambda: True, lambda: True))
    assert one(made).damaged_at is None and not Case.objects.exists()


def test_what_cannot_be_settled_is_logged_without_what_the_database_quotes(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    def quoting() -> bool:
        raise IntegrityError("Key (name)=(Meikäläinen^Matti) already exists.")

    instance = Instance.objects.order_by("id")[0]
    unsettled.bytes_failed(instance.id, rows.Said(quoting, quoting))
    (told,) = caplog.records
    assert str(instance.id) in told.getMessage() and "Meikäläinen" not in told.getMessage()
    assert told.exc_info and told.exc_info[0] is IntegrityError  # of which a line tells the place


def test_a_disk_that_takes_nothing_any_more_is_told_and_promises_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system that found itself damaged reads and does not write."""
    made, other = dataset(), dataset()
    send(session, other)
    with monkeypatch.context() as broken:
        for name in ("fdatasync", "unlink", "rename", "pwrite"):  # before it is noticed
            broken.setattr(os, name, read_only)
        with pytest.raises(StorageGone):
            send(session, made)
        for each in (made, other):
            with pytest.raises(StorageGone):
                send(Session(cast.peer()), each)
        asked = committed(made)
        with pytest.raises(StorageGone):
            commitment.result(asked)
        for name in ("fsync", "link", "mkdir"):
            broken.setattr(os, name, read_only)
        broken.setattr(os, "open", none_new(os.open))
        large = dataset(PixelData=bytes(vault.SPILL + 4096))
        for each in (dataset(), large, made, other):
            with pytest.raises(StorageGone):
                send(session, each)
    assert Case.objects.get(reason="storage-gone").event_count == 6, (
        "a large one is told by its edge"
    )
    send(Session(cast.peer()), made)
    assert commitment.result(asked).committed == [(cast.CT, str(made.SOPInstanceUID))]


def read_only(*_: object, **__: object) -> None:
    raise OSError(errno.EROFS, "Read-only file system")


def none_new(open_: Callable[..., int]) -> Callable[..., int]:
    def try_(path: Any, flags: int, *mode: int) -> int:
        if flags & os.O_CREAT:
            read_only()
        return open_(path, flags, *mode)

    return try_


@pytest.mark.parametrize("said", ["EUCLEAN", "EBADMSG", "ESTALE"])
def test_a_file_system_that_finds_itself_damaged_is_away_and_no_fault_of_the_objects(
    session: Session, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """As ext4, XFS and NFS say it; told 0110, a sender may never try again."""

    def damaged(*_: object, **__: object) -> None:
        raise OSError(getattr(errno, said), "Structure needs cleaning")

    written_by = "pwritev" if config.settings().landing_segments else "link"
    for name in (written_by, "fdatasync"):
        with monkeypatch.context() as broken:
            broken.setattr(os, name, damaged)
            with pytest.raises(StorageGone):
                send(session, dataset())


def committed(made: Dataset) -> UUID:
    references = [(cast.CT, str(made.SOPInstanceUID))]
    return commitment.request(cast.peer(), transaction_uid=uid_from_uuid(), references=references)


def test_damaged_bytes_that_cannot_be_moved_are_damaged_all_the_same(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = dataset()
    send(session, made)
    tear(made)
    with monkeypatch.context() as broken:
        broken.setattr(os, "rename", read_only)
        broken.setattr(os, "fsync", read_only)
        assert not integrity.is_whole(one(made))
    assert one(made).damaged_at is not None and case().state == "open"
    send(session, made)
    assert serving.served(one(made)).data() == cast.encoded(made)


def test_what_was_healed_while_its_damage_was_read_stands_again(
    session: Session, monkeypatch: pytest.MonkeyPatch, own_vault: Path
) -> None:
    """Whoever takes an object for new asks for no row before it names its bytes."""
    made = dataset()
    send(session, made)
    digest = bytes(one(made).digest)
    whole = file_of("production", digest).read_bytes()
    tear(made)
    is_whole = vault.is_whole

    def seen(*about: Any) -> bool:
        found = is_whole(*about)
        if not found:
            file_of("production", digest).write_bytes(whole)
        return found

    monkeypatch.setattr(vault, "is_whole", seen)
    assert integrity.found_damaged(one(made).id) is False
    assert one(made).damaged_at is None and not quarantined(own_vault)
    assert serving.served(one(made)).data() == cast.encoded(made)


def test_the_same_object_again_is_synced_before_it_is_success(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first sender may still be waiting for the disk, or was killed while it did."""
    made, synced = dataset(), list[str]()
    send(session, made)
    sync = files.FileStore.sync

    def look(store: files.FileStore, key: str) -> None:
        sync(store, key)
        synced.append(key)

    monkeypatch.setattr(files.FileStore, "sync", look)
    send(session, made)
    send(Session(cast.peer()), made, cast.IMPLICIT)
    key = vault.key_of("production", bytes(one(made).digest))
    assert synced == [key, key], "in another encoding as well"
    assert commitment.result(committed(made)).committed and synced == [key] * 3


def test_the_same_object_again_is_success_only_when_its_bytes_are_there(session: Session) -> None:
    made = dataset()
    send(session, made)
    tear(made)
    send(Session(cast.peer()), made)
    assert serving.served(one(made)).data() == cast.encoded(made)
    assert LedgerEvent.objects.get(kind="object.restored").subject_id == one(made).id
    file_of("production", bytes(one(made).digest)).unlink()
    send(Session(cast.peer()), made)
    assert serving.served(one(made)).data() == cast.encoded(made)
