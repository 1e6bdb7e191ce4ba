"""The vault on a file system: written to a temporary name, synced, renamed, folder synced."""

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from archive.config import settings
from archive.errors import StorageFull
from archive.values import uuid7

_known_folders: set[Path] = set()


class FileStore:
    """Keys are paths below the root; what is coming in has a folder below their first part."""

    name = "files"

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        return self.root / key

    def has(self, key: str) -> bool:
        return self.path(key).exists()

    def size(self, key: str) -> int:
        return self.path(key).stat().st_size

    def put(self, key: str, parts: Sequence[bytes | bytearray], spilled: Path | None) -> None:
        """Raises StorageFull."""
        target = self.path(key)
        if not target.exists():
            if spilled is None:
                size = sum(len(part) for part in parts)
                file, spilled = temporary(self.root / key.split("/")[0] / "incoming", size)
                write_all(file, *parts)
            else:
                file = os.open(spilled, os.O_RDWR | os.O_CLOEXEC)
            _settle(file, spilled, target)
        sync_folder(target.parent)  # also of a file that another has renamed a moment ago

    def open(self, key: str, length: int | None = None) -> BinaryIO:
        """Raises FileNotFoundError."""
        return self.path(key).open("rb")

    def move(self, key: str, to: str) -> bool:
        target = self.path(to)
        make_folder(target.parent)
        try:
            os.rename(self.path(key), target)
        except FileNotFoundError:
            return False
        sync_folder(target.parent)
        return True

    def remove(self, key: str) -> None:
        """Durable on return."""
        path = self.path(key)
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_folder(path.parent)

    def keys(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        folder = self.path(prefix)
        if not folder.is_dir():
            return
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if entry.is_dir():
                yield from self.keys(f"{prefix}/{entry.name}")
                continue
            with suppress(FileNotFoundError):  # removed a moment ago
                at = datetime.fromtimestamp(entry.stat().st_mtime, UTC)
                yield f"{prefix}/{entry.name}", at

    def free(self) -> int | None:
        make_folder(self.root)
        return shutil.disk_usage(self.root).free


def temporary(folder: Path, size: int) -> tuple[int, Path]:
    """A new file for this much, open for writing. Raises StorageFull before the disk is full."""
    make_folder(folder)
    if shutil.disk_usage(folder).free < settings().free_bytes_floor + size:
        raise StorageFull("less free space than the floor that is kept")
    path = folder / uuid7().hex
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600), path


def _settle(file: int, path: Path, target: Path) -> None:
    try:
        _sync_data(file)
        make_folder(target.parent)
        os.rename(path, target)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(file)


def write_all(file: int, *parts: bytes | bytearray | memoryview) -> None:
    """Raises StorageFull."""
    try:
        wanted = sum(len(part) for part in parts)
        written = os.writev(file, parts)
        if written < wanted:
            rest = memoryview(b"".join(parts))[written:]
            while rest:
                rest = rest[os.write(file, rest) :]
    except OSError as error:
        raise _full(error) from error


def _sync_data(file: int) -> None:
    try:
        os.fdatasync(file)
    except OSError as error:
        raise _full(error) from error


def _full(error: OSError) -> Exception:
    return (
        StorageFull("no space left on the vault")
        if error.errno in (errno.ENOSPC, errno.EDQUOT)
        else error
    )


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, mode 700, each synced into its parent; remembered by this
    process.
    """
    if folder in _known_folders and folder.is_dir():
        return
    if not folder.is_dir():
        if not folder.parent.is_dir():
            make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)
    _known_folders.add(folder)


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
