"""record(...): the only way to the log (LG-3, LG-4).

Use cases insert plain rows inside their own transaction; `archive.chain` seals them afterwards, so
writers never wait for each other.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS

from archive.actors import SYSTEM, Actor
from archive.chain import Verdict, make_partitions, seal, verify
from archive.models import LedgerEvent, Study
from archive.statements import execute
from archive.values import now, uuid7

__all__ = ["About", "Kind", "Verdict", "make_partitions", "record", "seal", "verify"]

# What every giving says of itself: who got what, of whose register, on what ground.
_GIVEN = (
    *("receiver_oid", "receiver_name", "unit", "user", "user_name", "user_role"),
    *("controller", "register_type", "register_specifier", "ground", "rules", "purpose"),
    *("emergency", "what", "study_uid", "documents", "service_event", "message_id", "interface"),
)
CLOCK_SLACK = timedelta(minutes=1)  # between an event's time and the making of its id


class Kind(Enum):
    """What can be recorded, each with the facts it must carry."""

    ASSOCIATION_VERIFIED = "association.verified", ("calling", "address")
    STUDY_STORED = "study.stored", ("instances", "bytes")
    STUDY_WAITING = "study.waiting", ("missing",)
    STUDY_REGISTERED = "study.registered", ("instances", "series")
    STUDY_LATE = "study.late", ("missing",)
    STUDY_VIEWED = "study.viewed", ("reason",)
    PATIENT_SEARCHED = "patient.searched", ("reason", "found")
    COMMITMENT_REQUESTED = "commitment.requested", ("instances",)
    COMMITMENT_REPORTED = "commitment.reported", ("committed", "failed")
    COMMITMENT_UNDELIVERED = "commitment.undelivered", ("error",)
    DOCUMENT_REGISTERED = "document.registered", ("kind",)
    FOLDER_FILLED = "folder.filled", ("documents",)
    DOCUMENT_UPDATED = "document.updated", ("kind", "version")
    DOCUMENT_REMOVED = "document.removed", ("kind",)
    STUDY_REFILED = "study.refiled", ("register",)
    DOCUMENTS_QUERIED = "documents.queried", ("query", "found")
    IMAGES_QUERIED = "images.queried", ("level", "keys", "found")
    RETRIEVAL_BEGUN = "retrieval.begun", ("by", "destination")
    STUDY_RETRIEVED = "study.retrieved", ("by", "destination", "instances", "failed", "outcome")
    MANIFEST_REGISTERED = "manifest.registered", ("instances", "series")
    MANIFEST_WITHDRAWN = "manifest.withdrawn", ("why",)
    OBJECTS_REJECTED = "objects.rejected", ("title", "objects", "origin")
    REJECTION_AWAITS = "rejection.awaits", ("title", "objects", "origin")
    REJECTION_REVOKED = "rejection.revoked", ("title", "objects", "reason")
    STUDY_CORRECTED = "study.corrected", ("origin", "changed")
    CORRECTION_UNDONE = "correction.undone", ("changed", "reason")
    CORRECTION_ALLOWED = "correction.allowed", ("what", "valid_from", "source")
    OBJECT_DAMAGED = "object.damaged", ("sop_instance_uid",)
    OBJECT_RESTORED = "object.restored", ("sop_instance_uid", "how")
    INDEX_REBUILT = "index.rebuilt", ("files", "added")
    FINDING_REPAIRED = "finding.repaired", ("what",)
    NOTICE_DELIVERED = "notice.delivered", ("tries",)
    NOTICE_UNDELIVERED = "notice.undelivered", ("tries", "error")
    NOTICE_GIVEN_UP = "notice.given_up", ("tries", "error")
    OBJECT_REFUSED = "object.refused", ("code", "reason", "count")
    CASE_RETRIED = "case.retried", ("events",)
    CASE_RESOLVED = "case.resolved", ("events",)
    CASE_CHANGED = "case.changed", ("what",)
    CASES_ACTED_ON = "cases.acted_on", ("what", "events")
    STUDY_RETRIED = "study.retried", ("what",)
    CUSTOMER_CHANGED = "customer.changed", ("what",)
    JOINING_MOVED = "joining.moved", ("from", "to", "reason")
    EVIDENCE_GIVEN = "evidence.given", ("precondition",)
    EVIDENCE_JUDGED = "evidence.judged", ("precondition", "accepted")
    TERMS_PUBLISHED = "terms.published", ("kind", "version")
    TERMS_ACCEPTED = "terms.accepted", ("kind", "version", "authority")
    ACCESS_CHANGED = "access.changed", ("what",)
    SIGNED_IN = "session.begun", ("how",)
    SIGNED_OUT = "session.ended", ()
    SIGN_IN_REFUSED = "session.refused", ("account",)
    SECOND_ASKED = "second.asked", ("kind", "reason")
    SECOND_DECIDED = "second.decided", ("kind", "granted")
    REGISTER_PASSED = "register.passed", ("controller", "from", "to", "day")
    ROLLOUT_STARTED = "rollout.started", ("number", "purpose")
    ROLLOUT_DOCUMENTED = "rollout.documented", ("number", "documents")
    ROLLOUT_ENDED = "rollout.ended", ("number", "state", "sha256")
    TRUST_CHANGED = "trust.changed", ("what", "issuer", "reason")
    AUTHORISATION_MADE = "authorisation.made", ("level", "producer")
    AUTHORISATION_AMENDED = "authorisation.amended", ("version", "changed", "producer")
    AUTHORISATION_ACCEPTED = "authorisation.accepted", ()
    AUTHORISATION_WITHDRAWN = "authorisation.withdrawn", ()  # the producer's acceptance
    AUTHORISATION_DECLINED = "authorisation.declined", ("reason",)
    AUTHORISATION_REVOKED = "authorisation.revoked", ("reason",)
    AUTHORISATION_ENDED = "authorisation.ended", ("how",)
    AUTHORISATION_DELIVERED = "authorisation.delivered", ("state",)
    AUTHORISATION_UNDELIVERED = "authorisation.undelivered", ("error",)
    AUTHORISATION_VIEWED = "authorisation.viewed", ("reason",)
    AUTHORISATION_SEARCHED = "authorisation.searched", ("found",)
    POLICY_LOADED = "policy.loaded", ("what", "rows")
    DISCLOSURE_GIVEN = "disclosure.given", _GIVEN
    DISCLOSURE_NOTIFIED = "disclosure.notified", (*_GIVEN, "notice", "reporter", "received_at")
    DISCLOSURE_REFUSED = "disclosure.refused", ("notice", "field", "problem")
    DATA_USED = "data.used", (*_GIVEN, "authorisation")
    LOG_SEARCHED = "log.searched", ("log", "filters")
    LOG_READ = "log.read", ("log", "entry")
    LOG_EXPORTED = "log.exported", ("log", "filters")
    LOG_REPORTED = "log.reported", ("log", "since", "until", "reason", "entries")
    LEDGER_ANCHORED = "ledger.anchored", ("position", "digest")
    LEDGER_RETIRED = "ledger.retired", ("before", "position", "digest", "events", "files")
    PATIENT_MERGED = "patient.merged", ("merge",)
    PATIENT_UNMERGED = "patient.unmerged", ("merge", "reason")
    PATIENT_UPDATED = "patient.updated", ("what",)
    PATIENT_VIEWED = "patient.viewed", ("reason", "shown")
    MESSAGE_REPLAYED = "message.replayed", ("outcome",)
    WISH_RECORDED = "wish.recorded", ("what", "source", "effective_at")
    WISH_REFUSED = "wish.refused", ("what", "source", "problem")
    WISHES_VIEWED = "wishes.viewed", ("reason", "as_of")
    WHY_ASKED = "why.asked", ("reason", "asker", "as_of", "studies", "allowed")
    CITIZEN_READ = "citizen.read", ("what", "found", "client")
    RULES_CHANGED = "rules.changed", ("what", "kind", "name", "reason")
    CLIENT_CHANGED = "client.changed", ("what", "issuer", "key", "reason")
    TOKEN_CHANGED = "token.changed", ("what", "name", "scopes")
    QUEUE_CHANGED = "queue.changed", ("what", "kind")
    WEBHOOK_CHANGED = "webhook.changed", ("what", "name")
    ALARM_RULED = "alarm.ruled", ("what", "rule", "reason")
    ALARM_ACKNOWLEDGED = "alarm.acknowledged", ("rule", "about", "reason")
    STATUS_CHANGED = "status.changed", ("what", "title")
    STATUS_ACKNOWLEDGED = "status.acknowledged", ("title",)
    SEARCH_SAVED = "search.saved", ("log", "name", "what")
    LIST_EXPORTED = "list.exported", ("listing", "filters", "format")
    REVIEW_RAISED = "review.raised", ("suspicion", "rule", "events")
    REVIEW_RULED = "review.ruled", ("suspicion", "scope", "version", "reason")
    REVIEW_WATCHED = "review.watched", ("what", "reason")
    REVIEW_VIEWED = "review.viewed", ("what",)
    REVIEW_SETTLED = "review.settled", ("suspicion", "reason")
    REVIEW_OPENED = "review.opened", ("number", "suspicions")
    REVIEW_CHANGED = "review.changed", ("number", "what")
    REVIEW_ASKED = "review.asked", ("number", "events", "due")
    REVIEW_ANSWERED = "review.answered", ("number",)
    REVIEW_CLOSED = "review.closed", ("number", "finding", "sha256")
    REVIEW_REOPENED = "review.reopened", ("number", "reason")

    HOLD_PLACED = "hold.placed", ("on", "reason", "until")
    HOLD_RELEASED = "hold.released", ("on", "reason")
    RETENTION_CHANGED = "retention.changed", ("what", "rule", "reason")
    DESTRUCTION_PROPOSED = "destruction.proposed", ("list", "studies", "reason")
    DESTRUCTION_MOVED = "destruction.moved", ("list", "to", "reason")
    DESTRUCTION_ENDED = "destruction.ended", ("list", "destroyed", "spared", "sha256")
    STUDY_SPARED = "study.spared", ("list", "why")
    STUDY_CONDEMNED = "study.condemned", ("list", "objects", "bytes", "sha256", "ended_on")
    STUDY_DESTROYED = "study.destroyed", ("list", "objects")
    DESTRUCTION_RESTORED = "destruction.restored", ("list", "objects")
    POLICY_CHANGED = "policy.changed", ("what", "content_type", "from", "reason")
    CODES_IMPORTED = "codes.imported", ("file", "sha256", "outcome", "reason")
    TAKEOVER_STARTED = "takeover.started", ("how", "listed")
    TAKEOVER_COMPARED = "takeover.compared", ("listed", "outcome", "sha256")
    TAKEOVER_EXPORTED = "takeover.exported", ("what", "filters")

    def __init__(self, word: str, demanded: tuple[str, ...]) -> None:
        self.word = word
        self.demanded = demanded


_INSERT = """
INSERT INTO archive_ledgerevent (at, id, kind, environment, actor_kind, actor_id, actor_name,
    organisation_id, subject_id, study_id, patient_id, correlation_id, facts)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class About:
    """What an event is about; ids only."""

    environment: str = ""
    organisation_id: UUID | None = None
    subject_id: UUID | None = None
    study_id: UUID | None = None
    patient_id: UUID | None = None
    correlation_id: UUID | None = None

    @classmethod
    def of_study(
        cls, study: Study, *, subject_id: UUID | None = None, patient_id: UUID | None = None
    ) -> "About":
        """Of what concerns a study of a register; the subject is the study unless it is named."""
        return cls(
            environment=study.environment,
            organisation_id=study.register.organisation_id,
            subject_id=subject_id or study.id,
            study_id=study.id,
            patient_id=patient_id,
        )


def record(
    kind: Kind,
    about: About,
    facts: Mapping[str, Any],
    *,
    actor: Actor = SYSTEM,
    at: datetime | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> UUID:
    """Write one event in the caller's transaction. Raises ValueError when a demanded fact is
    missing.
    """
    missing = [name for name in kind.demanded if name not in facts]
    if missing:
        raise ValueError(f"{kind.word} must carry {', '.join(missing)}")
    event_id = uuid7()
    execute(
        _INSERT,
        (
            at or now(),
            event_id,
            kind.word,
            about.environment,
            actor.kind.value,
            actor.id,
            actor.name,
            about.organisation_id or actor.organisation_id,
            about.subject_id,
            about.study_id,
            about.patient_id,
            about.correlation_id,
            json.dumps(dict(facts), default=str),
        ),
        using,
    )
    return event_id


def find(event_id: UUID) -> LedgerEvent | None:
    """One event. Its id holds the time it was made at, which says in which partition it stands."""
    made_at = datetime.fromtimestamp((event_id.int >> 80) / 1000, UTC)
    near = (made_at - CLOCK_SLACK, made_at + CLOCK_SLACK)
    return LedgerEvent.objects.filter(id=event_id, at__range=near).first()
