"""Small objects land in segments and have files of their own later: none is lost between (NF-4)."""

import errno
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event
from time import time

import pytest

from archive.errors import StorageFull, StorageGone
from archive.objects.part10 import PREFIX_LENGTH
from archive.stores import files, folders
from archive.stores.files import FileStore
from archive.stores.landing import FOLDER, SMALL
from archive.stores.segments import BLOCK, CAPACITY, Segment, span
from archive.vault import digests
from tests.configuring import Configure
from tests.vaults import syncing_by

HEAD = b"came first".ljust(PREFIX_LENGTH)

pytestmark = pytest.mark.usefixtures("own_vault")


@pytest.fixture
def root(tmp_path: Path, configure: Configure) -> Path:
    configure(LANDING_SEGMENTS="2")
    folders.set_up(tmp_path / "production")
    return tmp_path


@pytest.fixture
def store(root: Path) -> FileStore:
    return FileStore(root)


@pytest.fixture
def lockless(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", none)


def put_unsynced(store: FileStore, number: int) -> None:
    """It is refused."""

    def fail(file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with pytest.MonkeyPatch.context() as broken:
        syncing_by(broken, fail)
        with pytest.raises(StorageGone):
            put(store, number)


def body(number: int, size: int = 14_000) -> bytes:
    return number.to_bytes(4) * (size // 4)


def key_of(data: bytes) -> str:
    name = digests.of(data).hex()
    return f"production/{name[:2]}/{name}.dcm"


def put(store: FileStore, number: int, size: int = 14_000) -> str:
    data = body(number, size)
    store.put(key_of(data), (HEAD, data), None)
    return key_of(data)


def give(store: FileStore, quiet_seconds: float = 0) -> int:
    return store.give_files("production", lambda key, content: key, quiet_seconds)


def read(store: FileStore, key: str) -> bytes:
    with store.open(key) as file:
        return file.read()


def listed(store: FileStore) -> list[str]:
    return [key for key, _ in store.keys("production") if key.endswith(".dcm")]


def segments(root: Path) -> list[Path]:
    return sorted((root / "production" / FOLDER).iterdir())


def test_what_landed_is_read_like_a_file_by_every_process(root: Path, store: FileStore) -> None:
    key, other = put(store, 1), FileStore(root)
    assert not store.path(key).exists()
    for reader in (store, other):
        assert reader.has(key) and read(reader, key) == HEAD + body(1)
        assert reader.size(key) == PREFIX_LENGTH + 14_000
        assert listed(reader) == [key]
        assert abs(next(at for _, at in reader.keys(key[:13])).timestamp() - time()) < 60
        reader.sync(key)
    later = put(store, 2)
    assert read(other, later) == HEAD + body(2)
    nowhere = key_of(b"never came")
    assert not other.has(nowhere)
    for ask in (other.open, other.size, other.sync):
        with pytest.raises(FileNotFoundError):
            ask(nowhere)


def test_it_is_given_a_file_and_no_byte_of_it_is_left(root: Path, store: FileStore) -> None:
    """A segment is no place where a destroyed object could still be found."""
    keys = [put(store, number) for number in range(300)]
    assert give(store) == 300 and give(store) == 0
    for number, key in enumerate(keys):
        assert store.path(key).read_bytes() == HEAD + body(number)
    assert all(not any(path.read_bytes()[BLOCK:]) for path in segments(root))
    assert list((root / "production/incoming").iterdir()) == []
    again = put(store, 1000)
    assert read(FileStore(root), again) == HEAD + body(1000), "written over from the beginning"
    assert listed(store) == sorted([*keys, again])


def test_what_finds_no_room_has_its_file_at_once(store: FileStore) -> None:
    size = SMALL - PREFIX_LENGTH
    most = 2 * ((CAPACITY - BLOCK) // span(SMALL))
    keys = [put(store, number, size) for number in range(most + 3)]
    assert sum(store.path(key).exists() for key in keys) == 3
    assert store.path(put(store, 9999, SMALL)).exists(), "too large to land"
    for number, key in enumerate(keys):
        assert read(store, key) == HEAD + body(number, size)


@pytest.mark.usefixtures("lockless")
def test_a_file_system_without_locks_has_files_alone(store: FileStore) -> None:
    assert store.path(put(store, 1)).exists()


def test_what_is_removed_stays_so(root: Path, store: FileStore) -> None:
    kept, gone = put(store, 1), put(store, 2)
    put(store, 2)
    other = FileStore(root)
    assert other.has(gone)
    other.remove(gone)
    assert not store.has(gone) and body(2)[:64] not in segments(root)[0].read_bytes()
    give(other)
    assert not store.path(gone).exists() and read(store, kept) == HEAD + body(1)


def test_what_is_moved_is_moved_once(store: FileStore) -> None:
    key, to = put(store, 1), "production/quarantine/1.dcm"
    assert store.move(key, to) and not store.move(key, to)
    assert not store.has(key) and read(store, to) == HEAD + body(1)
    assert give(store) == 0 and not store.has(key)


def test_what_came_twice_is_one(root: Path, store: FileStore) -> None:
    key = put(store, 1)
    FileStore(root).put(key, (b"came again".ljust(PREFIX_LENGTH), body(1)), None)
    assert listed(store) == [key] and read(store, key) == HEAD + body(1)
    give(store)
    assert store.path(key).read_bytes() == HEAD + body(1), "as it came first"


def test_what_came_last_is_read_since_what_was_there_may_be_damaged(
    root: Path, store: FileStore
) -> None:
    key = put(store, 1)
    [path] = segments(root)
    damaged = path.read_bytes().replace(body(1), body(7))
    path.write_bytes(damaged)
    os.utime(path)
    assert read(store, key) == HEAD + body(7)
    put(FileStore(root), 1)
    assert read(store, key) == HEAD + body(1)


def test_what_cannot_be_synced_is_refused_and_nothing_is_left(root: Path, store: FileStore) -> None:
    first = put(store, 1)
    put_unsynced(store, 2)
    assert not FileStore(root).has(key_of(body(2)))
    third = put(store, 3)
    assert [read(FileStore(root), key) for key in (first, third)] == [
        HEAD + body(1),
        HEAD + body(3),
    ]
    assert give(store) == 2


def test_who_asks_for_what_is_being_synced_waits_for_its_writer(
    root: Path, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, 0)
    asked: list[Future[bool]] = []
    begun, sync = Event(), os.fdatasync

    def slowly(file: int) -> None:
        if not asked:
            asked.append(
                threads.submit(lambda: begun.set() or FileStore(root).has(key_of(body(1))))
            )
            begun.wait(30)
            assert not asked[0].done()
        sync(file)

    with ThreadPoolExecutor(1) as threads:
        syncing_by(monkeypatch, slowly)
        put(store, 1)
        assert asked[0].result(30)


def test_a_full_disk_leaves_what_landed_where_it_is(
    store: FileStore, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = put(store, 1)
    with monkeypatch.context() as full:
        configure(FREE_BYTES_FLOOR=str(1 << 60))
        with pytest.raises(StorageFull):
            give(store)
        assert read(store, key) == HEAD + body(1)
        full.undo()
    configure(FREE_BYTES_FLOOR="0")
    assert give(store) == 1 and store.path(key).read_bytes() == HEAD + body(1)


def test_a_worker_that_is_killed_between_leaves_all_of_it(
    root: Path, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [put(store, number) for number in range(200)]
    for at in ("name", "clear"):
        with monkeypatch.context() as broken:
            if at == "name":
                broken.setattr(files, "name", killed_at(150))
            else:
                broken.setattr(Segment, "clear", killed_at(1))
            with pytest.raises(Killed):
                give(store)
        for number, key in enumerate(keys):
            assert read(FileStore(root), key) == HEAD + body(number)
    store.remove(keys[0])
    give(FileStore(root))
    assert listed(store) == sorted(keys[1:])


class Killed(BaseException):
    pass


def killed_at(turn: int) -> Callable[[object], None]:
    turns = iter(range(1, turn + 1))
    real = files.name

    def act(it: object) -> None:
        if next(turns) == turn:
            raise Killed
        real(it)  # type: ignore[arg-type]

    return act


def test_a_worker_that_is_killed_while_it_blanks_leaves_that_to_the_next(
    root: Path, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [put(store, number) for number in range(20)]
    pwrite = os.pwrite

    def killed(file: int, data: bytes, place: int) -> int:
        if place and not any(data):
            raise Killed
        return pwrite(file, data, place)

    with monkeypatch.context() as broken:
        broken.setattr(os, "pwrite", killed)
        with pytest.raises(Killed):
            give(store)
    assert body(19) in segments(root)[0].read_bytes()
    after = FileStore(root)
    assert give(after) == 0 and not any(segments(root)[0].read_bytes()[BLOCK:])
    assert listed(after) == sorted(keys)


def test_what_fails_to_come_again_takes_nothing_from_what_came_before(
    root: Path, store: FileStore
) -> None:
    key = put(store, 1)
    put_unsynced(store, 1)
    for reader in (store, FileStore(root)):
        assert read(reader, key) == HEAD + body(1)


def test_a_disk_that_is_read_only_is_read(
    root: Path, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, open_ = put(store, 1), os.open

    def read_only(path: str, flags: int, *mode: int) -> int:
        if flags & (os.O_RDWR | os.O_WRONLY):
            raise OSError(errno.EROFS, "Read-only file system")
        return open_(path, flags, *mode)

    monkeypatch.setattr(os, "open", read_only)
    after = FileStore(root)
    assert read(after, key) == HEAD + body(1)
    with pytest.raises(StorageGone):
        put(after, 2)


def test_what_a_disk_has_lost_hides_nothing_behind_it(root: Path, store: FileStore) -> None:
    keys = [put(store, number) for number in range(5)]
    [path] = segments(root)
    whole = bytearray(path.read_bytes())
    whole[BLOCK + span(15_024) :][:BLOCK] = bytes(BLOCK)
    whole[BLOCK + span(15_024) : 2 * BLOCK + span(15_024)] = bytes(BLOCK)
    path.write_bytes(whole)
    after = FileStore(root)
    assert [after.has(key) for key in keys] == [True, False, True, True, True]
    keys.append(put(after, 5))
    assert give(after) == 5
    assert [after.path(key).exists() for key in keys] == [True, False, True, True, True, True]


def test_a_segment_whose_beginning_is_lost_is_left_as_it_is(root: Path, store: FileStore) -> None:
    put(store, 1)
    [path] = segments(root)
    whole = path.read_bytes()
    path.write_bytes(bytes(BLOCK) + whole[BLOCK:])
    after = FileStore(root)
    again = put(after, 2)
    assert read(after, again) == HEAD + body(2)
    give(after)
    assert path.read_bytes()[BLOCK:] == whole[BLOCK:]
    path.write_bytes(whole)
    assert read(FileStore(root), key_of(body(1))) == HEAD + body(1)


def test_an_environment_whose_disk_is_not_there_takes_nothing(root: Path, store: FileStore) -> None:
    key = put(store, 1)
    (root / "production").rename(root / "away")
    (root / "production").mkdir()
    with pytest.raises(StorageGone):
        put(store, 2)
    assert list((root / "production").iterdir()) == [] and give(store) == 0
    (root / "production").rmdir()
    (root / "away").rename(root / "production")
    assert read(store, key) == HEAD + body(1)


def land(root: Path, first: int, told: "multiprocessing.Queue[int]") -> None:
    store = FileStore(root)
    for number in range(first, first + 10_000):
        put(store, number)
        told.put(number)


def test_processes_that_are_killed_while_a_worker_gives_files_lose_nothing_they_promised(
    root: Path, configure: Configure
) -> None:
    """Also a child of a process that writes itself: it must not share its locks."""
    configure(LANDING_SEGMENTS="4")
    store, spawn = FileStore(root), multiprocessing.get_context("fork")
    put(store, 0)
    told: multiprocessing.Queue[int] = spawn.Queue()
    writers = [
        spawn.Process(target=land, args=(root, first, told))
        for first in (100_000, 200_000, 300_000)
    ]
    for writer in writers:
        writer.start()
    promised, given = [0], 0
    while len(promised) < 1200:
        promised.append(told.get(timeout=60))
        if len(promised) % 100 == 0:
            given += give(store, quiet_seconds=-60)  # whatever comes meanwhile
        if len(promised) == 600:
            os.kill(writers[0].pid or 0, signal.SIGKILL)
    for writer in writers:
        writer.kill()
        writer.join()
    after = FileStore(root)
    for number in promised:
        assert read(after, key_of(body(number))) == HEAD + body(number)
    give(after)
    assert given > 0
    for number in promised:
        assert after.path(key_of(body(number))).read_bytes() == HEAD + body(number)
