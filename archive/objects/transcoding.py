"""An archived object in another transfer syntax, for a peer that takes nothing else: PS3.5 annex A.

Only to plain ones: explicit and implicit VR little endian, explicit VR big endian.
"""

from collections.abc import Iterator
from copy import deepcopy

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

# In the order in which a peer that takes several gets them.
PLAIN = (str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian), str(ExplicitVRBigEndian))
ZEROS = 0x00000000  # what is behind the last element of a padded file, read as one
LARGEST = 512 << 20  # bytes of pixel data, or of a deflated object, that are unpacked at all
# PS3.5 7.3: values of more than one byte are swapped; what is not here is bytes.
_SWAPPED = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}


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
    """JPEG, JPEG-LS, JPEG 2000 and RLE; what comes after them is video."""
    uid = UID(source)
    return uid == RLELossless or uid in _PACKED


_PACKED = frozenset(
    f"1.2.840.10008.1.2.4.{last}" for last in (50, 51, 57, 70, 80, 81, 90, 91, 201, 202, 203)
)


def convert(data: bytes, source: str, target: str) -> bytes:
    """Raises Unsupported, also when what was received cannot be unpacked."""
    try:
        return _convert(data, source, target)
    except errors.Unsupported:
        raise
    except Exception as raised:  # pydicom and the decoders raise what they like
        kind = type(raised).__name__
        raise errors.Unsupported("object cannot be transcoded", facts={"raised": kind}) from None


def _convert(data: bytes, source: str, target: str) -> bytes:
    dataset = _decoded(data, source)
    if _is_packed(source) and "PixelData" in dataset:
        _unpack(dataset, source)
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


def _decoded(data: bytes, source: str) -> Dataset:
    encoding = elements.encoding_of(source)
    dataset = deflated.dataset(data, source, most=LARGEST)
    dataset.pop(ZEROS, None)
    for _ in _elements(dataset):  # decoded now, by the encoding it came in
        pass
    if not encoding.explicit:
        correct_ambiguous_vr(dataset, encoding.little)
    return dataset


def _unpack(dataset: Dataset, source: str) -> None:
    frames = frame_count(dataset)
    size = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel * frames
    packed = generate_frames(
        dataset.PixelData,
        number_of_frames=frames,
        extended_offsets=codestreams.extended_offsets(dataset),
    )
    size = max(size, sum(map(codestreams.samples, packed)))
    if size * dataset.BitsAllocated // 8 > LARGEST:
        raise errors.Unsupported("object is too large to be transcoded")
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(source)
    dataset.decompress(generate_instance_uid=False)


def unpacked(attributes: Dataset, frame: bytes, source: str) -> bytes:
    """The pixels of one packed frame, as `convert` would give them. Raises Unsupported."""
    try:
        single = single_frame(attributes, encapsulate([frame]), source)
        _unpack(single, source)
        size = single.Rows * single.Columns * single.SamplesPerPixel * single.BitsAllocated // 8
        return bytes(single.PixelData[:size])
    except errors.ArchiveError:
        raise
    except Exception as raised:
        kind = type(raised).__name__
        raise errors.Unsupported("frame cannot be unpacked", facts={"raised": kind}) from None


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
        element._value = numpy.frombuffer(element.value, f"u{size}").byteswap().tobytes()


def _widen(dataset: Dataset) -> None:
    """Pixels of more than 16 bits are turned round whole, also as OW: senders do so."""
    element = dataset["PixelData"]
    if element.VR == "OW":
        _swap(element, 2)
        _swap(element, dataset.BitsAllocated // 8)
