"""What is accepted: the most specific range weighs a media type (RFC 9110 section 12.5.1)."""

import pytest

from archive.edges.dicomweb import accept
from archive.errors.web import NotAcceptable

EXPLICIT, JPEG_2000 = accept.EXPLICIT, "1.2.840.10008.1.2.4.90"
PICTURES = ("image/jpeg", "image/png")
IN_PARTS = 'multipart/related; type="{}"'
OBJECTS, VALUES = IN_PARTS.format(accept.DICOM), IN_PARTS.format(accept.OCTETS)


@pytest.mark.parametrize(
    ("header", "media_type"),
    [
        ("", "image/jpeg"),
        ("*/*, image/jpeg; q=0", "image/png"),
        ("image/jpeg;q=0,image/*", "image/png"),
        ("image/*, image/jpeg;q=0.1", "image/png"),
        ("image/*;q=0.5, image/jpeg;q=0.6", "image/jpeg"),
        ("image/*;q=0, image/png", "image/png"),
        ("*/*;q=0, image/*", "image/jpeg"),
    ],
)
def test_the_most_specific_range_weighs_a_picture(header: str, media_type: str) -> None:
    assert accept.chosen(header, PICTURES) == media_type


@pytest.mark.parametrize(
    "header", ["image/*;q=0, */*", "image/jpeg;q=0, image/png;q=0, */*", "*/*;q=0", "text/html"]
)
def test_what_is_refused_is_not_taken_by_a_wild_card(header: str) -> None:
    with pytest.raises(NotAcceptable):
        accept.chosen(header, PICTURES)


@pytest.mark.parametrize("header", [";", ";;;", "; q=1"])
def test_a_range_without_a_media_type_is_none(header: str) -> None:
    with pytest.raises(NotAcceptable):
        accept.structured(header)
    assert accept.structured(f"{header}, {accept.XML}") == accept.XML


def test_the_model_comes_as_xml_where_json_is_refused() -> None:
    assert accept.structured("*/*") == accept.JSON
    assert accept.structured("application/*") == accept.JSON
    assert accept.structured(f"{accept.JSON};q=0, */*") == accept.XML
    assert accept.structured(f"*/*;q=0.1, {IN_PARTS.format(accept.XML)}") == accept.XML
    for both in (accept.XML, IN_PARTS.format(accept.XML)):
        assert accept.structured(f"{both};q=0, */*") == accept.JSON
        with pytest.raises(NotAcceptable):
            accept.structured(f"{accept.JSON};q=0, {both};q=0, */*")


def test_whole_objects_are_refused_in_parts_or_altogether() -> None:
    def bare(header: str) -> bool:
        return accept.Objects.read(header, single=True).is_bare(EXPLICIT)

    assert not bare("*/*") and not bare("multipart/*")
    assert bare(f"{OBJECTS};q=0, */*") and bare("multipart/*;q=0, */*")
    for header in (f"{accept.DICOM};q=0, */*", f"{OBJECTS};q=0, {accept.DICOM};q=0, */*"):
        with pytest.raises(NotAcceptable):
            accept.Objects.read(header, single=True)


def test_one_transfer_syntax_is_refused_and_the_others_are_not() -> None:
    header = f"{OBJECTS}; transfer-syntax={JPEG_2000}; q=0, {OBJECTS}; transfer-syntax=*"
    taken = accept.Objects.read(header, single=False)
    assert (taken.syntax(JPEG_2000), taken.syntax(EXPLICIT)) == ("", EXPLICIT)


def test_bulk_data_are_given_where_they_are_named_before_the_objects() -> None:
    assert accept.prefers_bulk_data(VALUES)
    assert accept.prefers_bulk_data(f"{OBJECTS};q=0.5, {VALUES}")
    for header in ("", "*/*", OBJECTS, f"{OBJECTS}, {VALUES}", f"{VALUES};q=0.5, {OBJECTS}",
                   accept.OCTETS, "text/html", f"{VALUES}; q=0, */*"):  # fmt: skip
        assert not accept.prefers_bulk_data(header), header
