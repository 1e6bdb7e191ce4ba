"""multipart/related, RFC 2046 section 5.1 and RFC 2387, as DICOMweb writes it: a stream."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from archive.values import uuid7

Bytes = bytes | memoryview

AT_ONCE = 64 << 10


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


def gathered(pieces: Iterable[Bytes]) -> Iterator[Bytes]:
    """Small pieces together: each one that is handed on is a write to the socket."""
    held: list[Bytes] = []
    size = 0
    for piece in pieces:
        if size + len(piece) > AT_ONCE:
            if held:
                yield b"".join(held)
            held, size = [], 0
        if len(piece) > AT_ONCE:
            yield piece
        else:
            held.append(piece)
            size += len(piece)
    if held:
        yield b"".join(held)


def end(boundary: str) -> bytes:
    return f"--{boundary}--\r\n".encode()
