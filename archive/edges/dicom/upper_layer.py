"""PDUs on a socket, PS3.8 section 9.3: one buffer to receive into, one write to answer.

Blocking: each association has its thread. What breaks the protocol raises Violation, what ends it
raises Gone.
"""

import select
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from struct import Struct
from typing import NamedTuple

from archive.edges.dicom.replies import Rejection

ASSOCIATE_RQ, ASSOCIATE_AC, ASSOCIATE_RJ, P_DATA, RELEASE_RQ, RELEASE_RP, ABORT = range(1, 8)

MAX_PDU = 128 << 10  # what we offer to receive
SLACK = 1 << 10  # some count their own headers otherwise than PS3.8 D.1 does
LARGEST_REQUEST = 1 << 20  # 128 contexts, each with every transfer syntax, stay under half of it
TLS_HANDSHAKE = 22  # the first byte of a caller that speaks TLS, RFC 8446 5.1
COMMAND, LAST = 1, 2  # bits of the message control header, PS3.8 E.2

# Reasons of an A-ABORT by the provider, PS3.8 table 9-26.
NOT_SPECIFIED, UNRECOGNISED_PDU, UNEXPECTED_PDU = 0, 1, 2
UNEXPECTED_PARAMETER, INVALID_PARAMETER = 5, 6

_HEAD = Struct(">BxL")
_PDV = Struct(">LBB")
_TIMEVAL = Struct("@ll")  # socket(7): seconds and microseconds
_RINGS = 64  # of a bell, silenced at once
_AT_ONCE = 512  # buffers of one call to the kernel, which takes 1024

Parts = list[bytes | memoryview]


class Violation(Exception):
    """The peer broke the protocol; `reason` goes into our A-ABORT."""

    def __init__(self, reason: int) -> None:
        super().__init__(reason)
        self.reason = reason


class SpeaksTls(Violation):
    """Encrypted bytes where none are expected."""


class Gone(Exception):
    """The peer closed, aborted or fell silent."""


class Fragment(NamedTuple):
    """A presentation data value, PS3.8 section 9.3.5.1. `data` is valid until the next read."""

    context_id: int
    is_command: bool
    is_last: bool
    data: memoryview


class Wire:
    """A connected socket that carries PDUs."""

    def __init__(self, connection: socket.socket, timeout: float) -> None:
        self.connection = connection
        self.waiting = False  # between two messages, so that stopping harms nobody
        self.be_patient(timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(2 * MAX_PDU)
        self._view = memoryview(self._buffer)
        self._start = self._end = 0

    def be_patient(self, seconds: float) -> None:
        """How long the peer may be silent, or leave unread what it is sent."""
        self._patience = seconds
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.settimeout(seconds)
            return
        # By the kernel: Python asks before each call whether it would wait, and another thread has
        # the interpreter meanwhile.
        self.connection.settimeout(None)
        interval = _TIMEVAL.pack(int(seconds), int(seconds % 1 * 1_000_000))
        for way in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self.connection.setsockopt(socket.SOL_SOCKET, way, interval)

    def read_pdu(self, largest: int) -> tuple[int, memoryview]:
        """The next PDU's type and body. Raises Violation, Gone, TimeoutError."""
        if self._end - self._start < 6:
            self._require(6)
        kind, length = _HEAD.unpack_from(self._buffer, self._start)
        if kind == TLS_HANDSHAKE:
            raise SpeaksTls(UNRECOGNISED_PDU)
        if not ASSOCIATE_RQ <= kind <= ABORT:
            raise Violation(UNRECOGNISED_PDU)
        if length > largest:
            raise Violation(INVALID_PARAMETER)
        self._require(6 + length)
        body = self._view[self._start + 6 : self._start + 6 + length]
        self._start += 6 + length
        return kind, body

    def send(self, data: bytes) -> None:
        """Raises Gone, TimeoutError."""
        try:
            self.connection.sendall(data)
        except OSError as error:
            raise _meant(error) from None

    def send_parts(self, parts: Sequence[bytes | memoryview]) -> None:
        """The same, gathered by the kernel. Raises Gone, TimeoutError."""
        if isinstance(self.connection, ssl.SSLSocket):
            self.send(b"".join(parts))
            return
        try:
            self._gather(parts)
        except OSError as error:
            raise _meant(error) from None

    def _gather(self, parts: Sequence[bytes | memoryview]) -> None:
        left, done = list(parts), 0
        while done < len(left):
            sent = self.connection.sendmsg(left[done : done + _AT_ONCE])
            while done < len(left) and sent >= len(left[done]):
                sent -= len(left[done])
                done += 1
            if sent:
                left[done] = memoryview(left[done])[sent:]

    def abort(self, reason: int = NOT_SPECIFIED) -> None:
        """A-ABORT by the service provider; best effort."""
        self._last_words(ending(ABORT, 0, 2, reason))

    def reject(self, rejection: Rejection) -> None:
        """A-ASSOCIATE-RJ; best effort."""
        said = rejection.result, rejection.source, rejection.reason
        self._last_words(ending(ASSOCIATE_RJ, *said))

    def release(self) -> None:
        """A-RELEASE-RP; best effort."""
        self._last_words(ending(RELEASE_RP))

    def has_unread(self) -> bool:
        """Whether the peer has sent what was not read yet; may be asked by another thread."""
        if self._start != self._end:
            return True
        if isinstance(self.connection, ssl.SSLSocket) and self.connection.pending():
            return True
        poll = select.poll()
        poll.register(self.connection, select.POLLIN)
        return bool(poll.poll(0))

    def await_peer(self, bell: socket.socket, seconds: float) -> bool:
        """Until the peer has sent something, or closed, or the bell rings, or that time is over;
        whether it was the peer. The bell rings by a byte to it.
        """
        if self.has_unread():
            return True
        poll = select.poll()
        poll.register(self.connection, select.POLLIN)
        poll.register(bell, select.POLLIN)
        came = dict(poll.poll(max(seconds, 0.0) * 1000))
        if bell.fileno() in came:
            bell.recv(_RINGS)
        return self.connection.fileno() in came

    def stop_reading(self) -> None:
        """Wake the thread that waits for the peer; for another thread to call."""
        try:
            # Not the encrypting socket's own, which would pull the cipher from under the reader.
            socket.socket.shutdown(self.connection, socket.SHUT_RD)
        except OSError:
            return  # it is closed already

    def _last_words(self, pdu: bytes) -> None:
        """Say it and wait for the peer to close, PS3.8 state 13; closing at once could destroy
        it.
        """
        try:
            self.be_patient(1.0)
            self.connection.sendall(pdu)
            self.connection.shutdown(socket.SHUT_WR)
            for _ in range(64):
                if not self.connection.recv_into(self._view):
                    return
        except OSError:
            return

    def _require(self, size: int) -> None:
        """Have `size` bytes from the start on in the buffer. Raises Gone, TimeoutError."""
        if self._end - self._start >= size:
            return
        if self._start == self._end:
            self._start = self._end = 0
        if size > len(self._buffer) - self._start:
            self._make_room(size)
        until = 0.0
        while self._end - self._start < size:
            try:
                # Most senders leave Nagle's algorithm on: their data set waits for the kernel's
                # acknowledgement of its command set, which would otherwise be delayed by 40 ms.
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                received = self.connection.recv_into(self._view[self._end :])
            except OSError as error:
                raise _meant(error) from None
            if not received:
                raise Gone
            self._end += received
            # A silence ends by the socket's own time-out; bytes that drip would never.
            if self._end - self._start < size:
                until = self._hurry(until)

    def _hurry(self, until: float) -> float:
        """When what has begun to come must be there. Raises TimeoutError."""
        at = time.monotonic()
        if until and at > until:
            raise TimeoutError
        return until or at + self._patience

    def _make_room(self, size: int) -> None:
        """Move what is unread to the front, of a larger buffer if need be."""
        unread = bytes(self._view[self._start : self._end])
        if size > len(self._buffer):
            self._buffer = bytearray(size)
            self._view = memoryview(self._buffer)
        self._view[: len(unread)] = unread
        self._start, self._end = 0, len(unread)


def _meant(error: OSError) -> Gone | TimeoutError:
    """BlockingIOError: the kernel's own time-out."""
    return TimeoutError() if isinstance(error, TimeoutError | BlockingIOError) else Gone()


def ending(kind: int, *said: int) -> bytes:
    """The PDUs that end an association: A-ASSOCIATE-RJ, A-RELEASE-RQ and -RP, A-ABORT, PS3.8
    9.3.4 and 9.3.6 to 9.3.8. Of their four bytes the last three may say something.
    """
    return bytes((kind, 0, 0, 0, 0, 4, 0, *(said or (0, 0, 0))))


def fragments(body: memoryview) -> Iterator[Fragment]:
    """The presentation data values of a P-DATA-TF PDU. Raises Violation."""
    position, stop = 0, len(body)
    while position < stop:
        if position + 6 > stop:
            raise Violation(INVALID_PARAMETER)
        length, context_id, control = _PDV.unpack_from(body, position)
        end = position + 4 + length
        if length < 2 or end > stop:
            raise Violation(INVALID_PARAMETER)
        data = body[position + 6 : end]
        yield Fragment(context_id, bool(control & COMMAND), bool(control & LAST), data)
        position = end


def message(
    context_id: int, command: bytes, data: Iterable[bytes | memoryview], largest: int
) -> Iterator[Parts]:
    """A command set and its data set as P-DATA-TF PDUs, by what is written at once: the command
    with the first piece, then each further piece. `largest` is the peer's maximum length, 0 for
    any.
    """
    room = max((min(largest or MAX_PDU, MAX_PDU) - 6) & ~1, 2)
    parts = _pdus(context_id, command, room, COMMAND, ends=True)
    pieces = iter(data)
    piece, first = next(pieces, None), True
    while piece is not None:
        following = next(pieces, None)
        more = _pdus(context_id, piece, room, 0, ends=following is None)
        if first:
            parts += more
        else:
            yield parts
            parts = more
        piece, first = following, False
    yield parts


def _pdus(
    context_id: int, whole: bytes | memoryview, room: int, control: int, *, ends: bool
) -> Parts:
    """Heads and values in turn; all heads but the last are the same."""
    stop = max(len(whole) - 1, 0) // room * room  # where the last value begins
    last = _pdu_head(context_id, len(whole) - stop, control | LAST if ends else control)
    if not stop:
        return [last, whole]
    head, view = _pdu_head(context_id, room, control), memoryview(whole)
    parts: Parts = []
    for start in range(0, stop, room):
        parts += (head, view[start : start + room])
    return [*parts, last, view[stop:]]


def _pdu_head(context_id: int, size: int, control: int) -> bytes:
    return _HEAD.pack(P_DATA, size + 6) + _PDV.pack(size + 2, context_id, control)


def p_data(context_id: int, command: bytes, largest: int) -> bytes:
    """A command set as P-DATA-TF PDUs; `largest` is the peer's maximum length, 0 for any."""
    room = max(largest - 6, 2) if largest else len(command)
    if len(command) <= room:
        return _pdu_head(context_id, len(command), COMMAND | LAST) + command
    parts = [command[start : start + room] for start in range(0, len(command), room)]
    pdus = []
    for number, part in enumerate(parts, start=1):
        control = COMMAND | (LAST if number == len(parts) else 0)
        value = _PDV.pack(len(part) + 2, context_id, control) + part
        pdus.append(_HEAD.pack(P_DATA, len(value)) + value)
    return b"".join(pdus)
