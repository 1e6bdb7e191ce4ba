"""multipart/related as DICOMweb writes it can be read again."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.edges.dicomweb.multipart import AT_ONCE, Part, gathered, related, write
from archive.objects.multipart import Limits, Reader

CONTENTS = st.lists(
    st.lists(st.sampled_from([b"\r\n", b"--", b"--x", b"\r\n--", b"x", b"\0", b"abc"])).map(
        b"".join
    ),
    min_size=1,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CONTENTS, st.integers(1, 9))
def test_what_is_written_is_read(contents: list[bytes], size: int) -> None:
    boundary, content_type = related("application/dicom")
    assert content_type.endswith(f"boundary={boundary}")
    written = b"".join(write([Part("application/dicom", [each]) for each in contents], boundary))
    pieces = [written[start : start + size] for start in range(0, len(written), size)]
    reader = Reader(
        lambda wanted: pieces.pop(0) if pieces else b"", boundary, Limits(100, 1 << 20, 1 << 20)
    )
    read = [(part.headers["content-type"], b"".join(part.content)) for part in reader.parts()]
    assert read == [("application/dicom", each) for each in contents]


@settings(deadline=None)
@given(st.lists(st.sampled_from([0, 1, 100, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1])))
def test_small_pieces_go_together_and_none_is_lost(sizes: list[int]) -> None:
    pieces = [bytes([number % 251]) * size for number, size in enumerate(sizes)]
    together = list(gathered(memoryview(piece) for piece in pieces))
    assert b"".join(together) == b"".join(pieces)
    assert len(together) <= 2 * sum(sizes) // AT_ONCE + 1
