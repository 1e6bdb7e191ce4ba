"""Which shape a state has: done, wait, needs, stop, none. Never colour alone, so the word stands
beside it.
"""

from archive.models import (
    CaseState,
    CommitmentState,
    CustomerState,
    DocumentStatus,
    EventOutcome,
    JobState,
    NoticeState,
    StudyState,
)

SHAPES: dict[tuple[str, str], str] = {
    ("study", StudyState.RECEIVING): "wait",
    ("study", StudyState.WAITING): "wait",
    ("study", StudyState.REGISTERING): "wait",
    ("study", StudyState.REGISTERED): "done",
    ("study", StudyState.FAILED): "needs",
    ("study", StudyState.CORRECTED): "done",
    ("study", StudyState.DESTROYED): "stop",
    ("document", DocumentStatus.APPROVED): "done",
    ("document", DocumentStatus.DEPRECATED): "stop",
    ("storagecommitment", CommitmentState.REQUESTED): "wait",
    ("storagecommitment", CommitmentState.REPORTED): "done",
    ("storagecommitment", CommitmentState.UNDELIVERED): "needs",
    ("availabilitynotice", NoticeState.PENDING): "wait",
    ("availabilitynotice", NoticeState.DELIVERED): "done",
    ("availabilitynotice", NoticeState.SUPERSEDED): "stop",
    ("availabilitynotice", NoticeState.FAILED): "needs",
    ("job", JobState.WAITING): "wait",
    ("job", JobState.RUNNING): "wait",
    ("job", JobState.DONE): "done",
    ("job", JobState.DEAD): "needs",
    ("case", CaseState.OPEN): "needs",
    ("case", CaseState.RESOLVED): "done",
    ("caseevent", EventOutcome.OPEN): "needs",
    ("caseevent", EventOutcome.RETRIED): "wait",
    ("caseevent", EventOutcome.SOLVED): "done",
    ("organisation", CustomerState.JOINING): "wait",
    ("organisation", CustomerState.IN_PRODUCTION): "done",
    ("organisation", CustomerState.ENDED): "stop",
}
