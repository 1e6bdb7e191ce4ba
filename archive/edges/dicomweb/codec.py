"""Addresses and query strings as identifiers, PS3.18 sections 8.3.4 and 10.6."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from pydicom.datadict import dictionary_VR, tag_for_keyword

from archive.errors.web import RequestUnclear
from archive.objects.identifier import Identifier, Key
from archive.queries import attributes
from archive.rules.matching import Level
from archive.services.querying import Page

MAX_PAGE = 1_000  # matches in one answer
MAX_OFFSET = 100_000
LONGEST_VALUE = 4_096
_TAG = re.compile(r"[0-9A-Fa-f]{8}")
# Not about attributes; `accept` is read with the header.
_OTHERS = frozenset(
    (
        *("limit", "offset", "includefield", "accept"),
        *("fuzzymatching", "emptyvaluematching", "multiplevaluematching"),
    )
)
# Several values: of the standard, a list of UIDs; no code string has a comma in it either.
_LISTED = frozenset(("UI", "CS"))

# What is returned unasked, PS3.18 tables 10.6.3-3 to 10.6.3-5, as far as it is known here.
_STUDY = (
    *(0x00080020, 0x00080030, 0x00080050, 0x00080056, 0x00080061, 0x00080090, 0x00080201),
    *(0x00100010, 0x00100020, 0x00100021, 0x00100030, 0x00100040),
    *(0x0020000D, 0x00200010, 0x00201206, 0x00201208, 0x00081030),
)
_SERIES = (
    *(0x00080060, 0x0008103E, 0x0020000E, 0x00200011, 0x00201209),
    *(0x00400244, 0x00400245, 0x00400275),
)
_INSTANCE = (0x00080016, 0x00080018, 0x00080056, 0x00200013, 0x00083002)


@dataclass(frozen=True, slots=True)
class Target:
    """What an address names."""

    study: str = ""
    series: str = ""
    instance: str = ""

    @property
    def level(self) -> Level:
        if self.instance:
            return Level.IMAGE
        return Level.SERIES if self.series else Level.STUDY

    @property
    def keys(self) -> dict[int, Key]:
        named = {
            attributes.STUDY_UID: self.study,
            attributes.SERIES_UID: self.series,
            attributes.INSTANCE_UID: self.instance,
        }
        return {tag: Key((uid,)) for tag, uid in named.items() if uid}


@dataclass(frozen=True, slots=True)
class Named:
    """A retrieval: the unique keys of the address."""

    target: Target
    together: bool = False

    def read(self) -> tuple[Identifier, Level]:
        return Identifier("", self.target.keys), self.target.level


@dataclass(frozen=True, slots=True)
class Searched:
    """A search, read when the service asks for it, so that what is wrong with it is on the desk."""

    query: Mapping[str, Sequence[str]]
    target: Target
    level: Level
    together: bool = False
    unknown: list[str] = field(default_factory=list)  # attributes that are not matched here

    def read(self) -> tuple[Identifier, Level]:
        """Raises RequestUnclear."""
        keys: dict[int, Key] = {tag: Key() for tag in self._returned()}
        for name, values in self.query.items():
            if name.lower() in _OTHERS:
                continue
            if len(values) != 1 or len(values[0]) > LONGEST_VALUE:
                raise RequestUnclear("given twice, or too long", facts={"field": name})
            path = [_tag(part, name) for part in name.split(".")]
            known, told = attributes.known(path[0], self.level), _values(path[-1], values[0])
            if not known or (told and not attributes.matched(path, self.level)):
                self.unknown.append(name)
            if known:
                _put(keys, path, values[0])
        return Identifier("", {**keys, **self.target.keys}), self.level

    def page(self) -> Page:
        """Raises RequestUnclear."""
        limit = self._number("limit", MAX_PAGE)
        offset = self._number("offset", 0)
        if offset > MAX_OFFSET:
            raise RequestUnclear(f"offset is above {MAX_OFFSET}", facts={"field": "offset"})
        return Page(min(limit, MAX_PAGE), offset)

    def wants(self, name: str) -> bool:
        """A way of matching. Raises RequestUnclear."""
        told = self._one(name).lower()
        if told not in ("true", "false", ""):
            raise RequestUnclear(f"{name} is not true or false", facts={"field": name})
        return told == "true"

    def _number(self, name: str, default: int) -> int:
        text = self._one(name)
        if not text:
            return default
        if not (text.isascii() and text.isdecimal() and len(text) < 10):
            said = f"{name} is not a number from 0 to 999999999"
            raise RequestUnclear(said, facts={"field": name})
        return int(text)

    def _one(self, name: str) -> str:
        values = self._all(name)
        if len(values) > 1:
            raise RequestUnclear("given twice", facts={"field": name})
        return values[0] if values else ""

    def _all(self, name: str) -> list[str]:
        """In any case: words of the standard's grammar have none (RFC 5234 section 2.3)."""
        return [
            value
            for given, values in self.query.items()
            if given.lower() == name
            for value in values
        ]

    def _returned(self) -> Iterator[int]:
        """Of the level itself, and of the levels above that the address does not name."""
        if self.level == Level.STUDY or not self.target.study:
            yield from _STUDY
        if self.level == Level.SERIES or (self.level > Level.SERIES and not self.target.series):
            yield from _SERIES
        if self.level == Level.IMAGE:
            yield from _INSTANCE
        for listed in self._all("includefield"):
            for name in listed.split(","):
                if name.strip().lower() == "all":
                    yield from attributes.COLUMNS
                    yield from (*attributes.DERIVED, *attributes.NESTED, *attributes.LISTED)
                elif name.strip():
                    yield _tag(name.strip().split(".")[0], "includefield")


def require_text(query: str) -> None:
    """Letters of another encoding would match nothing. Raises RequestUnclear."""
    try:
        unquote_to_bytes(query).decode("utf-8")
    except UnicodeDecodeError:
        raise RequestUnclear("the query string is not UTF-8, percent-encoded") from None


def _tag(text: str, field_name: str) -> int:
    """Of an attribute by keyword or by number. Raises RequestUnclear."""
    tag = int(text, 16) if _TAG.fullmatch(text) else tag_for_keyword(text)
    if tag is None or not text:  # a retired attribute has no keyword at all
        # A name nobody has is not repeated: it may be anything.
        raise RequestUnclear("a parameter is no attribute", facts={"field": field_name[:40]})
    return int(tag)


def _put(keys: dict[int, Key], path: list[int], text: str) -> None:
    """A key of its own, or of the one item of a sequence."""
    if len(path) == 1:
        keys[path[0]] = Key(_values(path[0], text))
        return
    items = keys.get(path[0], Key()).items
    inner = dict(items[0]) if items else {}
    _put(inner, path[1:], text)
    keys[path[0]] = Key(items=(inner,))


def _values(tag: int, text: str) -> tuple[str, ...]:
    try:
        vr = dictionary_VR(tag)
    except KeyError:
        vr = ""
    parts = text.replace(",", "\\") if vr in _LISTED else text
    return tuple(part.strip() for part in parts.split("\\")) if text.strip() else ()
