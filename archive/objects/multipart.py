"""multipart/related (RFC 2046, 2387), read and written piece by piece: no part need be in memory.

Strict when encoding. Reading, a preamble, an epilogue and white space after a boundary are passed
over; what is not framed as it must be is refused.
"""

import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from archive.errors.retrieval import MultipartTooLong
from archive.errors.web import MultipartBroken

STEP = 64 << 10  # bytes read at once
MAX_HEADER_BYTES = 8 << 10  # of one part
MAX_HEADERS = 32
_PADDING = 64  # characters of white space after a boundary
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")  # RFC 2046 5.1.1
_HEADER = re.compile(r"([!-9;-~]+)[ \t]*:[ \t]*(.*)", re.DOTALL)

Read = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a message may have at most; more is MultipartTooLong."""

    parts: int
    part_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Part:
    """One part on its way in: its content can be gone through once, before the next part."""

    headers: Mapping[str, str]  # names in lower case
    content: Iterator[bytes]

    @property
    def content_id(self) -> str:
        return self.headers.get("content-id", "").strip().removeprefix("<").removesuffix(">")


class Reader:
    """Goes through a message once. Raises MultipartBroken, MultipartTooLong."""

    def __init__(self, read: Read, boundary: str, limits: Limits) -> None:
        if not _BOUNDARY.fullmatch(boundary):
            raise MultipartBroken("multipart boundary is missing or no boundary")
        self._read = read
        self._limits = limits
        self._mark = b"\r\n--" + boundary.encode("ascii")
        # The first boundary need not have a line before it.
        self._held = bytearray(b"\r\n")
        self._taken = 0
        self._closed = False

    def parts(self) -> Iterator[Part]:
        """A part that was not gone through to its end is passed over."""
        for _ in self._until_boundary():
            pass  # preamble
        count = 0
        while not self._closed:
            count += 1
            if count > self._limits.parts:
                raise MultipartTooLong("message has too many parts")
            part = Part(self._headers(), self._content())
            yield part
            for _ in part.content:
                pass

    def _content(self) -> Iterator[bytes]:
        size = 0
        for piece in self._until_boundary():
            size += len(piece)
            if size > self._limits.part_bytes:
                raise MultipartTooLong("a part of the message is too long")
            yield piece

    def _until_boundary(self) -> Iterator[bytes]:
        """What comes before the next boundary, which is used up."""
        while True:
            at = self._held.find(self._mark)
            if at < 0:
                # The end of what is held may be the beginning of a boundary.
                sure = len(self._held) - len(self._mark) + 1
                if sure > 0:
                    yield self._take(sure)
                self._fill()
                continue
            if at:
                yield self._take(at)
            if self._is_boundary():
                return
            yield self._take(len(self._mark))  # content that begins like one

    def _is_boundary(self) -> bool:
        """Whether what is held begins with a whole boundary, which then is used up."""
        start = len(self._mark)
        while True:
            rest = bytes(self._held[start : start + _PADDING + 2])
            if rest.startswith(b"--"):
                self._closed = True
                return True
            after = rest.lstrip(b" \t")
            if after.startswith(b"\r\n"):
                self._take(start + len(rest) - len(after) + 2)
                return True
            undecided = rest == b"-" or after in (b"", b"\r")
            if not undecided or len(rest) > _PADDING:
                return False
            self._fill()

    def _headers(self) -> dict[str, str]:
        """Of the part that begins here."""
        while not self._held.startswith(b"\r\n") and self._held.find(b"\r\n\r\n") < 0:
            if len(self._held) > MAX_HEADER_BYTES:
                raise MultipartTooLong("header of a part is too long")
            self._fill(MAX_HEADER_BYTES)
        if self._held.startswith(b"\r\n"):
            lines = b""
        else:
            lines = self._take(self._held.find(b"\r\n\r\n") + 2)[:-2]
        if len(lines) > MAX_HEADER_BYTES:
            raise MultipartTooLong("header of a part is too long")
        self._end_headers()
        return _parsed(lines)

    def _end_headers(self) -> None:
        """The blank line is the boundary's own when the part has no content at all."""
        while len(self._held) < len(self._mark):
            self._fill()
        if not self._held.startswith(self._mark):
            self._take(2)

    def _take(self, length: int) -> bytes:
        taken = bytes(self._held[:length])
        del self._held[:length]
        return taken

    def _fill(self, step: int = STEP) -> None:
        chunk = self._read(step)
        if not chunk:
            raise MultipartBroken("multipart message ends too early")
        self._taken += len(chunk)
        if self._taken > self._limits.total_bytes:
            raise MultipartTooLong()
        self._held += chunk


def _parsed(lines: bytes) -> dict[str, str]:
    """RFC 822 header fields, folded lines joined. Raises MultipartBroken."""
    text = lines.decode("latin-1").replace("\r\n ", " ").replace("\r\n\t", " ")
    fields = text.split("\r\n") if text else []
    if len(fields) > MAX_HEADERS:
        raise MultipartTooLong("a part has too many headers")
    headers: dict[str, str] = {}
    for field in fields:
        match = _HEADER.fullmatch(field)
        if match is None or match[1].lower() in headers:
            raise MultipartBroken("headers of a part cannot be read")
        headers[match[1].lower()] = match[2].strip()
    return headers


# --- writing --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One part on its way out; `content` is begun when its turn comes."""

    headers: Mapping[str, str]
    content: Callable[[], Iterable[bytes]]


def new_boundary() -> str:
    """Of 122 random bits: nothing that is sent can hold it."""
    return f"idr-{uuid.uuid4()}"


def written(boundary: str, parts: Iterable[Outgoing]) -> Iterator[bytes]:
    """The whole message, part by part."""
    delimiter = b"--" + boundary.encode("ascii")
    for part in parts:
        head = "".join(f"{name}: {value}\r\n" for name, value in part.headers.items())
        yield delimiter + b"\r\n" + head.encode("ascii") + b"\r\n"
        yield from part.content()
        yield b"\r\n"
    yield delimiter + b"--\r\n"
