"""Archived objects in plain transfer syntaxes: the same elements and the same pixels (AR-6)."""

import warnings
import zlib
from typing import Any

import numpy
import pytest
from pydicom.dataset import FileMetaDataset

from archive import errors
from archive.objects import transcoding
from archive.objects.opened import opened
from archive.objects.sameness import LOSSLESS, same_content
from tests.objects import samples
from tests.objects.samples import BIG

pytestmark = pytest.mark.filterwarnings("ignore")  # pydicom's, of its own odd files

DEFLATED = "1.2.840.10008.1.2.1.99"
NO_PIXELS = {"badVR.dcm", "nested_priv_SQ.dcm"}  # no number of frames or bits
# A codestream with a delimiter inside, and 12-bit lossy JPEG: no decoder of ours takes them.
NOT_UNPACKED = {"JPEG2000-embedded-sequence-delimiter.dcm", "JPEG-lossy.dcm"}


def pixels(data: bytes, transfer_syntax: str) -> Any:
    """The pixels in one colour space, or nothing."""
    dataset = samples.read(data, transfer_syntax)
    if "PixelData" not in dataset:
        return None
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = transfer_syntax
    dataset.pixel_array_options(raw=False)
    return dataset.pixel_array


@pytest.mark.parametrize("target", transcoding.PLAIN)
def test_every_sample_says_the_same_in_a_plain_transfer_syntax(target: str) -> None:
    given = 0
    for name, (data, syntax) in samples.data_sets().items():
        if syntax == target or name in NOT_UNPACKED | samples.TRUNCATED:
            continue
        assert transcoding.is_possible(syntax)
        made = transcoding.convert(data, syntax, target)
        if name not in NO_PIXELS:
            before, after = pixels(data, syntax), pixels(made, target)
            assert numpy.array_equal(before, after) or before is after is None, name
        wide = BIG in (syntax, target) and samples.read(data, syntax).get("BitsAllocated") == 32
        if syntax in LOSSLESS and not wide:
            assert same_content(data, syntax, made, target), name
        given += 1
    assert given > 40


@pytest.mark.parametrize("name", sorted(NOT_UNPACKED))
def test_what_cannot_be_unpacked_is_not_given(name: str) -> None:
    data, syntax = samples.data_sets()[name]
    with pytest.raises(errors.Unsupported):
        transcoding.convert(data, syntax, transcoding.PLAIN[0])


def test_video_stays_as_it_is() -> None:
    assert not transcoding.is_possible("1.2.840.10008.1.2.4.102")


def test_an_object_that_would_fill_the_memory_is_not_unpacked() -> None:
    data, syntax = samples.data_sets()["MR_small_RLE.dcm"]
    dataset = samples.read(data, syntax)
    dataset.NumberOfFrames = 1_000_000
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        huge = samples.encoded(dataset, syntax)
    with pytest.raises(errors.Unsupported, match="too large"):
        transcoding.convert(huge, syntax, transcoding.PLAIN[0])


def test_what_unpacks_to_too_much_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcoding, "LARGEST", 1 << 20)
    squeezer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    bomb = squeezer.compress(bytes(2 << 20)) + squeezer.flush()
    for target in transcoding.PLAIN:
        with pytest.raises(errors.Unsupported, match="too large"):
            transcoding.convert(bomb, DEFLATED, target)
    with pytest.raises(errors.Unsupported, match="too large"):
        opened(bomb, DEFLATED)


@pytest.mark.parametrize("target", transcoding.PLAIN)
def test_in_pieces_it_is_the_same(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcoding, "PIECE", 64)
    several = 0
    for name, (data, syntax) in samples.data_sets().items():
        if syntax == target or name in NOT_UNPACKED | samples.TRUNCATED:
            continue
        with memoryview(data) as whole:
            pieces = list(transcoding.converted(whole, syntax, target))
        assert b"".join(pieces) == transcoding.convert(data, syntax, target), name
        several += len(pieces) > 2
    assert several > 5


def test_long_pixel_data_of_an_odd_length_get_their_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcoding, "PIECE", 64)
    explicit, implicit, big = transcoding.PLAIN
    head = b"\x28\0\0\1US\2\0\x08\0" + b"\xe0\x7f\x10\0OB\0\0\x65\0\0\0"
    data = head + bytes(range(101))
    for target in (implicit, big):
        made = b"".join(transcoding.converted(data, explicit, target))
        assert made == transcoding.convert(data, explicit, target)
        assert made.endswith(bytes(range(101)) + b"\0")
    odd = head.replace(b"OB", b"OW") + bytes(101)
    with pytest.raises(errors.Unsupported):
        transcoding.converted(odd, explicit, big)
