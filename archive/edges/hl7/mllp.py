"""The Minimal Lower Layer Protocol: where a message begins and ends (HL7 v2 MLLP, release 1).

`Frames` finds frames in bytes, however these come in pieces; `Wire` is one connection's socket.
"""

import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

START, END, CR = b"\x0b", b"\x1c", b"\x0d"
MOST_NOISE = 64 << 10  # bytes outside frames that a connection may bring
BEGINNING = 4 << 10  # of a message that is too long: enough for its header
CHUNK = 64 << 10
CLOSING_READS = 64


@dataclass(frozen=True, slots=True)
class Content:
    """What stood in a frame."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """Bytes that are no frame; what follows may be one."""

    why: str


@dataclass(frozen=True, slots=True)
class TooLong:
    """A frame that may not be read to its end; nothing follows."""

    beginning: bytes


Found = Content | Broken | TooLong


def frame(content: bytes) -> bytes:
    return START + content + END + CR


class Frames:
    """Finds frames. An end without its carriage return is an end all the same: no message can
    hold that byte.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.inside = False
        self.ended = False  # no more may be read
        self._buffer = bytearray()
        self._noise = 0

    def feed(self, data: bytes) -> list[Found]:
        """What the next bytes complete, in order."""
        found: list[Found] = []
        while data and not self.ended:
            data = self._read_frame(data, found) if self.inside else self._look_for(data, found)
        return found

    def _look_for(self, data: bytes, found: list[Found]) -> bytes:
        """To the next start; what follows it."""
        noise, started, rest = data.partition(START)
        loud = len(noise.strip(b"\r\n\0 "))
        if loud and not self._noise:
            found.append(Broken("bytes stand outside a frame"))
        self._noise += loud
        self.ended = self._noise > MOST_NOISE
        self.inside = bool(started)
        return rest

    def _read_frame(self, data: bytes, found: list[Found]) -> bytes:
        """To the frame's end, or as far as there is any; what follows it."""
        ends = [place for place in (data.find(END), data.find(START)) if place >= 0]
        stop = min(ends, default=len(data))
        if len(self._buffer) + stop > self.most:
            self.ended = True
            found.append(TooLong(bytes(self._buffer[:BEGINNING]) + data[:BEGINNING]))
            return b""
        self._buffer += data[:stop]
        if not ends:
            return b""
        if data[stop : stop + 1] == END:
            found.append(Content(bytes(self._buffer)))
            self.inside = False
        else:
            found.append(Broken("a frame begins inside another"))
        self._buffer.clear()
        return data[stop + 1 :]


class Gone(Exception):
    """The peer has closed, or the network has failed."""


class Silent(Exception):
    """The peer has brought nothing for as long as it may."""


class Wire:
    """One connection. `waiting` while it stands between two messages, `is_known` since one came
    from a system that is known. Before that it waits for `idle` as well, but no longer than a
    message may take while it is `crowded`: strangers hold no place that others need.
    """

    def __init__(
        self,
        connection: socket.socket,
        *,
        most: int,
        whole_within: float,
        idle: float,
        crowded: Callable[[], bool],
    ) -> None:
        self.connection = connection
        self.frames = Frames(most)
        self.whole_within = whole_within
        self.idle = idle
        self.crowded = crowded
        self.is_known = False
        self.waiting = False
        self._found: deque[Found] = deque()
        self._lock = threading.Lock()
        self._stopped = False

    def read(self) -> Found:
        """The next thing that came. Raises Gone, Silent."""
        began = time.monotonic()
        while not self._found:
            if self.frames.ended:
                raise Gone
            if not self.frames.inside:
                began = time.monotonic()
            data = self._receive(began)
            was_inside = self.frames.inside
            self._found.extend(self.frames.feed(data))
            if self.frames.inside and not was_inside:
                began = time.monotonic()
        return self._found.popleft()

    def _receive(self, began: float) -> bytes:
        """A frame that has begun must be whole in time, however its bytes drip."""
        allowed = self.whole_within if self.frames.inside else self.idle
        self._note(waiting=not self.frames.inside)
        try:
            data = self._wait(began + allowed)
        except OSError:
            raise Gone from None
        finally:
            self._note(waiting=False)
        if not data:
            raise Gone
        return data

    def _wait(self, until: float) -> bytes:
        """Raises Silent, OSError."""
        while (left := until - time.monotonic()) > 0:
            unsure = not (self.is_known or self.frames.inside)
            self.connection.settimeout(min(left, self.whole_within) if unsure else left)
            try:
                return self.connection.recv(CHUNK)
            except TimeoutError:
                if unsure and self.crowded():
                    break
        raise Silent

    def _note(self, *, waiting: bool) -> None:
        with self._lock:
            self.waiting = waiting
            if waiting and self._stopped:
                raise Gone

    def stop_reading(self) -> None:
        """From another thread, at stopping: nothing more is waited for."""
        with self._lock:
            self._stopped = True
            if not self.waiting:
                return
        self._shut(socket.SHUT_RD)

    def send(self, content: bytes) -> None:
        """Raises Gone."""
        try:
            self.connection.settimeout(self.whole_within)
            self.connection.sendall(frame(content))
        except OSError:
            raise Gone from None

    def say_goodbye(self) -> None:
        """Let the last answer arrive: closing on unread bytes would destroy it."""
        self._shut(socket.SHUT_WR)
        try:
            self.connection.settimeout(1.0)
            for _ in range(CLOSING_READS):
                if not self.connection.recv(CHUNK):
                    return
        except OSError:
            return

    def _shut(self, how: int) -> None:
        try:
            self.connection.shutdown(how)
        except OSError:
            return  # gone already
