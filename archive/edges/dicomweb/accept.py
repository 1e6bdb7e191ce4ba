"""What the peer accepts: media types with their transfer syntaxes, PS3.18 sections 8.3.3.1, 8.7.

Ranges are looked at in the order of their weights, and equal ones in the order given.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from archive.errors.web import NotAcceptable
from archive.objects import transcoding

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
    depth: int = 0  # how much of a media type it names
    narrower: tuple["Range", ...] = ()  # what they name is theirs to weigh, RFC 9110 section 12.5.1

    def takes(self, media_type: str, syntax: str = "") -> bool:
        return self._names(media_type) and not any(
            each._names(media_type) and each.syntax in ("", ANY, syntax) for each in self.narrower
        )

    @property
    def alone(self) -> bool:
        """One part as it is, without multipart/related around it."""
        return not self.multipart

    @property
    def is_any_in_parts(self) -> bool:
        return self.multipart and self.media_type == "*/*"

    def _names(self, media_type: str) -> bool:
        main, _, _ = media_type.partition("/")
        return self.media_type in ("*/*", f"{main}/*", media_type)


def ranges(header: str) -> list[Range]:
    """Of an Accept header; none is anything. Raises NotAcceptable when it says nothing."""
    if len(header) > LONGEST:
        raise NotAcceptable("the Accept header is too long")
    found = [each for part in _split(header or "*/*", ",") for each in _ranges(part)]
    wanted = [_beside(each, found) for each in found if each.weight > 0]
    if not wanted:
        raise NotAcceptable("the Accept header accepts nothing")
    return sorted(wanted, key=lambda each: -each.weight)


def _beside(one: Range, found: Sequence[Range]) -> Range:
    """What is refused on its own is not wanted in parts either, unless it is named so."""
    deeper = (each for each in found if each.depth > one.depth)
    narrower = (
        each
        for each in deeper
        if each.multipart == one.multipart or not (each.multipart or each.weight)
    )
    return replace(one, narrower=tuple(narrower))


def _ranges(text: str) -> Iterator[Range]:
    """`*/*` is of parts, and of one thing without multipart/related around it."""
    media_type, *rest = [*_split(text, ";")] or [""]
    media_type = media_type.lower()
    parameters = dict(_parameter(each) for each in rest)
    weight = _weight(parameters.get("q", "1"))
    syntax = parameters.get("transfer-syntax", "").strip()
    told = syntax not in ("", ANY)
    if media_type in ("multipart/related", "multipart/*"):
        parts = parameters.get("type", "*/*").lower()
        depth = (media_type == "multipart/related") + _depth(parts) + 1
        yield Range(parts, True, syntax, weight, depth + told)
        return
    depth = _depth(media_type)
    if media_type == "*/*":
        yield Range(media_type, True, syntax, weight, depth + told)
    yield Range(media_type, False, syntax, weight, depth + told)


def _depth(media_type: str) -> int:
    return sum(part != "*" for part in media_type.split("/"))


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
    """JSON or XML of the DICOM model, for searches, metadata and the answer to storing; XML comes
    in parts. JSON where anything is taken.
    """
    for each in sorted(ranges(header), key=lambda each: (-each.weight, each.is_any_in_parts)):
        if each.media_type in (JSON, "application/json") or (each.alone and each.takes(JSON)):
            return JSON
        if each.media_type == XML or (each.multipart and each.takes(XML)):
            return XML
    raise NotAcceptable(facts={"field": "Accept"})


def chosen(header: str, offered: Sequence[str], *, in_parts: bool = False) -> str:
    """The first of the media types offered that the best range takes; `in_parts`: also where it is
    told as that of parts.
    """
    for each in ranges(header):
        for media_type in offered:
            if (in_parts or not each.multipart) and each.takes(media_type):
                return media_type
    raise NotAcceptable(facts={"field": "Accept"})


def _fitting(header: str, *, single: bool) -> list[Range]:
    """What comes alone is looked at where there is a single thing to give, PS3.18 section 10.4.4.
    Raises NotAcceptable.
    """
    return [each for each in ranges(header) if single or not each.alone]


# --- objects, frames and values -------------------------------------------------------------------

# PS3.18 table 8.7.3-5, of transfer syntaxes by the last part of their UIDs.
_JPEG, _JLS, _JP2, _JPH = "image/jpeg", "image/jls", "image/jp2", "image/jphc"
_IMAGES: Mapping[str, Sequence[str]] = {
    _JPEG: ("4.50", "4.51", "4.57", "4.70"),
    _JLS: ("4.80", "4.81"),
    _JP2: ("4.90", "4.91"),
    _JPH: ("4.201", "4.202", "4.203"),
    "image/dicom-rle": ("5",),
}
IMAGES: Mapping[str, str] = {
    f"1.2.840.10008.1.2.{last}": media_type for media_type, ends in _IMAGES.items() for last in ends
}
EXPLICIT = "1.2.840.10008.1.2.1"  # what is given when nothing is said, PS3.18 section 8.7.3.5.2


@dataclass(frozen=True, slots=True)
class Objects:
    """In which transfer syntaxes whole objects are taken."""

    wanted: Sequence[Range]

    @classmethod
    def read(cls, header: str, *, single: bool) -> "Objects":
        """Raises NotAcceptable."""
        wanted = [each for each in _fitting(header, single=single) if each.takes(DICOM)]
        if not wanted:
            raise NotAcceptable(facts={"field": "Accept"})
        return cls(wanted)

    def syntax(self, stored: str) -> str:
        """For an object that is stored in this one; empty when it cannot be given."""
        return next((syntax for _, syntax in self._given(stored)), "")

    def is_bare(self, stored: str) -> bool:
        """Whether the object is taken as a file of its own."""
        return next((each.alone for each, _ in self._given(stored)), False)

    def _given(self, stored: str) -> Iterator[tuple[Range, str]]:
        for each in self.wanted:
            anything = each.syntax == ANY or (not each.syntax and each.media_type == "*/*")
            target = stored if anything else each.syntax or EXPLICIT
            plain = target in transcoding.PLAIN and transcoding.is_possible(stored)
            if (target == stored or plain) and each.takes(DICOM, target):
                yield each, target


@dataclass(frozen=True, slots=True)
class Form:
    """How frames are given: under which media type, and in which transfer syntax; `bare`: one of
    them, as it is.
    """

    media_type: str
    syntax: str
    unpack: bool = False
    bare: bool = False

    @property
    def content_type(self) -> str:
        return f"{self.media_type}; transfer-syntax={self.syntax}"


def frames(header: str, stored: str, *, single: bool) -> Form:
    """For frames that are stored in this transfer syntax. Raises NotAcceptable."""
    image = IMAGES.get(stored, "")
    for each in _fitting(header, single=single):
        if image and each.takes(image, stored) and each.syntax in ("", ANY, stored):
            return Form(image, stored, bare=each.alone)
        if form := _octets(each, stored):
            return form
    raise NotAcceptable(facts={"field": "Accept"})


def _octets(one: Range, stored: str) -> Form | None:
    if not one.takes(OCTETS):
        return None
    if one.syntax in (ANY, stored):
        return Form(OCTETS, stored, bare=one.alone)
    if one.syntax in ("", EXPLICIT) and transcoding.is_possible(stored):
        return Form(OCTETS, EXPLICIT, unpack=stored in IMAGES, bare=one.alone)
    return None


@dataclass(frozen=True, slots=True)
class BulkData:
    """In which transfer syntaxes the long values of whole objects are taken, always in parts;
    PS3.18 table 10.4.4-1.
    """

    wanted: Sequence[Range]

    @classmethod
    def read(cls, header: str) -> "BulkData":
        """Raises NotAcceptable."""
        wanted = [each for each in _fitting(header, single=False) if each.takes(OCTETS)]
        if not wanted:
            raise NotAcceptable(facts={"field": "Accept"})
        return cls(wanted)

    def form(self, stored: str) -> Form | None:
        """For an object that is stored in this one; none when it cannot be given."""
        return next(filter(None, (_octets(each, stored) for each in self.wanted)), None)


def prefers_bulk_data(header: str) -> bool:
    """Rather than the objects themselves."""
    for each in _fitting(header, single=True):
        if each.takes(DICOM):
            return False
        if each.multipart and each.takes(OCTETS):
            return True
    return False
