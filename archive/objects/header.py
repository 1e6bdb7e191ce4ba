"""The few facts of a data set that admission and the index need, read without pixel data.

A bounded walk over the elements before the first tag beyond Instance Number (0020,0013). Whatever
is not plainly encoded is handed over to pydicom; a property test holds the two equal. Objects of a
series are alike but for what names them, so one may be read with the last one at hand; another
property test holds its header equal to what is read without.
"""

from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from archive import errors
from archive.objects import charsets, elements
from archive.objects.elements import Bytes, Encoding, Odd, Truncated
from archive.objects.gathering import reading

SOP_INSTANCE, INSTANCE_NUMBER = 0x00080018, 0x00200013
LAST = INSTANCE_NUMBER
INFLATED_STEP, INFLATED_LIMIT = 64 << 10, 64 << 20

CHARACTER_SET = 0x00080005
ACCESSION_ISSUER, PATIENT_ISSUER = 0x00080051, 0x00100024
ENTITY_ID, ENTITY_ID_TYPE = 0x00400032, 0x00400033

FIELDS = {
    0x00080016: "sop_class_uid",
    0x00080018: "sop_instance_uid",
    0x00080020: "study_date",
    0x00080030: "study_time",
    0x00080050: "accession_number",
    0x00080060: "modality",
    0x00080090: "referring_physician",
    0x00080201: "timezone_offset",
    0x00081030: "study_description",
    0x0008103E: "series_description",
    0x00100010: "patient_name",
    0x00100020: "patient_id",
    0x00100021: "issuer_of_patient_id",
    0x00100030: "patient_birth_date",
    0x00100040: "patient_sex",
    0x00180015: "body_part",
    0x0020000D: "study_instance_uid",
    0x0020000E: "series_instance_uid",
    0x00200010: "study_id",
    0x00200011: "series_number",
    0x00200013: "instance_number",
}
ISSUERS = {
    (PATIENT_ISSUER, ENTITY_ID): "issuer_universal_entity_id",
    (ACCESSION_ISSUER, ENTITY_ID): "accession_issuer",
    (ACCESSION_ISSUER, ENTITY_ID_TYPE): "accession_issuer_type",
}
ISSUER_SEQUENCES = frozenset((ACCESSION_ISSUER, PATIENT_ISSUER))
WANTED = frozenset((CHARACTER_SET, *FIELDS))

_EXPLICIT_LITTLE, _EXPLICIT_BIG = Struct("<HH2sH").unpack_from, Struct(">HH2sH").unpack_from
_IMPLICIT = Struct("<HHL").unpack_from
_LONG_LITTLE, _LONG_BIG = Struct("<L").unpack_from, Struct(">L").unpack_from


class Header(NamedTuple):
    """Values as sent, decoded, DICOM padding off; empty where absent. `complete`: no more bytes can
    change it. `alike`: what the objects of a series have in common; what names each of them stands
    behind it.
    """

    complete: bool
    specific_character_set: str = ""
    sop_class_uid: str = ""
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    patient_id: str = ""
    issuer_of_patient_id: str = ""
    issuer_universal_entity_id: str = ""
    patient_name: str = ""
    patient_birth_date: str = ""
    patient_sex: str = ""
    study_date: str = ""
    study_time: str = ""
    timezone_offset: str = ""
    accession_number: str = ""
    accession_issuer: str = ""
    accession_issuer_type: str = ""
    study_description: str = ""
    study_id: str = ""
    series_description: str = ""
    series_number: str = ""
    modality: str = ""
    body_part: str = ""
    referring_physician: str = ""
    sop_instance_uid: str = ""
    instance_number: str = ""

    @property
    def alike(self) -> tuple[object, ...]:
        return self[:-2]


@dataclass(slots=True)
class Values:
    """Raw values by tag, apart from them the two that name an object; those in the issuer sequences
    by (sequence, tag). If the walk has read them: these sequences as they stand, how they are
    encoded, and where the first element begins that it has not walked over.
    """

    complete: bool
    plain: dict[int, bytes]
    issuers: dict[tuple[int, int], bytes]
    sequences: dict[int, tuple[bytes, Encoding]]
    walked: int = 0
    own: tuple[bytes, bytes] = b"", b""


class Read(NamedTuple):
    """A header and what it was read from."""

    header: Header
    values: Values


def read_header(data: Bytes, transfer_syntax_uid: str, *, whole: bool = True) -> Header:
    """Read the header of a data set, or of its first bytes (`whole=False`).

    Of a first part the result may lack `complete`: ask again with more. Raises DatasetUnreadable.
    """
    return read(data, transfer_syntax_uid, whole=whole).header


def read(
    data: Bytes, transfer_syntax_uid: str, *, whole: bool = True, last: Read | None = None
) -> Read:
    """The same, with how far it was walked over. What is as in the `last` one read is taken from
    there. Raises DatasetUnreadable.
    """
    before = last.values if last is not None else None
    if elements.is_deflated(transfer_syntax_uid):
        values = _read_deflated(data, whole)
    else:
        values = _values(data, elements.encoding_of(transfer_syntax_uid), whole, before)
    return Read(_decoded(values, last), values)


def _read_deflated(data: Bytes, whole: bool) -> Values:
    limit = INFLATED_STEP
    while True:
        inflated, ended = elements.inflate(data, limit)
        if whole and not ended and len(inflated) < limit:
            raise errors.DatasetUnreadable("deflated data set ends too early")
        values = _values(inflated, elements.EXPLICIT, whole=ended)
        if values.complete or ended or len(inflated) < limit:
            values.walked = 0  # over what was inflated, which nobody walks over again
            return values
        if limit >= INFLATED_LIMIT:
            raise errors.DatasetUnreadable("header is too large")
        limit *= 4


def _values(data: Bytes, encoding: Encoding, whole: bool, last: Values | None = None) -> Values:
    try:
        values = _walk(data, encoding)
        if last is not None and values.sequences == last.sequences and values.sequences:
            values.issuers = last.issuers
        else:
            values.issuers = _issuers(values.sequences)
        values.complete = values.complete or whole
    except Truncated:
        if whole:
            raise errors.DatasetUnreadable("data set ends inside an element") from None
        return Values(False, {}, {}, {})
    except Odd:
        values = _by_pydicom(data, encoding, whole)
    plain = values.plain
    values.own = plain.pop(SOP_INSTANCE, b""), plain.pop(INSTANCE_NUMBER, b"")
    return values


def _walk(data: Bytes, encoding: Encoding) -> Values:
    """Collect the wanted values up to LAST, those in sequences still in them. Raises Odd,
    Truncated.
    """
    explicit, little = encoding.explicit, encoding.little
    short_head = (_EXPLICIT_LITTLE if little else _EXPLICIT_BIG) if explicit else _IMPLICIT
    long_length = _LONG_LITTLE if little else _LONG_BIG
    wanted, long_vrs, short_vrs = WANTED, elements.LONG_VRS, elements.SHORT_VRS
    plain: dict[int, bytes] = {}
    sequences: dict[int, tuple[bytes, Encoding]] = {}
    position, stop, previous, vr = 0, len(data), 0x00080000 - 1, b""
    while position + 8 <= stop:
        if explicit:
            group, number, vr, length = short_head(data, position)
        else:
            group, number, length = short_head(data, position)
        tag = group << 16 | number
        if not previous < tag <= LAST:
            if tag > LAST:
                return Values(True, plain, {}, sequences, position)
            raise Odd
        previous = tag
        position += 8
        if explicit and vr not in short_vrs:
            if vr not in long_vrs:
                raise Odd
            if position + 4 > stop:
                raise Truncated
            (length,) = long_length(data, position)
            position += 4
        if length == elements.UNDEFINED:
            inner = elements.inner_encoding(vr, encoding)
            end = elements.end_of_undefined(data, position, stop, inner)
            if tag in ISSUER_SEQUENCES:
                sequences[tag] = bytes(data[position:end]), inner
            position = end + 8
        else:
            end = position + length
            if tag in wanted:
                plain[tag] = bytes(data[position:end])
            elif tag in ISSUER_SEQUENCES:
                sequences[tag] = bytes(data[position:end]), encoding
            position = end
    if position != stop:
        raise Truncated
    return Values(False, plain, {}, sequences, position)


def _issuers(sequences: dict[int, tuple[bytes, Encoding]]) -> dict[tuple[int, int], bytes]:
    """The universal entity ids of the first item of each issuer sequence. Raises Odd."""
    found: dict[tuple[int, int], bytes] = {}
    for sequence, (data, encoding) in sequences.items():
        try:
            first = next(elements.items(data, 0, len(data), encoding), None)
            if first is None:
                continue
            for element in elements.elements(data, *first, encoding):
                if (sequence, element.tag) in ISSUERS:
                    found[sequence, element.tag] = bytes(data[element.start : element.stop])
        except (
            Truncated
        ):  # inside a value whose own length is known: the lengths contradict each other
            raise Odd from None
    return found


def _by_pydicom(data: Bytes, encoding: Encoding, whole: bool) -> Values:
    """The same values by pydicom's tolerant reader. Raises DatasetUnreadable."""
    reached: list[int] = []

    def beyond(tag: int, vr: str | None, length: int) -> bool:
        if tag > LAST:
            reached.append(tag)
        return tag > LAST

    try:
        with charsets.quiet():
            dataset = read_dataset(
                reading(data), not encoding.explicit, encoding.little, stop_when=beyond
            )
            if dataset.original_encoding != (not encoding.explicit, encoding.little):
                raise errors.DatasetUnreadable(
                    "data set is in another encoding than its transfer syntax"
                )
            values = Values(bool(reached) or whole, {}, {}, {})
            for tag in (WANTED | ISSUER_SEQUENCES) & set(dataset.keys()):
                _take(dataset, tag, values)
    except errors.DatasetUnreadable:
        raise
    except Exception:  # pydicom raises what it likes on broken bytes
        raise errors.DatasetUnreadable from None
    return values


def _take(dataset: Dataset, tag: int, values: Values) -> None:
    if tag not in ISSUER_SEQUENCES:
        values.plain[tag] = _raw(dataset, tag)
        return
    for item in list(dataset[tag].value or ())[:1]:
        for sequence, inner in ISSUERS:
            if sequence == tag and inner in item:
                values.issuers[sequence, inner] = _raw(item, inner)


def _raw(dataset: Dataset, tag: int) -> bytes:
    element = dataset.get_item(tag)
    value = element.value if element is not None else None
    length = getattr(element, "length", None)
    if length not in (None, elements.UNDEFINED) and len(value or b"") < length:
        raise errors.DatasetUnreadable("data set ends inside an element")
    return value if isinstance(value, bytes) else b""


def _decoded(values: Values, last: Read | None) -> Header:
    plain, issuers = values.plain, values.issuers
    charset = plain.get(CHARACTER_SET, b"")
    own = [_text(raw, charset) for raw in values.own]
    if last is not None and plain == last.values.plain and issuers == last.values.issuers:
        return Header._make((values.complete, *last.header.alike[1:], *own))
    named = {FIELDS[tag]: raw for tag, raw in plain.items() if tag != CHARACTER_SET}
    named.update((ISSUERS[key], raw) for key, raw in issuers.items())
    joined = b"".join(named.values())
    if joined.isascii() and b"\x1b" not in joined:
        texts = {name: str(raw, "ascii").strip(" \0") for name, raw in named.items()}
        if "\0" in "".join(texts.values()):
            texts = {name: text.replace("\0", "") for name, text in texts.items()}
    else:
        texts = {name: _text(raw, charset) for name, raw in named.items()}
    texts.update(zip(("sop_instance_uid", "instance_number"), own, strict=True))
    character_set = str(charset, "ascii", "replace").strip(" \0").replace("\0", "")
    return Header(values.complete, character_set, **texts)


def _text(raw: bytes, charset: bytes) -> str:
    if raw.isascii() and b"\x1b" not in raw:  # the same in all of DICOM's
        text = str(raw, "ascii")
    else:
        text = charsets.decode(raw, charsets.codecs_of(charset))
    return text.strip(" \0").replace("\0", "")  # inside a value: no database keeps it
