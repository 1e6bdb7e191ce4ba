"""A segment: small objects one behind the other in one file, whose blocks are there already.

It is a file of blocks of 4 kB. The first says the segment's generation, and how far an earlier one
has left bytes; then come slots: a head, and an object to the end of a block. What is of another
generation was given files, and counts for nothing. Who writes holds the segment alone; who reads
shares it, and so waits until what stands there is durable.
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
AHEAD = 64 << 10  # bytes looked at together where no slot stands
_EMPTY = bytes(AHEAD)

# What it is, its generation, and where what an earlier one has left ends.
_OPENING = struct.Struct("<4sQQ")
# What it is, its generation, when in milliseconds, bytes of the object, their CRC 32, bytes of its
# key.
_HEAD = struct.Struct("<4sQQIIH")
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
    check: int

    @property
    def end(self) -> int:
        return self.place + span(self.length)

    def is_whole(self, content: bytes) -> bool:
        """Not what its writer left half-written."""
        return len(content) == self.length and zlib.crc32(content) == self.check


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
        self._litter_to = BLOCK  # what stands behind no head was seen to end here
        self._failed_in = 0  # the generation in which a slot could not be synced
        self._size = 0  # as far as it was seen to have grown
        how = os.O_CREAT | os.O_RDWR if to_write else os.O_RDONLY
        self.file = os.open(path, how | os.O_CLOEXEC, 0o600)
        self._inode = _inode(os.fstat(self.file))

    def __del__(self) -> None:
        with suppress(AttributeError, OSError):
            os.close(self.file)

    def is_there(self) -> bool:
        """Whether its path leads to it."""
        try:
            return _inode(os.stat(self.path)) == self._inode
        except FileNotFoundError:
            return False

    def written_at(self) -> float:
        return os.fstat(self.file).st_mtime

    # --- holding it -------------------------------------------------------------------------------

    def take(self) -> bool:
        """Alone, without waiting: whether it is ours until it is let go. A file system without
        locks gives it to nobody, so that nothing is in it to be read.
        """
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def let_go(self) -> None:
        with suppress(OSError):
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
        try:
            fcntl.flock(self.file, how)
        except OSError:
            if self._read_opening()[0]:
                raise
        try:
            self.refresh()
            yield
        finally:
            self.let_go()

    # --- while it is held -------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read what others have written, or that it was cleared."""
        generation, self._left_to = self._read_opening()
        if generation != self.generation:
            is_known, self.generation = self.generation > 0, generation
            self._slots, self.end, self._litter_to = {}, BLOCK, BLOCK
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
        return self.is_sound() and self._used_to() > BLOCK

    @property
    def began_at(self) -> int:
        """When the first came that is in it, in milliseconds; 0 for what has no slot any more."""
        return min((slots[0].at for slots in self._slots.values()), default=0)

    def _used_to(self) -> int:
        return max(self.end, self._left_to, self._litter_to)

    def standing(self, place: int = BLOCK) -> Iterator[Slot]:
        """From there on, in the order of their places; one that came twice as often as that."""
        while place < self.end:
            slot = self._read_slot(place)
            if slot is not None and self._stands(slot):
                yield slot
            place = slot.end if slot is not None else place + BLOCK

    def below(self, prefix: str) -> Iterator[Slot]:
        """Of the keys that begin so."""
        for key in self._slots:
            if key.startswith(prefix):
                yield from self.slots(key)

    def slots(self, key: str) -> list[Slot]:
        """The key's that stand."""
        return [slot for slot in self._slots.get(key, ()) if self._stands(slot)]

    def has(self, slot: Slot) -> bool:
        """This very one, standing or struck."""
        return self._read_slot(slot.place) == slot

    def may_hold(self, key: str) -> bool:
        """Also what was struck, or begun anew, by somebody who may have died before that was
        durable.
        """
        return key in self._slots or self._left_to > BLOCK

    def content_of(self, slot: Slot) -> bytes:
        return os.pread(self.file, slot.length, slot.place + HEAD)

    def write(
        self, key: str, parts: Sequence[bytes | bytearray], length: int, standing: Standing
    ) -> None:
        """Durable on return. `standing` is called before. Raises OSError."""
        check = 0
        for part in parts:
            check = zlib.crc32(part, check)
        slot = Slot(key, self.end, length, int(now().timestamp() * 1000), check)
        self._grow_to(slot.end)
        try:
            self._write(slot, parts)
            standing(True)
            self.sync()
        except BaseException:
            self._failed_in = self.generation
            with suppress(OSError):
                self._wipe(slot)
            raise
        self._add(slot)

    def _write(self, slot: Slot, parts: Sequence[bytes | bytearray]) -> None:
        pieces = (self._head(slot), *parts)
        written = os.pwritev(self.file, pieces, slot.place)
        if written < HEAD + slot.length:
            os.pwrite(self.file, b"".join(pieces)[written:], slot.place + written)

    def sync(self) -> None:
        os.fdatasync(self.file)

    def strike(self, key: str) -> None:
        """Its bytes are gone for ever, durable on return. Raises OSError."""
        for slot in self.standing():
            if slot.key == key:
                self._wipe(slot)
        self.sync()
        if self._left_to > BLOCK:
            self._blank()

    def clear(self) -> None:
        """All that it holds has files: it begins anew, and no byte of an object is left in it."""
        self._begin(self.generation + 1, self._used_to())
        self.sync()  # before a slot goes: none may follow a new one of the same generation
        self.refresh()
        self._blank()

    def _blank(self) -> None:
        """What an earlier generation has left; who is killed meanwhile leaves the rest of it to
        others.
        """
        for place in range(self.end, self._left_to, GROWN_BY):
            os.pwrite(self.file, bytes(min(GROWN_BY, self._left_to - place)), place)
        self.sync()
        self._begin(self.generation, BLOCK)
        self._left_to = BLOCK

    def begin(self) -> None:
        """The first time. Raises OSError."""
        if not self.is_sound() and os.fstat(self.file).st_size <= BLOCK:
            self._begin(1, BLOCK)
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
            if slot := self._read_slot(place):
                self._add(slot)
                place = slot.end
                continue
            ahead = os.pread(self.file, AHEAD, place)
            if _EMPTY.startswith(ahead):
                place += AHEAD
                continue
            if not _EMPTY.startswith(ahead[:BLOCK]):
                self._litter_to = place + BLOCK
            place += BLOCK

    def _read_opening(self) -> tuple[int, int]:
        """Its generation, 0 where there is none, and where what an earlier one has left ends."""
        opening = os.pread(self.file, _OPENING.size + _CHECK.size, 0)
        if not _is_vouched_for(opening):
            return 0, BLOCK
        what, generation, left_to = _OPENING.unpack_from(opening)
        return (generation, left_to) if what == _SEGMENT else (0, BLOCK)

    def _begin(self, generation: int, left_to: int) -> None:
        opening = _vouched_for(_OPENING.pack(_SEGMENT, generation, left_to))
        os.pwrite(self.file, opening.ljust(BLOCK, b"\0"), 0)

    def _head(self, slot: Slot) -> bytes:
        key = slot.key.encode()
        said = self.generation, slot.at, slot.length, slot.check, len(key)
        head = _HEAD.pack(_SLOT, *said) + key
        return _vouched_for(head).ljust(HEAD - 1, b"\0") + _STANDS

    def _read_slot(self, place: int) -> Slot | None:
        head = os.pread(self.file, HEAD - 1, place)
        if not head.startswith(_SLOT) or len(head) < HEAD - 1:
            return None
        _, generation, at, length, check, named = _HEAD.unpack_from(head)
        end = _HEAD.size + named
        if generation != self.generation or not _is_vouched_for(head[: end + _CHECK.size]):
            return None
        return Slot(head[_HEAD.size : end].decode(), place, length, at, check)

    def _grow_to(self, end: int) -> None:
        if end > self._size:
            self._size = os.fstat(self.file).st_size
        while self._size < end:
            os.pwrite(self.file, bytes(GROWN_BY), self._size)
            self._size += GROWN_BY


def _inode(file: os.stat_result) -> tuple[int, int]:
    return file.st_dev, file.st_ino


def _vouched_for(said: bytes) -> bytes:
    return said + _CHECK.pack(zlib.crc32(said))


def _is_vouched_for(said: bytes) -> bool:
    if len(said) <= _CHECK.size:
        return False
    return bool(said[-_CHECK.size :] == _CHECK.pack(zlib.crc32(said[: -_CHECK.size])))
