"""The vault on a file system: written to a temporary name, synced, renamed, folder synced."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from archive.config import settings
from archive.errors import StorageFull, StorageGone
from archive.stores.keys import Standing, head_of, is_object, untold

COMPARED = 1 << 20
# Stands in the root and in each environment's folder since they were set up: a bare mount point has
# none.
MARK = ".vault"
INCOMING = "incoming"  # in the folder of each environment


class Room(NamedTuple):
    """What can still be written, on the one disk of these environments."""

    size: int
    environments: tuple[str, ...]
    device: int


class Coming(NamedTuple):
    """An open file under a name of its own, and where it is to stand."""

    root: str
    file: int
    path: str
    place: str
    name: str


class FileStore:
    """Keys are paths below the root; what is coming in has a folder below their first part."""

    name = "files"

    def __init__(self, root: Path) -> None:
        self.root = root
        self._root = str(root)

    def path(self, key: str) -> Path:
        return self.root / key

    def has(self, key: str) -> bool:
        return self.path(key).exists()

    def size(self, key: str) -> int:
        return self.path(key).stat().st_size

    def put(
        self,
        key: str,
        parts: Sequence[bytes | bytearray],
        spilled: Path | None,
        standing: Standing = untold,
    ) -> None:
        """Raises StorageFull, StorageGone."""
        # Paths, and os.path, would cost more here than all the system calls.
        home, _, name = key.rpartition("/")
        if spilled is None:
            size = sum(len(part) for part in parts)
            file, temporary_name = temporary(self._root, key.partition("/")[0], size)
        else:
            file, temporary_name = os.open(spilled, os.O_RDWR | os.O_CLOEXEC), str(spilled)
        coming = Coming(self._root, file, temporary_name, f"{self._root}/{home}", name)
        try:
            with telling():
                if parts:
                    write_all(file, *parts)
                    _begin_to_sync(file)
                _settle(coming, standing)
        finally:
            os.close(file)
            with suppress(OSError):  # what is left is swept at the next start
                os.unlink(temporary_name)

    def note(self, key: str, text: str) -> None:
        path = self.path(key)
        make_room(self._root, path.parent)
        path.write_text(text)

    def open(self, key: str, length: int | None = None) -> BinaryIO:
        """Raises FileNotFoundError."""
        # A Path, and a buffer in front of what is read whole, would each cost as much again.
        return cast(BinaryIO, open(f"{self._root}/{key}", "rb", buffering=0))

    def sync(self, key: str) -> None:
        """Raises FileNotFoundError, StorageFull, StorageGone."""
        path = f"{self._root}/{key}"
        with telling():
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                _await_writer(file)
                _sync_data(file)
                if not _is_at(file, path):
                    raise FileNotFoundError(path)
            finally:
                os.close(file)
            sync_folder(os.path.dirname(path))

    def move(self, key: str, to: str) -> bool:
        target = self.path(to)
        make_room(self._root, target.parent)
        try:
            os.rename(self.path(key), target)
        except FileNotFoundError:
            return False
        sync_folder(target.parent)
        return True

    def remove(self, key: str) -> None:
        """Durable on return. Raises StorageGone: what is out of reach is not removed."""
        require_set_up(home_of(self._root, key))
        path = self.path(key)
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_folder(path.parent)

    def keys(self, prefix: str, after: str = "") -> Iterator[tuple[str, datetime]]:
        folder = self.path(prefix)
        is_there = folder.is_dir()
        if "/" not in prefix or not is_there:
            require_set_up(home_of(self._root, prefix))
        if not is_there:
            return
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            key = f"{prefix}/{entry.name}"
            if key < after[: len(key)]:  # it, and all that is below it
                continue
            if entry.is_dir():
                yield from self.keys(key, after)
            elif key > after:
                with suppress(FileNotFoundError):  # removed a moment ago
                    yield key, datetime.fromtimestamp(entry.stat().st_mtime, UTC)

    def rooms(self, environments: Iterable[str]) -> list[Room]:
        """Raises StorageGone."""
        disks: dict[int, Room] = {}
        for each in environments:
            home = home_of(self._root, each)
            require_set_up(home)
            sharing = disks.get(device := os.stat(home).st_dev)
            others = sharing.environments if sharing else ()
            disks[device] = Room(shutil.disk_usage(home).free, (*others, each), device)
        return sorted(disks.values())


def home_of(root: str | Path, key: str) -> str:
    """The folder of the key's environment: it may be a file system of its own."""
    return f"{root}/{key.partition('/')[0]}"


def is_set_up(folder: str | Path) -> bool:
    return os.path.exists(f"{folder}/{MARK}")


def require_set_up(folder: str | Path) -> None:
    """A file system that is not mounted must not look like one that has lost all its files, nor be
    written beneath. Raises StorageGone.
    """
    if not is_set_up(folder):
        raise StorageGone(f"the vault's file system is not there: {folder} has no mark")


def set_up(folder: Path) -> None:
    """Mark the root, or an environment's folder: once, and never on the way of an object."""
    make_folder(folder)
    os.close(os.open(folder / MARK, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    sync_folder(folder)


def make_room(root: str | Path, folder: str | Path) -> None:
    """A folder of an environment that is there. Raises StorageGone."""
    require_set_up(home_of(root, str(folder)[len(str(root)) + 1 :]))
    make_folder(folder)


def temporary(root: str, environment: str, size: int) -> tuple[int, str]:
    """A new file for this much, open for writing. Raises StorageFull before the disk is full, and
    StorageGone.
    """
    require_set_up(f"{root}/{environment}")
    folder = f"{root}/{environment}/{INCOMING}"
    with telling():
        try:
            disk = os.statvfs(folder)
        except FileNotFoundError:
            make_folder(folder)
            disk = os.statvfs(folder)
        _require_free(disk, size)
        path = f"{folder}/{os.urandom(16).hex()}"
        return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600), path


def require_room(file: int) -> None:
    """On the disk of a file that grows. Raises StorageFull."""
    _require_free(os.fstatvfs(file), 0)


def _require_free(disk: os.statvfs_result, size: int) -> None:
    if disk.f_bavail * disk.f_frsize < settings().free_bytes_floor + size:
        raise StorageFull("less free space than the floor that is kept")


def _settle(coming: Coming, standing: Standing) -> None:
    """Durable under its name in that folder on return.

    An object is named first and synced once: its blocks and its name are in one transaction of the
    file system, so that syncing the folder has nothing left to write. What a power cut then leaves
    half-written does not match its name, and is replaced by the next that does. Anything else
    could not be told from a whole file, and is synced before it is named.
    """
    file, target = coming.file, f"{coming.place}/{coming.name}"
    _hold(file)
    if is_object(coming.name) and _is_new(coming, target):
        standing()
        try:
            _sync_data(file)
        except BaseException:
            _withdraw(file, target)
            raise
    else:
        if not (is_object(coming.name) and _is_kept(file, target)):
            _sync_data(file)
            _in_place(coming, partial(os.rename, coming.path, target))
        standing()
    sync_folder(coming.place)


def _is_new(coming: Coming, target: str) -> bool:
    """Give the file its name, unless there is one that has it."""
    try:
        _in_place(coming, partial(os.link, coming.path, target))
    except FileExistsError:
        return False
    return True


def _in_place(coming: Coming, name: Callable[[], None]) -> None:
    """Also when it is the first in its folder."""
    try:
        name()
    except FileNotFoundError:
        make_room(coming.root, coming.place)
        name()


def _is_kept(file: int, target: str) -> bool:
    """Whether the same object stands there already, durable on return; it stays as it came first,
    with what it says of its sender.
    """
    try:
        there = os.open(target, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        if not _are_alike(file, there, head_of(target)):
            return False
        _await_writer(there)
        _sync_data(there)
        return _is_at(there, target)
    except OSError:  # withdrawn a moment ago, or not to be read: ours replaces it
        return False
    finally:
        os.close(there)


def _are_alike(one: int, other: int, place: int) -> bool:
    """From that place on."""
    if os.fstat(one).st_size != os.fstat(other).st_size:
        return False
    while piece := os.pread(one, COMPARED, place):
        if piece != os.pread(other, COMPARED, place):
            return False
        place += len(piece)
    return True


def _withdraw(file: int, target: str) -> None:
    """Take the name away again, if it is still this file's, and the disk lets us."""
    with suppress(OSError):
        if _is_at(file, target):
            os.unlink(target)


def _hold(file: int) -> None:
    """Until it is closed, or its process has died: who finds it under its name waits. A file system
    without locks has no such waiting.
    """
    with suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_EX)


def _await_writer(file: int) -> None:
    """Who wrote it may still take its name away again, which nobody may call durable before."""
    with suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_SH)


def _is_at(file: int, path: str) -> bool:
    """Whether the name is this file's. Raises FileNotFoundError."""
    return os.stat(path).st_ino == os.fstat(file).st_ino


def write_all(file: int, *parts: bytes | bytearray | memoryview) -> None:
    """Raises StorageFull, StorageGone."""
    with telling():
        wanted = sum(len(part) for part in parts)
        written = os.writev(file, parts)
        if written < wanted:
            rest = memoryview(b"".join(parts))[written:]
            while rest:
                rest = rest[os.write(file, rest) :]


def _begin_to_sync(file: int) -> None:
    """Have the kernel write while the file is named and its row is said, not only once it is asked
    to sync. Of what POSIX_FADV_DONTNEED does only this is wanted: Python has no sync_file_range,
    and pages that are being written stay in memory.
    """
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)


def _sync_data(file: int) -> None:
    os.fdatasync(file)


@contextmanager
def telling() -> Iterator[None]:
    """What a disk refuses, as StorageFull and StorageGone; what has another cause as it is."""
    try:
        yield
    except OSError as error:
        if error.errno in StorageFull.said_by:
            raise StorageFull("no space left on the vault") from error
        if error.errno in StorageGone.said_by:
            said = f"the vault's disk does not take what is written: {error.strerror}"
            raise StorageGone(said) from error
        raise


def make_folder(folder: str | Path) -> None:
    """Make a folder and its parents, mode 700, each synced into its parent; those that are there
    stay.
    """
    if os.path.isdir(folder):
        return
    parent = os.path.dirname(folder)
    make_folder(parent)
    with suppress(FileExistsError):  # another process was first
        os.mkdir(folder, mode=0o700)
    sync_folder(parent)


def sync_folder(folder: str | Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with telling():
            os.fsync(handle)
    finally:
        os.close(handle)
