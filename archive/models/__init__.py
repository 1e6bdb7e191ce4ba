"""Facts at rest: constraints and one-row properties."""

from archive.models.choices import (
    STAFF_ROLES,
    CaseState,
    CommitmentState,
    ConnectionKind,
    CustomerState,
    DocumentKind,
    DocumentStatus,
    Environment,
    EventOutcome,
    JobKind,
    JobState,
    MessageOutcome,
    NoticeState,
    RegisterType,
    Role,
    SecondKind,
    SecondState,
    Sector,
    StudyState,
    XdsRole,
)
from archive.models.desk import Case, CaseEvent
from archive.models.documents import AvailabilityNotice, Document, DocumentLink, Submission
from archive.models.log import LedgerEvent, LedgerSeal
from archive.models.organisations import Connection, Membership, Organisation, Register, User
from archive.models.persons import Hl7Message, PatientHistory, PatientMerge
from archive.models.policies import ContentPolicy, StudyCodeEntry
from archive.models.seconds import SecondPerson
from archive.models.studies import Instance, Patient, Series, StorageCommitment, Study
from archive.models.work import Heartbeat, Job

__all__ = [
    "STAFF_ROLES",
    "AvailabilityNotice",
    "Case",
    "CaseEvent",
    "CaseState",
    "CommitmentState",
    "Connection",
    "ConnectionKind",
    "ContentPolicy",
    "CustomerState",
    "Document",
    "DocumentKind",
    "DocumentLink",
    "DocumentStatus",
    "Environment",
    "EventOutcome",
    "Heartbeat",
    "Hl7Message",
    "Instance",
    "Job",
    "JobKind",
    "JobState",
    "LedgerEvent",
    "LedgerSeal",
    "Membership",
    "MessageOutcome",
    "NoticeState",
    "Organisation",
    "Patient",
    "PatientHistory",
    "PatientMerge",
    "Register",
    "RegisterType",
    "Role",
    "SecondKind",
    "SecondPerson",
    "SecondState",
    "Sector",
    "Series",
    "StorageCommitment",
    "Study",
    "StudyCodeEntry",
    "StudyState",
    "Submission",
    "User",
    "XdsRole",
]
