"""Where each data element's value begins and ends in encoded bytes, PS3.5 section 7.

A walk over spans: nothing is decoded and nothing copied. What breaks the rules raises; the caller
decides whether to hand over to pydicom.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from enum import Enum, auto
from itertools import islice, product
from struct import Struct
from typing import NamedTuple

from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from archive import errors

Bytes = bytes | bytearray | memoryview

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_DATA = 0x7FE00010
TRAILING_PADDING = 0xFFFCFFFC
DEEPEST = 64  # nesting of sequences; real objects stay under ten
MOST = (
    500_000  # elements and items that are made objects of: 12 MB of them are seconds and gigabytes
)

# PS3.5 section 7.1.2: two reserved bytes and a 32-bit length, or a 16-bit length.
LONG_VRS = frozenset(
    (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
)
SHORT_VRS = frozenset(
    (
        *(b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT"),
        *(b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"),
    )
)


class Odd(Exception):
    """The bytes do not follow the encoding they are said to be in."""


class Truncated(Exception):
    """The bytes end inside an element."""


class TooMany(ValueError):
    """There are more elements and items than anybody takes apart."""


class Form(Enum):
    """How an element of a VR that we do not know may be written: with the 32-bit length of PS3.5
    section 7.1.2, with a 16-bit one, as modalities do, or without any VR.
    """

    LONG = auto()
    SHORT = auto()
    IMPLICIT = auto()


class Guess(NamedTuple):
    """How a whole data set is tried to be read: what looks like a VR, and what does not."""

    letters: Form
    others: Form


class Encoding(NamedTuple):
    """Without a guess, a VR that we do not know is Odd."""

    explicit: bool
    little: bool
    guess: Guess | None = None

    @property
    def tag(self) -> Struct:
        return _LITTLE_IMPLICIT if self.little else _BIG_IMPLICIT


EXPLICIT, IMPLICIT, BIG = Encoding(True, True), Encoding(False, True), Encoding(True, False)

_ZEROS = bytes(4)
_LITTLE_IMPLICIT, _BIG_IMPLICIT = Struct("<HHL"), Struct(">HHL")
_LITTLE_EXPLICIT, _BIG_EXPLICIT = Struct("<HH2sH"), Struct(">HH2sH")
_LITTLE_LONG, _BIG_LONG = Struct("<L"), Struct(">L")


class Element(NamedTuple):
    """One element: `vr` is empty where the encoding does not say; `inner` is how items in its value
    are encoded.
    """

    tag: int
    vr: bytes
    start: int
    stop: int
    undefined: bool
    inner: Encoding


def encoding_of(transfer_syntax_uid: str) -> Encoding:
    """PS3.5 Annex A: all but three transfer syntaxes are explicit VR little endian."""
    if transfer_syntax_uid == ImplicitVRLittleEndian:
        return IMPLICIT
    return BIG if transfer_syntax_uid == ExplicitVRBigEndian else EXPLICIT


def is_deflated(transfer_syntax_uid: str) -> bool:
    return transfer_syntax_uid == DeflatedExplicitVRLittleEndian


def inflate(data: Bytes, limit: int) -> tuple[bytes, bool]:
    """The first `limit` bytes of a deflated data set (PS3.5 A.5), and whether that is all of it.

    Raises DatasetUnreadable.
    """
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        inflated = stream.decompress(data, limit)
    except zlib.error:
        raise errors.DatasetUnreadable("deflated data set is damaged") from None
    return inflated, stream.eof


def read_head(
    data: Bytes, position: int, stop: int, encoding: Encoding
) -> tuple[int, bytes, int, int]:
    """Tag, VR, length and the position of the value. Raises Odd, Truncated."""
    if position + 8 > stop:
        raise Truncated
    if not encoding.explicit:
        group, number, length = _LITTLE_IMPLICIT.unpack_from(data, position)
        return group << 16 | number, b"", length, position + 8
    group, number, vr, length = (
        _LITTLE_EXPLICIT if encoding.little else _BIG_EXPLICIT
    ).unpack_from(data, position)
    if group == 0xFFFE:  # items and delimiters have no VR
        group, number, length = encoding.tag.unpack_from(data, position)
        return group << 16 | number, b"", length, position + 8
    if vr in SHORT_VRS:
        return group << 16 | number, vr, length, position + 8
    if vr not in LONG_VRS:
        form = _guessed(vr, encoding.guess)
        if form is Form.SHORT:
            return group << 16 | number, vr, length, position + 8
        if form is Form.IMPLICIT:
            group, number, length = encoding.tag.unpack_from(data, position)
            return group << 16 | number, b"", length, position + 8
    if position + 12 > stop:
        raise Truncated
    (length,) = (_LITTLE_LONG if encoding.little else _BIG_LONG).unpack_from(data, position + 8)
    return group << 16 | number, vr, length, position + 12


def _guessed(vr: bytes, guess: Guess | None) -> Form:
    """Raises Odd."""
    if guess is None:
        raise Odd
    return guess.letters if vr.isalpha() and vr.isupper() else guess.others


def end_of_undefined(
    data: Bytes, position: int, stop: int, encoding: Encoding, depth: int = 0
) -> int:
    """The position of the delimiter that ends a value of undefined length.

    Raises Odd, Truncated.
    """
    if depth > DEEPEST:
        raise Odd
    while True:
        if position + 8 > stop:
            raise Truncated
        group, number, length = encoding.tag.unpack_from(data, position)
        tag = group << 16 | number
        if tag == SEQUENCE_END:
            return position
        if tag != ITEM:
            raise Odd
        position += 8
        if length != UNDEFINED:
            position += length
        else:
            position = _end_of_item(data, position, stop, encoding, depth) + 8


def _end_of_item(data: Bytes, position: int, stop: int, encoding: Encoding, depth: int) -> int:
    while True:
        tag, vr, length, value = read_head(data, position, stop, encoding)
        if tag == ITEM_END:
            return position
        if length != UNDEFINED:
            position = value + length
        else:
            inner = inner_encoding(vr, encoding)
            position = end_of_undefined(data, value, stop, inner, depth + 1) + 8


def inner_encoding(vr: bytes, encoding: Encoding) -> Encoding:
    """PS3.5 section 6.2.2 note: UN of undefined length holds implicit VR little endian."""
    return IMPLICIT if vr == b"UN" else encoding


def elements(data: Bytes, start: int, stop: int, encoding: Encoding) -> Iterator[Element]:
    """The elements of one data set or item, in their order; zeros behind the last are none. Raises
    Odd, Truncated.
    """
    position = start
    while position < stop:
        if data[position : position + 4] == _ZEROS and not any(data[position:stop]):
            return
        tag, vr, length, value = read_head(data, position, stop, encoding)
        if tag == ITEM_END:
            return
        inner = inner_encoding(vr, encoding)
        if length == UNDEFINED:
            end = end_of_undefined(data, value, stop, inner)
            position = end + 8
        else:
            position = end = value + length
        if position > stop:
            raise Truncated
        yield Element(tag, vr, value, end, length == UNDEFINED, inner)


def chosen(data: Bytes, encoding: Encoding, wanted: Callable[[int], bool]) -> bytes:
    """A data set of those top elements alone, as they stand. Raises Odd, Truncated."""
    begin, found = 0, bytearray()
    for element in elements(data, 0, len(data), encoding):
        end = element.stop + (8 if element.undefined else 0)
        if wanted(element.tag):
            found += data[begin:end]
        begin = end
    return bytes(found)


def require_whole(data: Bytes, transfer_syntax_uid: str, walked: int = 0) -> None:
    """Every element of a data set ends inside it; values are not looked at. `walked`: where an
    element begins before which all are known to be so. Raises Truncated.

    One with VRs that we do not know, or that is not in the encoding it names, is whole if it is so
    when read in any way that somebody might mean. What is deflated, or odd in another way, is left
    to whoever decodes it.
    """
    if is_deflated(transfer_syntax_uid):
        return
    encoding = encoding_of(transfer_syntax_uid)
    try:
        _walk_over(data, walked, encoding)
    except Odd:  # each way of reading it has other elements
        _require_whole_somehow(data, encoding)


def _walk_over(data: Bytes, position: int, encoding: Encoding) -> None:
    """As `elements` does, without making any: this is done for every object that comes. Nearly all
    elements are of a VR and a length that we know; `read_head` tells the others. Raises Odd,
    Truncated.
    """
    explicit, little, stop = encoding.explicit, encoding.little, len(data)
    short_head = (_LITTLE_EXPLICIT if little else _BIG_EXPLICIT).unpack_from
    long_length = (_LITTLE_LONG if little else _BIG_LONG).unpack_from
    bare_head = _LITTLE_IMPLICIT.unpack_from
    short_vrs, long_vrs = SHORT_VRS, LONG_VRS
    while position < stop:
        if position + 12 <= stop:
            size = 8
            if not explicit:
                group, _, length = bare_head(data, position)
            else:
                group, _, vr, length = short_head(data, position)
                if vr not in short_vrs:
                    size = 12 if vr in long_vrs else 0
                    (length,) = long_length(data, position + 8)
            if size and length != UNDEFINED and group != 0xFFFE:
                position += size + length
                continue
        tag, vr, length, value = read_head(data, position, stop, encoding)
        if tag == ITEM_END:
            return
        if length == UNDEFINED:
            inner = inner_encoding(vr, encoding)
            position = end_of_undefined(data, value, stop, inner) + 8
        else:
            position = value + length
    if position > stop:
        raise Truncated


def _require_whole_somehow(data: Bytes, encoding: Encoding) -> None:
    """Raises Truncated when it ends inside an element in each way of reading it."""
    guesses = (Guess(*each) for each in product((Form.SHORT, Form.LONG), Form))
    for way in (IMPLICIT, *(encoding._replace(guess=guess) for guess in guesses)):
        try:
            return _walk_over(data, 0, way)
        except Truncated:
            continue
        except Odd:  # a value of undefined length that holds no items: pydicom looks for its end
            return None
    raise Truncated


def items(data: Bytes, start: int, stop: int, encoding: Encoding) -> Iterator[tuple[int, int]]:
    """The spans of a sequence's items, or of the fragments of encapsulated pixel data.

    Raises Odd, Truncated.
    """
    position = start
    while position < stop:
        if position + 8 > stop:
            raise Truncated
        group, number, length = encoding.tag.unpack_from(data, position)
        tag = group << 16 | number
        if tag == SEQUENCE_END:
            return
        if tag != ITEM:
            raise Odd
        begin = position + 8
        if length == UNDEFINED:
            end = _end_of_item(data, begin, stop, encoding, 0)
            position = end + 8
        else:
            position = end = begin + length
        if end > stop:
            raise Truncated
        yield begin, end


def require_few(data: Bytes, encoding: Encoding, most: int = MOST) -> None:
    """At most so many elements and items stand before the pixel data, however deep: eight bytes of
    an empty one become a kilobyte in a reader's memory. Raises TooMany.
    """
    try:
        _count(data, 0, len(data), encoding, most)
    except (Odd, Truncated):  # a reader may understand more of it
        tag = re.escape(_LITTLE_LONG.pack(0xE000FFFE) if encoding.little else b"\xff\xfe\xe0\x00")
        if next(islice(re.finditer(tag, data), most, None), None) is not None:
            raise TooMany from None


def _count(data: Bytes, position: int, stop: int, encoding: Encoding, left: int) -> int:
    """How many of `left` are left; what is inside an element comes as if it stood behind it."""
    while position < stop:
        tag, vr, length, value = read_head(data, position, stop, encoding)
        left -= 1
        if left < 0:
            raise TooMany
        position = value
        if tag == PIXEL_DATA and length == UNDEFINED:
            return left
        if tag in (ITEM, ITEM_END, SEQUENCE_END) or vr == b"SQ":
            continue
        if vr == b"UN" and encoding.explicit:  # section 6.2.2 note: a sequence, if it is one
            unknown = length == UNDEFINED
            end = end_of_undefined(data, value, stop, IMPLICIT) if unknown else value + length
            if unknown or _begins_item(data, value, IMPLICIT):
                left = _count(data, value, min(end, stop), IMPLICIT, left)
            position = end
        elif length != UNDEFINED and (vr or not _begins_item(data, value, encoding)):
            position += length
    return left


def _begins_item(data: Bytes, position: int, encoding: Encoding) -> bool:
    if position + 8 > len(data):
        return False
    group, number, _ = encoding.tag.unpack_from(data, position)
    return bool(group << 16 | number == ITEM)
