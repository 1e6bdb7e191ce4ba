"""Archived objects in plain transfer syntaxes: the same elements and the same pixels (AR-6)."""

import warnings
import zlib
from base64 import b64decode
from typing import Any

import numpy
import pytest
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate

from archive import errors
from archive.objects import codestreams, transcoding
from archive.objects.opened import opened
from archive.objects.sameness import LOSSLESS, same_content
from tests.cast import dataset as dataset_of
from tests.objects import samples
from tests.objects.samples import BIG

pytestmark = pytest.mark.filterwarnings("ignore")  # pydicom's, of its own odd files

DEFLATED = "1.2.840.10008.1.2.1.99"
NO_PIXELS = {"badVR.dcm", "nested_priv_SQ.dcm"}  # no number of frames or bits
# A codestream with a delimiter inside: no decoder of ours takes it. Nor does pydicom take a scan of
# the other one; we mend it.
NOT_UNPACKED = {"JPEG2000-embedded-sequence-delimiter.dcm"}
NOT_READ = {"JPEG-lossy.dcm"}


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
        if syntax == target or name in NOT_UNPACKED | NOT_READ | samples.TRUNCATED:
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


# 16 x 16 pixels, (x * x + y * 31) % 4096, as OpenJPH packs them: reversibly, and not.
HTJ2K = {
    "1.2.840.10008.1.2.4.201": (
        "/0//UQApQAAAAAAQAAAAEAAAAAAAAAAAAAAAEAAAABAAAAAAAAAAAAABDwEB/1AACAACAAAACv9SAAwAAgABAAUEBEAB/1wAEyCI"
        "kJCQkJCQkJCQkJCQiIiI/2QAFwABT3BlbkpQSCBWZXIgMC4yNi4zLv+QAAoAAAAAAJUAAf+TwAAmm/4FB3QAAMAAEsAAEwC2AQd0"
        "ADb+Agd0AMAAFRAABOCfj8/3AIK0ABo1/gBjVADAABaEAAFU/x8Omv7/OND0Qzi4RLG3AIoKheLAIQHstgDAAC3oAAV4/x8EjP8/"
        "CBj/fxAw/v8QYPwTgNTgNTgNACxUrb0APOecc879gAB79gAB7LoA/9k="
    ),
    "1.2.840.10008.1.2.4.203": (
        "/0//UQApQAAAAAAQAAAAEAAAAAAAAAAAAAAAEAAAABAAAAAAAAAAAAABDwEB/1AACAACAAAAKv9SAAwAAgABAAUE"
        "BEAA/1wAIyK3GLbqtuq2vK8ArwCu4qdMp0ynZJADkAOQRpfSl9KXYf9kABcAAU9wZW5KUEggVmVyIDAuMjYuMy7/"
        "kAAKAAAAAACkAAH/k8AAATgzuOEIB3QAAMAAAmgAAExI/QKHdABo/gMHdADAAAVMAABUgIkSwYP3AQK0ABXIV0D+"
        "AQa0AMAAFZAABailktNZKjmdhJCCtQAMMMAAAylyipwip8gCEADHJNC4AMAAFpQAAW4AKUmZkpQpSZmSlOeElJSQ"
        "ArgATJIkE53QiSY60UQnmugfQAAAp0wAApu+teo+AP/Z"
    ),
}


@pytest.mark.parametrize(("syntax", "most"), [*zip(HTJ2K, (0, 2), strict=True)])
def test_high_throughput_jpeg_2000_is_unpacked(syntax: str, most: int) -> None:
    y, x = numpy.mgrid[0:16, 0:16]
    dataset = dataset_of(BitsAllocated=16, BitsStored=16, HighBit=15, Rows=16, Columns=16)
    dataset.PixelData = encapsulate([b64decode(HTJ2K[syntax])])
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
    made = transcoding.convert(samples.encoded(dataset, syntax), syntax, transcoding.PLAIN[1])
    found = numpy.frombuffer(samples.read(made, transcoding.PLAIN[1]).PixelData, "<u2")
    assert abs(found.reshape(16, 16).astype(int) - (x * x + y * 31) % 4096).max() <= most


def test_a_sequential_scan_that_announces_no_coefficients_is_unpacked_all_the_same() -> None:
    """As dcmtk does; a gamma camera wrote it."""
    data, syntax = samples.data_sets()["JPEG-lossy.dcm"]
    made = transcoding.convert(data, syntax, transcoding.PLAIN[0])
    found = pixels(made, transcoding.PLAIN[0])
    assert (found.shape, found.min(), found.max()) == ((1024, 256), 0, 264)
    again = opened(data, syntax)
    assert again.unpacked(1) == samples.read(made, transcoding.PLAIN[0]).PixelData
    whole = samples.read(samples.data_sets()["JPGExtended.dcm"][0], syntax).PixelData
    assert codestreams.mended(whole) == whole


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
    monkeypatch.setattr(transcoding, "FEW", 64)  # packed ones, frame by frame
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
