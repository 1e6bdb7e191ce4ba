"""What every edge does around one message: fresh connections, a correlation id, one kind of error.

An edge's own table then turns the error into its protocol's reply.
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar
from uuid import UUID

import psycopg
from django.db import InterfaceError, OperationalError, close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from archive import conversation
from archive.errors import ArchiveError, Broken, DatabaseGone, StorageFull, StorageGone
from archive.logs import places

Reply = TypeVar("Reply")

log = logging.getLogger(__name__)

# Which exchange this is, for log lines and the trace.
correlation: ContextVar[UUID | None] = ContextVar("correlation", default=None)

# Hot statements go past Django, so the driver's own exceptions come as well.
NO_DATABASE = (
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)
LOOK_AGAIN = 1.0  # seconds in which a connection that has just worked is believed
_thread = threading.local()


@dataclass(frozen=True, slots=True)
class Seen:
    """The connections of a thread when they were looked at."""

    at: float  # of the monotonic clock
    wrappers: Sequence[BaseDatabaseWrapper]

    @property
    def is_believed(self) -> bool:
        is_fresh = bool(self.wrappers) and time.monotonic() - self.at < LOOK_AGAIN
        return is_fresh and not any(wrapper.errors_occurred for wrapper in self.wrappers)


class exchange:
    """Around one message, never around a network wait. Without an id it is of the conversation that
    is open. Raises ArchiveError and nothing else.

    No generator, for there are two to each object that comes.
    """

    __slots__ = ("_conversation", "_id", "_token")

    def __init__(self, correlation_id: UUID | None = None) -> None:
        self._id = correlation_id or conversation.this_id()
        self._conversation = conversation.within(self._id)

    def __enter__(self) -> UUID:
        _tidy_connections()
        self._conversation.__enter__()
        self._token = correlation.set(self._id)
        return self._id

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if isinstance(raised, Exception) and not isinstance(raised, ArchiveError):
                error = as_archive_error(raised)
                if isinstance(error, DatabaseGone):
                    _distrust_connections()
                raise error from raised
        finally:
            correlation.reset(self._token)
            self._conversation.__exit__(None, None, None)


def as_archive_error(raised: Exception) -> ArchiveError:
    """The family of whatever was raised; what nobody foresaw is Broken, and in the log."""
    if isinstance(raised, ArchiveError):
        return raised
    if isinstance(raised, NO_DATABASE):
        return DatabaseGone()
    for kind in (StorageFull, StorageGone):
        if isinstance(raised, OSError) and raised.errno in kind.said_by:
            return kind()
    log.error(
        "%s in exchange %s\n%s", type(raised).__name__, correlation.get(), "".join(places(raised))
    )
    return Broken(facts={"raised": type(raised).__name__})


def reply_for(table: Mapping[type[ArchiveError], Reply], error: ArchiveError) -> Reply:
    """The row of the error's class, or of the nearest above it that the table names."""
    for kind in type(error).__mro__:
        if kind in table:
            return table[kind]
    return table[Broken]


def close_connections() -> None:
    """At the end of a thread: nobody else can."""
    connections.close_all()


def _tidy_connections() -> None:
    """Django tidies connections around HTTP requests only; listeners' threads outlive them.

    A look costs a round trip, so within a second it is repeated only after an error. Inside a
    transaction nothing is closed: whoever opened it goes on with it.
    """
    seen: Seen | None = getattr(_thread, "seen", None)
    if seen is not None and seen.is_believed:
        return
    wrappers = connections.all(initialized_only=True)
    if not any(wrapper.in_atomic_block for wrapper in wrappers):
        close_old_connections()
        _thread.seen = Seen(time.monotonic(), wrappers)


def _distrust_connections() -> None:
    """Have the next look test them; Django knows only of errors that it saw."""
    for wrapper in connections.all(initialized_only=True):
        wrapper.errors_occurred = True
