"""Framing of multipart messages: what is written is read again, what is broken is refused."""

import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import Malformed
from archive.errors.retrieval import MultipartTooLong
from archive.objects.multipart import Limits, Outgoing, Reader, new_boundary, written

LIMITS = Limits(parts=10, part_bytes=1 << 20, total_bytes=4 << 20)


def read(content: bytes, boundary: str = "b", *, step: int = 1 << 16, limits: Limits = LIMITS):
    stream = io.BytesIO(content)
    parts = Reader(lambda size: stream.read(min(size, step)), boundary, limits).parts()
    return [(dict(part.headers), b"".join(part.content)) for part in parts]


def out(*contents: bytes) -> list[Outgoing]:
    return [
        Outgoing({"Content-ID": f"<{number}>"}, lambda each=each: [each])
        for number, each in enumerate(contents)
    ]


ODD = st.lists(
    st.sampled_from([b"\r\n--b", b"--b", b"--b--", b"\r\n", b"\r", b"-", b"x", b"\0", b" \t"]),
    max_size=8,
).map(b"".join)


@given(st.lists(ODD, min_size=1, max_size=4), st.integers(1, 40))
def test_what_is_written_is_read_however_it_arrives(contents: list[bytes], step: int) -> None:
    boundary = new_boundary()
    whole = b"".join(written(boundary, out(*contents)))
    assert [content for _, content in read(whole, boundary, step=step)] == contents


def outcome(whole: bytes, step: int) -> object:
    """The parts, or that it is refused."""
    try:
        return read(whole, step=step)
    except Malformed:
        return "refused"


@given(ODD, st.integers(1, 9))
def test_odd_bytes_are_read_or_refused_and_nothing_else(content: bytes, step: int) -> None:
    for whole in (content, b"--b\r\n" + content, b"--b\r\n\r\n" + content + b"\r\n--b--"):
        assert outcome(whole, step) == outcome(whole, len(whole) + 1)


def test_preamble_padding_and_epilogue_are_passed_over() -> None:
    whole = b"hello\r\n--b \t\r\nA: 1\r\n 2\r\n\r\nx\r\n--bc\r\n--b--\r\nbye"
    assert read(whole) == [({"a": "1 2"}, b"x\r\n--bc")]
    assert read(b"--b\r\nA: 1\r\n\r\n--b\r\n\r\n\r\n--b--") == [({"a": "1"}, b""), ({}, b"")]


def test_a_part_that_was_not_read_is_passed_over() -> None:
    whole = io.BytesIO(b"".join(written("b", out(b"first", b"second"))))
    names = [part.content_id for part in Reader(whole.read, "b", LIMITS).parts()]
    assert names == ["0", "1"]


@pytest.mark.parametrize(
    ("whole", "problem"),
    [
        (b"", "ends too early"),
        (b"--b\r\n\r\nx", "ends too early"),
        (b"--b\r\n\r\nx\r\n--b", "ends too early"),
        (b"--b\r\nA: 1", "ends too early"),
        (b"--b\r\nno header\r\n\r\nx\r\n--b--", "cannot be read"),
        (b"--b\r\nA: 1\r\nA: 2\r\n\r\nx\r\n--b--", "cannot be read"),
        (b"--b\n\nx\n--b--", "ends too early"),
    ],
)
def test_broken_framing_is_refused(whole: bytes, problem: str) -> None:
    with pytest.raises(Malformed, match=problem):
        read(whole)


def test_a_boundary_must_be_one() -> None:
    for boundary in ("", "b ", "b" * 71, "b\r\nc", "ä"):
        with pytest.raises(Malformed, match="boundary"):
            read(b"", boundary)


def test_more_than_is_allowed_is_refused() -> None:
    small = Limits(parts=2, part_bytes=100, total_bytes=1000)
    for contents in ((b"x" * 101,), (b"",) * 3, (b"x" * 90,) * 2 + (b"x",)):
        with pytest.raises(MultipartTooLong):
            read(b"".join(written("b", out(*contents))), limits=small)
    with pytest.raises(MultipartTooLong):
        read(b"--b\r\nA: " + b"x" * (9 << 10) + b"\r\n\r\n\r\n--b--")
    with pytest.raises(MultipartTooLong):
        read(b"x" * 5000, limits=small)
    many = b"".join(b"H%d: x\r\n" % number for number in range(40))
    with pytest.raises(MultipartTooLong):
        read(b"--b\r\n" + many + b"\r\n\r\n--b--")


def test_memory_does_not_grow_with_the_message() -> None:
    chunk, count = b"x" * (1 << 20), 64

    def many() -> Iterator[bytes]:
        for _ in range(count):
            yield chunk

    pieces = written("b", [Outgoing({"Content-ID": "<0>"}, many)])
    held = bytearray()

    def some(size: int) -> bytes:
        while len(held) < size and (piece := next(pieces, None)) is not None:
            held.extend(piece)
        taken = bytes(held[:size])
        del held[:size]
        return taken

    limits = Limits(parts=1, part_bytes=1 << 30, total_bytes=1 << 30)
    tracemalloc.start()
    size = sum(len(each) for part in Reader(some, "b", limits).parts() for each in part.content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == count << 20
    assert peak < 8 << 20
