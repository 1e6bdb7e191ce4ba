"""How many associations there are and how fast objects come, over all processes of the listener:
counted in memory that they share, so that no row is written for it.
"""

import fcntl
import hashlib
import mmap
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from struct import Struct

from archive.errors import CustomerTooBusy, CustomerTooFast, TooManyAssociations
from archive.services.associations import Peer

_COUNT = Struct("=l")


class Associations:
    """A count per process in memory that is shared by forking; each process writes only its own.

    Made before forking. The parent clears the count of a child that died, so nothing leaks.
    """

    def __init__(self, processes: int, most: int) -> None:
        self.processes = processes
        self.most = most
        self._counts = mmap.mmap(-1, _COUNT.size * processes)
        self._lock = threading.Lock()

    def total(self) -> int:
        return sum(self.of(index) for index in range(self.processes))

    def of(self, index: int) -> int:
        count: int = _COUNT.unpack_from(self._counts, index * _COUNT.size)[0]
        return count

    def clear(self, index: int) -> None:
        _COUNT.pack_into(self._counts, index * _COUNT.size, 0)

    @contextmanager
    def one_more(self, index: int) -> Iterator[None]:
        """Raises TooManyAssociations. Two at once may both be refused the last place; none is
        given twice.
        """
        self._add(index, 1)
        try:
            if self.total() > self.most:
                raise TooManyAssociations
            yield
        finally:
            self._add(index, -1)

    def _add(self, index: int, change: int) -> None:
        with self._lock:
            _COUNT.pack_into(self._counts, index * _COUNT.size, self.of(index) + change)


def this_minute() -> int:
    """The same for all processes of the machine."""
    return int(time.monotonic() // 60)


class Customers:
    """The same for each customer in each environment: associations at once, and objects stored in
    this minute.

    A place is found by hash and never given back; each process has its own numbers there. Two at
    once may both be let in as the last, or both be refused: a limit is no account.
    """

    PLACES = 4096  # twice the organisations of the country that have images
    _KEY = 16
    _NUMBERS = Struct("=lll")  # associations; which minute, and how many objects in it

    def __init__(self, processes: int) -> None:
        self.processes = processes
        self._width = self._KEY + processes * self._NUMBERS.size
        self._memory = mmap.mmap(-1, self.PLACES * self._width)
        self._file = os.memfd_create("places")  # a lock on it dies with its process
        self._lock = threading.Lock()
        self._known: dict[bytes, int] = {}  # by whom

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
            total = sum(self._read(place, each)[0] for each in range(self.processes))
            if total > peer.limits.associations:
                raise CustomerTooBusy(facts={"limit": str(peer.limits.associations)})
            yield
        finally:
            self._associate(place, index, -1)

    def one_object(self, index: int, peer: Peer) -> None:
        """An object that is about to come. Raises CustomerTooFast."""
        place, minute = self._place(peer), this_minute()
        with self._lock:
            numbers = [self._read(place, each) for each in range(self.processes)]
            if sum(count for _, at, count in numbers if at == minute) >= (
                peer.limits.objects_per_minute
            ):
                raise CustomerTooFast(facts={"limit": str(peer.limits.objects_per_minute)})
            associations, at, count = numbers[index]
            self._write(place, index, (associations, minute, count + 1 if at == minute else 1))

    def _associate(self, place: int, index: int, change: int) -> None:
        with self._lock:
            associations, minute, count = self._read(place, index)
            self._write(place, index, (associations + change, minute, count))

    def _read(self, place: int, index: int) -> tuple[int, int, int]:
        return self._NUMBERS.unpack_from(self._memory, self._offset(place, index))

    def _write(self, place: int, index: int, numbers: tuple[int, int, int]) -> None:
        self._NUMBERS.pack_into(self._memory, self._offset(place, index), *numbers)

    def _offset(self, place: int, index: int) -> int:
        return place * self._width + self._KEY + index * self._NUMBERS.size

    def _place(self, peer: Peer) -> int:
        name = peer.organisation_id.bytes + peer.environment.encode()
        with self._lock:
            if name not in self._known:
                key = hashlib.blake2b(name, digest_size=self._KEY).digest()
                self._known[name] = self._found(key)
            return self._known[name]

    def _found(self, key: bytes) -> int:
        """The key's place, taken now if it has none; one process at a time."""
        fcntl.lockf(self._file, fcntl.LOCK_EX)
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
            fcntl.lockf(self._file, fcntl.LOCK_UN)
        raise CustomerTooBusy("no place is left to count in")
