"""multipart/related, RFC 2046 section 5.1 and RFC 2387: written and read as a stream."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from typing import NamedTuple

from archive.errors.web import MultipartBroken
from archive.values import uuid7

Bytes = bytes | memoryview

CHUNK = 64 << 10
LARGEST_HEAD = 16 << 10  # header fields of one part
LARGEST_PREAMBLE = 64 << 10
LONGEST_BOUNDARY = 70


class Part(NamedTuple):
    """A part to write."""

    content_type: str
    chunks: Iterable[Bytes]
    location: str = ""


def related(media_type: str) -> tuple[str, str]:
    """A boundary that is nobody's, and the Content-Type that names it."""
    boundary = f"part-{uuid7().hex}"
    return boundary, f'multipart/related; type="{media_type}"; boundary={boundary}'


def write(parts: Iterable[Part], boundary: str) -> Iterator[Bytes]:
    for part in parts:
        yield from one(part, boundary)
    yield end(boundary)


def one(part: Part, boundary: str) -> Iterator[Bytes]:
    location = f"Content-Location: {part.location}\r\n" if part.location else ""
    yield f"--{boundary}\r\nContent-Type: {part.content_type}\r\n{location}\r\n".encode()
    yield from part.chunks
    yield b"\r\n"


def end(boundary: str) -> bytes:
    return f"--{boundary}--\r\n".encode()


# --- reading --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Incoming:
    """A part that is read; its content is there until the next one is asked for."""

    content_type: str
    chunks: Iterator[bytes]


class Reader:
    """The parts of a body, one after another; no more than two chunks are in memory.

    What of a part was not read is read past before the next one. Raises MultipartBroken.
    """

    def __init__(self, read: Callable[[int], bytes], boundary: str) -> None:
        if not 0 < len(boundary) <= LONGEST_BOUNDARY or not boundary.isascii():
            raise MultipartBroken("Content-Type names no boundary")
        self._read = read
        self._delimiter = b"\r\n--" + boundary.encode()
        self._buffer = bytearray(b"\r\n")  # so that the first delimiter is like the others
        self._last = False

    def __iter__(self) -> Iterator[Incoming]:
        skipped = 0
        for chunk in self._content():
            skipped += len(chunk)
            if skipped > LARGEST_PREAMBLE:
                raise MultipartBroken("body does not begin with its boundary")
        while not self._last:
            content_type = self._head()
            part = Incoming(content_type, self._content())
            yield part
            for _ in part.chunks:
                pass

    def _more(self) -> None:
        chunk = self._read(CHUNK)
        if not chunk:
            raise MultipartBroken("body ends before its last boundary")
        self._buffer += chunk

    def _content(self) -> Iterator[bytes]:
        """Up to the next delimiter, which is read past."""
        keep = len(self._delimiter) - 1
        while (found := self._buffer.find(self._delimiter)) < 0:
            if len(self._buffer) > keep:
                yield bytes(self._buffer[:-keep])
                del self._buffer[:-keep]
            self._more()
        if found:
            yield bytes(self._buffer[:found])
        del self._buffer[: found + len(self._delimiter)]
        self._end_of_line()

    def _end_of_line(self) -> None:
        """Behind a delimiter: two dashes are the end of all."""
        while len(self._buffer) < 2:
            self._more()
        if self._buffer.startswith(b"--"):
            self._last = True
            return
        while (found := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > LARGEST_HEAD:
                raise MultipartBroken("a boundary does not end its line")
            self._more()
        if self._buffer[:found].strip():
            raise MultipartBroken("a boundary does not end its line")
        del self._buffer[:found]  # the line's end stays, for a part without header fields

    def _head(self) -> str:
        while (found := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > LARGEST_HEAD:
                raise MultipartBroken("header fields of a part are too long")
            self._more()
        fields = BytesHeaderParser().parsebytes(bytes(self._buffer[2:found]) + b"\r\n\r\n")
        del self._buffer[: found + 4]
        return str(fields.get("Content-Type", ""))
