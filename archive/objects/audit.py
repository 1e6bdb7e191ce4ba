"""DICOM audit messages, PS3.15 section A.5, as values and as XML."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from archive.objects.xml import carried


@dataclass(frozen=True, slots=True)
class Code:
    """A coded value, A.5.1: `csd-code`, `codeSystemName`, `originalText`."""

    value: str
    system: str
    text: str


def dcm(value: str, text: str) -> Code:
    """A code of DICOM's controlled terminology, PS3.16 annex D."""
    return Code(value, "DCM", text)


SOURCE, DESTINATION = dcm("110153", "Source Role ID"), dcm("110152", "Destination Role ID")
STUDY_UID = dcm("110180", "Study Instance UID")
PATIENT_NUMBER = Code("2", "RFC-3881", "Patient Number")
REPORT_NUMBER = Code("9", "RFC-3881", "Report Number")
SEARCH_CRITERIA = Code("10", "RFC-3881", "Search Criteria")
URI = Code("12", "RFC-3881", "URI")

PERSON, SYSTEM_OBJECT = "1", "2"  # ParticipantObjectTypeCode
PATIENT, REPORT, SECURITY_RESOURCE, QUERY = "1", "3", "13", "24"  # ParticipantObjectTypeCodeRole
DISCLOSURE = "11"  # ParticipantObjectDataLifeCycle
SUCCESS, MINOR_FAILURE, SERIOUS_FAILURE = "0", "4", "8"  # EventOutcomeIndicator
APPLICATION_SERVER = "4"  # AuditSourceTypeCode


@dataclass(frozen=True, slots=True)
class Participant:
    """Who took part. One at most of a message is the requestor."""

    user_id: str
    name: str = ""
    alternative_id: str = ""
    is_requestor: bool = False
    role: Code | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A participant object: what the event was about. With a query in place of a name it was asked
    for.
    """

    id: str
    id_type: Code
    kind: str  # PERSON or SYSTEM_OBJECT
    role: str
    name: str = ""
    query: bytes | None = None
    life_cycle: str = ""
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    event: Code
    action: str  # C R U D E
    at: datetime
    outcome: str
    participants: tuple[Participant, ...]
    source_id: str
    site_id: str
    types: tuple[Code, ...] = ()
    subjects: tuple[Subject, ...] = ()


def encode(message: Message) -> bytes:
    """The message as UTF-8 XML on one line, without a declaration."""
    root = etree.Element("AuditMessage")
    event = _add(
        root,
        "EventIdentification",
        EventActionCode=message.action,
        EventDateTime=f"{message.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z",
        EventOutcomeIndicator=message.outcome,
    )
    _code(event, "EventID", message.event)
    for each in message.types:
        _code(event, "EventTypeCode", each)
    for participant in message.participants:
        _participant(root, participant)
    source = _add(
        root,
        "AuditSourceIdentification",
        AuditEnterpriseSiteID=message.site_id,
        AuditSourceID=message.source_id,
    )
    _add(source, "AuditSourceTypeCode", **{"csd-code": APPLICATION_SERVER})
    for subject in message.subjects:
        _subject(root, subject)
    content: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=False)
    return content


def _participant(root: etree._Element, participant: Participant) -> None:
    element = _add(
        root,
        "ActiveParticipant",
        UserID=participant.user_id or "-",
        AlternativeUserID=participant.alternative_id,
        UserName=participant.name,
        UserIsRequestor="true" if participant.is_requestor else "false",
    )
    if participant.role:
        _code(element, "RoleIDCode", participant.role)


def _subject(root: etree._Element, subject: Subject) -> None:
    element = _add(
        root,
        "ParticipantObjectIdentification",
        ParticipantObjectID=subject.id,
        ParticipantObjectTypeCode=subject.kind,
        ParticipantObjectTypeCodeRole=subject.role,
        ParticipantObjectDataLifeCycle=subject.life_cycle,
    )
    _code(element, "ParticipantObjectIDTypeCode", subject.id_type)
    if subject.query is None:
        _add(element, "ParticipantObjectName").text = _legal(subject.name)
    else:
        _add(element, "ParticipantObjectQuery").text = base64.b64encode(subject.query).decode()
    for name, value in subject.details:
        encoded = base64.b64encode(value.encode()).decode()
        _add(element, "ParticipantObjectDetail", type=name, value=encoded)


def _code(parent: etree._Element, name: str, code: Code) -> None:
    _add(
        parent,
        name,
        **{"csd-code": code.value, "codeSystemName": code.system, "originalText": code.text},
    )


def _add(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    """An element with those of the attributes that have a value."""
    given = {key: _legal(value) for key, value in attributes.items() if value}
    return etree.SubElement(parent, name, given)


def _legal(text: str) -> str:
    """Facts repeat what peers sent."""
    return carried(text, "?")
