"""MTOM: an envelope with what it includes, written and read again; what is no MTOM is refused."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils.http import parse_header_parameters
from lxml import etree

from archive.edges.xds import mtom
from archive.edges.xds.mtom import Included, Received
from archive.errors import Malformed
from archive.errors.retrieval import MultipartTooLong
from archive.objects.multipart import Limits

LIMITS = Limits(parts=5, part_bytes=4 << 20, total_bytes=32 << 20)
ROOT = b"Content-Type: application/xop+xml; charset=UTF-8\r\nContent-ID: <root>\r\n\r\n<a/>"
OTHER = b"Content-Type: text/xml\r\nContent-ID: <1@x>\r\n\r\nwhole"


def receive(content: bytes, limits: Limits = LIMITS, **parameters: str) -> Received:
    given = {"boundary": "b", "type": mtom.ROOT_TYPE, **parameters}
    return mtom.receive(io.BytesIO(content).read, given, limits)


def framed(*parts: bytes) -> bytes:
    return b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


def including(href: str) -> etree._Element:
    parent = etree.Element("Document")
    etree.SubElement(parent, mtom.INCLUDE, href=href)
    return parent


def test_what_is_written_is_read_again() -> None:
    contents = [b"short", b"x" * (3 << 20)]
    parent = etree.Element("Document")
    mtom.include(parent, "1@x")

    def begun(content: bytes) -> Any:
        def chunks() -> Iterator[bytes]:
            yield content[:3]
            yield content[3:]

        return chunks

    documents = [
        Included(f"{number}@x", "text/xml", begun(each)) for number, each in enumerate(contents)
    ]
    root = etree.tostring(parent)
    header = mtom.content_type("b", "root", "urn:a")
    media_type, parameters = parse_header_parameters(header)
    assert (media_type, parameters["action"]) == ("multipart/related", "urn:a")
    whole = b"".join(mtom.message("b", "root", root, documents))
    with receive(whole, **parameters) as received:
        assert received.root == root
        assert [each.read() for each in received.attachments.values()] == contents
        found = received.resolve(etree.fromstring(received.root))
        assert found is not None and found.size == 3 << 20


def test_the_root_is_where_start_says() -> None:
    with receive(framed(OTHER, ROOT), start="<root>") as received:
        assert received.root == b"<a/>"
        assert received.resolve(including("cid:1%40x")) is received.attachments["1@x"]
        assert received.resolve(etree.Element("Document")) is None
        for href in ("cid:2@x", "1@x", "http://example.org/1@x", ""):
            with pytest.raises(Malformed):
                received.resolve(including(href))


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [OTHER],
        [ROOT, OTHER.replace(b"Content-ID: <1@x>\r\n", b"")],
        [ROOT, OTHER, OTHER],
        [ROOT.replace(b"UTF-8", b"UTF-16")],
        [b"Content-Transfer-Encoding: base64\r\n" + ROOT],
    ],
)
def test_what_is_no_mtom_is_refused(parts: list[bytes]) -> None:
    with pytest.raises(Malformed):
        receive(framed(*parts))


def test_other_types_and_starts_are_refused() -> None:
    with pytest.raises(Malformed):
        receive(framed(ROOT), type="text/xml")
    with pytest.raises(Malformed):
        receive(framed(ROOT), start="<elsewhere>")
    with pytest.raises(Malformed):
        receive(framed(ROOT + b"x" * (11 << 20)), Limits(1, 20 << 20, 20 << 20))
    with pytest.raises(MultipartTooLong):
        receive(framed(ROOT, OTHER + b"x" * (5 << 20)))


def test_a_type_that_is_none_becomes_no_header() -> None:
    for odd in ("text/xml\r\nX: y", "ä/b", "", "text"):
        written = b"".join(
            mtom.message("b", "root", b"<a/>", [Included("1@x", odd, lambda: [b""])])
        )
        assert b"Content-Type: application/octet-stream\r\nContent-Transfer" in written
