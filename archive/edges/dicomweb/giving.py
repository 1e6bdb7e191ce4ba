"""What WADO-RS gives: objects one by one, each verified before its first byte goes out.

The status is that of what is known before the first byte; what is made of objects is made ahead of
it, as far as that is quick. What fails later breaks the answer off without its last boundary, so
that it is never taken for a whole one.
"""

import json
import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from django.http import StreamingHttpResponse

from archive.edges.ahead import AHEAD, AHEAD_SECONDS, Begun
from archive.edges.dicomweb import accept, multipart
from archive.edges.dicomweb.call import Call
from archive.edges.dicomweb.multipart import Bytes, Part
from archive.edges.edge import as_archive_error, exchange
from archive.errors import ArchiveError, Busy, BytesDamaged
from archive.errors.web import NotAcceptable
from archive.objects.json_model import Model
from archive.services import retrieval
from archive.services.retrieval import Retrieval
from archive.services.serving import Outgoing
from archive.vault import Held

log = logging.getLogger(__name__)

# The parts that an object is given as; they are written before the context ends.
Encode = Callable[[Outgoing, Held], AbstractContextManager[Sequence[Part]]]


class Form(Protocol):
    """How parts become a body."""

    content_type: str

    def part(self, part: Part) -> Iterator[Bytes]: ...

    def end(self) -> bytes: ...


class Related:
    """multipart/related."""

    def __init__(self, media_type: str) -> None:
        self._boundary, self.content_type = multipart.related(media_type)

    def part(self, part: Part) -> Iterator[Bytes]:
        return multipart.one(part, self._boundary)

    def end(self) -> bytes:
        return multipart.end(self._boundary)


class Listed:
    """One JSON array."""

    content_type = accept.JSON

    def __init__(self) -> None:
        self._sign = b"["

    def part(self, part: Part) -> Iterator[Bytes]:
        yield self._sign
        yield from part.chunks
        self._sign = b","

    def end(self) -> bytes:
        return b"]"


class Bare:
    """One part, as it is."""

    def __init__(self, media_type: str) -> None:
        self.content_type = media_type

    def part(self, part: Part) -> Iterator[Bytes]:
        return iter(part.chunks)

    def end(self) -> bytes:
        return b""


def of_model(model: Model) -> Part:
    return Part(accept.JSON, [json.dumps(model, ensure_ascii=False).encode()])


@dataclass(slots=True)
class Giving:
    """One answer. `close` of its response writes down what left."""

    call: Call
    wanted: Retrieval
    form: Form
    encode: Encode
    first_only: bool = False  # the first object that can be given stands for all
    ahead: bool = False  # what cannot be made whole is left out, and the status says so
    _left_out: ArchiveError | None = field(default=None, init=False)
    _is_said: bool = field(default=False, init=False)  # the status has gone out
    _is_partial: bool = field(default=False, init=False)

    def response(self, *, partial: bool = False) -> StreamingHttpResponse:
        """Raises why nothing can be given."""
        if self.call.is_head:  # nothing is read, and nothing goes out
            return self._begun(iter(()), partial=partial)
        self._is_partial = partial
        body = self._body(foreseen=partial or self.first_only)
        first = self._made_ahead(body) if self.ahead else deque([next(body)])
        return self._begun(Begun(first, body), partial=self._is_partial)

    def _made_ahead(self, body: Iterator[Bytes]) -> deque[Bytes]:
        """All of it, or what was quick; the rest may lack what could not be made another time."""
        made, size, until = deque[Bytes](), 0, time.monotonic() + AHEAD_SECONDS
        for piece in body:
            made.append(piece)
            size += len(piece)
            if size >= AHEAD or time.monotonic() > until:
                with exchange(self.call.correlation_id):
                    self._is_partial = self._is_partial or self.wanted.has_failed_before()
                break
        self._is_said = True
        return made

    def _begun(self, body: Iterator[Bytes], *, partial: bool) -> StreamingHttpResponse:
        status = 206 if partial else 200
        return StreamingHttpResponse(body, status=status, content_type=self.form.content_type)

    def _body(self, *, foreseen: bool) -> Generator[Bytes, None, None]:
        """Raises ArchiveError: of nothing, or in the middle."""
        ending, failure, given = retrieval.BROKEN_OFF, None, False
        try:
            for item in self.wanted.objects(partial(exchange, self.call.correlation_id)):
                error: ArchiveError | None = None
                begun = False
                try:
                    with item.hold() as held, self.encode(item, held) as parts:
                        for piece in self._pieces(parts):
                            given = begun = True
                            yield piece
                except GeneratorExit:
                    if begun:  # the peer has gone, with a part of it
                        self.wanted.note(item, None)
                    raise
                except Exception as raised:
                    error = as_archive_error(raised).with_traceback(None)
                if begun or error is not None:
                    self.wanted.note(item, error)
                if error is not None and not (foreseen and _was_foreseen(item, error)):
                    if begun or not self._leave_out(error):
                        failure = error
                        break
                if begun and self.first_only:
                    break
            if failure is not None or not given:
                ending = retrieval.FAILED
                raise failure or self._left_out or NotAcceptable(facts={"field": "Accept"})
            yield self.form.end()
            ending = retrieval.DONE
        finally:
            self._close(ending)

    def _pieces(self, parts: Sequence[Part]) -> Iterator[Bytes]:
        """Of one object. While it can still be left out, nothing of it goes on before all of it is
        made, unless that is much.
        """
        pieces = (piece for part in parts for piece in multipart.gathered(self.form.part(part)))
        if self.ahead and not self._is_said:
            held, size = [], 0
            for piece in pieces:
                held.append(piece)
                size += len(piece)
                if size >= AHEAD:
                    break
            yield from held
        yield from pieces

    def _leave_out(self, error: ArchiveError) -> bool:
        """What is of this object alone, while the status can still say that it is not all. What is
        away is back in a while: it is to be asked for again.
        """
        if not self.ahead or isinstance(error, Busy) or (self._is_said and not self._is_partial):
            return False
        self._is_partial, self._left_out = True, self._left_out or error
        return True

    def _close(self, ending: str) -> None:
        try:
            with exchange(self.call.correlation_id):
                self.wanted.close(ending)
        except ArchiveError as error:
            log.error("retrieval is not written down: %s", error.detail)


def _was_foreseen(item: Outgoing, error: ArchiveError) -> bool:
    """Before the status went out it was known that this one cannot be given."""
    return isinstance(error, NotAcceptable) or (item.is_damaged and isinstance(error, BytesDamaged))
