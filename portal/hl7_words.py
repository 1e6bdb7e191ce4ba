"""An HL7 message as people read it: segments, fields in words, values masked until a reason is
given.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from archive.errors import ArchiveError
from archive.objects import adt, er7, hl7_names
from archive.objects.er7 import Segment
from archive.values import mask
from portal.advice.kinds import Text

EVENTS: Mapping[str, Text] = {
    "ADT^A08": _("Update of a patient’s data"),
    "ADT^A31": _("Update of a person’s data"),
    "ADT^A40": _("Merge of two patients"),
    "ADT^A47": _("Change of a patient’s id"),
}
OTHER = _("Other HL7 message")
SEGMENTS: Mapping[str, Text] = {
    "MSH": _("Header"),
    "EVN": _("Event"),
    "PID": _("Patient"),
    "PD1": _("More about the patient"),
    "MRG": _("Ids that are retired"),
    "PV1": _("Visit"),
    "NK1": _("Next of kin"),
    "MSA": _("Acknowledgement"),
    "ERR": _("Error"),
}
# The fields that this archive acts on; the others keep the standard's own names.
FIELDS: Mapping[tuple[str, int], Text] = {
    ("MSH", 3): _("Sending application"),
    ("MSH", 4): _("Sending facility"),
    ("MSH", 5): _("Receiving application"),
    ("MSH", 6): _("Receiving facility"),
    ("MSH", 7): _("Time of the message"),
    ("MSH", 9): _("Message and event"),
    ("MSH", 10): _("Message control id"),
    ("MSH", 11): _("Processing id"),
    ("MSH", 12): _("HL7 version"),
    ("MSH", 18): _("Character set"),
    ("EVN", 1): _("Event"),
    ("EVN", 2): _("Recorded"),
    ("PID", adt.ID): _("Patient ids"),
    ("PID", adt.NAME): _("Patient’s name"),
    ("PID", adt.BIRTH_DATE): _("Day of birth"),
    ("PID", adt.SEX): _("Sex"),
    ("MRG", adt.PRIOR_ID): _("Retired patient ids"),
    ("MSA", 1): _("Acknowledgement"),
    ("MSA", 2): _("Message control id"),
    ("MSA", 3): _("In words"),
    ("ERR", 2): _("Place in the message"),
    ("ERR", 3): _("Code of the standard"),
    ("ERR", 5): _("Code of the archive"),
    ("ERR", 7): _("Reference for the support desk"),
    ("ERR", 8): _("In words"),
}
OPEN = frozenset({"MSH", "EVN", "MSA", "ERR"})  # nothing of the patient stands in these
IDS = {("PID", adt.ID), ("MRG", adt.PRIOR_ID)}
HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Line:
    """A field that tells something."""

    place: str  # PID-3
    name: Text
    value: str


@dataclass(frozen=True, slots=True)
class Part:
    """A segment."""

    name: str
    word: Text
    lines: list[Line]


def event_words(event: str) -> Text:
    return EVENTS.get(event, OTHER)


def parts(raw: bytes, *, whole: bool) -> list[Part]:
    """A message by its segments; nothing of what cannot be read."""
    try:
        message = er7.read(raw)
    except ArchiveError:
        return []
    version = message.header.text(12)
    return [_part(segment, version, whole=whole) for segment in message.segments]


def _part(segment: Segment, version: str, *, whole: bool) -> Part:
    lines = [
        Line(
            f"{segment.name}-{position}",
            FIELDS.get((segment.name, position))
            or hl7_names.field_name(version, segment.name, position),
            _value(segment, position, whole=whole or segment.name in OPEN),
        )
        for position in range(1, len(segment.fields) + 1)
        if segment.raw(position) and (segment.name, position) not in (("MSH", 1), ("MSH", 2))
    ]
    return Part(segment.name, SEGMENTS.get(segment.name, ""), lines)


def _value(segment: Segment, position: int, *, whole: bool) -> str:
    if whole:
        return segment.raw(position)
    if (segment.name, position) in IDS:
        return ", ".join(mask(each.text()) for each in segment.repetitions(position))
    return HIDDEN
