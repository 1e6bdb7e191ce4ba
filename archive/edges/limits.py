"""How many associations there are, over all processes of the listener."""

import mmap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from struct import Struct

from archive.errors import TooManyAssociations

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
