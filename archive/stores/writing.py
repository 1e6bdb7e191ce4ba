"""Files on their way to their names: under a temporary one, named, synced, and their folder."""

import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from archive.config import settings
from archive.errors import StorageFull
from archive.stores.folders import (
    INCOMING,
    make_folder,
    make_room,
    require_set_up,
    sync_folder,
    telling,
)
from archive.stores.keys import Standing, head_of, is_object

COMPARED = 1 << 20


class Coming(NamedTuple):
    """An open file under a name of its own, and where it is to stand."""

    root: str
    file: int
    path: str
    place: str
    name: str


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
        require_free(disk, size)
        path = f"{folder}/{os.urandom(16).hex()}"
        return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600), path


def require_room(file: int) -> None:
    """On the disk of a file that grows. Raises StorageFull."""
    require_free(os.fstatvfs(file), 0)


def require_free(disk: os.statvfs_result, size: int) -> None:
    if disk.f_bavail * disk.f_frsize < settings().free_bytes_floor + size:
        raise StorageFull("less free space than the floor that is kept")


def settle(coming: Coming, standing: Standing) -> None:
    """Durable under its name in that folder on return.

    An object is named first and synced once: its blocks and its name are in one transaction of the
    file system, so that syncing the folder has nothing left to write. What a power cut then leaves
    half-written does not match its name, and is replaced by the next that does. Anything else
    could not be told from a whole file, and is synced before it is named.
    """
    file, target = coming.file, f"{coming.place}/{coming.name}"
    _hold(file)
    if is_object(coming.name) and is_new(coming, target):
        standing(False)
        try:
            sync_data(file)
        except BaseException:
            _withdraw(file, target)
            raise
    else:
        if not (is_object(coming.name) and is_kept(file, target)):
            sync_data(file)
            _in_place(coming, partial(os.rename, coming.path, target))
        standing(False)
    sync_folder(coming.place)


def name(coming: Coming) -> None:
    """Give a file that is whole and durable its name; an object that has it already stays."""
    target = f"{coming.place}/{coming.name}"
    if not is_new(coming, target) and not is_kept(coming.file, target):
        os.rename(coming.path, target)


def is_new(coming: Coming, target: str) -> bool:
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


def is_kept(file: int, target: str) -> bool:
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
        await_writer(there)
        sync_data(there)
        return is_at(there, target)
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
        if is_at(file, target):
            os.unlink(target)


def end(coming: Coming) -> None:
    """Close it; its temporary name goes."""
    os.close(coming.file)
    with suppress(OSError):  # what is left is swept later
        os.unlink(coming.path)


def _hold(file: int) -> None:
    """Until it is closed, or its process has died: who finds it under its name waits. A file system
    without locks has no such waiting.
    """
    with suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_EX)


def await_writer(file: int) -> None:
    """Who wrote it may still take its name away again, which nobody may call durable before."""
    with suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_SH)


def is_at(file: int, path: str) -> bool:
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


def begin_to_sync(file: int) -> None:
    """Have the kernel write while the file is named and its row is said, not only once it is asked
    to sync. Of what POSIX_FADV_DONTNEED does only this is wanted: Python has no sync_file_range,
    and pages that are being written stay in memory.
    """
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)


def sync_data(file: int) -> None:
    os.fdatasync(file)
