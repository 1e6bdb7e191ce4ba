"""Identifiers of C-FIND, C-MOVE and C-GET as values and bytes, PS3.4 C.4.1.1.3.

Keys are read as text whatever VR the peer gave them: the table of attributes knows what they are.
"""

from collections.abc import Iterable, Mapping
from struct import Struct
from typing import NamedTuple

from pydicom.charset import python_encoding
from pydicom.datadict import dictionary_VR

from archive import errors
from archive.objects import charsets, elements
from archive.objects.elements import Bytes, Encoding, Odd, Truncated

CHARACTER_SET = 0x00080005
LEVEL = 0x00080052  # Query/Retrieve Level
FAILED_UIDS = 0x00080058  # Failed SOP Instance UID List
LONGEST_SHORT = 0xFFFE  # of a value with a 16-bit length
DEEPEST = 4  # nesting of keys; the standard's need two

_ASCII = frozenset(("", "ISO_IR 6"))  # the default repertoire, which pydicom takes for Latin 1
_TEXTS = frozenset(("LO", "LT", "PN", "SH", "ST", "UC", "UT"))
_SHORT_LITTLE, _SHORT_BIG = Struct("<HH2sH"), Struct(">HH2sH")
_LONG_LITTLE, _LONG_BIG = Struct("<HH2sHL"), Struct(">HH2sHL")


class Key(NamedTuple):
    """One attribute of a request: its values, or the items of a sequence."""

    values: tuple[str, ...] = ()
    items: tuple[Mapping[int, "Key"], ...] = ()


class Identifier(NamedTuple):
    character_set: str
    keys: Mapping[int, Key]

    def text(self, tag: int) -> str:
        """The only value of a key, or nothing."""
        values = self.keys[tag].values if tag in self.keys else ()
        return values[0] if len(values) == 1 else ""


class Attribute(NamedTuple):
    """One attribute of an answer."""

    tag: int
    vr: str
    values: tuple[str, ...] = ()
    items: tuple[tuple["Attribute", ...], ...] = ()


# --- requests -------------------------------------------------------------------------------------


def decode(data: Bytes, transfer_syntax_uid: str) -> Identifier:
    """Raises DatasetUnreadable."""
    encoding = elements.encoding_of(transfer_syntax_uid)
    try:
        character_set = _character_set(data, encoding)
        keys = _keys(data, 0, len(data), encoding, _codecs(character_set), 0)
    except (Odd, Truncated):
        raise errors.DatasetUnreadable("identifier cannot be read", tag=LEVEL) from None
    return Identifier(character_set.decode("ascii", "replace").strip(" \0"), keys)


def _character_set(data: Bytes, encoding: Encoding) -> bytes:
    for element in elements.elements(data, 0, len(data), encoding):
        if element.tag == CHARACTER_SET:
            return bytes(data[element.start : element.stop])
    return b""


def _codecs(character_set: bytes) -> tuple[str, ...]:
    """Of one that says nothing of letters with dots, none: they may be either of two."""
    return charsets.codecs_of(character_set) if charsets.is_told(character_set) else ()


def _keys(
    data: Bytes, start: int, stop: int, encoding: Encoding, codecs: tuple[str, ...], depth: int
) -> dict[int, Key]:
    """Private attributes and group lengths are nothing to search by. Raises Odd, Truncated."""
    if depth > DEEPEST:
        raise Odd
    keys = {}
    for element in elements.elements(data, start, stop, encoding):
        if element.tag >> 16 & 1 or not element.tag & 0xFFFF:
            continue
        if element.vr == b"SQ" or (element.vr in (b"", b"UN") and _is_sequence(element.tag)):
            spans = elements.items(data, element.start, element.stop, element.inner)
            keys[element.tag] = Key(
                items=tuple(_keys(data, *span, element.inner, codecs, depth + 1) for span in spans)
            )
        else:
            raw = bytes(data[element.start : element.stop])
            keys[element.tag] = Key(_values(_text(element.tag, raw, codecs)))
    return keys


def _text(tag: int, raw: bytes, codecs: tuple[str, ...]) -> str:
    """Without a character set UTF-8, where it is that, else Latin 1. Raises DatasetUnreadable: what
    is no text would match nothing, and be taken for nobody.
    """
    if raw.isascii() or b"\x1b" in raw:
        return charsets.decode(raw, codecs or ("latin-1",))
    try:
        return raw.decode(codecs[0] if codecs else "utf-8")
    except UnicodeDecodeError:
        if not codecs:
            return raw.decode("latin-1")
    if _vr(tag) in _TEXTS:
        raise errors.DatasetUnreadable("a key is no text of its character set", tag=tag)
    return charsets.decode(raw, codecs)


def _is_sequence(tag: int) -> bool:
    return _vr(tag) == "SQ"


def _vr(tag: int) -> str:
    try:
        return dictionary_VR(tag)
    except KeyError:
        return ""


def _values(text: str) -> tuple[str, ...]:
    """Without padding; none when the value is empty."""
    plain = text.replace("\0", " ").strip()
    return tuple(part.strip() for part in plain.split("\\")) if plain else ()


# --- answers --------------------------------------------------------------------------------------


def encode(attributes: Iterable[Attribute], transfer_syntax_uid: str, asked: str = "") -> bytes:
    """In the character set that was asked for when it can hold the texts, else in UTF-8."""
    encoding = elements.encoding_of(transfer_syntax_uid)
    listed = sorted(attributes, key=lambda attribute: attribute.tag)
    try:
        if asked in _ASCII or asked not in python_encoding:
            return b"".join(_element(each, encoding, "ascii") for each in listed)
        return _with_character_set(listed, encoding, asked, python_encoding[asked])
    except UnicodeEncodeError:
        return _with_character_set(listed, encoding, charsets.UTF_8, "utf-8")


def _with_character_set(
    listed: list[Attribute], encoding: Encoding, character_set: str, codec: str
) -> bytes:
    """Raises UnicodeEncodeError."""
    first = Attribute(CHARACTER_SET, "CS", (character_set,))
    rest = (each for each in listed if each.tag != CHARACTER_SET)
    return b"".join(_element(each, encoding, codec) for each in (first, *rest))


def _element(attribute: Attribute, encoding: Encoding, codec: str) -> bytes:
    value = (
        _items(attribute.items, encoding, codec)
        if attribute.vr == "SQ"
        else _value(attribute, codec)
    )
    return _head(attribute.tag, attribute.vr.encode(), len(value), encoding) + value


def _value(attribute: Attribute, codec: str) -> bytes:
    text = "\\".join(attribute.values)
    raw = text.encode(codec) if attribute.vr in _TEXTS else text.encode("ascii", "replace")
    return raw + (b"\0" if attribute.vr == "UI" else b" ") * (len(raw) % 2)


def _items(items: tuple[tuple[Attribute, ...], ...], encoding: Encoding, codec: str) -> bytes:
    encoded = []
    for item in items:
        inner = sorted(item, key=lambda attribute: attribute.tag)
        body = b"".join(_element(each, encoding, codec) for each in inner)
        encoded.append(encoding.tag.pack(0xFFFE, 0xE000, len(body)) + body)
    return b"".join(encoded)


def _head(tag: int, vr: bytes, length: int, encoding: Encoding) -> bytes:
    group, number = tag >> 16, tag & 0xFFFF
    if not encoding.explicit:
        return encoding.tag.pack(group, number, length)
    if vr in elements.LONG_VRS:
        return (_LONG_LITTLE if encoding.little else _LONG_BIG).pack(group, number, vr, 0, length)
    return (_SHORT_LITTLE if encoding.little else _SHORT_BIG).pack(group, number, vr, length)


def failed_uids(uids: Iterable[str], transfer_syntax_uid: str) -> bytes:
    """Failed SOP Instance UID List, nothing when none failed; in explicit VR only as many as its
    16-bit length can hold.
    """
    listed = list(uids)
    if not listed:
        return b""
    if elements.encoding_of(transfer_syntax_uid).explicit:
        size = -1
        for count, uid in enumerate(listed):
            size += len(uid) + 1
            if size > LONGEST_SHORT:
                listed = listed[:count]
                break
    return encode([Attribute(FAILED_UIDS, "UI", tuple(listed))], transfer_syntax_uid)
