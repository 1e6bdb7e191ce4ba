"""The ADT messages that speak of patient ids and names: A08, A31, A40, A47; HL7 v2.5 chapter 3.

Only what this archive acts on is read: PID-3, 5, 7, 8, 29 and MRG-1. Errors name their place.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from archive.errors import PatientIdUntrusted
from archive.errors.persons import (
    FieldMissing,
    FieldUnreadable,
    MessageUnreadable,
    SegmentMissing,
    TableValueUnknown,
)
from archive.objects.er7 import Message, Repetition, Segment
from archive.objects.persons import Demographics, Merge, Person
from archive.values import HETU_ROOT, PatientIdentifier, dicom_date

ADT = "ADT"
UPDATES, MERGE, CHANGE = ("A08", "A31"), "A40", "A47"
EVENTS = (*UPDATES, MERGE, CHANGE)

ID, NAME, BIRTH_DATE, SEX, DEATH_DATE = 3, 5, 7, 8, 29  # of PID
PRIOR_ID = 1  # of MRG
DELETED = '""'  # section 2.5.3: the value is to be taken away
LEGAL_NAMES = ("L", "")  # XPN-7, table 0200: the one to file under
# Table 0001 as DICOM's Patient's Sex (0010,0040).
SEXES = {"F": "F", "M": "M", "O": "O", "A": "O", "N": "O", "U": ""}
OFFSET = re.compile(r"[+-][0-9]{4}$")
IN_PART = re.compile(r"([0-9]{4}|[0-9]{6})([+-][0-9]{4})?")  # section 2.A.22: to the year, or month
PERSON_CODE = "NNFIN"  # CX-5 of a Finnish personal identity code


@dataclass(frozen=True, slots=True)
class Header:
    """MSH as far as it decides who speaks, to whom, and how."""

    application: str
    facility: str
    receiving_application: str
    receiving_facility: str
    message_type: str
    event: str
    control_id: str
    processing_id: str
    version: str


def header(message: Message) -> Header:
    """Raises MessageUnreadable when there are several."""
    if sum(1 for _ in message.named("MSH")) > 1:
        raise MessageUnreadable("several messages in one frame", facts={"place": "MSH^2"})
    return header_of(message.header)


def header_of(first: Segment) -> Header:
    return Header(
        application=first.text(3),
        facility=first.text(4),
        receiving_application=first.text(5),
        receiving_facility=first.text(6),
        message_type=first.text(9),
        event=first.text(9, 2),
        control_id=first.raw(10),
        processing_id=first.text(11),
        version=first.text(12),
    )


def read_update(message: Message) -> Person:
    """A08 and A31: one patient with its demographics. Raises Malformed and Unacceptable."""
    found = list(message.named("PID"))
    if len(found) != 1:
        said = "PID is missing" if not found else "more than one PID"
        raise SegmentMissing(said, facts={"place": "PID^1"})
    pid = found[0]
    told = _demographics(pid, name_required=True)
    return Person(_identifier(pid, ID), told, pid.place(ID))


def read_merges(message: Message) -> list[Merge]:
    """A40 and A47: groups of PID and MRG, each MRG with the ids its PID takes over.

    Raises Malformed and Unacceptable.
    """
    return [each for pid, mrg in _groups(message) for each in _merges(pid, mrg)]


def _groups(message: Message) -> Iterator[tuple[Segment, Segment]]:
    """Raises SegmentMissing."""
    open_pid: Segment | None = None
    found = 0
    for segment in message.named("PID", "MRG"):
        if segment.name == "PID":
            if open_pid is not None:
                break
            open_pid = segment
        elif open_pid is None:
            raise SegmentMissing("MRG without its PID", facts={"place": f"MRG^{segment.number}"})
        else:
            yield open_pid, segment
            open_pid, found = None, found + 1
    if open_pid is not None:
        raise SegmentMissing("PID without its MRG", facts={"place": f"MRG^{open_pid.number}"})
    if not found:
        raise SegmentMissing("PID is missing", facts={"place": "PID^1"})


def _merges(pid: Segment, mrg: Segment) -> list[Merge]:
    survivor = Person(_identifier(pid, ID), _demographics(pid, name_required=False))
    retired = [each for each in _trusted(mrg, PRIOR_ID) if each != survivor.identifier]
    if not retired:
        retired = [_identifier(mrg, PRIOR_ID)]  # into itself, unless it is none at all
    return [Merge(each, survivor, mrg.place(PRIOR_ID)) for each in retired]


# --- ids ------------------------------------------------------------------------------------------


def _identifier(segment: Segment, position: int) -> PatientIdentifier:
    """The personal identity code of a list, else its temporary id.

    Raises FieldMissing when the list is empty, PatientIdUntrusted when it has no such id or several
    of a kind.
    """
    place = {"place": segment.place(position)}
    if not segment.raw(position).strip():
        raise FieldMissing(facts=place)
    found = _trusted(segment, position)
    official = [each for each in found if each.issuer == HETU_ROOT]
    chosen = official or found
    if len(chosen) != 1:
        said = "several patient ids of one kind" if chosen else ""
        raise PatientIdUntrusted(said, facts=place)
    return chosen[0]


def _trusted(segment: Segment, position: int) -> list[PatientIdentifier]:
    """Each once, in their order; ids of the sender's own systems are passed over."""
    found: dict[PatientIdentifier, None] = {}
    for each in segment.repetitions(position):
        identifier = _cx(each)
        if identifier is not None:
            found[identifier] = None
    return list(found)


def named(message: Message) -> list[PatientIdentifier]:
    """Each whom a message names by an id, wherever it stands in it and whether or not the message
    can be acted upon.
    """
    found: dict[PatientIdentifier, None] = {}
    for segment in message.segments[1:]:
        for position in range(1, len(segment.fields) + 1):
            found |= dict.fromkeys(_trusted(segment, position))
    return list(found)


def _cx(value: Repetition) -> PatientIdentifier | None:
    """CX: the id, and its assigning authority as an ISO OID; or said to be a personal code."""
    said = value.text(5)
    oid = value.text(4, 2) or value.text(4)  # careless senders name the authority by its OID
    if said == PERSON_CODE or not (oid or said):
        oid = HETU_ROOT
    if not oid or value.text(4, 3) not in ("", "ISO"):
        return None
    try:
        return PatientIdentifier.parse(value.text(), oid)
    except ValueError:
        return None


# --- demographics ---------------------------------------------------------------------------------


def _demographics(pid: Segment, *, name_required: bool) -> Demographics:
    name = _name(pid)
    if name is None and name_required:
        raise FieldMissing(facts={"place": pid.place(NAME)})
    return Demographics(name, _day(pid, BIRTH_DATE), _sex(pid), _day(pid, DEATH_DATE))


def _name(pid: Segment) -> str | None:
    """XPN as DICOM's PN: the two have prefix and suffix the other way round, PS3.5 6.2.1."""
    named = [each for each in pid.repetitions(NAME) if each.text() and each.text() != DELETED]
    if not named:
        return None
    value = next((each for each in named if each.text(7) in LEGAL_NAMES), named[0])
    family, given, further, suffix, prefix = (value.text(number) for number in range(1, 6))
    parts = [_name_part(part) for part in (family, given, further, prefix, suffix)]
    written = "^".join(parts).rstrip("^")
    if len(written) > 64:  # PS3.5 table 6.2-1: of a component group
        raise FieldUnreadable("name is longer than 64 characters", facts=_at(pid, NAME))
    return written


def _name_part(text: str) -> str:
    """Without what separates or controls in a PN."""
    plain = "" if text == DELETED else text
    return "".join(
        " " if sign in "^=\\" else sign for sign in plain if unicodedata.category(sign) != "Cc"
    ).strip()


def _day(pid: Segment, position: int) -> str | None:
    told = pid.text(position)
    if told in ("", DELETED):
        return None if not told else ""
    day = told[:8]  # of a DTM or TS, which may go on with the time
    if day.isdigit() and dicom_date(day) is not None:
        return day
    if IN_PART.fullmatch(told) and dicom_date(f"{OFFSET.sub('', told)}0101"[:8]) is not None:
        return None  # a year or a month: no day is told
    raise FieldUnreadable("not a day", facts=_at(pid, position))


def _sex(pid: Segment) -> str | None:
    told = pid.text(SEX).upper()
    if told in ("", DELETED):
        return None if not told else ""
    if told not in SEXES:
        raise TableValueUnknown("not in table 0001", facts=_at(pid, SEX))
    return SEXES[told]


def _at(segment: Segment, position: int) -> dict[str, str]:
    return {"place": segment.place(position)}
