"""A data set is whole when every element of it ends inside it, in whatever way an element of a VR
that we do not know is meant (PS3.5 section 7.1.2).
"""

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from archive.errors import DatasetUnreadable
from archive.objects import elements, header
from archive.objects.elements import Odd, Truncated, encoding_of, require_whole
from tests.objects.samples import (
    BIG,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    MISLABELLED,
    TRUNCATED,
    after_meta,
    data_sets,
    encoded,
    with_issuers,
)

SAMPLES = {name: each for name, each in data_sets().items() if each[1] != DEFLATED}
JPEG = "1.2.840.10008.1.2.4.50"
# As a mammography device has sent it, as PS3.5 has it, and as it stands in implicit VR.
SHORT = struct.pack("<HH2sH", 0x0019, 0x1001, b"UK", 4) + b"abcd"
LONG = struct.pack("<HH2sHL", 0x0019, 0x1001, b"ZZ", 0, 4) + b"abcd"
BARE = struct.pack("<HHL", 0x0019, 0x1001, 4) + b"abcd"
NO_VR = struct.pack("<HH2sH", 0x0019, 0x1001, b"??", 4) + b"abcd"
PIXELS = struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OW", 0, 4) + bytes(4)


def in_item(content: bytes) -> bytes:
    """In a sequence and an item of undefined length."""
    ends = struct.pack("<HHL", 0xFFFE, 0xE00D, 0) + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    sequence = struct.pack("<HH2sHL", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
    return sequence + struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF) + content + ends


@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - TRUNCATED))
def test_pydicoms_test_files_are_whole_and_rubbish_behind_them_is_none(name: str) -> None:
    data, syntax = SAMPLES[name]
    require_whole(data, syntax)
    if encoding_of(syntax).explicit:
        for rubbish in (b"rubbish!", b"\xff" * 8, b"RUBBISH, AND MORE OF IT"):
            with pytest.raises(Truncated):
                require_whole(data + rubbish, syntax)


@pytest.mark.parametrize("name", sorted(MISLABELLED))
def test_what_is_in_another_encoding_than_it_names_is_whole_until_it_is_cut(name: str) -> None:
    path = get_testdata_file(name, download=False)
    assert isinstance(path, str)
    data = after_meta(Path(path).read_bytes())
    require_whole(data, JPEG)
    with pytest.raises(Truncated):
        require_whole(data[:400], JPEG)


@pytest.mark.parametrize("odd", [SHORT, LONG, BARE, NO_VR, LONG + LONG, BARE + SHORT])
@pytest.mark.parametrize("place", [bytes, in_item])
def test_an_element_of_an_unknown_vr_may_be_meant_in_any_way(
    odd: bytes, place: type[bytes]
) -> None:
    require_whole(place(odd) + PIXELS, EXPLICIT)
    with pytest.raises(Truncated):
        require_whole(place(odd) + PIXELS[:-2], EXPLICIT)


@pytest.mark.parametrize("odd", [SHORT, LONG, BARE, NO_VR])
def test_an_unknown_vr_whose_value_is_cut_off_is_not_whole(odd: bytes) -> None:
    with pytest.raises(Truncated):
        require_whole(PIXELS + odd[:-1], EXPLICIT)


def test_the_order_of_bytes_is_heeded() -> None:
    odd = struct.pack(">HH2sH", 0x0019, 0x1001, b"UK", 4) + b"abcd"
    require_whole(odd, BIG)
    with pytest.raises(Truncated):
        require_whole(odd, EXPLICIT)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=200), syntax=st.sampled_from((EXPLICIT, IMPLICIT, BIG)))
def test_any_bytes_are_whole_or_not(data: bytes, syntax: str) -> None:
    try:
        require_whole(encoded(with_issuers(True), syntax) + data, syntax)
    except Truncated:
        return


def test_an_empty_data_set_is_whole() -> None:
    require_whole(encoded(Dataset(), EXPLICIT), EXPLICIT)


def is_whole_by_elements(data: bytes, syntax: str) -> bool | None:
    """The same by the walk that makes each element. None when it is odd."""
    try:
        for _ in elements.elements(data, 0, len(data), encoding_of(syntax)):
            pass
    except Truncated:
        return False
    except Odd:
        return None
    return True


def is_whole(data: bytes, syntax: str, walked: int = 0) -> bool:
    try:
        require_whole(data, syntax, walked)
    except Truncated:
        return False
    return True


def walked_on(data: bytes, syntax: str, head: int) -> bool | None:
    """Whether it is whole as receiving finds out: behind what reading the header from the first
    `head` bytes, or from all of them, has walked over. None when the header is refused.
    """
    try:
        found = header.read(data[:head], syntax, whole=head >= len(data))
        if not found.header.complete and head < len(data):
            found = header.read(data, syntax)
    except DatasetUnreadable:
        return None
    return is_whole(data, syntax, found.values.walked)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_walking_on_behind_the_header_finds_what_walking_from_the_beginning_does(
    name: str,
) -> None:
    data, syntax = SAMPLES[name]
    lengths = {*range(0, min(len(data), 2000), 9), len(data) - 3, len(data)}
    for cut in (data[:length] for length in sorted(lengths)):
        assert walked_on(cut, syntax, 1000) in (is_whole(cut, syntax), None)


@settings(max_examples=600, deadline=None)
@given(
    name=st.sampled_from(sorted(SAMPLES)),
    changes=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=4),
    inserted=st.sampled_from((b"", SHORT, LONG, BARE, NO_VR, in_item(SHORT), in_item(PIXELS))),
    at_front=st.booleans(),
    cut=st.one_of(st.none(), st.integers(0, 3000)),
    head=st.integers(0, 4000),
)
def test_walking_on_and_making_elements_find_the_same_in_mutations(
    name: str,
    changes: list[tuple[int, int]],
    inserted: bytes,
    at_front: bool,
    cut: int | None,
    head: int,
) -> None:
    data, syntax = SAMPLES[name]
    mutated = bytearray(inserted + data if at_front else data + inserted)[:cut]
    for position, value in changes:
        if position < len(mutated):
            mutated[position] = value
    whole = is_whole(bytes(mutated), syntax)
    assert walked_on(bytes(mutated), syntax, head) in (whole, None)
    assert is_whole_by_elements(bytes(mutated), syntax) in (whole, None)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG])
@pytest.mark.parametrize("undefined", [False, True])
def test_the_header_is_not_walked_over_twice(syntax: str, undefined: bool) -> None:
    data = encoded(with_issuers(undefined), syntax)
    rows = encoded(with_rows(), syntax)
    walked = header.read(data, syntax).values.walked
    assert data[walked:] == rows
    assert not is_whole(data[:-1], syntax, walked)
    assert header.read(data[:walked], syntax).values.walked == walked


def with_rows() -> Dataset:
    dataset = Dataset()
    dataset.Rows = 1
    return dataset
