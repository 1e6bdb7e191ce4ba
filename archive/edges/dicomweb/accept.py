"""What the peer accepts: media types with their transfer syntaxes, PS3.18 sections 8.3.3.1, 8.7.

Ranges are looked at in the order of their weights, and equal ones in the order given.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive.web_errors import NotAcceptable

ANY = "*"  # as a transfer syntax: as it is stored
DICOM = "application/dicom"
JSON, XML = "application/dicom+json", "application/dicom+xml"
OCTETS = "application/octet-stream"
LONGEST = 4_096  # characters of a header
# A comma or semicolon outside a quoted string.
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_BETWEEN = {sign: re.compile(rf"((?:{_QUOTED}|[^{sign}\"])+)") for sign in ",;"}


@dataclass(frozen=True, slots=True)
class Range:
    """One media type or wild card; `multipart`: as the parts of multipart/related."""

    media_type: str
    multipart: bool = False
    syntax: str = ""
    weight: float = 1.0

    def takes(self, media_type: str) -> bool:
        main, _, _ = media_type.partition("/")
        return self.media_type in ("*/*", f"{main}/*", media_type)


def ranges(header: str) -> list[Range]:
    """Of an Accept header; none is anything. Raises NotAcceptable when it says nothing."""
    if len(header) > LONGEST:
        raise NotAcceptable("the Accept header is too long")
    found = [_range(part) for part in _split(header or "*/*", ",")]
    wanted = [each for each in found if each.weight > 0]
    if not wanted:
        raise NotAcceptable("the Accept header accepts nothing")
    return sorted(wanted, key=lambda each: -each.weight)


def _range(text: str) -> Range:
    media_type, *rest = _split(text, ";")
    parameters = dict(_parameter(each) for each in rest)
    weight = _weight(parameters.get("q", "1"))
    multipart = media_type.lower() in ("multipart/related", "multipart/*")
    if multipart:
        media_type = parameters.get("type", "*/*")
    return Range(
        media_type.lower(), multipart, parameters.get("transfer-syntax", "").strip(), weight
    )


def _split(text: str, sign: str) -> Iterator[str]:
    for found in _BETWEEN[sign].findall(text):
        if plain := found.strip():
            yield plain


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip().strip('"')


def _weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 1.0


def structured(header: str) -> str:
    """JSON or XML of the DICOM model, for searches, metadata and the answer to storing."""
    for each in ranges(header):
        if each.takes(JSON) or (not each.multipart and each.media_type == "application/json"):
            return JSON
        if each.media_type == XML:
            return XML
    raise NotAcceptable(facts={"field": "Accept"})


def chosen(header: str, offered: Sequence[str]) -> str:
    """The first of the media types offered that the best range takes."""
    for each in ranges(header):
        for media_type in offered:
            if not each.multipart and each.takes(media_type):
                return media_type
    raise NotAcceptable(facts={"field": "Accept"})
