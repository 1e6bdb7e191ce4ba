"""HL7 v2 in its vertical bars: segments, fields and escapes, HL7 v2.5 chapter 2.

Reading is linear in the message's length and keeps every field at its place; positions count from 1
as in the standard. What a sender may write is wider than what we write.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive.errors.persons import CharacterSetUnknown, MessageUnreadable

SIGNS = "|^~\\&"  # MSH-1 and MSH-2 as recommended
MOST_SEGMENTS = 2_000

# MSH-18 by table 0211, and two names that senders use instead.
CHARACTER_SETS = {
    "ASCII": "ascii",
    "8859/1": "iso8859-1",
    "8859/15": "iso8859-15",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
}
CHARACTER_SET = 18
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_HEXADECIMAL = re.compile(r"X(?:[0-9A-Fa-f]{2})+")
_ESCAPED = {"F": 0, "S": 1, "R": 2, "E": 3, "T": 4}


@dataclass(frozen=True, slots=True)
class Separators:
    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    @property
    def encoding_characters(self) -> str:
        """MSH-2."""
        return f"{self.component}{self.repetition}{self.escape}{self.subcomponent}"

    def unescape(self, text: str) -> str:
        """Section 2.7: separators and hexadecimal data; other sequences are formatting and go."""
        if self.escape not in text:
            return text
        parts = text.split(self.escape)
        plain, data, inside = [parts[0]], list[bytes](), True
        for part in parts[1:-1]:
            if inside and _HEXADECIMAL.fullmatch(part):
                data.append(bytes.fromhex(part[1:]))
            elif inside or part:  # nothing between two sequences: one letter may be in both
                plain += [_of_bytes(data), self._meant(part) if inside else part]
                data = []
            inside = not inside
        # An escape that is never closed is taken as it stands.
        plain += [_of_bytes(data), f"{self.escape}{parts[-1]}" if inside else parts[-1]]
        return "".join(plain)

    def _meant(self, sequence: str) -> str:
        if sequence not in _ESCAPED:
            return ""
        signs = (self.field, self.component, self.repetition, self.escape, self.subcomponent)
        return signs[_ESCAPED[sequence]]

    def escaped(self, text: str) -> str:
        """A text as we write it: no sign of ours, no line break."""
        signs = {self.escape: "E", self.field: "F", self.component: "S", self.repetition: "R"}
        signs[self.subcomponent] = "T"
        plain = "".join(
            f"{self.escape}{signs[sign]}{self.escape}" if sign in signs else sign for sign in text
        )
        return re.sub(r"[\r\n\t]", " ", _CONTROLS.sub("", plain))


def _of_bytes(sequences: Sequence[bytes]) -> str:
    """Letters of a name, in most senders' messages: by what they can be, as MSH-18 is not told of
    them. What is well-formed UTF-8 means something else in no name; senders write each byte of a
    letter as a sequence of its own, too.
    """
    try:
        return b"".join(sequences).decode("utf-8")
    except UnicodeDecodeError:
        if len(sequences) > 1:
            return "".join(_of_bytes([each]) for each in sequences)
        return sequences[0].decode("iso8859-1")


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment; `number` counts those of its name from 1."""

    name: str
    number: int
    fields: tuple[str, ...]  # as sent; field 1 stands first
    separators: Separators

    def raw(self, position: int) -> str:
        return self.fields[position - 1] if position <= len(self.fields) else ""

    def text(self, position: int, component: int = 1) -> str:
        """A component of the field's first repetition, in plain text."""
        return Repetition(self.repetitions(position)[0].raw, self.separators).text(component)

    def repetitions(self, position: int) -> list["Repetition"]:
        """At least one, which may be empty."""
        raw = self.raw(position)
        if self.name == "MSH" and position == 2:
            return [Repetition(raw, self.separators)]
        return [Repetition(each, self.separators) for each in raw.split(self.separators.repetition)]

    def place(self, position: int) -> str:
        return f"{self.name}^{self.number}^{position}"


@dataclass(frozen=True, slots=True)
class Repetition:
    """One value of a field, with components and their subcomponents."""

    raw: str
    separators: Separators

    def text(self, component: int = 1, subcomponent: int = 1) -> str:
        parts = self.raw.split(self.separators.component, component)
        if component > len(parts):
            return ""
        inner = parts[component - 1].split(self.separators.subcomponent, subcomponent)
        if subcomponent > len(inner):
            return ""
        return self.separators.unescape(inner[subcomponent - 1]).strip(" ")


@dataclass(frozen=True, slots=True)
class Message:
    separators: Separators
    segments: tuple[Segment, ...]

    @property
    def header(self) -> Segment:
        return self.segments[0]

    def named(self, *names: str) -> Iterator[Segment]:
        return (segment for segment in self.segments if segment.name in names)


def read(raw: bytes) -> Message:
    """Raises MessageUnreadable, CharacterSetUnknown."""
    return parse(decode(raw))


def begun(raw: bytes) -> bytes:
    """From its first segment on: a mark of UTF-8 and line ends of careless senders go."""
    return raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")


def decode(raw: bytes) -> str:
    """By MSH-18. Without one it is ASCII; UTF-8 that is plainly so is taken as such.

    Raises MessageUnreadable, CharacterSetUnknown.
    """
    raw = begun(raw)
    # Every character set there is agrees with ASCII up to the header's end.
    header = parse(re.split(rb"[\r\n]", raw, maxsplit=1)[0].decode("iso8859-1")).header
    named = {each.text() for each in header.repetitions(CHARACTER_SET)} - {""}
    place = {"place": header.place(CHARACTER_SET)}
    if len(named) > 1:
        raise CharacterSetUnknown("several character sets in one message", facts=place)
    name = named.pop() if named else ""
    if name and name.upper() not in CHARACTER_SETS:
        raise CharacterSetUnknown(facts=place)
    try:
        return raw.decode(CHARACTER_SETS[name.upper()] if name else "utf-8")
    except UnicodeDecodeError:
        said = f"bytes are not {name}" if name else "character set is not named"
        raise MessageUnreadable(said, facts=place) from None


def parse(text: str) -> Message:
    """Segments end with a carriage return; line feeds of careless senders count as such.

    Raises MessageUnreadable.
    """
    lines = [line for line in re.split(r"[\r\n]+", text) if line]
    separators = _separators(lines[0] if lines else "")
    if len(lines) > MOST_SEGMENTS:
        raise MessageUnreadable("message has too many segments")
    if _CONTROLS.search(text):
        raise MessageUnreadable("message has control characters")
    counts: dict[str, int] = {}
    segments = []
    for line in lines:
        name, *fields = line.split(separators.field)
        counts[name] = counts.get(name, 0) + 1
        own = [separators.field, *fields] if name == "MSH" else fields
        segments.append(Segment(name, counts[name], tuple(own), separators))
    return Message(separators, tuple(segments))


def _separators(header: str) -> Separators:
    """MSH-1 and MSH-2: five signs, each another one. Raises MessageUnreadable."""
    if not header.startswith("MSH") or len(header) < 4:
        raise MessageUnreadable("message does not begin with MSH")
    field = header[3]
    # From version 2.7 on a fifth sign may follow, for truncation.
    encoding = header[4:].split(field, 1)[0]
    signs = field + encoding
    usable = all(sign.isascii() and sign.isprintable() and not sign.isalnum() for sign in signs)
    if len(encoding) not in (4, 5) or len(set(signs)) != len(signs) or not usable or " " in signs:
        raise MessageUnreadable("separators are not those of HL7", facts={"place": "MSH^1^2"})
    return Separators(field, *encoding[:4])
