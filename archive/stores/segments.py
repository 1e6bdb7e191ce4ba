"""A segment: small objects one behind the other in one file, whose blocks are there already.

It is a file of blocks of 4 kB. The first says the segment's generation; then come slots: a head,
and an object to the end of a block. What is of another generation was given files, and counts for
nothing. Who writes holds the segment alone; who reads shares it, and so waits until what stands
there is durable.
"""

import fcntl
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from archive.stores.keys import Standing
from archive.values import now

BLOCK = 4096
CAPACITY = 16 << 20  # bytes of a segment
GROWN_BY = 1 << 20

_OPENING = struct.Struct("<4sQ")  # what it is, its generation
# What it is, its generation, when in milliseconds, bytes of the object and of its key.
_HEAD = struct.Struct("<4sQQIH")
_CHECK = struct.Struct("<I")  # CRC 32 of what stands before it
_SEGMENT, _SLOT = b"SEG1", b"SLOT"
_STANDS, _STRUCK = b"\1", b"\0"  # after the head, which does not vouch for it
HEAD = 192
LONGEST_KEY = HEAD - _HEAD.size - _CHECK.size - 1


class Slot(NamedTuple):
    """Where an object stands in its segment, and since when in milliseconds of the epoch."""

    key: str
    place: int
    length: int
    at: int

    @property
    def end(self) -> int:
        return self.place + span(self.length)


def span(length: int) -> int:
    """Bytes that an object of this length takes."""
    return -(-(HEAD + length) // BLOCK) * BLOCK


class Segment:
    """One segment, opened: what it holds, as far as this has read it. Not for two threads at once.

    Opened, it is read to its end, also behind a slot that a disk has lost; later as far as slots
    follow each other.
    """

    def __init__(self, path: str, *, to_write: bool = False) -> None:
        """Raises OSError."""
        self.path = path
        self._slots: dict[str, list[Slot]] = {}
        self.end = BLOCK
        self.generation = 0
        self._left_to = BLOCK  # what an earlier generation has left ends here
        self._failed_in = 0  # the generation in which a slot could not be synced
        self._size = 0  # as far as it was seen to have grown
        how = os.O_CREAT | os.O_RDWR if to_write else os.O_RDONLY
        self.file = os.open(path, how | os.O_CLOEXEC, 0o600)
        self._inode = os.fstat(self.file).st_ino

    def __del__(self) -> None:
        with suppress(AttributeError, OSError):
            os.close(self.file)

    def is_there(self) -> bool:
        """Whether its path leads to it."""
        try:
            return os.stat(self.path).st_ino == self._inode
        except FileNotFoundError:
            return False

    def written_at(self) -> float:
        return os.fstat(self.file).st_mtime

    # --- holding it -------------------------------------------------------------------------------

    def take(self) -> bool:
        """Alone, without waiting: whether it is ours until it is let go. A file system without
        locks gives it to nobody.
        """
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def let_go(self) -> None:
        fcntl.flock(self.file, fcntl.LOCK_UN)

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._locked(fcntl.LOCK_EX):
            yield

    @contextmanager
    def shared(self) -> Iterator[None]:
        with self._locked(fcntl.LOCK_SH):
            yield

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        fcntl.flock(self.file, how)
        try:
            self.refresh()
            yield
        finally:
            self.let_go()

    # --- while it is held -------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read what others have written, or that it was cleared."""
        generation = self._read_generation()
        if generation != self.generation:
            is_known, self.generation = self.generation > 0, generation
            self._slots, self.end, self._left_to = {}, BLOCK, BLOCK
            if not is_known:
                self._read_whole()
        while slot := self._read_slot(self.end):
            self._add(slot)

    def is_sound(self) -> bool:
        """Else its first block is not to be read: nothing is written to it, and nothing removed."""
        return self.generation > 0

    def has_room(self, length: int) -> bool:
        """Not behind a slot that could not be synced: it may be lost, and others write there."""
        is_sound = self.is_sound() and self._failed_in != self.generation
        return is_sound and self.end + span(length) <= CAPACITY

    def holds_any(self) -> bool:
        """Or the bytes of some that have their files."""
        return self.is_sound() and max(self.end, self._left_to) > BLOCK

    def standing(self, place: int = BLOCK) -> list[Slot]:
        """From there on, in the order of their places; one that came twice as often as that."""
        found = []
        while place < self.end:
            slot = self._read_slot(place)
            if slot is not None and self._stands(slot):
                found.append(slot)
            place = slot.end if slot is not None else place + BLOCK
        return found

    def slot(self, key: str) -> Slot | None:
        """The last of the key's that stand."""
        for slot in reversed(self._slots.get(key, ())):
            if self._stands(slot):
                return slot
        return None

    def content_of(self, slot: Slot) -> bytes:
        return os.pread(self.file, slot.length, slot.place + HEAD)

    def write(
        self, key: str, parts: Sequence[bytes | bytearray], length: int, standing: Standing
    ) -> None:
        """Durable on return. `standing` is called before. Raises OSError."""
        slot = Slot(key, self.end, length, int(now().timestamp() * 1000))
        self._grow_to(slot.end)
        pieces = (self._head(slot), *parts)
        written = os.pwritev(self.file, pieces, slot.place)
        if written < HEAD + length:
            os.pwrite(self.file, b"".join(pieces)[written:], slot.place + written)
        self._add(slot)
        standing()
        try:
            self.sync()
        except BaseException:
            self._failed_in = self.generation
            with suppress(OSError):
                self._wipe(slot)
            raise

    def sync(self) -> None:
        os.fdatasync(self.file)

    def strike(self, key: str) -> None:
        """Its bytes are gone for ever, durable on return. Raises OSError."""
        for slot in self.standing():
            if slot.key == key:
                self._wipe(slot)
        self.sync()

    def clear(self) -> None:
        """All that it holds has files: it begins anew, and no byte of an object is left in it."""
        end = max(self.end, self._left_to)
        self._begin(self.generation + 1)
        self.sync()  # before a slot goes: none may follow a new one of the same generation
        for place in range(BLOCK, end, GROWN_BY):
            os.pwrite(self.file, bytes(min(GROWN_BY, end - place)), place)
        self.sync()
        self._left_to = BLOCK
        self.refresh()

    def begin(self) -> None:
        """The first time. Raises OSError."""
        if not self.is_sound() and os.fstat(self.file).st_size <= BLOCK:
            self._begin(1)
            self.sync()
            self.refresh()

    def _wipe(self, slot: Slot) -> None:
        """Its head stays: by it those behind are found."""
        os.pwrite(self.file, _STRUCK + bytes(slot.length), slot.place + HEAD - 1)

    # --- bytes ------------------------------------------------------------------------------------

    def _add(self, slot: Slot) -> None:
        self._slots.setdefault(slot.key, []).append(slot)
        self.end = slot.end

    def _stands(self, slot: Slot) -> bool:
        return os.pread(self.file, 1, slot.place + HEAD - 1) == _STANDS

    def _read_whole(self) -> None:
        place, size = BLOCK, os.fstat(self.file).st_size
        while place < size:
            generation, slot = self._read_head(place)
            if slot is None:
                place += BLOCK
                continue
            if generation == self.generation:
                self._add(slot)
            self._left_to = place = slot.end

    def _read_generation(self) -> int:
        """0 where there is none."""
        opening = os.pread(self.file, _OPENING.size + _CHECK.size, 0)
        if not _is_vouched_for(opening):
            return 0
        what, generation = _OPENING.unpack_from(opening)
        return int(generation) if what == _SEGMENT else 0

    def _begin(self, generation: int) -> None:
        opening = _vouched_for(_OPENING.pack(_SEGMENT, generation))
        os.pwrite(self.file, opening.ljust(BLOCK, b"\0"), 0)

    def _head(self, slot: Slot) -> bytes:
        key = slot.key.encode()
        head = _HEAD.pack(_SLOT, self.generation, slot.at, slot.length, len(key)) + key
        return _vouched_for(head).ljust(HEAD - 1, b"\0") + _STANDS

    def _read_slot(self, place: int) -> Slot | None:
        generation, slot = self._read_head(place)
        return slot if generation == self.generation else None

    def _read_head(self, place: int) -> tuple[int, Slot | None]:
        """With the generation that it is of."""
        head = os.pread(self.file, HEAD - 1, place)
        if not head.startswith(_SLOT) or len(head) < HEAD - 1:
            return 0, None
        _, generation, at, length, named = _HEAD.unpack_from(head)
        end = _HEAD.size + named
        if not _is_vouched_for(head[: end + _CHECK.size]):
            return 0, None
        return generation, Slot(head[_HEAD.size : end].decode(), place, length, at)

    def _grow_to(self, end: int) -> None:
        if end > self._size:
            self._size = os.fstat(self.file).st_size
        while self._size < end:
            os.pwrite(self.file, bytes(GROWN_BY), self._size)
            self._size += GROWN_BY


def _vouched_for(said: bytes) -> bytes:
    return said + _CHECK.pack(zlib.crc32(said))


def _is_vouched_for(said: bytes) -> bool:
    if len(said) <= _CHECK.size:
        return False
    return bool(said[-_CHECK.size :] == _CHECK.pack(zlib.crc32(said[: -_CHECK.size])))
