"""Frames whose own header says that they are huge are not decoded: kilobytes would become gigabytes
in the process that shows or transcodes them.
"""

import struct

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames

from archive.errors import Unsupported
from archive.objects import codestreams, rendering, sameness, transcoding
from tests.objects import samples

PACKED = (
    "JPEG2000.dcm",
    "examples_jpeg2k.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "JPGExtended.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "SC_rgb_rle.dcm",
)
SIDE = 30_000


def opened(name: str) -> Dataset:
    path = get_testdata_file(name)
    assert path is not None, name
    return dcmread(path)


def first_frame(dataset: Dataset) -> bytes:
    return next(generate_frames(dataset.PixelData, number_of_frames=1))


def enlarged(dataset: Dataset) -> bytes:
    """The first frame, with nothing changed but the size in its header."""
    frame = bytearray(first_frame(dataset))
    if frame.startswith(b"\xff\x4f\xff\x51"):
        struct.pack_into(">LL", frame, 8, SIDE, SIDE)
        return bytes(frame)
    place = 2
    while frame[place + 1] not in (0xC0, 0xC1, 0xC3, 0xF7):
        place += 2 + int(struct.unpack_from(">H", frame, place + 2)[0])
    struct.pack_into(">HH", frame, place + 5, SIDE, SIDE)
    return bytes(frame)


@pytest.mark.parametrize("name", PACKED[:-1])
def test_a_frame_is_as_large_as_its_object_says(name: str) -> None:
    dataset = opened(name)
    wanted = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel
    assert codestreams.samples(first_frame(dataset)) == wanted


def test_run_lengths_say_no_size() -> None:
    dataset = opened("SC_rgb_rle.dcm")
    assert not codestreams.samples(first_frame(dataset) + b"\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03")


@pytest.mark.parametrize("name", PACKED[:-1])
def test_what_would_unpack_to_gigabytes_is_not_shown_or_transcoded(name: str) -> None:
    dataset = opened(name)
    syntax = str(dataset.file_meta.TransferSyntaxUID)
    frame = enlarged(dataset)
    assert codestreams.samples(frame) >= SIDE * SIDE
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].VR = "OB"
    with pytest.raises(Unsupported, match="too large to be shown"):
        rendering.png(dataset)
    with pytest.raises(Unsupported, match="too large to be transcoded"):
        transcoding.unpacked(dataset, frame, syntax)


@pytest.mark.parametrize("name", PACKED)
def test_nor_is_what_the_object_itself_says_to_be_huge(name: str) -> None:
    dataset = opened(name)
    dataset.Rows = dataset.Columns = SIDE
    with pytest.raises(Unsupported, match="too large to be shown"):
        rendering.png(dataset)


def test_plain_pixels_of_one_bit_are_bounded_too() -> None:
    """Two hundred megabytes would be thirteen thousand as numbers."""
    dataset = opened("CT_small.dcm")
    dataset.Rows = dataset.Columns = SIDE
    with pytest.raises(Unsupported, match="too large to be shown"):
        rendering.png(dataset)


@pytest.mark.parametrize("prefix", [b"\xff\xd8\xff\xff", b"\xff\xd8\0\0", b"\xff\xd8\xff\xd0"])
def test_what_stands_between_markers_hides_nothing(prefix: bytes) -> None:
    frame = first_frame(opened("SC_rgb_jpeg_dcmtk.dcm"))
    assert codestreams.samples(prefix + frame[2:]) == codestreams.samples(frame) > 0


def test_a_codestream_within_a_file_is_found() -> None:
    frame = first_frame(opened("JPEG2000.dcm"))
    file = b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0" * 64 + frame
    assert codestreams.samples(file) == codestreams.samples(frame)


def test_what_ends_too_early_is_read_as_far_as_it_goes() -> None:
    for name in PACKED[:-1]:
        frame = first_frame(opened(name))
        assert {codestreams.samples(frame[:length]) for length in range(4)} == {0}
        assert all(codestreams.samples(frame[:length]) >= 0 for length in range(200))


@pytest.mark.parametrize("bit", [0, 2, 3, 4])
def test_a_frame_that_makes_its_decoder_panic_ends_nothing_else(bit: int) -> None:
    """One bit of a run's length. What is raised then would pass every `except Exception`."""
    dataset = opened("SC_rgb_rle_16bit.dcm")
    syntax = str(dataset.file_meta.TransferSyntaxUID)
    frame = bytearray(first_frame(dataset))
    frame[864] ^= 1 << bit
    dataset.PixelData = encapsulate([bytes(frame)])
    dataset["PixelData"].is_undefined_length = True
    broken = samples.encoded(dataset, syntax)
    with pytest.raises(Unsupported):
        rendering.png(dataset)
    with pytest.raises(Unsupported):
        transcoding.unpacked(dataset, bytes(frame), syntax)
    for target in transcoding.PLAIN:
        with pytest.raises(Unsupported):
            transcoding.converted(broken, syntax, target)
    whole, _ = samples.data_sets()["SC_rgb_rle_16bit.dcm"]
    assert not sameness.same_content(whole, syntax, broken, syntax)
