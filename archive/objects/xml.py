"""XML from anybody, read without DTD, entities or depth."""

import re

from lxml import etree

from archive.errors import Malformed

MAX_DEPTH = 32  # an ITI-42 message is 10 deep, a signed assertion in its envelope 12
_NOT_XML = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)  # XML 1.0 section 2.2, Char
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def carried(text: str, instead: str = "") -> str:
    """Text without the characters that XML 1.0 cannot carry: DICOM text may hold them."""
    return _NOT_XML.sub(instead, text)


def parse_xml(content: bytes) -> etree._Element:
    """A document without DTD, entities or depth, in UTF-8. Raises Malformed."""
    if _DOCTYPE.search(content):
        raise Malformed("a document type declaration is not accepted")
    try:
        root = etree.fromstring(content, hardened_parser())
    except (etree.XMLSyntaxError, ValueError):
        raise Malformed("not well-formed XML in UTF-8") from None
    _check_depth(root)
    return root


def hardened_parser() -> etree.XMLParser:
    """Forcing UTF-8 leaves no other encoding in which a declaration could hide from the search."""
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _check_depth(root: etree._Element) -> None:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise Malformed("XML is nested too deeply")
