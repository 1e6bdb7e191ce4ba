"""Objects taken apart: frames as stored and unpacked, long values, and their attributes as JSON."""

import pytest
from lxml import etree
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from archive.errors import NotFound, Unsupported
from archive.objects import elements, json_model, transcoding
from archive.objects.opened import opened
from tests.cast import EXPLICIT, IMPLICIT, dataset, encoded
from tests.objects import samples
from tests.objects.samples import BIG
from tests.objects.test_transcoding import NO_PIXELS, NOT_UNPACKED

pytestmark = pytest.mark.filterwarnings("ignore")  # pydicom's, of its own odd files


def test_the_frames_of_every_sample_are_its_pixels() -> None:
    seen = frames = 0
    for name, (data, syntax) in samples.data_sets().items():
        if syntax == BIG or name in NOT_UNPACKED | samples.TRUNCATED | NO_PIXELS:
            continue
        found = opened(data, syntax)
        whole = samples.read(transcoding.convert(data, syntax, EXPLICIT), EXPLICIT)
        if not found.frames:
            assert "PixelData" not in whole, name
            continue
        numbers = range(1, found.frames + 1)
        pixels = b"".join(map(found.unpacked, numbers))
        bits = found.dataset.BitsAllocated
        if bits >= 8:
            assert whole.PixelData.rstrip(b"\0") == pixels.rstrip(b"\0"), name
        if not found.is_packed:
            assert b"".join(found.all_pixels()) == whole.PixelData, name
        with pytest.raises(NotFound):
            found.frame(found.frames + 1)
        seen, frames = seen + 1, frames + found.frames
    assert seen > 40 and frames > seen


def packed(frames: list[bytes], fragments: int, *, table: bool) -> bytes:
    made = dataset(NumberOfFrames=len(frames))
    made.PixelData = encapsulate(frames, fragments_per_frame=fragments, has_bot=table)
    made["PixelData"].VR = "OB"
    made["PixelData"].is_undefined_length = True
    return encoded(made)


def test_frames_of_several_fragments_are_put_together() -> None:
    frames = [bytes([number]) * 20 + b"\xff\xd9" for number in (1, 2, 3)]
    syntax = "1.2.840.10008.1.2.4.50"
    for fragments, table in ((1, True), (1, False), (2, True), (2, False)):
        found = opened(packed(frames, fragments, table=table), syntax)
        assert [found.frame(number) for number in (1, 2, 3)] == frames
    one = opened(packed(frames[:1], 2, table=False), syntax)
    assert one.frame(1) == frames[0]


def test_frames_of_single_bits_begin_with_a_byte_each() -> None:
    made = dataset(Rows=3, Columns=3, NumberOfFrames=2, BitsAllocated=1, BitsStored=1, HighBit=0)
    bits = [*(1, 0, 1, 0, 1, 0, 1, 0, 1), *(0, 1, 1, 1, 1, 1, 1, 1, 0)]
    number = sum(bit << place for place, bit in enumerate(bits))
    made.PixelData = number.to_bytes(4, "little")
    found = opened(encoded(made), EXPLICIT)
    for place, expected in ((1, bits[:9]), (2, bits[9:])):
        given = int.from_bytes(found.frame(place), "little")
        assert [given >> bit & 1 for bit in range(9)] == expected


def test_pixel_data_that_are_too_short_are_no_frames() -> None:
    found = opened(encoded(dataset(Rows=4)), EXPLICIT)
    with pytest.raises(Unsupported):
        found.frame(1)
    with pytest.raises(Unsupported):
        opened(b"\x08\x00\x05\x00C", EXPLICIT)


def test_attributes_become_json_with_long_values_by_their_address() -> None:
    inner = Dataset()
    inner.add_new(0x54001010, "OW", bytes(2048))
    made = dataset(OtherPatientNames="A^B=C^D", ImageComments="")
    made.add_new(0x54000100, "SQ", [inner])
    made.add_new(0x00091010, "OB", b"\1\2")
    made.add_new(0x00280030, "DS", ["0.5", "0.25"])
    found = opened(encoded(made), EXPLICIT)
    model = json_model.of_dataset(found.dataset, lambda path: f"/bulk/{path}")
    assert model["00080005"]["Value"] == ["ISO_IR 192"]
    assert model["00100010"]["Value"] == [{"Alphabetic": "Meikäläinen^Matti"}]
    assert model["00101001"]["Value"] == [{"Alphabetic": "A^B", "Ideographic": "C^D"}]
    assert model["00280030"]["Value"] == [0.5, 0.25]
    assert model["00204000"] == {"vr": "LT"}
    assert model["00091010"] == {"vr": "OB", "InlineBinary": "AQI="}
    (item,) = model["54000100"]["Value"]
    assert item["54001010"] == {"vr": "OW", "BulkDataURI": "/bulk/54000100/0/54001010"}
    assert found.value("54000100/0/54001010") == bytes(2048)
    for path in ("54000100/1/54001010", "00100010", "54000100", "x", "54000100/0"):
        with pytest.raises(NotFound):
            found.value(path)
    root = etree.fromstring(json_model.xml(model))
    assert root.find(".//DicomAttribute[@tag='54001010']/BulkData").get("uri") == (
        "/bulk/54000100/0/54001010"
    )
    assert root.findtext("DicomAttribute[@tag='00280030']/Value[@number='2']") == "0.25"


def nested(parts: int, *, undefined: bool, syntax: str) -> bytes:
    """A sequence of so many empty items."""
    explicit = syntax == EXPLICIT
    items = b"\xfe\xff\x00\xe0\0\0\0\0" * parts
    length = b"\xff" * 4 if undefined else len(items).to_bytes(4, "little")
    head = b"\x40\x00\x30\xa7" + (b"SQ\0\0" if explicit else b"") + length
    return head + items + (b"\xfe\xff\xdd\xe0\0\0\0\0" if undefined else b"")


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_more_items_than_are_taken_apart_are_refused_before_they_take_memory(
    syntax: str, undefined: bool
) -> None:
    """Eight bytes each; a reader makes a kilobyte of each."""
    few = nested(1_000, undefined=undefined, syntax=syntax)
    assert len(opened(few, syntax).dataset[0x0040A730].value) == 1_000
    many = nested(elements.MOST, undefined=undefined, syntax=syntax)
    for data in (many, b"\x09\x00\x10\x10ZZ\0\0" + many):  # also behind what is odd
        with pytest.raises(Unsupported):
            opened(data, syntax)
    with pytest.raises(Unsupported):
        transcoding.convert(many, syntax, EXPLICIT if syntax == IMPLICIT else IMPLICIT)


def test_parts_are_counted_at_any_depth_and_not_in_pixels_or_long_values() -> None:
    for name, (data, syntax) in samples.data_sets().items():
        if name not in samples.TRUNCATED:
            elements.require_few(data, elements.encoding_of(syntax), 2_000)
    made = dataset()
    made.add_new(0x7FE11010, "OB", b"ZZ" + b"\xfe\xff\x00\xe0\0\0\0\0" * 1_000)
    made.ContentSequence = [Dataset()]
    made.ContentSequence[0].ContentSequence = [Dataset() for _ in range(50)]
    for syntax in (EXPLICIT, IMPLICIT):
        data = encoded(made, syntax)
        count = len(made) + 1 + 1 + 50
        elements.require_few(data, elements.encoding_of(syntax), count)
        with pytest.raises(elements.TooMany):
            elements.require_few(data, elements.encoding_of(syntax), count - 1)
