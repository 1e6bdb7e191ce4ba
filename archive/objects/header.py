"""The few facts of a data set that admission and the index need, read without pixel data.

A bounded walk over the elements before the first tag beyond Instance Number (0020,0013). Whatever
is not plainly encoded is handed over to pydicom; a property test holds the two equal.
"""

from dataclasses import dataclass
from io import BytesIO
from struct import Struct
from typing import NamedTuple

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from archive import errors
from archive.objects import charsets, elements
from archive.objects.elements import Bytes, Encoding, Odd, Truncated

LAST = 0x00200013  # Instance Number
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
    change it.
    """

    complete: bool
    specific_character_set: str = ""
    sop_class_uid: str = ""
    sop_instance_uid: str = ""
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
    instance_number: str = ""
    modality: str = ""
    body_part: str = ""


@dataclass(slots=True)
class Values:
    """Raw values by tag, those of the issuer sequences by (sequence, tag), and how far the walk has
    come.
    """

    complete: bool
    plain: dict[int, bytes]
    issuers: dict[tuple[int, int], bytes]
    walked: int = 0


class Read(NamedTuple):
    """A header, and where the first element stands that was not walked over for it: each before it
    ends where the next one begins. 0 when that is not known.
    """

    header: Header
    walked: int = 0


def read_header(data: Bytes, transfer_syntax_uid: str, *, whole: bool = True) -> Header:
    """Read the header of a data set, or of its first bytes (`whole=False`).

    Of a first part the result may lack `complete`: ask again with more. Raises DatasetUnreadable.
    """
    return read(data, transfer_syntax_uid, whole=whole).header


def read(data: Bytes, transfer_syntax_uid: str, *, whole: bool = True) -> Read:
    """The same, for who walks on over the rest (`elements.require_whole`). Raises
    DatasetUnreadable.
    """
    if elements.is_deflated(transfer_syntax_uid):
        return Read(_read_deflated(data, whole))
    values = _values(data, elements.encoding_of(transfer_syntax_uid), whole)
    return Read(_decoded(values), values.walked)


def _read_deflated(data: Bytes, whole: bool) -> Header:
    limit = INFLATED_STEP
    while True:
        inflated, ended = elements.inflate(data, limit)
        if whole and not ended and len(inflated) < limit:
            raise errors.DatasetUnreadable("deflated data set ends too early")
        values = _values(inflated, elements.EXPLICIT, whole=ended)
        if values.complete or ended or len(inflated) < limit:
            return _decoded(values)
        if limit >= INFLATED_LIMIT:
            raise errors.DatasetUnreadable("header is too large")
        limit *= 4


def _values(data: Bytes, encoding: Encoding, whole: bool) -> Values:
    try:
        values = _walk(data, encoding)
        values.complete = values.complete or whole
        return values
    except Truncated:
        if whole:
            raise errors.DatasetUnreadable("data set ends inside an element") from None
        return Values(False, {}, {})
    except Odd:
        return _by_pydicom(data, encoding, whole)


def _walk(data: Bytes, encoding: Encoding) -> Values:
    """Collect the wanted values up to LAST. Raises Odd, Truncated."""
    explicit, little = encoding.explicit, encoding.little
    short_head = (_EXPLICIT_LITTLE if little else _EXPLICIT_BIG) if explicit else _IMPLICIT
    long_length = _LONG_LITTLE if little else _LONG_BIG
    wanted, long_vrs, short_vrs = WANTED, elements.LONG_VRS, elements.SHORT_VRS
    plain: dict[int, bytes] = {}
    spans: dict[int, tuple[int, int, Encoding]] = {}
    position, stop, previous, vr = 0, len(data), 0x00080000 - 1, b""
    while position + 8 <= stop:
        if explicit:
            group, number, vr, length = short_head(data, position)
        else:
            group, number, length = short_head(data, position)
        tag = group << 16 | number
        if not previous < tag <= LAST:
            if tag > LAST:
                return Values(True, plain, _issuers(data, spans), position)
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
                spans[tag] = (position, end, inner)
            position = end + 8
        else:
            end = position + length
            if tag in wanted:
                plain[tag] = bytes(data[position:end])
            elif tag in ISSUER_SEQUENCES:
                spans[tag] = (position, min(end, stop), encoding)
            position = end
    if position != stop:
        raise Truncated
    return Values(False, plain, _issuers(data, spans), position)


def _issuers(
    data: Bytes, spans: dict[int, tuple[int, int, Encoding]]
) -> dict[tuple[int, int], bytes]:
    """The universal entity ids of the first item of each issuer sequence. Raises Odd."""
    found: dict[tuple[int, int], bytes] = {}
    for sequence, (start, stop, encoding) in spans.items():
        try:
            first = next(elements.items(data, start, stop, encoding), None)
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
                BytesIO(data), not encoding.explicit, encoding.little, stop_when=beyond
            )
            if dataset.original_encoding != (not encoding.explicit, encoding.little):
                raise errors.DatasetUnreadable(
                    "data set is in another encoding than its transfer syntax"
                )
            values = Values(bool(reached) or whole, {}, {})
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


def _decoded(values: Values) -> Header:
    named = {FIELDS[tag]: raw for tag, raw in values.plain.items() if tag != CHARACTER_SET}
    named.update((ISSUERS[key], raw) for key, raw in values.issuers.items())
    charset = values.plain.get(CHARACTER_SET, b"")
    plain = b"".join(named.values())
    if plain.isascii() and b"\x1b" not in plain:
        texts = {name: str(raw, "ascii").strip(" \0") for name, raw in named.items()}
    else:
        codecs = charsets.codecs_of(charset)
        texts = {name: charsets.decode(raw, codecs).strip(" \0") for name, raw in named.items()}
    if "\0" in "".join(texts.values()):  # inside a value: no database keeps it
        texts = {name: text.replace("\0", "") for name, text in texts.items()}
    return Header(
        values.complete, str(charset, "ascii", "replace").strip(" \0").replace("\0", ""), **texts
    )
