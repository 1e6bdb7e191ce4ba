"""How large a compressed frame says it is: decoders believe its own header, not the object's
attributes, and a few kilobytes may say sixty thousand pixels a side.

Read without decoding: JPEG and JPEG-LS (ITU-T T.81 annex B, T.87 annex C), JPEG 2000 (T.800 annex
A). RLE says nothing of the kind (PS3.5 annex G).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from struct import Struct

from pydicom.dataset import Dataset

SOS, FILL = 0xDA, 0xFF
# Of frames: SOF0 to SOF15 without DHT, JPG and DAC; DHP of hierarchies; SOF55 of JPEG-LS.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xDE, 0xF7}
_SEQUENTIAL = frozenset((0xC0, 0xC1))
_ALL = b"\0\x3f\0"  # the coefficients of a sequential scan: from 0 to 63, not approximated
_BARE = frozenset((0x00, 0x01, *range(0xD0, 0xDA)))  # markers without a length
_FRAME = Struct(">xHHB")  # behind the length: precision, lines, samples a line, components
_LENGTH = Struct(">H")
_SIZ = Struct(">8LH")  # behind the length and the capabilities
_SOI = b"\xff\xd8"
_J2K = b"\xff\x4f\xff\x51"
_JP2 = (b"\0\0\0\x0cjP  ", b"\r\n\x87\n")  # how a file around a codestream begins
_LONGEST = 0xFFFF  # lines of a frame that tells them behind its first scan


def samples(frame: bytes) -> int:
    """Pixels times components, the most that the frame's headers announce; 0 where none does."""
    if frame.startswith(_J2K):
        return _of_2000(frame, 0)
    if frame.startswith(_JP2):
        return max(
            (_of_2000(frame, each.start()) for each in re.finditer(re.escape(_J2K), frame)),
            default=0,
        )
    return max(_of_jpeg(frame), default=0) if frame.startswith(_SOI) else 0


class Panicked(RuntimeError):
    """A decoder met bytes that it is not made for."""


@contextmanager
def contained() -> Iterator[None]:
    """Around whatever decodes: what is written in Rust panics by an exception that is no Exception,
    which would end the whole process, and with it what others have asked for. Raises Panicked.
    """
    try:
        yield
    except BaseException as raised:
        if type(raised).__module__ != "pyo3_runtime":
            raise
        raise Panicked("a decoder has panicked") from None


def extended_offsets(dataset: Dataset) -> tuple[bytes, bytes] | None:
    """Where the frames are, when the object has a table of its own for that (PS3.3 C.7.6.3.1.8)."""
    tables = dataset.get("ExtendedOffsetTable"), dataset.get("ExtendedOffsetTableLengths")
    return tables if all(tables) else None


def _of_2000(frame: bytes, start: int) -> int:
    place = start + len(_J2K) + 4
    if place + _SIZ.size > len(frame):
        return 0
    sizes: tuple[int, ...] = _SIZ.unpack_from(frame, place)
    right, bottom, left, top, *_, components = sizes
    return max(right - left, 0) * max(bottom - top, 0) * components


def mended(frame: bytes) -> bytes:
    """Sequential JPEG with scans that announce another span of coefficients than all, as some
    devices write it. They have no choice (T.81 table B.3); decoders that insist refuse it, though
    nothing else is wrong.
    """
    if not frame.startswith(_SOI):
        return frame
    sequential, made = False, bytearray()
    for place, marker in _markers(frame):
        sequential |= marker in _SEQUENTIAL
        if marker == SOS:
            end = place + 2 + _LENGTH.unpack_from(frame, place + 2)[0]
            if not sequential or end > len(frame) or frame[end - 3 : end] == _ALL:
                break
            made = made or bytearray(frame)
            made[end - 3 : end] = _ALL
    return bytes(made) or frame


def _of_jpeg(frame: bytes) -> Iterator[int]:
    """Of each header before the first scan."""
    for place, marker in _markers(frame):
        if marker == SOS:
            return
        if marker in _FRAMES and place + 4 + _FRAME.size <= len(frame):
            lines, columns, components = _FRAME.unpack_from(frame, place + 4)
            yield (lines or _LONGEST) * columns * components


def _markers(frame: bytes) -> Iterator[tuple[int, int]]:
    """Where each stands. What stands between them is passed over, as decoders do."""
    place = 0
    while (place := frame.find(b"\xff", place)) >= 0 and place + 4 <= len(frame):
        marker = frame[place + 1]
        yield place, marker
        if marker == FILL:
            place += 1
        elif marker in _BARE:
            place += 2
        else:
            place += 2 + _LENGTH.unpack_from(frame, place + 2)[0]
