"""The header walk equals pydicom on its own test files and on mutations of them, or gives up."""

import warnings
import zlib
from io import BytesIO

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.charset import convert_encodings, decode_bytes
from pydicom.filereader import read_dataset
from pydicom.sequence import Sequence

from archive import errors
from archive.objects import charsets, elements, header
from archive.objects.header import Header, Read, read, read_header
from tests.objects.samples import BIG, EXPLICIT, IMPLICIT, data_sets, encoded, with_issuers

SAMPLES = data_sets()
Changes = list[tuple[int, int]]


def by_pydicom(data: bytes, transfer_syntax: str) -> dict[str, str]:
    """What pydicom reads up to the same tag, decoded value by value."""
    encoding = elements.encoding_of(transfer_syntax)
    if elements.is_deflated(transfer_syntax):
        data = zlib.decompress(data, -15)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = read_dataset(
            BytesIO(data),
            not encoding.explicit,
            encoding.little,
            stop_when=lambda tag, vr, n: tag > header.LAST,
        )
        charset = raw_value(dataset, header.CHARACTER_SET)
        terms = [term.strip(" \0") for term in charset.decode("ascii", "replace").split("\\")]
        codecs = convert_encodings(terms)
        found = {"specific_character_set": charset.decode("ascii", "replace")}
        for tag, name in header.FIELDS.items():
            found[name] = decode_bytes(raw_value(dataset, tag), codecs, {0x5C, 0x5E, 0x3D})
        for (sequence, tag), name in header.ISSUERS.items():
            items = dataset[sequence].value if sequence in dataset else None
            raw = raw_value(items[0], tag) if isinstance(items, Sequence) and len(items) else b""
            found[name] = decode_bytes(raw, codecs, {0x5C, 0x5E, 0x3D})
    return {name: text.strip(" \0").replace("\0", "") for name, text in found.items()}


def raw_value(dataset: pydicom.Dataset, tag: int) -> bytes:
    element = dataset.get_item(tag)
    return element.value if element is not None and isinstance(element.value, bytes) else b""


def facts(found: Header) -> dict[str, str]:
    return {name: getattr(found, name) for name in Header._fields if name != "complete"}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_equal_to_pydicom_on_its_test_files(name: str) -> None:
    data, transfer_syntax = SAMPLES[name]
    assert facts(read_header(data, transfer_syntax)) == by_pydicom(data, transfer_syntax)


@settings(max_examples=400, deadline=None)
@given(
    name=st.sampled_from(sorted(SAMPLES)),
    changes=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), min_size=1, max_size=4),
    cut=st.one_of(st.none(), st.integers(0, 3000)),
)
def test_equal_to_pydicom_on_mutations_or_refused(
    name: str, changes: list[tuple[int, int]], cut: int | None
) -> None:
    data, transfer_syntax = SAMPLES[name]
    mutated = bytearray(data[: cut if cut is not None else None])
    for position, value in changes:
        if position < len(mutated):
            mutated[position] = value
    try:
        found = read_header(bytes(mutated), transfer_syntax)
    except errors.DatasetUnreadable:
        return
    try:
        expected = by_pydicom(bytes(mutated), transfer_syntax)
    except (
        Exception
    ):  # a value that pydicom cannot even look at, such as a character set with a NUL
        return
    assert facts(found) == expected


def series() -> dict[str, tuple[bytes, str]]:
    """Data sets that are alike but for one value, also in their issuers and their encoding."""
    found: dict[str, tuple[bytes, str]] = {}
    for syntax, undefined in ((EXPLICIT, False), (EXPLICIT, True), (IMPLICIT, True), (BIG, False)):
        for keyword, value in (
            ("SOPInstanceUID", "1.2.3"),
            ("SOPInstanceUID", "1.2.4"),
            ("InstanceNumber", "7"),
            ("PatientName", "Mäkinen^Åsa"),
            ("PatientID", ""),
            ("SpecificCharacterSet", "ISO_IR 192"),
        ):
            made = with_issuers(undefined)
            made.SpecificCharacterSet = "ISO_IR 100"
            setattr(made, keyword, value)
            found[f"{syntax} {undefined} {keyword} {value}"] = encoded(made, syntax), syntax
        made.IssuerOfPatientIDQualifiersSequence[0].UniversalEntityID = "1.2.246.22"
        found[f"{syntax} {undefined} issuer"] = encoded(made, syntax), syntax
    return found


ALIKE = series()


def outcome(
    data: bytes, transfer_syntax: str, whole: bool, last: Read | None
) -> tuple[str | tuple[Header, int], Read | None]:
    try:
        found = read(data, transfer_syntax, whole=whole, last=last)
    except errors.DatasetUnreadable as error:
        return str(error), last
    return (found.header, found.values.walked), found


def changed(data: bytes, changes: Changes, cut: int | None) -> bytes:
    mutated = bytearray(data[:cut])
    for position, value in changes:
        if position < len(mutated):
            mutated[position] = value
    return bytes(mutated)


@settings(max_examples=600, deadline=None)
@given(
    objects=st.lists(
        st.tuples(
            st.sampled_from(sorted(ALIKE) * 8 + sorted(SAMPLES)),
            st.one_of(
                st.just([]),
                st.lists(st.tuples(st.integers(0, 500), st.integers(0, 255)), max_size=3),
            ),
            st.one_of(st.none(), st.integers(0, 3000)),
            st.booleans(),
        ),
        min_size=2,
        max_size=8,
    )
)
def test_a_header_is_the_same_or_refused_the_same_whatever_was_read_before_it(
    objects: list[tuple[str, Changes, int | None, bool]],
) -> None:
    last: Read | None = None
    for name, changes, cut, whole in objects:
        data, transfer_syntax = (SAMPLES | ALIKE)[name]
        data = changed(data, changes, cut)
        alone, _ = outcome(data, transfer_syntax, whole, None)
        found, last = outcome(data, transfer_syntax, whole, last)
        assert found == alone


def test_what_the_last_object_of_a_series_has_as_well_is_taken_from_there() -> None:
    first, second, other = (
        read(*ALIKE[f"{EXPLICIT} False {each}"])
        for each in ("SOPInstanceUID 1.2.3", "SOPInstanceUID 1.2.4", "PatientID ")
    )
    data, transfer_syntax = ALIKE[f"{EXPLICIT} False SOPInstanceUID 1.2.4"]
    found = read(data, transfer_syntax, last=first).header
    assert found == second.header
    assert found.alike == first.header.alike != other.header.alike
    assert found.patient_id is first.header.patient_id


@pytest.mark.parametrize("codec", sorted(charsets._DICOM_CODECS))
def test_ascii_is_the_same_in_each_character_set(codec: str) -> None:
    plain = [number for number in range(128) if number != 0x1B]
    raw = b"".join(bytes((one, other)) for one in plain for other in plain)
    assert charsets.decode(raw, (codec,)) == raw.decode("ascii")


@settings(max_examples=300, deadline=None)
@given(
    data=st.binary(max_size=300),
    transfer_syntax=st.sampled_from((EXPLICIT, IMPLICIT, "1.2.840.10008.1.2.1.99")),
)
def test_any_bytes_are_read_or_refused(data: bytes, transfer_syntax: str) -> None:
    try:
        read_header(data, transfer_syntax)
    except errors.DatasetUnreadable:
        return


@pytest.mark.parametrize(
    "transfer_syntax", [EXPLICIT, IMPLICIT, "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"]
)
@pytest.mark.parametrize("undefined", [False, True])
def test_issuers_are_read_from_sequences_of_either_length(
    transfer_syntax: str, undefined: bool
) -> None:
    found = read_header(encoded(with_issuers(undefined), transfer_syntax), transfer_syntax)
    assert found.issuer_universal_entity_id == "1.2.246.21"
    assert found.accession_issuer == "1.2.246.10.9000000.19.0"
    assert found.accession_issuer_type == "ISO"
    assert found.complete


def test_a_first_part_is_complete_once_the_last_tag_has_passed() -> None:
    data, transfer_syntax = SAMPLES["CT_small.dcm"]
    whole = read_header(data, transfer_syntax)
    answers = [
        read_header(data[:length], transfer_syntax, whole=False) for length in range(0, 12_000, 7)
    ]
    flags = [answer.complete for answer in answers]
    assert flags == sorted(flags) and flags[-1]
    assert all(answer == whole for answer in answers if answer.complete)


def test_a_data_set_that_ends_inside_an_element_is_refused() -> None:
    data, transfer_syntax = SAMPLES["CT_small.dcm"]
    with pytest.raises(errors.DatasetUnreadable):
        read_header(data[:301], transfer_syntax)


def test_a_data_set_in_another_encoding_than_said_is_refused() -> None:
    data, _ = SAMPLES["CT_small.dcm"]
    with pytest.raises(errors.DatasetUnreadable):
        read_header(data, IMPLICIT)


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("ISO_IR 100", "Mäkinen^Åsa"),
        ("ISO_IR 192", "Привет^Ä"),
        ("\\ISO 2022 IR 87", "Yamada^Tarou=山田^太郎"),
    ],
)
def test_names_are_decoded_by_their_character_set(charset: str, name: str) -> None:
    dataset = pydicom.Dataset()
    dataset.SpecificCharacterSet = charset.split("\\") if "\\" in charset else charset
    dataset.PatientName = name
    assert read_header(encoded(dataset, EXPLICIT), EXPLICIT).patient_name == name


def test_a_memoryview_reads_as_bytes_do() -> None:
    data, transfer_syntax = SAMPLES["MR_small.dcm"]
    assert read_header(memoryview(data), transfer_syntax) == read_header(data, transfer_syntax)


@pytest.mark.parametrize("charset", ["zip", "rot13", "no such", "ISO_IR 100\\zip", "idna"])
def test_an_unknown_character_set_does_not_stop_the_reading(charset: str) -> None:
    raw = charset.encode() + b" " * (len(charset) % 2)
    data = b"\x08\x00\x05\x00CS" + len(raw).to_bytes(2, "little") + raw
    data += b"\x10\x00\x10\x00PN\x04\x00\xc5\x1b\xe4b"
    assert read_header(data, EXPLICIT).complete


def test_a_deflated_bomb_is_not_unpacked() -> None:
    element = b"\x09\x00\x10\x00UN\x00\x00\xff\xff\xff\x0f"
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = stream.compress(element + bytes(200 << 20)) + stream.flush()
    with pytest.raises(errors.DatasetUnreadable):
        read_header(packed, "1.2.840.10008.1.2.1.99")
