"""Threads that serve one connection after another, so that a warm database connection is used
again.
"""

import logging
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

from archive.edges.edge import as_archive_error, close_connections

log = logging.getLogger(__name__)

Work = Callable[[], None]


class Workers:
    """The thread that was idle last works next; one that stays idle ends and closes its
    connection.
    """

    def __init__(self, most: int, idle_seconds: float = 10.0) -> None:
        self.most = most
        self.idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._idle: list[SimpleQueue[Work]] = []
        self._count = 0

    def start(self, work: Work) -> bool:
        """False when all are busy and no more may be."""
        with self._lock:
            if self._idle:
                self._idle.pop().put(work)
                return True
            if self._count >= self.most:
                return False
            self._count += 1
        inbox: SimpleQueue[Work] = SimpleQueue()
        inbox.put(work)
        threading.Thread(target=self._run, args=(inbox,), daemon=True, name="peer").start()
        return True

    def busy(self) -> int:
        with self._lock:
            return self._count - len(self._idle)

    def _run(self, inbox: "SimpleQueue[Work]") -> None:
        try:
            while (work := self._next(inbox)) is not None:
                try:
                    work()
                except Exception as raised:
                    as_archive_error(raised)  # logs what nobody foresaw; the listener goes on
                with self._lock:
                    self._idle.append(inbox)
        finally:
            close_connections()
            with self._lock:
                self._count -= 1

    def _next(self, inbox: "SimpleQueue[Work]") -> Work | None:
        try:
            return inbox.get(timeout=self.idle_seconds)
        except Empty:
            with self._lock:
                if inbox in self._idle:
                    self._idle.remove(inbox)
                    return None
            return inbox.get()  # work was put in meanwhile
