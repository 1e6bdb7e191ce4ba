"""Which conversation this is: one association, message, request or job, with what is said between
its exchanges and after them. Log lines and spans take their words from here.
"""

import time
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from uuid import UUID

from archive.values import uuid7


@dataclass(slots=True)
class Conversation:
    """Its correlation id, and with whom it is once that is known: ids, never names."""

    id: UUID
    connection: UUID | None = None
    organisation: UUID | None = None
    began: float = field(default_factory=time.monotonic)


_open: ContextVar[Conversation | None] = ContextVar("conversation", default=None)


def current() -> Conversation | None:
    return _open.get()


def this_id() -> UUID:
    """Of the conversation that is open; of one about to begin when none is."""
    here = _open.get()
    return here.id if here is not None else uuid7()


def lasted() -> int | None:
    """Milliseconds since it was opened; None when none is."""
    here = _open.get()
    return None if here is None else round((time.monotonic() - here.began) * 1000)


def timing() -> dict[str, int]:
    """The same as a fact; none when none is open."""
    ms = lasted()
    return {} if ms is None else {"ms": ms}


class within:
    """Open one, or go on with the one that has this id."""

    __slots__ = ("_id", "_token")

    def __init__(self, correlation_id: UUID) -> None:
        self._id = correlation_id
        self._token: Token[Conversation | None] | None = None

    def __enter__(self) -> Conversation:
        here = _open.get()
        if here is None or here.id != self._id:
            here = Conversation(self._id)
            self._token = _open.set(here)
        return here

    def __exit__(self, *raised: object) -> None:
        if self._token is not None:
            _open.reset(self._token)


def known(*, connection: UUID | None = None, organisation: UUID | None = None) -> None:
    """Who is at the other end."""
    here = _open.get()
    if here is not None:
        here.connection = connection or here.connection
        here.organisation = organisation or here.organisation
