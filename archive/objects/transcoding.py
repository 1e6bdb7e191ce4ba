"""An archived object in another transfer syntax, for a peer that takes nothing else: PS3.5 annex A.

Only to plain ones: explicit and implicit VR little endian, explicit VR big endian.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import deepcopy
from functools import partial
from math import prod
from struct import Struct

import numpy
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import correct_ambiguous_vr, write_dataset
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from archive import errors
from archive.objects import codestreams, deflated, elements
from archive.objects.elements import Bytes, Element, Odd, Truncated
from archive.objects.gathering import FEW, gathered, let_go, reading

# In the order in which a peer that takes several gets them.
PLAIN = (str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian), str(ExplicitVRBigEndian))
ZEROS = 0x00000000  # what is behind the last element of a padded file, read as one
_SEQUENTIAL = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")  # JPEG of 8 and 12 bits
LARGEST = 512 << 20  # bytes of pixel data, or of a deflated object, that are unpacked at all
PIECE = 1 << 20  # bytes of pixel data at once; fewer are not gone through in pieces
# PS3.5 7.3: values of more than one byte are swapped; what is not here is bytes.
_SWAPPED = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}
_LENGTHS = {True: Struct("<L"), False: Struct(">L")}  # of values, by little endian
# Of packed pixels: how many samples, frames, rows, columns and bits there are.
_FRAME_COUNT = 0x00280008
_SIZES = frozenset((0x00280002, _FRAME_COUNT, 0x00280010, 0x00280011, 0x00280100))
_FEW = bytes(8)  # pixel data that stand for longer ones: a word of whatever size


def frame_count(dataset: Dataset) -> int:
    """What says no number says that there is one."""
    try:
        return max(int(dataset.get("NumberOfFrames") or 1), 1)
    except (TypeError, ValueError):
        return 1


def is_possible(source: str) -> bool:
    """Whether objects in this transfer syntax can be given in a plain one: no video can."""
    return source in PLAIN or elements.is_deflated(source) or _is_packed(source)


def _is_packed(source: str) -> bool:
    """JPEG, JPEG-LS, JPEG 2000, HTJ2K and RLE; what comes after them is video."""
    uid = UID(source)
    return uid == RLELossless or uid in _PACKED


_PACKED = frozenset(
    f"1.2.840.10008.1.2.4.{last}" for last in (50, 51, 57, 70, 80, 81, 90, 91, 201, 202, 203)
)


def convert(data: Bytes, source: str, target: str) -> bytes:
    """Raises Unsupported, also when what was received cannot be unpacked."""
    with _told():
        dataset = _decoded(data, source)
        if _is_packed(source) and "PixelData" in dataset:
            _unpack(dataset, source)
        return _encoded(dataset, source, target)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (errors.Unsupported, errors.StorageFull, errors.StorageGone):
        raise
    except Exception as raised:  # pydicom and the decoders raise what they like
        kind = type(raised).__name__
        raise errors.Unsupported("object cannot be transcoded", facts={"raised": kind}) from None


def converted(data: Bytes, source: str, target: str) -> Iterator[bytes]:
    """The same in pieces: neither plain pixel data nor what is unpacked frame by frame are read
    into memory, however long, and `data` must stay until the last piece was given. Raises
    Unsupported, StorageFull, StorageGone before the first one.
    """
    with _told():
        if elements.is_deflated(source):
            data, source = deflated.plain(data, source, most=LARGEST), PLAIN[0]
        pixels = _long_pixels(data, source)
        if pixels is None:
            return iter((convert(data, source, target),))
        return _with_pixels(data, pixels, source, target)


def _with_pixels(data: Bytes, pixels: Element, source: str, target: str) -> Iterator[bytes]:
    """All else is converted with few pixels in their place."""
    after = pixels.stop + (8 if pixels.undefined else 0)
    length = _LENGTHS[elements.encoding_of(source).little].pack(len(_FEW))
    few = b"".join((bytes(data[: pixels.start - 4]), length, _FEW, bytes(data[after:])))
    dataset = _decoded(few, source)
    content: Bytes = memoryview(data)[pixels.start : pixels.stop]
    if pixels.undefined:
        content = _unpack_each(dataset, content, source)
    made = _encoded(dataset, source, target)
    to = elements.encoding_of(target)
    place = next(
        each for each in elements.elements(made, 0, len(made), to) if each.tag == pixels.tag
    )
    word = 1
    if elements.encoding_of(source).little != to.little:
        vr = place.vr if pixels.undefined else pixels.vr or place.vr
        word = _word(vr, dataset.get("BitsAllocated") or 0)
    if len(content) % word:
        raise errors.Unsupported("object cannot be transcoded")
    padding = len(content) % 2
    before = made[: place.start - 4] + _LENGTHS[to.little].pack(len(content) + padding)
    return _in_pieces(before, content, word, bytes(padding) + made[place.stop :])


def _in_pieces(before: bytes, pixels: Bytes, word: int, after: bytes) -> Iterator[bytes]:
    yield before
    for start in range(0, len(pixels), PIECE):
        piece = bytes(pixels[start : start + PIECE])
        let_go(pixels)
        yield piece if word == 1 else _turned_round(piece, word)
    if after:
        yield after


def _long_pixels(data: Bytes, source: str) -> Element | None:
    """Pixel data of a form that we know, where they are long: plain ones, or packed ones of several
    frames.
    """
    packed = _is_packed(source)
    told: dict[int, bytes] = {}
    if not packed and (source not in PLAIN or len(data) <= PIECE):
        return None
    with suppress(Odd, Truncated):  # pydicom may understand more of it
        for each in elements.elements(data, 0, len(data), elements.encoding_of(source)):
            if each.tag in _SIZES:
                told[each.tag] = bytes(data[each.start : each.stop])
            if each.tag == elements.PIXEL_DATA:
                if packed:
                    return each if each.undefined and _are_long(told) else None
                known = not each.undefined and each.vr in (b"", b"OB", b"OW")
                return each if known and each.stop - each.start > PIECE else None
    return None


def _are_long(told: Mapping[int, bytes]) -> bool:
    """Several frames, which become long when they are unpacked."""
    try:
        frames = int(told.get(_FRAME_COUNT, b"").strip(b" \0") or 1)
    except ValueError:
        return False
    sizes = (int.from_bytes(told.get(tag, b"\1"), "little") for tag in _SIZES - {_FRAME_COUNT})
    return frames > 1 and frames * prod(sizes) // 8 > FEW


def _word(vr: bytes, bits: int) -> int:
    """How many bytes are turned round together, as `_swap` and `_widen` do. Raises Unsupported."""
    word = bits // 8 if bits > 16 else _SWAPPED.get(vr.decode(), 1)
    if word not in (1, 2, 4, 8):
        raise errors.Unsupported("object cannot be transcoded")
    return word


def _encoded(dataset: Dataset, source: str, target: str) -> bytes:
    wanted = elements.encoding_of(target)
    if elements.encoding_of(source).little != wanted.little:
        for element in _elements(dataset):
            _swap(element, _SWAPPED.get(element.VR, 0))
        if "PixelData" in dataset and (dataset.get("BitsAllocated") or 0) > 16:
            _widen(dataset)
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = wanted.little, not wanted.explicit
    write_dataset(buffer, dataset)
    return buffer.getvalue()


def _decoded(data: Bytes, source: str) -> Dataset:
    encoding = elements.encoding_of(source)
    dataset = deflated.dataset(data, source, most=LARGEST)
    dataset.pop(ZEROS, None)
    for _ in _elements(dataset):  # decoded now, by the encoding it came in
        pass
    if not encoding.explicit:
        correct_ambiguous_vr(dataset, encoding.little)
    return dataset


def _unpack(dataset: Dataset, source: str) -> None:
    packed = partial(_frames, dataset, dataset.PixelData)
    _require_possible(dataset, packed())
    if source in _SEQUENTIAL:
        _mend(dataset, list(packed()))
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(source)
    with codestreams.contained():
        dataset.decompress(generate_instance_uid=False)


def _frames(dataset: Dataset, packed: Bytes) -> Iterator[bytes]:
    return generate_frames(
        reading(packed),
        number_of_frames=frame_count(dataset),
        extended_offsets=codestreams.extended_offsets(dataset),
    )


def _require_possible(dataset: Dataset, packed: Iterator[bytes]) -> None:
    """Raises Unsupported."""
    size = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel * frame_count(dataset)
    size = max(size, sum(map(codestreams.samples, packed)))
    if size * dataset.BitsAllocated // 8 > LARGEST:
        raise errors.Unsupported("object is too large to be transcoded")


def _unpack_each(dataset: Dataset, packed: Bytes, source: str) -> Bytes:
    """The same of pixel data that do not stand in the data set, frame by frame; it says afterwards
    what is returned.
    """
    _require_possible(dataset, _frames(dataset, packed))
    single, mended, number = dataset, False, 0

    def plain() -> Iterator[bytes]:
        nonlocal single, mended, number
        for frame in _frames(dataset, packed):
            number += 1
            mended = mended or (source in _SEQUENTIAL and codestreams.mended(frame) != frame)
            single = single_frame(dataset, encapsulate([frame]), source)
            yield _unpacked(single, source)

    made = gathered(plain())
    dataset.PhotometricInterpretation = single.PhotometricInterpretation
    if single.SamplesPerPixel > 1:
        dataset.PlanarConfiguration = single.PlanarConfiguration
    dataset.NumberOfFrames = number
    dataset["PixelData"].VR = "OB" if dataset.BitsAllocated <= 8 else "OW"
    if mended:
        _forget_offsets(dataset)
    return made


def _mend(dataset: Dataset, packed: list[bytes]) -> None:
    """Scans that a strict decoder would refuse; see `codestreams.mended`."""
    mended = list(map(codestreams.mended, packed))
    if mended != packed:
        dataset.PixelData = encapsulate(mended)
        _forget_offsets(dataset)


def _forget_offsets(dataset: Dataset) -> None:
    for table in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        dataset.pop(table, None)


def unpacked(attributes: Dataset, frame: bytes, source: str) -> bytes:
    """The pixels of one packed frame, as `convert` would give them. Raises Unsupported."""
    try:
        single = single_frame(attributes, encapsulate([frame]), source)
        return _unpacked(single, source)
    except errors.ArchiveError:
        raise
    except Exception as raised:
        kind = type(raised).__name__
        raise errors.Unsupported("frame cannot be unpacked", facts={"raised": kind}) from None


def _unpacked(single: Dataset, source: str) -> bytes:
    _unpack(single, source)
    size = single.Rows * single.Columns * single.SamplesPerPixel * single.BitsAllocated // 8
    return bytes(single.PixelData[:size])


def single_frame(attributes: Dataset, pixels: bytes, transfer_syntax_uid: str) -> Dataset:
    """What is needed to show or unpack one frame, and no more of the object."""
    single = deepcopy(attributes.group_dataset(0x0028))
    single.NumberOfFrames = 1
    single.PixelData = pixels
    single["PixelData"].VR = "OB" if _is_packed(transfer_syntax_uid) else "OW"
    single.file_meta = FileMetaDataset()
    single.file_meta.TransferSyntaxUID = UID(transfer_syntax_uid)
    return single


def _elements(dataset: Dataset) -> Iterator[DataElement]:
    for element in dataset:
        yield element
        if element.VR == "SQ":
            for item in element.value:
                yield from _elements(item)


def _swap(element: DataElement, size: int) -> None:
    """Turn round the words of so many bytes."""
    if size and isinstance(element.value, bytes):
        element._value = _turned_round(element.value, size)


def _turned_round(value: bytes, word: int) -> bytes:
    return numpy.frombuffer(value, f"u{word}").byteswap().tobytes()


def _widen(dataset: Dataset) -> None:
    """Pixels of more than 16 bits are turned round whole, also as OW: senders do so."""
    element = dataset["PixelData"]
    if element.VR == "OW":
        _swap(element, 2)
        _swap(element, dataset.BitsAllocated // 8)
