"""Where small objects land, until a worker gives them files of their own.

A new file costs its file system more than a small object's bytes do: an inode and a name, and a
sync of each. So it is written to a segment, whose blocks are there already, made durable by one
sync, and read from there as long as it has no file. Where all segments are full or held, or a file
system has no locks, objects get their files at once.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from itertools import islice, takewhile
from operator import itemgetter
from threading import Lock
from time import monotonic, time

from archive.config import settings
from archive.errors import StorageFull, StorageGone
from archive.stores.folders import INCOMING, make_room, sync_folder
from archive.stores.keys import Standing
from archive.stores.segments import BLOCK, LONGEST_KEY, Segment, Slot

FOLDER = "landing"  # in the folder of each environment
SMALL = 64 << 10  # bytes of an object that lands
AT_ONCE = 128  # objects that get their files while a segment is held
LATE_SECONDS = 60.0  # after which an object is given its file also while others come
APART = 7  # segments between the first ones of two processes that were begun together
REST_SECONDS = 0.5  # before a segment without room is looked at again

Landed = list[tuple[str, bytes]]


class Landing:
    """The segments of a file store; those of an environment are in a folder of its own."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._forget()

    def _forget(self) -> None:
        self._lock = Lock()
        self._writing: dict[str, deque[Segment]] = {}
        self._opened: dict[str, int] = {}  # segments that this process writes to
        self._reading: dict[str, deque[Segment]] = {}
        self._rests: dict[str, float] = {}
        self._given: dict[str, Slot] = {}  # all up to the last of these have files
        # Last: another thread must not go on with what the parent has opened, and so its locks.
        self._process = os.getpid()

    # --- in ---------------------------------------------------------------------------------------

    def put(
        self, key: str, parts: Sequence[bytes | bytearray], length: int, standing: Standing
    ) -> bool:
        """Whether it landed: durable then, and `standing` was called before. Raises OSError."""
        if len(key) > LONGEST_KEY:
            return False
        environment = key.partition("/")[0]
        segment = self._taken(environment, length)
        if segment is None:
            return False
        try:
            segment.write(key, parts, length, standing)
        finally:
            segment.let_go()
            self._writing.setdefault(environment, deque()).append(segment)
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
        """One that this process has not written to, as far as there are any. Processes begin far
        from each other: who shares one reads what others have written.
        """
        segments = settings().landing_segments
        while (opened := self._count(environment, 1)) <= segments:
            number = (self._process * APART + opened) % segments
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
        except (OSError, StorageFull, StorageGone):  # as in _take
            return None
        return segment

    # --- out --------------------------------------------------------------------------------------

    def read(self, key: str) -> bytes | None:
        """Of what came more than once what is whole, and of that the first, as its file will be;
        else the last. Who brought it again may have died in the middle, and what was there before
        may be damaged. Raises OSError.
        """
        found: list[tuple[bool, int, bytes]] = []
        failed: list[OSError] = []
        for segment in self._held(key, failed):
            for slot in segment.slots(key):
                try:
                    content = segment.content_of(slot)
                except OSError as error:
                    failed.append(error)
                else:
                    is_whole = slot.is_whole(content)
                    found.append((is_whole, -slot.at if is_whole else slot.at, content))
        best = max(found, key=itemgetter(0, 1), default=None)
        if best is None or not best[0]:
            _tell(failed)
        return best[2] if best else None

    def length(self, key: str) -> int | None:
        """Raises OSError."""
        failed: list[OSError] = []
        for segment in self._held(key, failed):
            for slot in segment.slots(key):
                return slot.length
        _tell(failed)
        return None

    def keys(self, prefix: str) -> dict[str, datetime]:
        """Those of an environment that begin so, with when they were written. Raises OSError."""
        found: dict[str, datetime] = {}
        failed: list[OSError] = []
        for segment in self._held(prefix, failed):
            for slot in segment.below(prefix):
                found[slot.key] = datetime.fromtimestamp(slot.at / 1000, UTC)
        _tell(failed)
        return found

    def each(self, environment: str) -> Iterator[tuple[str, bytes]]:
        """All that stands, whole or not; nobody writes to a segment meanwhile. Raises OSError."""
        failed: list[OSError] = []
        for segment in self._held(environment, failed):
            yield from _contents(segment, list(segment.standing()), failed)
        _tell(failed)

    def sync(self, key: str) -> bool:
        """Whether it stands there, durable on return. Raises OSError."""
        found = False
        failed: list[OSError] = []
        for segment in self._held(key, failed):
            if segment.slots(key):
                segment.sync()
                found = True
        _tell(failed)
        return found

    def bring(self, key: str, give: Callable[[bytes, bool], None]) -> None:
        """Have it given its file, and stand nowhere else; `give` is told whether the bytes are
        whole. Who strikes it meanwhile waits for that. Raises OSError, and what `give` raises.
        """
        failed: list[OSError] = []
        for segment in self._held(key, failed):
            for slot in segment.slots(key):
                content = segment.content_of(slot)
                give(content, slot.is_whole(content))
        _tell(failed)
        self.strike(key)

    def strike(self, key: str) -> None:
        """It is gone for ever, durable on return. Raises OSError."""
        failed: list[OSError] = []
        paths = [each.path for each in self._held(key, failed) if each.may_hold(key)]
        for path in paths:
            writable = Segment(path, to_write=True)
            with writable.alone():
                writable.strike(key)
        _tell(failed)

    def clear(self, environment: str, give: Callable[[Landed], None], before: float) -> int:
        """Have what landed given files: all of it where nothing came since then, and comes
        meanwhile; else one that is late, since whoever sends is not to pay for what came before.
        How many. What `give` raises is passed on, and nothing is lost by it. Raises OSError.
        """
        count, failed, began = 0, list[OSError](), max(before, time())
        used = sorted(
            (each.began_at, each.path)
            for each in self._held(environment, failed)
            if each.holds_any()
        )
        is_quiet = not _any_since(before, self._came(environment, failed))

        def is_waited_for() -> bool:
            return is_quiet and _any_since(began, self._landed(environment, failed))

        for path in [path for _, path in used] if is_quiet else _late(used):
            try:
                # Opened anew it is read to its end: nothing may stand where it is not looked for.
                count += self._clear(Segment(path, to_write=True), give, is_waited_for)
            except OSError as error:  # the next has its turn, or it would never have one
                failed.append(error)
            else:
                if not is_quiet:
                    break
        _tell(failed)
        return count

    def _clear(
        self,
        segment: Segment,
        give: Callable[[Landed], None],
        is_waited_for: Callable[[], bool],
    ) -> int:
        """A worker that ends in the middle has done no harm: what has its file already keeps it.
        What cannot be read hinders no other, and keeps the segment as it is.
        """
        given = 0
        failed: list[OSError] = []
        with segment.shared():
            generation, place = segment.generation, self._behind_given(segment)
        while not is_waited_for():
            with segment.shared():  # others may read, nobody can write
                batch = list(islice(segment.standing(place), AT_ONCE))
                if segment.generation != generation or not segment.is_sound():
                    return given  # another worker has done it
                if batch:
                    landed = list(_contents(segment, batch, failed))
                    if landed:
                        give(landed)
                    given += len(landed)
                    place = batch[-1].end
                    if not failed:
                        self._given[segment.path] = batch[-1]
            if not batch:
                _tell(failed)
                with segment.alone():
                    is_empty = next(segment.standing(place), None) is None
                    if segment.generation == generation and is_empty:
                        segment.clear()
                        return given
        return given

    def _behind_given(self, segment: Segment) -> int:
        """A segment that was restored or made anew is another, and begun with; and where a file is
        missing, as in a vault that was restored, what is known says nothing.
        """
        last = self._given.get(segment.path)
        if last is None or not segment.has(last):
            return BLOCK
        known = takewhile(lambda slot: slot.place < last.end, segment.standing())
        have_files = all(os.path.exists(f"{self._root}/{slot.key}") for slot in known)
        return last.end if have_files else BLOCK

    def _came(self, environment: str, failed: list[OSError]) -> Iterator[float]:
        yield from self._landed(environment, failed)
        with suppress(FileNotFoundError):  # larger ones have their files at once
            yield os.stat(f"{self._root}/{environment}/{INCOMING}").st_mtime

    def _landed(self, environment: str, failed: list[OSError]) -> Iterator[float]:
        """When, the last of each segment."""
        for each in self._held(environment, failed):
            if each.holds_any():
                yield each.written_at()

    def _held(self, key: str, failed: list[OSError]) -> Iterator[Segment]:
        """Shared with others who read. One that cannot be read hides nothing of the others: the
        caller tells.
        """
        for segment in self._segments(key):
            with ExitStack() as held:
                try:
                    held.enter_context(segment.shared())
                except OSError as error:
                    failed.append(error)
                    continue
                yield segment

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


def _tell(failed: list[OSError]) -> None:
    if failed:
        raise failed[0]


def _any_since(moment: float, times: Iterable[float]) -> bool:
    """What is of the future was written before the clock was set back."""
    now = time()
    return any(moment < each <= now for each in times)


def _late(used: Sequence[tuple[int, str]]) -> list[str]:
    """While others come: those that hold what came long ago, or before the clock was set back."""
    now = time() * 1000
    late = now - LATE_SECONDS * 1000
    return [path for began_at, path in used if not late <= began_at <= now]


def _contents(
    segment: Segment, slots: Sequence[Slot], failed: list[OSError]
) -> Iterator[tuple[str, bytes]]:
    for slot in slots:
        try:
            yield slot.key, segment.content_of(slot)
        except OSError as error:
            failed.append(error)
