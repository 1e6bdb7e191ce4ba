"""Events of the ledger as DICOM audit messages (LG-4): one table from kind to event, PS3.15 A.5.3.

A patient is named by the archive's own id, never by the personal identity code: a security monitor
needs to see that two events are about the same person, not who it is.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from archive.config import settings
from archive.ledger import Kind
from archive.models import LedgerEvent, Study
from archive.objects import audit
from archive.objects.audit import Code, Message, Participant, Subject, dcm
from archive.rules.disclosure import What

Facts = Mapping[str, Any]

AUDIT_LOG_USED = dcm("110101", "Audit Log Used")
BEGIN_TRANSFERRING = dcm("110102", "Begin Transferring DICOM Instances")
ACCESSED = dcm("110103", "DICOM Instances Accessed")
TRANSFERRED = dcm("110104", "DICOM Instances Transferred")
EXPORT = dcm("110106", "Export")
IMPORT = dcm("110107", "Import")
STUDY_DELETED = dcm("110105", "DICOM Study Deleted")
PATIENT_RECORD = dcm("110110", "Patient Record")
PROCEDURE_RECORD = dcm("110111", "Procedure Record")
QUERY = dcm("110112", "Query")
SECURITY_ALERT = dcm("110113", "Security Alert")
USER_AUTHENTICATION = dcm("110114", "User Authentication")

LOGIN, LOGOUT = dcm("110122", "Login"), dcm("110123", "Logout")
NODE_AUTHENTICATION = dcm("110126", "Node Authentication")
SECURITY_CONFIGURATION = dcm("110129", "Security Configuration")
SOFTWARE_CONFIGURATION = dcm("110131", "Software Configuration")
RESTRICTED_FUNCTION = dcm("110132", "Use of Restricted Function")
ROLES_CHANGED = dcm("110136", "Security Roles Changed")
REGISTER_DOCUMENTS = Code("ITI-42", "IHE Transactions", "Register Document Set-b")
STORED_QUERY = Code("ITI-18", "IHE Transactions", "Registry Stored Query")

LOG_URI = "urn:imaging-data-repository:log"
MOST_DOCUMENTS = 50  # named in one message; the ledger has them all
DETAILS = (
    *("ground", "purpose", "interface", "message_id", "reason", "service_event", "problem"),
    "objects",
)


@dataclass(frozen=True, slots=True)
class Row:
    """How a kind of event is told."""

    event: Code
    action: str
    type: Code | None = None
    outcome: str = audit.SUCCESS
    outward: bool = False  # data leaves the archive: the other system is the destination
    life_cycle: str = ""


_RESTRICTED = Row(SECURITY_ALERT, "E", RESTRICTED_FUNCTION)
_STATE = Row(PROCEDURE_RECORD, "U")
_LOG = Row(AUDIT_LOG_USED, "R")
_GIVEN: Mapping[str, Row] = {
    What.METADATA: Row(QUERY, "E", outward=True),
    What.DOCUMENT: Row(EXPORT, "R", outward=True),
    What.MANIFEST: Row(EXPORT, "R", outward=True),
    What.IMAGES: Row(BEGIN_TRANSFERRING, "E", outward=True),
}


def _given(facts: Facts) -> Row:
    """By what was given; it is written before the first byte goes out."""
    return _GIVEN.get(str(facts.get("what", "")), _GIVEN[What.DOCUMENT])


TABLE: Mapping[Kind, Row | Callable[[Facts], Row]] = {
    Kind.ASSOCIATION_VERIFIED: Row(SECURITY_ALERT, "E", NODE_AUTHENTICATION),
    Kind.STUDY_STORED: Row(TRANSFERRED, "C"),
    Kind.STUDY_WAITING: _STATE,
    Kind.STUDY_REGISTERED: _STATE,
    Kind.STUDY_LATE: Row(PROCEDURE_RECORD, "U", outcome=audit.MINOR_FAILURE),
    Kind.STUDY_VIEWED: Row(ACCESSED, "R"),
    Kind.STUDY_RETRIED: _STATE,
    Kind.PATIENT_SEARCHED: Row(QUERY, "E"),
    Kind.COMMITMENT_REQUESTED: Row(ACCESSED, "R"),
    Kind.COMMITMENT_REPORTED: Row(ACCESSED, "R"),
    Kind.COMMITMENT_UNDELIVERED: Row(ACCESSED, "R", outcome=audit.MINOR_FAILURE),
    Kind.DOCUMENT_REGISTERED: Row(IMPORT, "C", REGISTER_DOCUMENTS),
    Kind.DOCUMENTS_QUERIED: Row(QUERY, "E", STORED_QUERY, outward=True),
    Kind.IMAGES_QUERIED: Row(QUERY, "E", outward=True),
    Kind.RETRIEVAL_BEGUN: Row(BEGIN_TRANSFERRING, "R", outward=True),
    Kind.STUDY_RETRIEVED: Row(TRANSFERRED, "R", outward=True),
    Kind.MANIFEST_WITHDRAWN: _STATE,
    Kind.OBJECTS_REJECTED: _STATE,
    Kind.REJECTION_AWAITS: _STATE,
    Kind.REJECTION_REVOKED: _RESTRICTED,
    Kind.STUDY_CORRECTED: _STATE,
    Kind.CORRECTION_UNDONE: _RESTRICTED,
    Kind.CORRECTION_ALLOWED: Row(SECURITY_ALERT, "E", SOFTWARE_CONFIGURATION),
    Kind.OBJECT_DAMAGED: Row(SECURITY_ALERT, "E", RESTRICTED_FUNCTION, audit.SERIOUS_FAILURE),
    Kind.OBJECT_RESTORED: _STATE,
    Kind.INDEX_REBUILT: _RESTRICTED,
    Kind.FINDING_REPAIRED: _RESTRICTED,
    Kind.MANIFEST_REGISTERED: Row(PROCEDURE_RECORD, "C"),
    Kind.NOTICE_DELIVERED: Row(PROCEDURE_RECORD, "R", outward=True),
    Kind.NOTICE_UNDELIVERED: Row(PROCEDURE_RECORD, "R", outcome=audit.MINOR_FAILURE),
    Kind.NOTICE_GIVEN_UP: Row(PROCEDURE_RECORD, "R", outcome=audit.SERIOUS_FAILURE),
    Kind.OBJECT_REFUSED: Row(IMPORT, "C", outcome=audit.SERIOUS_FAILURE),
    Kind.CASE_RETRIED: _RESTRICTED,
    Kind.CASE_RESOLVED: _RESTRICTED,
    Kind.CASE_CHANGED: _RESTRICTED,
    Kind.CASES_ACTED_ON: _RESTRICTED,
    Kind.CUSTOMER_CHANGED: Row(SECURITY_ALERT, "E", SECURITY_CONFIGURATION),
    Kind.JOINING_MOVED: _RESTRICTED,
    Kind.EVIDENCE_GIVEN: _RESTRICTED,
    Kind.EVIDENCE_JUDGED: _RESTRICTED,
    Kind.TERMS_PUBLISHED: _RESTRICTED,
    Kind.TERMS_ACCEPTED: _RESTRICTED,
    Kind.ACCESS_CHANGED: Row(SECURITY_ALERT, "E", ROLES_CHANGED),
    Kind.SIGNED_IN: Row(USER_AUTHENTICATION, "E", LOGIN),
    Kind.SIGNED_OUT: Row(USER_AUTHENTICATION, "E", LOGOUT),
    Kind.SIGN_IN_REFUSED: Row(USER_AUTHENTICATION, "E", LOGIN, audit.MINOR_FAILURE),
    Kind.SECOND_ASKED: _RESTRICTED,
    Kind.SECOND_DECIDED: _RESTRICTED,
    Kind.REGISTER_PASSED: Row(SECURITY_ALERT, "E", SECURITY_CONFIGURATION),
    Kind.ROLLOUT_STARTED: _RESTRICTED,
    Kind.ROLLOUT_DOCUMENTED: _RESTRICTED,
    Kind.ROLLOUT_ENDED: _RESTRICTED,
    Kind.POLICY_LOADED: Row(SECURITY_ALERT, "E", SOFTWARE_CONFIGURATION),
    Kind.PATIENT_MERGED: Row(PATIENT_RECORD, "U"),
    Kind.PATIENT_UNMERGED: Row(PATIENT_RECORD, "U"),
    Kind.PATIENT_UPDATED: Row(PATIENT_RECORD, "U"),
    Kind.PATIENT_VIEWED: Row(PATIENT_RECORD, "R"),
    Kind.MESSAGE_REPLAYED: _RESTRICTED,
    Kind.DISCLOSURE_GIVEN: _given,
    Kind.DISCLOSURE_NOTIFIED: Row(EXPORT, "R", life_cycle=audit.DISCLOSURE),
    Kind.DISCLOSURE_REFUSED: Row(IMPORT, "C", outcome=audit.SERIOUS_FAILURE),
    Kind.DATA_USED: _given,
    Kind.LOG_SEARCHED: _LOG,
    Kind.LOG_READ: _LOG,
    Kind.LOG_EXPORTED: _LOG,
    Kind.LOG_REPORTED: _LOG,
    Kind.LEDGER_ANCHORED: _LOG,
    Kind.LEDGER_RETIRED: _RESTRICTED,
    Kind.FOLDER_FILLED: Row(PROCEDURE_RECORD, "U"),
    Kind.DOCUMENT_UPDATED: Row(PROCEDURE_RECORD, "U"),
    Kind.DOCUMENT_REMOVED: Row(PROCEDURE_RECORD, "D"),
    Kind.STUDY_REFILED: _STATE,
    Kind.TRUST_CHANGED: Row(SECURITY_ALERT, "E", SECURITY_CONFIGURATION),
    Kind.AUTHORISATION_MADE: Row(PATIENT_RECORD, "C"),
    Kind.AUTHORISATION_AMENDED: Row(PATIENT_RECORD, "U"),
    Kind.AUTHORISATION_ACCEPTED: Row(PATIENT_RECORD, "U"),
    Kind.AUTHORISATION_WITHDRAWN: Row(PATIENT_RECORD, "U"),
    Kind.AUTHORISATION_DECLINED: Row(PATIENT_RECORD, "U"),
    Kind.AUTHORISATION_REVOKED: Row(PATIENT_RECORD, "U"),
    Kind.AUTHORISATION_ENDED: Row(PATIENT_RECORD, "U"),
    Kind.AUTHORISATION_DELIVERED: Row(EXPORT, "R", outward=True),
    Kind.AUTHORISATION_UNDELIVERED: Row(EXPORT, "R", outcome=audit.MINOR_FAILURE),
    Kind.AUTHORISATION_VIEWED: Row(PATIENT_RECORD, "R"),
    Kind.AUTHORISATION_SEARCHED: Row(QUERY, "E"),
    Kind.WISH_RECORDED: Row(PATIENT_RECORD, "U"),
    Kind.WISH_REFUSED: Row(PATIENT_RECORD, "U", outcome=audit.MINOR_FAILURE),
    Kind.WISHES_VIEWED: Row(PATIENT_RECORD, "R"),
    Kind.WHY_ASKED: Row(PATIENT_RECORD, "R"),
    Kind.CITIZEN_READ: Row(PATIENT_RECORD, "R"),
    Kind.RULES_CHANGED: Row(SECURITY_ALERT, "E", SECURITY_CONFIGURATION),
    Kind.CLIENT_CHANGED: Row(SECURITY_ALERT, "E", SECURITY_CONFIGURATION),
    Kind.TOKEN_CHANGED: Row(SECURITY_ALERT, "E", SECURITY_CONFIGURATION),
    Kind.QUEUE_CHANGED: Row(SECURITY_ALERT, "E", SECURITY_CONFIGURATION),
    Kind.WEBHOOK_CHANGED: Row(SECURITY_ALERT, "E", SECURITY_CONFIGURATION),
    Kind.ALARM_RULED: Row(SECURITY_ALERT, "E", SECURITY_CONFIGURATION),
    Kind.ALARM_ACKNOWLEDGED: _RESTRICTED,
    Kind.STATUS_CHANGED: Row(SECURITY_ALERT, "E", SECURITY_CONFIGURATION),
    Kind.STATUS_ACKNOWLEDGED: _RESTRICTED,
    Kind.SEARCH_SAVED: _LOG,
    Kind.LIST_EXPORTED: Row(EXPORT, "R"),
    Kind.REVIEW_RAISED: Row(SECURITY_ALERT, "E", RESTRICTED_FUNCTION, audit.MINOR_FAILURE),
    Kind.REVIEW_RULED: Row(SECURITY_ALERT, "E", SECURITY_CONFIGURATION),
    Kind.REVIEW_WATCHED: Row(SECURITY_ALERT, "E", SECURITY_CONFIGURATION),
    Kind.REVIEW_VIEWED: _LOG,
    Kind.REVIEW_SETTLED: _RESTRICTED,
    Kind.REVIEW_OPENED: _RESTRICTED,
    Kind.REVIEW_CHANGED: _RESTRICTED,
    Kind.REVIEW_ASKED: _RESTRICTED,
    Kind.REVIEW_ANSWERED: _RESTRICTED,
    Kind.REVIEW_CLOSED: _RESTRICTED,
    Kind.REVIEW_REOPENED: _RESTRICTED,
    Kind.HOLD_PLACED: _RESTRICTED,
    Kind.HOLD_RELEASED: _RESTRICTED,
    Kind.RETENTION_CHANGED: Row(SECURITY_ALERT, "E", SOFTWARE_CONFIGURATION),
    Kind.DESTRUCTION_PROPOSED: _RESTRICTED,
    Kind.DESTRUCTION_MOVED: _RESTRICTED,
    Kind.DESTRUCTION_ENDED: _RESTRICTED,
    Kind.STUDY_SPARED: _STATE,
    Kind.STUDY_CONDEMNED: Row(PROCEDURE_RECORD, "D"),
    Kind.STUDY_DESTROYED: Row(STUDY_DELETED, "D"),
    Kind.DESTRUCTION_RESTORED: Row(STUDY_DELETED, "D"),
    Kind.POLICY_CHANGED: Row(SECURITY_ALERT, "E", SOFTWARE_CONFIGURATION),
    Kind.CODES_IMPORTED: Row(SECURITY_ALERT, "E", SOFTWARE_CONFIGURATION),
    Kind.TAKEOVER_STARTED: Row(IMPORT, "C"),
    Kind.TAKEOVER_COMPARED: Row(IMPORT, "U"),
    Kind.TAKEOVER_EXPORTED: Row(EXPORT, "R", outward=True),
}
BY_WORD = {kind.word: row for kind, row in TABLE.items()}


def compose(events: Iterable[LedgerEvent]) -> list[Message]:
    """The messages of these events, in their order."""
    found = list(events)
    studies = dict(
        Study.objects.filter(id__in={each.study_id for each in found if each.study_id}).values_list(
            "id", "study_instance_uid"
        )
    )
    return [_message(event, studies) for event in found]


def _message(event: LedgerEvent, studies: Mapping[UUID, str]) -> Message:
    # A kind that an older or newer version wrote is told as what it surely is: something was done.
    named = BY_WORD.get(event.kind, _RESTRICTED)
    row = named if isinstance(named, Row) else named(event.facts)
    return Message(
        event=row.event,
        action=row.action,
        at=event.at,
        outcome=row.outcome,
        participants=tuple(_participants(event, row)),
        source_id=settings().operator_oid,
        site_id=settings().home_community,
        types=(row.type,) if row.type else (),
        subjects=tuple(_subjects(event, row, studies)),
    )


def _participants(event: LedgerEvent, row: Row) -> Iterable[Participant]:
    """The professional, the system or person that acted, and the archive."""
    theirs, ours = audit.SOURCE, audit.DESTINATION
    if row.outward:
        theirs, ours = ours, theirs
    professional = str(event.facts.get("user") or "")
    itself = event.actor_kind == "system"
    if professional:
        name = str(event.facts.get("user_name") or "")
        yield Participant(professional, name, event.actor_name, is_requestor=True)
    if not itself:
        user_id = str(event.actor_id or event.actor_name)
        role = theirs if event.actor_kind == "connection" else None
        yield Participant(user_id, event.actor_name, is_requestor=not professional, role=role)
    yield Participant(
        settings().operator_oid,
        "Imaging Data Repository",
        is_requestor=itself and not professional,
        role=ours,
    )


def _subjects(event: LedgerEvent, row: Row, studies: Mapping[UUID, str]) -> Iterable[Subject]:
    details = (("ledger-event", str(event.id)), ("ledger-kind", event.kind), *_details(event.facts))
    if row.event == AUDIT_LOG_USED:
        yield Subject(
            id=f"{LOG_URI}:{event.facts.get('log', 'ledger')}",
            id_type=audit.URI,
            kind=audit.SYSTEM_OBJECT,
            role=audit.SECURITY_RESOURCE,
            name="Security Audit Log",
            details=details,
        )
    elif row.event == QUERY:
        yield Subject(
            id=str(event.facts.get("query") or event.facts.get("interface") or "patient search"),
            id_type=audit.SEARCH_CRITERIA,
            kind=audit.SYSTEM_OBJECT,
            role=audit.QUERY,
            query=event.kind.encode(),
            details=details,
        )
    else:
        yield _main(event, row, studies, details)
    if event.patient_id:
        yield Subject(
            id=event.patient_id.urn,
            id_type=audit.PATIENT_NUMBER,
            kind=audit.PERSON,
            role=audit.PATIENT,
        )
    for unique_id in _documents(event.facts):
        yield Subject(unique_id, audit.REPORT_NUMBER, audit.SYSTEM_OBJECT, audit.REPORT)


def _main(
    event: LedgerEvent,
    row: Row,
    studies: Mapping[UUID, str],
    details: tuple[tuple[str, str], ...],
) -> Subject:
    """The study, else what the event says it was about."""
    uid = studies.get(event.study_id, "") if event.study_id else ""
    uid = uid or str(event.facts.get("study_uid") or "")
    about = event.subject_id or event.organisation_id or event.id
    return Subject(
        id=uid or about.urn,
        id_type=audit.STUDY_UID if uid else audit.URI,
        kind=audit.SYSTEM_OBJECT,
        role=audit.REPORT if uid else audit.SECURITY_RESOURCE,
        name=event.kind,
        life_cycle=row.life_cycle,
        details=details,
    )


def _details(facts: Facts) -> Iterable[tuple[str, str]]:
    return tuple((name, str(facts[name])) for name in DETAILS if facts.get(name))


def _documents(facts: Facts) -> list[str]:
    told = facts.get("documents")
    return [str(each) for each in told][:MOST_DOCUMENTS] if isinstance(told, list) else []
