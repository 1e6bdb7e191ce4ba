"""Where small objects land, until a worker gives them files of their own.

A new file costs its file system more than a small object's bytes do: an inode and a name, and a
sync of each. So it is written to a segment, whose blocks are there already, made durable by one
sync, and read from there as long as it has no file. Where all segments are full or held, or a file
system has no locks, objects get their files at once.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from threading import Lock
from time import monotonic

from archive.config import settings
from archive.stores.folders import make_room, sync_folder
from archive.stores.keys import Standing
from archive.stores.segments import BLOCK, LONGEST_KEY, Segment

FOLDER = "landing"  # in the folder of each environment
SMALL = 64 << 10  # bytes of an object that lands
AT_ONCE = 128  # objects that get their files while a segment is held
REST_SECONDS = 0.5  # before a segment without room is looked at again

Landed = list[tuple[str, bytes]]


class Landing:
    """The segments of a file store; those of an environment are in a folder of its own."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._forget()

    def _forget(self) -> None:
        self._process = os.getpid()
        self._lock = Lock()
        self._writing: dict[str, deque[Segment]] = {}
        self._opened: dict[str, int] = {}  # segments that this process writes to
        self._reading: dict[str, deque[Segment]] = {}
        self._rests: dict[str, float] = {}

    # --- in ---------------------------------------------------------------------------------------

    def put(
        self, key: str, parts: Sequence[bytes | bytearray], length: int, standing: Standing
    ) -> bool:
        """Whether it landed: durable then, and `standing` was called before. Raises OSError."""
        if length > SMALL or len(key) > LONGEST_KEY:
            return False
        environment = key.partition("/")[0]
        segment = self._taken(environment, length)
        if segment is None:
            return False
        try:
            segment.write(key, parts, length, standing)
        finally:
            segment.let_go()
            self._writing[environment].append(segment)
        return True

    def _taken(self, environment: str, length: int) -> Segment | None:
        """A segment with room for this, held alone."""
        if self._process != os.getpid():  # locks go to a child as well: it must have its own
            self._forget()
        idle = self._writing.setdefault(environment, deque())
        for _ in range(len(idle)):
            segment = _last_of(idle)
            if segment is None:  # other threads have them
                break
            if self._take(segment, length):
                return segment
            if segment.is_there():
                idle.appendleft(segment)
            else:
                self._count(environment, -1)
        return self._another(environment, length)

    def _take(self, segment: Segment, length: int) -> bool:
        """What a disk refuses here it tells when an object's own file is written."""
        if self._rests.get(segment.path, 0.0) > monotonic() or not segment.take():
            return False
        is_ours = False
        with suppress(OSError):
            if segment.is_there():
                segment.refresh()
                segment.begin()
                is_ours = segment.has_room(length)
        if not is_ours:
            segment.let_go()
            self._rests[segment.path] = monotonic() + REST_SECONDS
        return is_ours

    def _another(self, environment: str, length: int) -> Segment | None:
        """One that this process has not written to, as far as there are any. Processes begin at
        different ones. Raises StorageGone.
        """
        segments = settings().landing_segments
        while (opened := self._count(environment, 1)) <= segments:
            number = (self._process + opened) % segments
            segment = self._open_new(environment, number)
            if segment is None:
                break
            if self._take(segment, length):
                return segment
            self._writing[environment].appendleft(segment)
        self._count(environment, -1)
        return None

    def _count(self, environment: str, more: int) -> int:
        with self._lock:
            count = self._opened[environment] = self._opened.get(environment, 0) + more
            return count

    def _open_new(self, environment: str, number: int) -> Segment | None:
        folder = f"{self._root}/{environment}/{FOLDER}"
        try:
            make_room(self._root, folder)
            segment = Segment(f"{folder}/{number:02d}", to_write=True)
            sync_folder(folder)  # who made it may have been killed before
        except OSError:  # as in _take
            return None
        return segment

    # --- out --------------------------------------------------------------------------------------

    def read(self, key: str) -> bytes | None:
        """The bytes that came last: those before may be damaged."""
        found: list[tuple[int, bytes]] = []
        for segment in self._segments(key):
            with segment.shared():
                if slot := segment.slot(key):
                    found.append((slot.at, segment.content_of(slot)))
        return max(found)[1] if found else None

    def length(self, key: str) -> int | None:
        for segment in self._segments(key):
            with segment.shared():
                if slot := segment.slot(key):
                    return slot.length
        return None

    def keys(self, environment: str) -> dict[str, datetime]:
        """All that stand there, with when they were written."""
        found: dict[str, datetime] = {}
        for segment in self._segments(environment):
            with segment.shared():
                for slot in segment.standing():
                    found[slot.key] = datetime.fromtimestamp(slot.at / 1000, UTC)
        return found

    def sync(self, key: str) -> bool:
        """Whether it stands there, durable on return. Raises OSError."""
        found = False
        for segment in self._segments(key):
            with segment.shared():
                if segment.slot(key):
                    segment.sync()
                    found = True
        return found

    def strike(self, key: str) -> None:
        """It is gone for ever, durable on return. Raises OSError."""
        for segment in self._segments(key):
            with segment.shared():
                is_here = segment.slot(key) is not None
            if is_here:
                writable = Segment(segment.path, to_write=True)
                with writable.alone():
                    writable.strike(key)

    def clear(self, environment: str, give: Callable[[Landed], None], before: float) -> int:
        """Have what landed given files: of segments that nobody wrote to since then, and of full
        ones; how many. What `give` raises is passed on, and nothing is lost by it. Raises OSError.
        """
        due = []
        for segment in self._segments(environment):
            with segment.shared():
                is_quiet = segment.written_at() <= before
                if segment.holds_any() and (is_quiet or not segment.has_room(SMALL)):
                    due.append(segment.path)
        # Opened anew they are read to their end: nothing may stand where it is not looked for.
        return sum(_clear(Segment(path, to_write=True), give) for path in due)

    def _segments(self, key: str) -> Iterator[Segment]:
        """Of the key's environment, each for the caller alone."""
        if self._process != os.getpid():
            self._forget()
        folder = f"{self._root}/{key.partition('/')[0]}/{FOLDER}"
        try:
            names = sorted(os.listdir(folder))
        except FileNotFoundError:
            return
        for path in (f"{folder}/{name}" for name in names):
            idle = self._reading.setdefault(path, deque())
            segment = _last_of(idle)
            if segment is None or not segment.is_there():
                segment = Segment(path)
            try:
                yield segment
            finally:
                idle.append(segment)


def _last_of(idle: deque[Segment]) -> Segment | None:
    try:
        return idle.pop()
    except IndexError:
        return None


def _clear(segment: Segment, give: Callable[[Landed], None]) -> int:
    """A worker that ends in the middle has done no harm: what has its file already keeps it."""
    place, given = BLOCK, 0
    with segment.shared():
        generation = segment.generation
    while True:
        with segment.shared():  # others may read, nobody can write
            batch = segment.standing(place)[:AT_ONCE]
            if segment.generation != generation or not segment.is_sound():
                return given  # another worker has done it
            if batch:
                give([(slot.key, segment.content_of(slot)) for slot in batch])
                given += len(batch)
                place = batch[-1].end
        if not batch:
            with segment.alone():
                if segment.generation == generation and not segment.standing(place):
                    segment.clear()
                    return given
