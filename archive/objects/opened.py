"""An archived object taken apart: its attributes, its frames as they are stored, its long values.

The pixel data are found by walking over the encoding and are not read until they are asked for.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from struct import iter_unpack

import numpy
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.filereader import read_dataset
from pydicom.filewriter import correct_ambiguous_vr
from pydicom.uid import ExplicitVRLittleEndian

from archive.errors import DatasetUnreadable, NotFound, Unsupported
from archive.objects import charsets, codestreams, deflated, elements, transcoding
from archive.objects.elements import Bytes, Element, Odd, TooMany, Truncated
from archive.objects.gathering import let_go, reading
from archive.objects.transfer_syntaxes import VIDEO

PIXEL_DATA = elements.PIXEL_DATA
PIXELS = (0x7FE00008, 0x7FE00009, PIXEL_DATA)  # float, double float, integer
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Opened:
    """`dataset` is without pixel data; `data` is what they stand in."""

    dataset: Dataset
    transfer_syntax_uid: str
    data: Bytes
    pixels: Element | None

    @property
    def frames(self) -> int:
        if self.pixels is None:
            return 0
        return transcoding.frame_count(self.dataset)

    @property
    def is_packed(self) -> bool:
        return self.pixels is not None and self.pixels.undefined

    @property
    def is_film(self) -> bool:
        return self.is_packed and self.transfer_syntax_uid in VIDEO

    def frame(self, number: int) -> bytes:
        """As stored; numbers begin at 1. Raises NotFound, Unsupported."""
        if self.is_film:
            raise Unsupported("frames of video are not taken apart")
        if self.pixels is None or not 1 <= number <= self.frames:
            raise NotFound("the object has no such frame")
        return (_packed if self.is_packed else _plain)(self, self.pixels, number)

    def unpacked(self, number: int) -> bytes:
        """As plain pixels. Raises NotFound, Unsupported."""
        frame = self.frame(number)
        if not self.is_packed:
            return frame
        return transcoding.unpacked(self.dataset, frame, self.transfer_syntax_uid)

    def single(self, number: int) -> Dataset:
        """One frame to look at. Raises NotFound, Unsupported."""
        frame = self.frame(number)
        pixels = (
            encapsulate([codestreams.mended(frame)])
            if self.is_packed
            else frame + b"\0" * (len(frame) % 2)
        )
        # A deflated data set is inflated by now.
        syntax = self.transfer_syntax_uid if self.is_packed else str(ExplicitVRLittleEndian)
        return transcoding.single_frame(self.dataset, pixels, syntax)

    def all_pixels(self) -> Iterator[bytes]:
        """Of all plain frames together, piece by piece."""
        if self.pixels is not None:
            for start in range(self.pixels.start, self.pixels.stop, PIECE):
                piece = bytes(self.data[start : min(start + PIECE, self.pixels.stop)])
                let_go(self.data)
                yield piece

    def film(self) -> Iterator[bytes]:
        """The stream as it is stored, fragment after fragment. Raises Unsupported."""
        if self.pixels is None:
            return
        _, *fragments = _fragments(self, self.pixels)
        for start, stop in fragments:
            for begin in range(start, stop, PIECE):
                piece = bytes(self.data[begin : min(begin + PIECE, stop)])
                let_go(self.data)
                yield piece

    def value(self, path: str) -> bytes:
        """A binary value by its path, as `json_model` has it. Raises NotFound."""
        *above, last = path.split("/")
        item = self.dataset
        try:
            for sequence, place in zip(above[::2], above[1::2], strict=True):
                item = item[int(sequence, 16)].value[int(place)]
            found = item[int(last, 16)].value
        except (KeyError, IndexError, ValueError, TypeError):
            raise NotFound("the object has no such value") from None
        if not isinstance(found, bytes):
            raise NotFound("the value is not binary")
        return found


def opened(data: Bytes, transfer_syntax_uid: str) -> Opened:
    """Raises Unsupported: an encoding that is not the one it is said to be, or one without end; of
    one that is inflated StorageFull, StorageGone.
    """
    try:
        data = deflated.plain(data, transfer_syntax_uid, most=transcoding.LARGEST)
        elements.require_few(data, elements.encoding_of(transfer_syntax_uid))
        end, after, pixels = _pixels(data, transfer_syntax_uid)
        dataset = _around(bytes(data[:end]), bytes(data[after:]), transfer_syntax_uid)
    except (Odd, Truncated, DatasetUnreadable):
        raise Unsupported("the object's encoding cannot be read") from None
    except TooMany:
        raise Unsupported("the object has more attributes than are taken apart here") from None
    return Opened(dataset, transfer_syntax_uid, data, pixels)


def _pixels(data: Bytes, transfer_syntax_uid: str) -> tuple[int, int, Element | None]:
    """Where the attributes before them end, and those after them begin. Raises Odd, Truncated."""
    end = 0
    for element in elements.elements(data, 0, len(data), elements.encoding_of(transfer_syntax_uid)):
        after = element.stop + (8 if element.undefined else 0)
        if element.tag in PIXELS:
            return end, after, element
        end = after
    return len(data), len(data), None


def _around(before: bytes, after: bytes, transfer_syntax_uid: str) -> Dataset:
    """Private attributes and signatures may stand behind the pixels; what else does, and is no
    attribute, is passed over. Raises Unsupported.
    """
    if after:
        with suppress(Unsupported):
            return _attributes(before + after, transfer_syntax_uid)
    return _attributes(before, transfer_syntax_uid)


def _attributes(data: bytes, transfer_syntax_uid: str) -> Dataset:
    encoding = elements.encoding_of(transfer_syntax_uid)
    with charsets.quiet():
        try:
            dataset = read_dataset(BytesIO(data), not encoding.explicit, encoding.little)
            if not encoding.explicit:
                correct_ambiguous_vr(dataset, encoding.little)
        except Exception:  # pydicom raises what it likes
            raise Unsupported("the object's attributes cannot be read") from None
    return dataset


# --- frames ---------------------------------------------------------------------------------------


def _plain(of: Opened, pixels: Element, number: int) -> bytes:
    dataset = of.dataset
    try:
        bits = int(dataset.Rows) * int(dataset.Columns) * int(dataset.BitsAllocated)
        bits *= int(dataset.get("SamplesPerPixel") or 1)
    except (AttributeError, TypeError, ValueError):
        raise Unsupported("the object does not say how large its frames are") from None
    if dataset.get("PhotometricInterpretation") == "YBR_FULL_422":
        bits = bits // 3 * 2  # PS3.3 C.7.6.3.1.2: two pixels share their chrominance
    first, last = (number - 1) * bits, number * bits
    start, stop = pixels.start + first // 8, pixels.start + (last + 7) // 8
    if stop > pixels.stop:
        raise Unsupported("the pixel data are shorter than their frames")
    found = bytes(of.data[start:stop])
    if not bits % 8:
        return found
    # Frames of single bits follow each other without a gap; given out, each begins with a byte.
    single = numpy.unpackbits(numpy.frombuffer(found, "u1"), bitorder="little")
    return numpy.packbits(single[first % 8 :][:bits], bitorder="little").tobytes()


def _packed(of: Opened, pixels: Element, number: int) -> bytes:
    table, *fragments = _fragments(of, pixels)
    if of.frames == 1:
        chosen = fragments
    elif len(fragments) == of.frames:
        chosen = [fragments[number - 1]]
    elif offsets := _offsets(of, table):
        first = fragments[0][0] - 8 if fragments else 0
        begin = offsets[number - 1]
        end = offsets[number] if number < len(offsets) else len(of.data)
        chosen = [each for each in fragments if begin <= each[0] - 8 - first < end]
    else:
        return _searched(of, pixels, number)
    return b"".join(bytes(of.data[start:stop]) for start, stop in chosen)


def _fragments(of: Opened, pixels: Element) -> list[tuple[int, int]]:
    """PS3.5 section A.4: the first item is the table of offsets. Raises Unsupported."""
    try:
        found = list(elements.items(of.data, pixels.start, pixels.stop, pixels.inner))
    except (Odd, Truncated):
        found = []
    if not found:
        raise Unsupported("the pixel data cannot be taken apart")
    return found


def _offsets(of: Opened, table: tuple[int, int]) -> list[int]:
    """Of each frame, from the first fragment; nothing when no table has them all."""
    extended = of.dataset.get("ExtendedOffsetTable") or b""
    start, stop = table
    for form, packed in (("<Q", extended), ("<L", bytes(of.data[start:stop]))):
        size = 8 if form == "<Q" else 4
        if len(packed) == size * of.frames:
            return [offset for (offset,) in iter_unpack(form, packed)]
    return []


def _searched(of: Opened, pixels: Element, number: int) -> bytes:
    """Without a table, by where a JPEG stream ends."""
    content = reading(memoryview(of.data)[pixels.start : pixels.stop])
    wanted: bytes | None = None
    try:
        with charsets.quiet():
            for each, frame in enumerate(generate_frames(content, number_of_frames=of.frames), 1):
                if each == number:
                    wanted = frame
    except Exception:
        wanted = None
    if wanted is None:
        raise Unsupported("the pixel data cannot be taken apart into frames")
    return wanted
