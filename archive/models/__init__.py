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
    NoticeState,
    RegisterType,
    Role,
    Sector,
    StudyState,
    XdsRole,
)
from archive.models.desk import Case, CaseEvent
from archive.models.documents import (
    AvailabilityNotice,
    Document,
    DocumentLink,
    DocumentVersion,
    Folder,
    Submission,
)
from archive.models.log import LedgerEvent, LedgerSeal
from archive.models.organisations import Connection, Membership, Organisation, Register, User
from archive.models.policies import ContentPolicy, StudyCodeEntry
from archive.models.studies import Instance, Patient, Series, StorageCommitment, Study
from archive.models.trust import SpentMessage, TrustedIssuer
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
    "DocumentVersion",
    "Environment",
    "EventOutcome",
    "Folder",
    "Heartbeat",
    "Instance",
    "Job",
    "JobKind",
    "JobState",
    "LedgerEvent",
    "LedgerSeal",
    "Membership",
    "NoticeState",
    "Organisation",
    "Patient",
    "Register",
    "RegisterType",
    "Role",
    "Sector",
    "Series",
    "SpentMessage",
    "StorageCommitment",
    "Study",
    "StudyCodeEntry",
    "StudyState",
    "Submission",
    "TrustedIssuer",
    "User",
    "XdsRole",
]
