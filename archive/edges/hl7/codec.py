"""Acknowledgements as bytes, HL7 v2.5 section 2.14: MSH, MSA and, for a failure, ERR.

They are written with the sender's own separators and character set, so that what is echoed is
echoed exactly.
"""

from datetime import datetime

from archive.config import settings
from archive.edges.edge import reply_for
from archive.edges.hl7.replies import ACCEPTED, TABLE, Reply
from archive.errors import ArchiveError
from archive.errors.persons import MessageUnreadable
from archive.objects import er7
from archive.objects.er7 import Segment, Separators
from archive.values import now, uuid7

DEFAULT_VERSION = "2.5"  # in which a message of no known version is answered
WITH_ERROR_LOCATION_ONLY = ("2.3", "2.3.1", "2.4")  # ERR-1; later fields came with 2.5
WITHOUT_STRUCTURE = ("2.3",)  # MSH-9.3
MOST_TEXT = 250
_NO_HEADER = Segment("MSH", 1, ("|",), Separators())


def header_of(raw: bytes) -> Segment:
    """The header as far as it can be made out; an empty one when it cannot."""
    line = er7.begun(raw).replace(b"\n", b"\r").split(b"\r", 1)[0]
    try:
        return er7.parse(line.decode("iso8859-1")).header
    except MessageUnreadable:
        return _NO_HEADER


def reply_to(error: ArchiveError | None) -> Reply:
    return Reply(ACCEPTED, 0) if error is None else reply_for(TABLE, error)


def acknowledge(raw: bytes, error: ArchiveError | None, *, reference: str = "") -> bytes:
    """The answer to a message; `reference` is what our support desk finds it by."""
    header = header_of(raw)
    reply, version = reply_to(error), _version(header)
    lines = [
        _msh(header, version, now()),
        _msa(header, reply, error),
        *([] if error is None else [_err(header, version, reply, error, reference)]),
    ]
    # The header was read as 8859/1, whatever it is in: its bytes go back as they came, and what
    # we say ourselves is ASCII.
    return b"".join(line.encode("iso8859-1", "replace") + b"\r" for line in lines)


def _version(header: Segment) -> str:
    told = header.text(12)
    return told if told in settings().hl7_versions else DEFAULT_VERSION


def _msh(header: Segment, version: str, at: datetime) -> str:
    signs = header.separators
    event = signs.escaped(header.text(9, 2))[:3]
    kind = ["ACK", event, "" if version in WITHOUT_STRUCTURE else "ACK"]
    fields = {
        2: signs.encoding_characters,
        3: header.raw(5),
        4: header.raw(6),
        5: header.raw(3),
        6: header.raw(4),
        7: at.strftime("%Y%m%d%H%M%S+0000"),
        9: signs.component.join(kind).rstrip(signs.component),
        10: uuid7().hex[:20],
        11: header.raw(11) or "P",
        12: version,
        18: header.raw(18),
    }
    return _segment("MSH", fields, signs, first=2)


def _msa(header: Segment, reply: Reply, error: ArchiveError | None) -> str:
    signs = header.separators
    fields = {
        1: reply.acknowledgement,
        2: header.raw(10),
        3: "" if error is None else signs.escaped(error.detail[:80]),
    }
    return _segment("MSA", fields, signs)


def _err(header: Segment, version: str, reply: Reply, error: ArchiveError, reference: str) -> str:
    """Where, what, how bad, and words for an engineer."""
    signs = header.separators

    def coded(*parts: str, joint: str = signs.component) -> str:
        return joint.join(signs.escaped(part) for part in parts)

    place = error.facts.get("place", "").split("^") if error.facts.get("place") else []
    condition = (str(reply.condition), reply.text, "HL70357")
    old = ""
    if version in WITH_ERROR_LOCATION_ONLY:
        code = coded(*condition, joint=signs.subcomponent)
        old = signs.component.join([*[*place, "", "", ""][:3], code])
    fields = {
        1: old,
        2: coded(*place),
        3: coded(*condition),
        4: "E",
        5: coded(error.code, error.comment),
        7: signs.escaped(reference),
        8: signs.escaped(error.detail[:MOST_TEXT]),
    }
    return _segment("ERR", fields, signs)


def _segment(name: str, fields: dict[int, str], signs: Separators, first: int = 1) -> str:
    last = max(position for position, value in fields.items() if value)
    return signs.field.join([name, *(fields.get(each, "") for each in range(first, last + 1))])
