"""Folders of the vault, and whether they are those of its file system."""

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from archive.errors import StorageFull, StorageGone

# Stands in the root and in each environment's folder since they were set up: a bare mount point has
# none.
MARK = ".vault"
INCOMING = "incoming"  # in the folder of each environment

_libc = ctypes.CDLL(None, use_errno=True)  # Python has no syncfs


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


@contextmanager
def syncing_all(folder: str) -> Iterator[Callable[[], None]]:
    """Gives a call that syncs the folder's whole file system, and tells of all that it could not
    write since then. Raises StorageFull, StorageGone.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)

    def sync() -> None:
        with telling():
            if _libc.syncfs(handle) != 0:
                raise OSError(ctypes.get_errno(), "the file system cannot be synced")

    try:
        yield sync
    finally:
        os.close(handle)
