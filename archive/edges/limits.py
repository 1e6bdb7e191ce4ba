"""How many associations there are, over all processes of the listener, and what each customer takes
over these and all that serve DICOMweb: counted in memory that they share, so that no row is written
for it.
"""

import fcntl
import hashlib
import mmap
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import compress
from pathlib import Path
from struct import Struct
from uuid import UUID

from archive.config import settings
from archive.errors import CustomerTooBusy, CustomerTooFast, TooManyAssociations
from archive.services.associations import Peer

_COUNT = Struct("=l")
_joining = threading.Lock()


class Counts:
    """A number per process in memory that is shared by forking; each process writes only its own.

    Made before forking. The parent clears that of a child that died, so nothing leaks.
    """

    def __init__(self, processes: int) -> None:
        self.processes = processes
        self._memory = mmap.mmap(-1, _COUNT.size * processes)
        self._lock = threading.Lock()

    def total(self) -> int:
        return sum(self.all())

    def all(self) -> list[int]:
        return [self.of(index) for index in range(self.processes)]

    def of(self, index: int) -> int:
        count: int = _COUNT.unpack_from(self._memory, index * _COUNT.size)[0]
        return count

    def clear(self, index: int) -> None:
        _COUNT.pack_into(self._memory, index * _COUNT.size, 0)

    def add(self, index: int, change: int) -> None:
        with self._lock:
            _COUNT.pack_into(self._memory, index * _COUNT.size, self.of(index) + change)


class Associations(Counts):
    """Those of a listener, and how many there may be."""

    def __init__(self, processes: int, most: int) -> None:
        super().__init__(processes)
        self.most = most

    def half_full(self) -> bool:
        return self.total() > self.most // 2

    @contextmanager
    def one_more(self, index: int) -> Iterator[None]:
        """Raises TooManyAssociations. Two at once may both be refused the last place; none is
        given twice.
        """
        self.add(index, 1)
        try:
            if self.total() > self.most:
                raise TooManyAssociations
            yield
        finally:
            self.add(index, -1)


def this_minute() -> int:
    """The same for all processes of the machine."""
    return int(time.monotonic() // 60)


class Customers:
    """The same for each customer in each environment: associations at once, and objects stored in
    this minute.

    A place is found by hash and never given back; each process has its own numbers there. Two at
    once may both be let in as the last, or both be refused: a limit is no account.

    The memory is a file's.
    """

    PLACES = 4096  # twice the organisations of the country that have images
    _KEY = 16
    _NUMBERS = Struct("=lll")  # associations; which minute, and how many objects in it

    def __init__(self, processes: int, file: int) -> None:
        self.processes = processes
        self._width = self._KEY + processes * self._NUMBERS.size
        self._row = Struct("=" + "lll" * processes)  # the numbers of all of them
        size = self.PLACES * self._width
        self._file = file  # a lock on it dies with its process
        os.posix_fallocate(self._file, 0, size)  # a full disk is told here, not by a signal
        self._memory = mmap.mmap(self._file, size)
        self._lock = threading.Lock()
        self._known: dict[tuple[UUID, str], int] = {}  # by whom

    def clear(self, index: int) -> None:
        """Of a process that died."""
        for place in range(self.PLACES):
            if any(self._memory[place * self._width : place * self._width + self._KEY]):
                self._write(place, index, (0, 0, 0))

    @contextmanager
    def one_more(self, index: int, peer: Peer) -> Iterator[None]:
        """An association. Raises CustomerTooBusy."""
        place = self._place(peer)
        self._associate(place, index, 1)
        try:
            total = sum(associations for associations, _, _ in self._numbers(place))
            if total > peer.limits.associations:
                raise CustomerTooBusy(facts={"limit": str(peer.limits.associations)})
            yield
        finally:
            self._associate(place, index, -1)

    def associated(self, peer: Peer) -> list[int]:
        """The processes that count an association of the customer's."""
        numbers = self._numbers(self._place(peer))
        return [index for index, (associations, _, _) in enumerate(numbers) if associations]

    def one_object(self, index: int, peer: Peer) -> None:
        """An object that is about to come. Raises CustomerTooFast."""
        place, minute = self._place(peer), this_minute()
        with self._lock:
            # Flat, and no step in Python for each process: it is asked for each object.
            numbers = self._row.unpack_from(self._memory, self._offset(place, 0))
            is_now = map(minute.__eq__, numbers[1::3])
            if sum(compress(numbers[2::3], is_now)) >= peer.limits.objects_per_minute:
                raise CustomerTooFast(facts={"limit": str(peer.limits.objects_per_minute)})
            associations, at, count = numbers[3 * index : 3 * index + 3]
            self._write(place, index, (associations, minute, count + 1 if at == minute else 1))

    def _associate(self, place: int, index: int, change: int) -> None:
        with self._lock:
            associations, minute, count = self._read(place, index)
            self._write(place, index, (associations + change, minute, count))

    def _numbers(self, place: int) -> list[tuple[int, int, int]]:
        """Those of all processes."""
        row = self._memory[self._offset(place, 0) : self._offset(place, self.processes)]
        return list(self._NUMBERS.iter_unpack(row))

    def _read(self, place: int, index: int) -> tuple[int, int, int]:
        return self._NUMBERS.unpack_from(self._memory, self._offset(place, index))

    def _write(self, place: int, index: int, numbers: tuple[int, int, int]) -> None:
        self._NUMBERS.pack_into(self._memory, self._offset(place, index), *numbers)

    def _offset(self, place: int, index: int) -> int:
        return place * self._width + self._KEY + index * self._NUMBERS.size

    def _place(self, peer: Peer) -> int:
        who = peer.organisation_id, peer.environment
        place = self._known.get(who)
        if place is None:
            name = peer.organisation_id.bytes + peer.environment.encode()
            with self._lock:
                place = self._found(hashlib.blake2b(name, digest_size=self._KEY).digest())
            self._known[who] = place
        return place

    def _found(self, key: bytes) -> int:
        """The key's place, taken now if it has none; one process at a time."""
        fcntl.lockf(self._file, fcntl.LOCK_EX, 1)
        try:
            start = int.from_bytes(key[:4], "big")
            for step in range(self.PLACES):
                place = (start + step) % self.PLACES
                begin = place * self._width
                taken = self._memory[begin : begin + self._KEY]
                if taken == key:
                    return place
                if not any(taken):
                    self._memory[begin : begin + self._KEY] = key
                    return place
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1)
        raise CustomerTooBusy("no place is left to count in")


def customers() -> "Strangers":
    """Where all of this machine's processes count; for each process to ask itself, not for the one
    that forks it. Raises OSError.
    """
    with _joining:  # a process has one turn
        return _joined(os.getpid())


class Strangers:
    """`Customers` over processes that meet at a file: each takes a turn by a lock that dies with
    it, and gives back what one that died had counted.
    """

    MOST = 32  # processes at once
    _TURNS = 1  # where their bytes begin that are locked; the one before guards places

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._lock = threading.Lock()
        fcntl.lockf(self._file, fcntl.LOCK_EX, 1)
        try:
            free = [turn for turn in range(self.MOST) if self._take(turn)]
            if len(free) == self.MOST:
                os.ftruncate(self._file, 0)  # the first to come begins an empty one
            for turn in free[1:]:
                self._leave(turn)
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1)
        if not free:
            os.close(self._file)
            raise OSError(f"{self.MOST} processes count there already")
        self._turn = free[0]
        self._customers = Customers(self.MOST, self._file)
        self._customers.clear(self._turn)

    @contextmanager
    def one_more(self, peer: Peer) -> Iterator[None]:
        """Raises CustomerTooBusy."""
        with ExitStack() as place:
            try:
                place.enter_context(self._customers.one_more(self._turn, peer))
            except CustomerTooBusy:
                self._bury(self._customers.associated(peer))
                place.enter_context(self._customers.one_more(self._turn, peer))
            yield

    def one_object(self, peer: Peer) -> None:
        """Raises CustomerTooFast."""
        self._customers.one_object(self._turn, peer)

    def _bury(self, turns: list[int]) -> None:
        """Those of them that nobody holds are of the dead."""
        with self._lock:
            for turn in turns:
                if turn != self._turn and self._take(turn):
                    self._customers.clear(turn)
                    self._leave(turn)

    def _take(self, turn: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, self._TURNS + turn)
        except OSError:
            return False
        return True

    def _leave(self, turn: int) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, self._TURNS + turn)


@cache
def _joined(pid: int) -> Strangers:
    return Strangers(settings().data_dir / "places")
