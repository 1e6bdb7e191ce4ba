"""Bytes that are made here, however many: in memory while they are few, else in a file without a
name in the vault's folder, which goes with the last who looks at them. And bytes to be read by
whoever wants a file.
"""

import mmap
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader, BytesIO, RawIOBase
from itertools import chain
from typing import IO, BinaryIO, cast

from archive.config import settings
from archive.errors import StorageFull, StorageGone
from archive.objects.elements import Bytes

FEW = 8 << 20  # bytes that are held in memory


def gathered(pieces: Iterable[Bytes]) -> bytes | memoryview:
    """All of them, one behind the other. Raises StorageFull, StorageGone, and what `pieces` do."""
    few: list[Bytes] = []
    size, rest = 0, iter(pieces)
    for piece in rest:
        few.append(piece)
        size += len(piece)
        if size > FEW:
            return _written(chain(few, rest))
    return b"".join(few)


def _written(pieces: Iterable[Bytes]) -> memoryview:
    with _nameless() as file:
        for piece in pieces:
            _write(file, piece)
        return _mapped(file.fileno())


@contextmanager
def viewed(file: int, start: int = 0) -> Iterator[memoryview]:
    """A file from there on, to walk over without reading it into memory. A slice may outlive it."""
    whole = _mapped(file)[start:]
    try:
        yield whole
    finally:
        with suppress(BufferError):  # somebody looks at it still
            whole.release()


def let_go(data: Bytes) -> None:
    """What was looked at need not stay mapped: who goes over all of a large file would have all of
    it among a process's pages. The kernel has it still, and gives it again.
    """
    if isinstance(data, memoryview) and isinstance(data.obj, mmap.mmap):
        data.obj.madvise(mmap.MADV_DONTNEED)


def _mapped(file: int) -> memoryview:
    """The file may be closed, or lose its name: the mapping goes with the last slice of it."""
    return memoryview(mmap.mmap(file, 0, access=mmap.ACCESS_READ))


def _nameless() -> IO[bytes]:
    """On the vault's disk: elsewhere a folder for temporary files may itself lie in memory."""
    try:
        return tempfile.TemporaryFile(dir=settings().vault_dir, buffering=0)
    except OSError as error:
        raise _told(error) from error


def _write(file: IO[bytes], piece: Bytes) -> None:
    left = memoryview(piece)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError as error:
        raise _told(error) from error


def _told(error: OSError) -> StorageFull | StorageGone:
    """Before whoever decodes takes it for a fault of the object."""
    full = error.errno in StorageFull.said_by
    return StorageFull() if full else StorageGone(facts={"raised": type(error).__name__})


def reading(data: Bytes) -> BinaryIO:
    """As a file, without a copy of many."""
    if len(data) <= FEW:
        return BytesIO(data)
    return cast(BinaryIO, BufferedReader(_Viewed(data)))


class _Viewed(RawIOBase):
    """Bytes that somebody else holds."""

    def __init__(self, data: Bytes) -> None:
        self._data = memoryview(data)
        self._place = 0
        self._looked_at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        from_where = (0, self._place, len(self._data))[whence]
        self._place = max(0, from_where + offset)
        return self._place

    def readinto(self, buffer: object) -> int:
        into = memoryview(cast(bytearray, buffer)).cast("B")
        piece = self._data[self._place : self._place + len(into)]
        into[: len(piece)] = piece
        self._place += len(piece)
        self._looked_at += len(piece)
        if self._looked_at >= FEW:
            self._looked_at = 0
            let_go(self._data)
        return len(piece)
