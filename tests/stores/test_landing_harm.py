"""Disks, locks and power that fail while small objects land, and are given files (NF-4, AR-10)."""

import errno
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from time import time

import pytest

from archive.errors import StorageFull, StorageGone
from archive.stores import landing
from archive.stores.files import FileStore
from archive.stores.segments import BLOCK, Segment
from tests.stores.test_landing import (
    HEAD,
    Killed,
    body,
    give,
    key_of,
    listed,
    lockless,
    put,
    read,
    root,
    segments,
    store,
)

__all__ = ["lockless", "root", "store"]

pytestmark = pytest.mark.usefixtures("own_vault")

REFUSED = (OSError, StorageGone)
ASIDE = "production/quarantine/1.dcm"


class Disk:
    """Of the one segment: what was synced, which is what a power cut leaves of it."""

    def __init__(self, path: Path, patch: pytest.MonkeyPatch) -> None:
        self._path, self._durable, self._sync = path, path.read_bytes(), os.fdatasync
        patch.setattr(os, "fdatasync", self._synced)

    def _synced(self, file: int) -> None:
        self._sync(file)
        self._durable = self._path.read_bytes()

    def power_cut(self) -> FileStore:
        self._path.write_bytes(self._durable)
        return FileStore(self._path.parents[2])


def killed(*_: object) -> None:
    raise Killed


@contextmanager
def dying_at_its_sync() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as dying, pytest.raises(Killed):
        dying.setattr(Segment, "sync", killed)
        yield


def harm(path: Path, number: int, turn: int) -> None:
    """The bytes of an object that came more than once."""
    parts = path.read_bytes().split(body(number))
    left, right = body(number).join(parts[:turn]), body(number).join(parts[turn:])
    path.write_bytes(left + bytes(len(body(number))) + right)


@pytest.mark.parametrize("turn", [1, 2])
def test_what_comes_again_half_written_hides_nothing_whole(
    root: Path, store: FileStore, turn: int
) -> None:
    key = put(store, 1)
    put(store, 1)
    harm(segments(root)[0], 1, turn)
    after = FileStore(root)
    assert read(after, key) == HEAD + body(1)
    assert after.move(key, ASIDE) and read(after, ASIDE) == HEAD + body(1)
    assert not FileStore(root).has(key)


def test_what_is_whole_where_it_landed_takes_the_place_of_a_file_that_is_not(
    root: Path, store: FileStore
) -> None:
    """Whoever gave it a file at the same time had no power to end it."""
    key = put(store, 1)
    path = store.path(key)
    path.parent.mkdir()
    path.write_bytes(HEAD + bytes(14_000))
    assert store.move(key, ASIDE) and read(store, ASIDE) == HEAD + body(1)


def test_what_cannot_be_read_hinders_no_other(
    root: Path, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [put(store, number) for number in range(3)]
    pread = os.pread

    def broken(file: int, length: int, place: int) -> bytes:
        if body(1)[:512] in (content := pread(file, length, place)):
            raise OSError(errno.EIO, "Input/output error")
        return content

    with monkeypatch.context() as harmed:
        harmed.setattr(os, "pread", broken)
        with pytest.raises(REFUSED, match="Input/output"):
            give(store)
        assert [store.path(key).exists() for key in keys] == [True, False, True]
    assert read(store, keys[1]) == HEAD + body(1)
    give(store)
    assert [store.path(key).exists() for key in keys] == [True, True, True]


def test_a_segment_that_cannot_be_read_hides_no_other(
    root: Path, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, other = put(store, 1), FileStore(root)
    path = segments(root)[0]
    holder = Segment(str(path), to_write=True)
    assert holder.take()
    found = put(other, 2)
    holder.let_go()
    ours, pread = path.stat().st_ino, os.pread

    def broken(file: int, length: int, place: int) -> bytes:
        if os.fstat(file).st_ino == ours:
            raise OSError(errno.EIO, "Input/output error")
        return pread(file, length, place)

    with monkeypatch.context() as harmed:
        harmed.setattr(os, "pread", broken)
        after = FileStore(root)
        assert after.has(found) and read(after, found) == HEAD + body(2)
        for ask in (after.has, after.open, after.remove, give, listed):
            with pytest.raises(REFUSED, match="Input/output"):
                ask(lost if ask not in (give, listed) else after)  # type: ignore[operator]
        assert after.path(found).exists()
    assert read(store, lost) == HEAD + body(1)


def test_what_is_removed_while_it_is_moved_does_not_come_back(
    root: Path, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, begun, other = put(store, 1), store._begun, FileStore(root)
    removals: list[Future[None]] = []

    def destroy(named: str) -> None:
        other.remove(named)
        other.remove(ASIDE)

    def meanwhile(named: str, size: int) -> object:
        removals.append(threads.submit(destroy, named))
        with suppress(TimeoutError):
            removals[0].result(1)
        return begun(named, size)

    with ThreadPoolExecutor(1) as threads:
        monkeypatch.setattr(store, "_begun", meanwhile)
        store.move(key, ASIDE)
        removals[0].result(30)
    assert [each for each in (key, ASIDE) if FileStore(root).has(each)] == []


def test_what_was_struck_by_somebody_who_died_is_durably_gone_once_it_is_told(
    root: Path, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = put(store, 1)
    disk = Disk(segments(root)[0], monkeypatch)
    with dying_at_its_sync():
        store.remove(key)
    FileStore(root).remove(key)
    assert not disk.power_cut().has(key)


def test_what_has_a_file_does_not_come_back_by_a_worker_who_died_before_it_blanked(
    root: Path, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = put(store, 1)
    disk = Disk(segments(root)[0], monkeypatch)
    with dying_at_its_sync():
        give(store)
    store.remove(key)
    assert body(1)[:64] not in segments(root)[0].read_bytes()
    after = disk.power_cut()
    assert not after.has(key) and give(after) == 0 and not after.has(key)


def test_a_worker_that_could_not_blank_does_so_later(
    root: Path, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [put(store, number) for number in range(20)]
    watcher = FileStore(root)
    assert listed(watcher) == sorted(keys)
    pwrite = os.pwrite

    def fail(file: int, data: bytes, place: int) -> int:
        if place and not any(data):
            raise OSError(errno.EROFS, "Read-only file system")
        return pwrite(file, data, place)

    with monkeypatch.context() as broken:
        broken.setattr(os, "pwrite", fail)
        with pytest.raises(REFUSED, match="Read-only"):
            give(store)
    assert body(19) in segments(root)[0].read_bytes() and listed(watcher) == sorted(keys)
    assert give(watcher) == 0 and not any(segments(root)[0].read_bytes()[BLOCK:])
    put(store, 21)
    assert give(watcher) == 1 and listed(store) == sorted([*keys, key_of(body(21))])


def test_what_a_power_cut_left_without_a_head_is_blanked(root: Path, store: FileStore) -> None:
    put(store, 1)
    [path] = segments(root)
    whole = bytearray(path.read_bytes())
    whole[BLOCK : 2 * BLOCK] = bytes(BLOCK)
    path.write_bytes(whole)
    assert give(FileStore(root)) == 0 and not any(path.read_bytes()[BLOCK:])


@pytest.mark.parametrize("dying_at", ["pwrite", "standing"])
def test_nothing_is_left_of_what_could_not_be_written(
    root: Path, store: FileStore, monkeypatch: pytest.MonkeyPatch, dying_at: str
) -> None:
    kept = put(store, 1)
    pwritev, pwrite = os.pwritev, os.pwrite

    def short(file: int, parts: tuple[bytes, ...], place: int) -> int:
        return pwritev(file, [b"".join(parts)[:6000]], place)

    def full(file: int, data: bytes, place: int) -> int:
        if any(data):
            raise OSError(errno.ENOSPC, "No space left on device")
        return pwrite(file, data, place)

    with monkeypatch.context() as broken:
        if dying_at == "pwrite":
            broken.setattr(os, "pwritev", short)
            broken.setattr(os, "pwrite", full)
        with pytest.raises((StorageFull, Killed)):
            store.put(key_of(body(2)), (HEAD, body(2)), None, killed)
    assert not FileStore(root).has(key_of(body(2)))
    assert body(2)[:64] not in segments(root)[0].read_bytes()
    again = put(store, 3)
    assert give(store) == 2 and listed(store) == sorted([kept, again])


@pytest.mark.usefixtures("lockless")
def test_a_file_system_without_locks_is_asked_like_any_other(store: FileStore) -> None:
    key, nowhere = put(store, 1), key_of(b"never came")
    assert listed(store) == [key] and not store.has(nowhere) and give(store) == 0
    store.remove(nowhere)
    store.remove(key)
    assert not store.has(key)


def test_a_disk_that_was_not_there_for_a_moment_is_landed_on_again(
    root: Path, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise StorageGone()

    with monkeypatch.context() as away:
        away.setattr(landing, "make_room", gone)
        for number in range(5):
            with suppress(StorageGone):
                put(store, number)
    assert not store.path(put(store, 10)).exists()


def test_a_clock_that_is_set_back_keeps_nothing_waiting(root: Path, store: FileStore) -> None:
    key = put(store, 1)
    os.utime(segments(root)[0], (time() + 3600, time() + 3600))
    assert give(store, quiet_seconds=60) == 1 and store.path(key).exists()


def test_a_child_forgets_what_its_parent_has_opened_before_it_goes_on(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that comes meanwhile forgets as well: a parent's locks are the child's too."""
    put(store, 1)
    parent, forgotten = -1, landing.Lock
    monkeypatch.setattr(store._landing, "_process", parent)

    def forgetting() -> object:
        assert store._landing._process == parent
        return forgotten()

    monkeypatch.setattr(landing, "Lock", forgetting)
    put(store, 2)
    assert store._landing._process == os.getpid() and give(store) == 2
