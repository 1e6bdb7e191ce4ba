"""multipart/related as a stream: however it is cut, its parts come out; what is broken is said."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.edges.dicomweb import multipart
from archive.edges.dicomweb.multipart import Part, Reader, related, write
from archive.errors.web import MultipartBroken

CONTENTS = st.lists(
    st.lists(st.sampled_from([b"\r\n", b"--", b"--x", b"\r\n--", b"x", b"\0", b"abc"])).map(
        b"".join
    )
)


def source(content: bytes, size: int) -> Callable[[int], bytes]:
    """Gives at most `size` bytes at once."""
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    return lambda wanted: pieces.pop(0) if pieces else b""


def read(content: bytes, boundary: str, size: int = 7) -> list[tuple[str, bytes]]:
    return [
        (part.content_type, b"".join(part.chunks))
        for part in Reader(source(content, size), boundary)
    ]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CONTENTS, st.integers(1, 9))
def test_what_is_written_is_read(contents: list[bytes], size: int) -> None:
    boundary, content_type = related("application/dicom")
    assert content_type.endswith(f"boundary={boundary}")
    parts = [Part("application/dicom", [each]) for each in contents]
    written = b"".join(write(parts, boundary))
    if contents:
        assert read(written, boundary, size) == [("application/dicom", each) for each in contents]
    # Whoever does not read a part comes to the next one all the same.
    assert len(list(Reader(source(written, size), boundary))) == len(contents)


def test_what_other_clients_write_is_read() -> None:
    body = (
        b"a preamble\r\n--x  \r\n\r\none\r\n--x\r\ncontent-type: a/b\r\nX-More: 1\r\n\r\ntwo"
        b"\r\n--x--\r\nan epilogue"
    )
    assert read(body, "x") == [("", b"one"), ("a/b", b"two")]
    assert read(b"\r\n" + body.removeprefix(b"a preamble\r\n"), "x")[0] == ("", b"one")


def test_what_is_broken_is_said() -> None:
    whole = b"--x\r\nContent-Type: a/b\r\n\r\ncontent\r\n--x--"
    for end in range(len(whole) - 1):
        with pytest.raises(MultipartBroken):
            read(whole[:end], "x")
    for wrong in (
        b"no boundary" * 10_000,
        b"--xy\r\n\r\n\r\n--x--",
        b"--x\r\n" + b"A: b\r\n" * 10_000,
        b"--x" + b" " * 100_000,
    ):
        with pytest.raises(MultipartBroken):
            read(wrong, "x", 4096)
    for boundary in ("", "x" * 71, "ä"):
        with pytest.raises(MultipartBroken):
            Reader(lambda size: b"", boundary)


def test_a_long_part_is_never_in_memory_as_a_whole() -> None:
    asked, chunk = [b"--x\r\n\r\n"] + [b"\r\n" * (multipart.CHUNK // 2)] * 100, []
    reader = Reader(lambda size: asked.pop(0) if asked else b"\r\n--x--", "x")
    (part,) = (reader_part for reader_part in [next(iter(reader))])
    for chunk in part.chunks:
        assert len(chunk) <= 2 * multipart.CHUNK
