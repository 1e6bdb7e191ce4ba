"""Identifiers of queries and retrievals: read whatever comes, written by the standard (AR-6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from archive import errors
from archive.objects import identifier
from archive.objects.identifier import FAILED_UIDS, LEVEL, Attribute, Key
from tests.objects import samples
from tests.objects.samples import BIG, EXPLICIT, IMPLICIT

PLAIN = (EXPLICIT, IMPLICIT, BIG)
NAME, STUDY_UID, ISSUER, ENTITY = 0x00100010, 0x0020000D, 0x00080051, 0x00400032


def answer(name: str) -> list[Attribute]:
    return [
        Attribute(NAME, "PN", (name,)),
        Attribute(LEVEL, "CS", ("STUDY",)),
        Attribute(STUDY_UID, "UI", ("1.2.3",)),
        Attribute(ISSUER, "SQ", items=((Attribute(ENTITY, "UT", ("1.2",)),),)),
        Attribute(0x00200010, "SH"),
    ]


@pytest.mark.parametrize("syntax", PLAIN)
def test_pydicom_reads_what_is_written(syntax: str) -> None:
    read = samples.read(identifier.encode(answer("Öhman^Åke"), syntax), syntax)
    assert [element.tag for element in read] == sorted(element.tag for element in read)
    assert (read.SpecificCharacterSet, str(read.PatientName)) == ("ISO_IR 192", "Öhman^Åke")
    assert read.QueryRetrieveLevel == "STUDY"
    assert read.StudyInstanceUID == "1.2.3"
    assert read.IssuerOfAccessionNumberSequence[0].UniversalEntityID == "1.2"
    assert read.StudyID == ""


@pytest.mark.parametrize(
    ("asked", "name", "expected"),
    [
        ("ISO_IR 100", "Öhman", "ISO_IR 100"),
        ("ISO_IR 100", "山田", "ISO_IR 192"),
        ("ISO_IR 144", "Öhman", "ISO_IR 192"),
        ("ISO_IR 192", "Ohman", "ISO_IR 192"),
        ("", "Öhman", "ISO_IR 192"),
        ("ISO_IR 6", "Öhman", "ISO_IR 192"),
        ("\\ISO 2022 IR 100", "Öhman", "ISO_IR 192"),
        ("NO_SUCH", "Öhman", "ISO_IR 192"),
        ("", "Ohman", None),
        ("ISO_IR 6", "Ohman", None),
    ],
)
def test_the_character_set_is_the_asked_one_when_it_can_hold_the_texts(
    asked: str, name: str, expected: str | None
) -> None:
    read = samples.read(identifier.encode(answer(name), EXPLICIT, asked), EXPLICIT)
    assert read.get("SpecificCharacterSet") == expected
    assert str(read.PatientName) == name


@pytest.mark.parametrize("syntax", PLAIN)
def test_what_pydicom_writes_is_read(syntax: str) -> None:
    request = Dataset()
    request.SpecificCharacterSet = "ISO_IR 100"
    request.QueryRetrieveLevel = "STUDY"
    request.PatientName = "Öhman*"
    request.StudyInstanceUID = ["1.2.3", "1.2.4"]
    request.StudyDate = ""
    request.add_new(0x00091001, "LO", "private")
    item = Dataset()
    item.UniversalEntityID = "1.2"
    request.IssuerOfAccessionNumberSequence = [item]
    read = identifier.decode(samples.encoded(request, syntax), syntax)
    assert read.character_set == "ISO_IR 100"
    assert read.text(LEVEL) == "STUDY"
    assert read.text(STUDY_UID) == ""  # two values are none alone
    assert read.keys[STUDY_UID] == Key(("1.2.3", "1.2.4"))
    assert read.keys[NAME] == Key(("Öhman*",))
    assert read.keys[0x00080020] == Key()
    assert read.keys[ISSUER].items[0][ENTITY] == Key(("1.2",))
    assert 0x00091001 not in read.keys


@given(st.binary(max_size=200), st.sampled_from(PLAIN))
def test_whatever_bytes_come_are_read_or_refused(data: bytes, syntax: str) -> None:
    try:
        identifier.decode(data, syntax)
    except errors.DatasetUnreadable:
        return


def test_nesting_has_an_end() -> None:
    nested = Attribute(ISSUER, "SQ", items=((),))
    for _ in range(10):
        nested = Attribute(ISSUER, "SQ", items=((nested,),))
    with pytest.raises(errors.DatasetUnreadable):
        identifier.decode(identifier.encode([nested], EXPLICIT), EXPLICIT)


def test_failed_uids_are_as_many_as_their_length_can_tell() -> None:
    uids = [f"1.2.246.10.90000003.3.{number}" for number in range(5_000)]
    assert identifier.failed_uids([], EXPLICIT) == b""
    whole = samples.read(identifier.failed_uids(uids, IMPLICIT), IMPLICIT)
    assert whole[FAILED_UIDS].value == uids
    part = samples.read(identifier.failed_uids(uids, EXPLICIT), EXPLICIT)
    assert 2_000 < len(part[FAILED_UIDS].value) < 5_000


@pytest.mark.parametrize(
    ("character_set", "raw"),
    [
        ("ISO_IR 192", "Öhman".encode()),
        ("ISO_IR 100", "Öhman".encode("latin-1")),
        ("\\ISO 2022 IR 100", "Öhman".encode("latin-1")),
        ("", "Öhman".encode()),
        ("", "Öhman".encode("latin-1")),
        ("UTF-8", "Öhman".encode()),  # no name of DICOM's
        ("ISO_IR 6", "Öhman".encode("latin-1")),
    ],
)
def test_letters_are_read_by_the_character_set_and_without_one_as_they_must_be_meant(
    character_set: str, raw: bytes
) -> None:
    read = identifier.decode(told(character_set, raw), EXPLICIT)
    assert read.keys[NAME].values == ("Öhman",)


def test_code_extensions_are_heard() -> None:
    raw = b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7"  # PS3.5 annex I
    read = identifier.decode(told("\\ISO 2022 IR 149", raw), EXPLICIT)
    assert read.keys[NAME].values == ("Hong^Gildong=洪^吉洞",)


@pytest.mark.parametrize("raw", ["Öhman".encode("latin-1"), b"\xff\xfeO"])
def test_letters_that_are_none_of_the_character_set_are_refused(raw: bytes) -> None:
    """They would match nothing: a patient without images."""
    with pytest.raises(errors.DatasetUnreadable) as refused:
        identifier.decode(told("ISO_IR 192", raw), EXPLICIT)
    assert refused.value.tags == (NAME,)


def test_numbers_are_no_letters() -> None:
    rows = b"\x28\x00\x10\x00US\x02\x00\xc8\x00"
    assert NAME in identifier.decode(told("ISO_IR 192", b"Ohman") + rows, EXPLICIT).keys


def test_a_sign_that_somebody_could_not_read_is_a_sign() -> None:
    read = identifier.decode(told("ISO_IR 192", "\ufffdhman".encode()), EXPLICIT)
    assert read.keys[NAME].values == ("\ufffdhman",)


def told(character_set: str, name: bytes) -> bytes:
    """A key, in explicit VR little endian."""
    raw = character_set.encode()
    return b"".join(
        head + len(even).to_bytes(2, "little") + even
        for head, even in (
            (b"\x08\x00\x05\x00CS", raw + b" " * (len(raw) % 2)),
            (b"\x10\x00\x10\x00PN", name + b" " * (len(name) % 2)),
        )
    )
