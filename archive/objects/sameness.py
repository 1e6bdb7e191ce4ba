"""Whether two data sets say the same: every element and every pixel equal, however they are written
down.

Not compared: length encoding, group lengths, padding, byte order, how lossless pixels were
compressed. A value that went through a lossy compression is compared as it was compressed. Texts of
data sets in two character sets are compared as they read. Of long values no more than a piece is in
memory, as of pixels no more than a frame.
"""

import math
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import zip_longest
from typing import Any

import numpy as np
from pydicom import uid
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.pixels import get_decoder
from pydicom.pixels.utils import as_pixel_options

from archive import errors
from archive.objects import charsets, codestreams, deflated, elements
from archive.objects.elements import Bytes, Element, Encoding, Odd, Truncated
from archive.objects.gathering import let_go, reading

UNCOMPRESSED = frozenset(
    (
        uid.ImplicitVRLittleEndian,
        uid.ExplicitVRLittleEndian,
        uid.ExplicitVRBigEndian,
        uid.DeflatedExplicitVRLittleEndian,
    )
)
# PS3.5 section 8.2 and Annex A: what decodes to the very pixels that were encoded.
LOSSLESS = UNCOMPRESSED | frozenset(
    (
        uid.RLELossless,
        uid.JPEGLossless,
        uid.JPEGLosslessSV1,
        uid.JPEGLSLossless,
        uid.JPEG2000Lossless,
        uid.HTJ2KLossless,
        uid.HTJ2KLosslessRPCL,
    )
)

PIECE = 1 << 20  # bytes that are compared at once; a multiple of every word
PHOTOMETRIC, PLANAR = 0x00280004, 0x00280006
# What a recompression changes by itself: the order of planes, and the text that says it was done
# (dcmcjpeg adds it).
RECODING = frozenset((PLANAR, 0x00082111))
OFFSETS = frozenset((0x7FE00001, 0x7FE00002))  # Extended Offset Table and its lengths
WORD_SIZES = {
    **dict.fromkeys((b"US", b"SS", b"OW", b"AT"), 2),
    **dict.fromkeys((b"UL", b"SL", b"FL", b"OF", b"OL"), 4),
    **dict.fromkeys((b"FD", b"OD", b"OV", b"SV", b"UV"), 8),
}
CHARACTER_SET = 0x00080005
OF_CHARACTER_SET = frozenset((b"SH", b"LO", b"ST", b"LT", b"PN", b"UC", b"UT"))
ONE_TEXT = frozenset((b"LT", b"ST", b"UT", b"UR"))  # a backslash is no delimiter: PS3.5 section 6.2
TEXTS = frozenset(
    (b"AE", b"AS", b"CS", b"DA", b"DS", b"DT", b"IS", b"LO", b"PN", b"SH", b"TM", b"UC", b"UI")
)


@dataclass(slots=True)
class Side:
    """One of the two, as explicit or implicit bytes."""

    data: Bytes
    transfer_syntax_uid: str
    encoding: Encoding
    charset: bytes = b""  # Specific Character Set

    @classmethod
    def of(cls, data: Bytes, transfer_syntax_uid: str) -> "Side":
        data = deflated.plain(data, transfer_syntax_uid)
        side = cls(data, transfer_syntax_uid, elements.encoding_of(transfer_syntax_uid))
        side.charset = _charset(side, side.top())
        return side

    def top(self) -> Iterator[Element]:
        return elements.elements(self.data, 0, len(self.data), self.encoding)

    def value(self, element: Element) -> bytes:
        return bytes(self.data[element.start : element.stop])


def same_content(a: Bytes, a_transfer_syntax: str, b: Bytes, b_transfer_syntax: str) -> bool:
    """Whether two data sets have every element and pixel equal.

    What cannot be read is the same as nothing.
    """
    if a_transfer_syntax == b_transfer_syntax and _same_spans(a, [(0, len(a))], b, [(0, len(b))]):
        return True
    try:
        left, right = Side.of(a, a_transfer_syntax), Side.of(b, b_transfer_syntax)
        recoded = left.transfer_syntax_uid != right.transfer_syntax_uid
        return _same_elements(left, left.top(), right, right.top(), recoded) and _same_pixels(
            left, right
        )
    except (Odd, Truncated, errors.DatasetUnreadable, errors.InflatesTooFar):
        return False


def changed_elements(
    a: Bytes, a_transfer_syntax: str, b: Bytes, b_transfer_syntax: str, may: Callable[[int], bool]
) -> frozenset[int] | None:
    """The elements that may differ and do; None when anything else does, or cannot be read."""
    try:
        left, right = Side.of(a, a_transfer_syntax), Side.of(b, b_transfer_syntax)
        recoded = left.transfer_syntax_uid != right.transfer_syntax_uid
        fixed = _same_elements(
            left,
            (each for each in left.top() if not may(each.tag)),
            right,
            (each for each in right.top() if not may(each.tag)),
            recoded,
        ) and _same_pixels(left, right)
        return _differing(left, right, may) if fixed else None
    except (Odd, Truncated, errors.DatasetUnreadable, errors.InflatesTooFar):
        return None


def _differing(left: Side, right: Side, may: Callable[[int], bool]) -> frozenset[int]:
    lefts = {each.tag: each for each in left.top() if may(each.tag)}
    rights = {each.tag: each for each in right.top() if may(each.tag)}
    return frozenset(
        tag
        for tag in lefts.keys() | rights.keys()
        if tag not in lefts
        or tag not in rights
        or not _same_element(left, lefts[tag], right, rights[tag])
    )


def _same_elements(
    left: Side, lefts: Iterator[Element], right: Side, rights: Iterator[Element], recoded: bool
) -> bool:
    """Element by element in their order, pixel data left out."""
    for one, other in zip_longest(_compared(lefts, recoded), _compared(rights, recoded)):
        if one is None or other is None or one.tag != other.tag:
            return False
        if not _same_element(left, one, right, other):
            return False
    return True


def _compared(found: Iterator[Element], recoded: bool) -> Iterator[Element]:
    """Without pixels, and without what tells only how they were compressed."""
    for element in _without_padding(found):
        pixels = element.tag == elements.PIXEL_DATA or element.tag in OFFSETS
        if not (pixels or (recoded and element.tag in RECODING)):
            yield element


def _same_element(left: Side, one: Element, right: Side, other: Element) -> bool:
    vr = _common_vr(one, other)
    if vr == b"SQ" or one.undefined or other.undefined:
        return _same_sequence(left, one, right, other)
    if vr not in ONE_TEXT and vr not in TEXTS:
        pieces = zip_longest(_pieces(left, one, vr), _pieces(right, other, vr))
        return all(ours == theirs for ours, theirs in pieces)
    values = _plain(left, one, vr), _plain(right, other, vr)
    if vr in OF_CHARACTER_SET and left.charset != right.charset:
        texts = _read(left, values[0]), _read(right, values[1])
        return None not in texts and texts[0] == texts[1]
    if one.tag == PHOTOMETRIC and left.transfer_syntax_uid != right.transfer_syntax_uid:
        # PS3.5 section 8.2.4: the reversible colour transformation belongs to the compression.
        return values[0].replace(b"YBR_RCT", b"RGB") == values[1].replace(b"YBR_RCT", b"RGB")
    return values[0] == values[1]


def _charset(side: Side, found: Iterator[Element], otherwise: bytes = b"") -> bytes:
    """What a data set or an item says of its texts; an item may leave it to what it stands in."""
    for element in found:
        if element.tag >= CHARACTER_SET:
            return _plain(side, element, b"CS") if element.tag == CHARACTER_SET else otherwise
    return otherwise


def _read(side: Side, raw: bytes) -> str | None:
    """None when the bytes are no text of the side's character set."""
    text = charsets.decode(raw, charsets.codecs_of(side.charset))
    return None if "\ufffd" in text else text


def _common_vr(one: Element, other: Element) -> bytes:
    """The VR that either side knows, else the dictionary's, else UN."""
    for vr in (one.vr, other.vr):
        if vr not in (b"", b"UN"):
            return vr
    try:
        return dictionary_VR(one.tag).split(" or ")[-1].encode()
    except KeyError:
        return b"UN"


def _plain(side: Side, element: Element, vr: bytes) -> bytes:
    """The text, padding off."""
    value = side.value(element)
    if vr in ONE_TEXT:
        return value.rstrip(b" \0")
    return b"\\".join(part.rstrip(b" \0") for part in value.split(b"\\"))


def _pieces(side: Side, element: Element, vr: bytes) -> Iterator[bytes]:
    """The value of what is no text in little endian, made even, a piece at a time."""
    size = WORD_SIZES.get(vr)
    is_plain = side.encoding.little or element.vr == b"UN" or size is None or _even(element) % size
    for start in range(element.start, element.stop, PIECE):
        value = bytes(side.data[start : min(start + PIECE, element.stop)])
        if len(value) == PIECE:
            let_go(side.data)
        value += b"\0" * (len(value) % 2)
        yield value if is_plain else np.frombuffer(value, f">u{size}").astype(f"<u{size}").tobytes()


def _even(element: Element) -> int:
    """Its length, with the byte that makes it even."""
    return (element.stop - element.start + 1) // 2 * 2


def _same_sequence(left: Side, one: Element, right: Side, other: Element) -> bool:
    pairs = zip_longest(_items(left, one), _items(right, other))
    for one_item, other_item in pairs:
        if one_item is None or other_item is None:
            return False
        if not _same_item(left, one_item, right, other_item):
            return False
    return True


Item = tuple[int, int, Encoding]


def _items(side: Side, element: Element) -> Iterator[Item]:
    # PS3.5 section 6.2.2: a sequence that a sender knew only as UN is in implicit VR little endian.
    inner = elements.IMPLICIT if element.vr == b"UN" else element.inner
    for start, stop in elements.items(side.data, element.start, element.stop, inner):
        yield start, stop, inner


def _same_item(left: Side, one: Item, right: Side, other: Item) -> bool:
    left, right = _inside(left, one), _inside(right, other)
    lefts, rights = elements.elements(left.data, *one), elements.elements(right.data, *other)
    for left_element, right_element in zip_longest(
        _without_padding(lefts), _without_padding(rights)
    ):
        if left_element is None or right_element is None or left_element.tag != right_element.tag:
            return False
        if (
            left_element.tag == elements.PIXEL_DATA and left_element.undefined
        ):  # an icon's fragments
            if not right_element.undefined or not _same_fragments(
                left, left_element, right, right_element
            ):
                return False
        elif not _same_element(left, left_element, right, right_element):
            return False
    return True


def _inside(side: Side, item: Item) -> Side:
    charset = _charset(side, elements.elements(side.data, *item), side.charset)
    return side if charset == side.charset else replace(side, charset=charset)


def _without_padding(found: Iterator[Element]) -> Iterator[Element]:
    return (
        element
        for element in found
        if element.tag & 0xFFFF and element.tag != elements.TRAILING_PADDING
    )


def _same_pixels(left: Side, right: Side) -> bool:
    one = next((element for element in left.top() if element.tag == elements.PIXEL_DATA), None)
    other = next((element for element in right.top() if element.tag == elements.PIXEL_DATA), None)
    if one is None or other is None:
        return one is other
    if not one.undefined and not other.undefined:
        return _same_native(left, one, right, other)
    if one.undefined and other.undefined and left.transfer_syntax_uid == right.transfer_syntax_uid:
        if _same_fragments(left, one, right, other):
            return True
    if {left.transfer_syntax_uid, right.transfer_syntax_uid} <= LOSSLESS:
        return _same_decoded(left, right)
    return False


def _same_native(left: Side, one: Element, right: Side, other: Element) -> bool:
    """Uncompressed both; the byte that makes the length even may be anything."""
    size, lengths = _native_size(left), (_even(one), _even(other))
    if size is None or not all(size <= length <= size + 1 for length in lengths):
        size = lengths[0]
        if size != lengths[1]:
            return False
    pieces = zip(_native(left, one), _native(right, other), strict=False)
    return all(
        ours[: size - at] == theirs[: size - at]
        for at, (ours, theirs) in zip(range(0, size, PIECE), pieces, strict=False)
    )


def _native(side: Side, element: Element) -> Iterator[bytes]:
    return _pieces(side, element, element.vr or b"OW")  # PS3.5 Annex A.1: implicit VR is OW


def _native_size(side: Side) -> int | None:
    """Bytes of all frames, PS3.3 section C.7.6.3; None when the image does not say."""
    try:
        image = _image(side)
        frames = int(image.get("NumberOfFrames") or 1)
        bits = int(
            image.Rows * image.Columns * image.SamplesPerPixel * image.BitsAllocated * frames
        )
        return math.ceil(bits / 8)
    except Exception:  # pydicom raises what it likes; then the bytes are compared to the last
        return None


def _same_fragments(left: Side, one: Element, right: Side, other: Element) -> bool:
    """The compressed bytes, however they are cut into fragments; the offset table left out."""
    return _same_spans(left.data, _fragments(left, one), right.data, _fragments(right, other))


Spans = Iterable[tuple[int, int]]


def _fragments(side: Side, element: Element) -> Spans:
    spans = list(elements.items(side.data, element.start, element.stop, elements.EXPLICIT))
    return spans[1:]


def _same_spans(left: Bytes, lefts: Spans, right: Bytes, rights: Spans) -> bool:
    """Whether the bytes of these spans, each side's put together, are the same."""
    ones, others = deque(lefts), deque(rights)
    if sum(stop - start for start, stop in ones) != sum(stop - start for start, stop in others):
        return False
    while ones and others:
        (one, one_stop), (other, other_stop) = ones.popleft(), others.popleft()
        size = min(one_stop - one, other_stop - other, PIECE)
        if bytes(left[one : one + size]) != bytes(right[other : other + size]):
            return False
        if size == PIECE:
            let_go(left)
            let_go(right)
        if one + size < one_stop:
            ones.appendleft((one + size, one_stop))
        if other + size < other_stop:
            others.appendleft((other + size, other_stop))
    return True


def _same_decoded(left: Side, right: Side) -> bool:
    """Frame by frame, so that no more than one of each is in memory."""
    try:
        with codestreams.contained(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frames = zip_longest(_frames(left), _frames(right))
            return all(
                one is not None and other is not None and np.array_equal(one, other)
                for one, other in frames
            )
    except (
        Exception
    ):  # a decoder raises what it likes; what cannot be decoded is not known to be the same
        return False


def _frames(side: Side) -> Iterator[np.ndarray]:
    pixels = next(element for element in side.top() if element.tag == elements.PIXEL_DATA)
    options = as_pixel_options(
        _image(side), pixel_keyword="PixelData", pixel_vr=(pixels.vr or b"OW").decode()
    )
    content: Any = memoryview(side.data)[pixels.start : pixels.stop]
    if side.transfer_syntax_uid not in UNCOMPRESSED:
        content = reading(content)
    decoder = get_decoder(uid.UID(side.transfer_syntax_uid))
    for frame, _ in decoder.iter_array(content, raw=True, **options):
        yield frame
        let_go(side.data)


def _image(side: Side) -> Dataset:
    """What says how pixels are to be read, and nothing else."""
    encoding = side.encoding
    told = elements.chosen(
        side.data, encoding, lambda tag: tag >> 16 == PHOTOMETRIC >> 16 or tag in OFFSETS
    )
    return read_dataset(BytesIO(told), not encoding.explicit, encoding.little)
