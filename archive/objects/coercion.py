"""A data set with other values laid over it, and with what they replaced: Original Attributes
Sequence (0400,0561), PS3.3 C.12.1.1.9.

Only the elements concerned are written anew; all others go out byte for byte as they were received,
pixel data untouched.
"""

import warnings
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import chain

from pydicom import config as pydicom_config
from pydicom.charset import convert_encodings, encode_string
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset

from archive.errors import DatasetUnreadable
from archive.objects import deflated, elements
from archive.objects.elements import EXPLICIT, Bytes, Encoding, Odd, Truncated
from archive.objects.gathering import gathered, let_go

CHARACTER_SET, COERCED_AT, ORIGINALS = 0x00080005, 0x00080015, 0x04000561
ISSUER_QUALIFIERS = 0x00100024
UNICODE = "ISO_IR 192"
SYSTEM = "Imaging Data Repository"


@dataclass(frozen=True, slots=True)
class Modification:
    """One correction: `originals` is a data set in explicit VR little endian of what was changed or
    taken away; None where the bytes themselves still have it.
    """

    at: datetime
    system: str  # who changed it
    originals: bytes | None = None


def originals_in(data: Bytes, transfer_syntax_uid: str, tags: Iterable[int]) -> bytes:
    """These elements of a data set, with its character set, in explicit VR little endian.

    Raises DatasetUnreadable.
    """
    data, encoding = _regular(*_plain(data, transfer_syntax_uid))
    spans = _spans(data, encoding, ORIGINALS)
    wanted = set(tags) - {CHARACTER_SET, ORIGINALS, COERCED_AT}
    return _item(data, spans, wanted, encoding, EXPLICIT)


def coerced(
    data: Bytes,
    transfer_syntax_uid: str,
    values: Mapping[str, str],
    modifications: Sequence[Modification],
) -> tuple[bytes | memoryview, int]:
    """The data set as it is given out: what it begins with, and from which byte of `data` on the
    rest is as it was. `values` are laid over it, by DICOM keyword; the last of the modifications is
    theirs. Raises DatasetUnreadable, StorageFull, StorageGone.
    """
    plain, encoding = _regular(*_plain(data, transfer_syntax_uid))
    head, rest = _head(plain, encoding, values, modifications)
    if elements.is_deflated(transfer_syntax_uid):
        return gathered(_deflated(head, memoryview(plain)[rest:])), len(data)
    if plain is not data:  # written anew
        return head + bytes(plain[rest:]), len(data)
    return head, rest


def _deflated(head: bytes, tail: memoryview) -> Iterator[bytes]:
    """A piece at a time, of even length: PS3.5 A.5."""
    squeezer, size = zlib.compressobj(wbits=-zlib.MAX_WBITS), 0
    piece = deflated.PIECE
    parts: Iterator[Bytes] = chain(
        (head,), (tail[start : start + piece] for start in range(0, len(tail), piece))
    )
    for part in parts:
        made = squeezer.compress(part)
        let_go(tail)
        size += len(made)
        yield made
    made = squeezer.flush()
    yield made + b"\0" * ((size + len(made)) % 2)


Spans = dict[int, tuple[int, int]]


def _plain(data: Bytes, transfer_syntax_uid: str) -> tuple[Bytes, Encoding]:
    data = deflated.plain(data, transfer_syntax_uid)
    return data, elements.encoding_of(transfer_syntax_uid)


def _regular(data: Bytes, encoding: Encoding) -> tuple[Bytes, Encoding]:
    """What cannot be walked over is written anew by pydicom, which reads more than we do.

    Raises DatasetUnreadable.
    """
    try:
        _spans(data, encoding, ORIGINALS)
    except DatasetUnreadable:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _write(_read(bytes(data), encoding), encoding), encoding
    return data, encoding


def _spans(data: Bytes, encoding: Encoding, last: int) -> Spans:
    """Where each element up to a tag begins and ends, head and delimiter included."""
    spans: Spans = {}
    begin = 0
    try:
        for element in elements.elements(data, 0, len(data), encoding):
            if element.tag > last:
                break
            end = element.stop + (8 if element.undefined else 0)
            spans[element.tag] = (begin, end)
            begin = end
    except (Odd, Truncated):
        raise DatasetUnreadable("data set is oddly encoded") from None
    return spans


def _head(
    data: Bytes,
    encoding: Encoding,
    values: Mapping[str, str],
    modifications: Sequence[Modification],
) -> tuple[bytes, int]:
    """The elements up to Original Attributes Sequence anew, and where the rest begins."""
    charset = _charset(data, _spans(data, encoding, CHARACTER_SET))
    original, spans = data, _spans(data, encoding, ORIGINALS)
    old_spans, converted = spans, None
    if not _can_write(values, charset):
        data, converted = _in_unicode(data, encoding)
        charset, spans = UNICODE, _spans(data, encoding, ORIGINALS)
    written = _written(values, charset, encoding)
    if ISSUER_QUALIFIERS not in spans and "PatientID" not in values:
        written.pop(ISSUER_QUALIFIERS, None)
    replaced = {tag for tag in written if tag in old_spans}
    items = [_modification(each, original, old_spans, replaced, encoding) for each in modifications]
    at = max(each.at for each in modifications)
    written |= _encoded({"InstanceCoercionDateTime": _dt(at)}, charset, encoding)
    written[ORIGINALS] = _sequence(ORIGINALS, [*_items(data, spans, encoding), *items], encoding)
    parts = {tag: bytes(data[slice(*span)]) for tag, span in spans.items() if tag & 0xFFFF}
    parts |= written
    rest = max((end for _, end in spans.values()), default=0)
    head = b"".join(parts[tag] for tag in sorted(parts))
    return (head, rest) if converted is None else (head + bytes(data[rest:]), converted)


def _charset(data: Bytes, spans: Spans) -> str:
    if CHARACTER_SET not in spans:
        return ""
    begin, end = spans[CHARACTER_SET]
    return bytes(data[begin + 8 : end]).decode("ascii", "replace").strip(" \0")


def _can_write(values: Mapping[str, str], charset: str) -> bool:
    """Whether every value can be told in the data set's own character set."""
    text = "".join(values.values())
    if text.isascii():
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            encode_string(text, convert_encodings(charset.split("\\")))
        return True
    except Exception:  # pydicom raises or warns as it likes
        return False


def _in_unicode(data: Bytes, encoding: Encoding) -> tuple[bytes, int]:
    """What stands before the pixels with its texts in UTF-8, and where it ended."""
    spans = _spans(data, encoding, elements.PIXEL_DATA - 1)
    end = max((end for _, end in spans.values()), default=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = _read(bytes(data[:end]), encoding)
        dataset.decode()
        dataset.SpecificCharacterSet = UNICODE
        return _write(dataset, encoding), end


def _read(data: bytes, encoding: Encoding) -> Dataset:
    try:
        return read_dataset(BytesIO(data), not encoding.explicit, encoding.little)
    except Exception:  # pydicom raises what it likes
        raise DatasetUnreadable("data set cannot be read") from None


def _write(dataset: Dataset, encoding: Encoding) -> bytes:
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = not encoding.explicit, encoding.little
    write_dataset(buffer, dataset)
    return bytes(buffer.getvalue())


def _written(values: Mapping[str, str], charset: str, encoding: Encoding) -> dict[int, bytes]:
    """The elements of the values. A patient id names its issuer in both places it may stand."""
    made = _encoded(values, charset, encoding)
    if charset == UNICODE:
        made |= _encoded({"SpecificCharacterSet": UNICODE}, charset, encoding)
    if values.get("IssuerOfPatientID"):
        entity = _encoded(
            {"UniversalEntityID": values["IssuerOfPatientID"], "UniversalEntityIDType": "ISO"},
            "",
            encoding,
        )
        item = b"".join(entity[tag] for tag in sorted(entity))
        made[ISSUER_QUALIFIERS] = _sequence(ISSUER_QUALIFIERS, [item], encoding)
    return made


def _encoded(values: Mapping[str, str], charset: str, encoding: Encoding) -> dict[int, bytes]:
    """Each element by itself, unjudged: values were judged by the rules of admission."""
    dataset = Dataset()
    if charset:
        dataset.SpecificCharacterSet = charset.split("\\")
    for keyword, value in values.items():
        tag = tag_for_keyword(keyword)
        assert tag is not None  # keywords are our own
        dataset[keyword] = DataElement(
            tag, dictionary_VR(tag), value, validation_mode=pydicom_config.IGNORE
        )
    data = _write(dataset, encoding)
    spans = _spans(data, encoding, 0xFFFFFFFF)
    return {
        tag: data[slice(*span)]
        for tag, span in spans.items()
        if tag != CHARACTER_SET or "SpecificCharacterSet" in values
    }


def _items(data: Bytes, spans: Spans, encoding: Encoding) -> Iterator[bytes]:
    """The items that Original Attributes Sequence has already."""
    if ORIGINALS not in spans:
        return
    begin, end = spans[ORIGINALS]
    try:
        element = next(elements.elements(data, begin, end, encoding))
        for start, stop in elements.items(data, element.start, element.stop, element.inner):
            yield bytes(data[start:stop])
    except (Odd, Truncated, StopIteration):
        raise DatasetUnreadable("Original Attributes Sequence cannot be read") from None


def _modification(
    made: Modification, data: Bytes, spans: Spans, replaced: set[int], encoding: Encoding
) -> bytes:
    """An item of Original Attributes Sequence, PS3.3 Table C.12-1."""
    if made.originals is None:
        item = _item(data, spans, replaced, encoding, encoding)
    else:
        item = _recoded(made.originals, EXPLICIT, encoding)
    told = {
        "AttributeModificationDateTime": _dt(made.at),
        "ModifyingSystem": made.system[:64],
        "SourceOfPreviousValues": "",
        "ReasonForTheAttributeModification": "CORRECT",
    }
    parts = _encoded(told, "", encoding)
    parts[0x04000550] = _sequence(0x04000550, [item], encoding)
    return b"".join(parts[tag] for tag in sorted(parts))


def _item(
    data: Bytes, spans: Spans, tags: Iterable[int], encoding: Encoding, into: Encoding
) -> bytes:
    """These elements as they are, after the character set their texts are in."""
    held = sorted(tag for tag in {CHARACTER_SET, *tags} if tag in spans)
    return _recoded(b"".join(bytes(data[slice(*spans[tag])]) for tag in held), encoding, into)


def _recoded(item: bytes, encoding: Encoding, into: Encoding) -> bytes:
    if encoding == into:
        return item
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _write(_read(item, encoding), into)


def _sequence(tag: int, items: Sequence[bytes], encoding: Encoding) -> bytes:
    """A sequence of known lengths, PS3.5 section 7.5."""
    order = "little" if encoding.little else "big"

    def number(value: int, size: int) -> bytes:
        return value.to_bytes(size, order)  # type: ignore[arg-type]

    def name(which: int) -> bytes:
        return number(which >> 16, 2) + number(which & 0xFFFF, 2)

    value = b"".join(name(elements.ITEM) + number(len(item), 4) + item for item in items)
    vr = b"SQ\0\0" if encoding.explicit else b""
    return name(tag) + vr + number(len(value), 4) + value


def _dt(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S.%f+0000")
