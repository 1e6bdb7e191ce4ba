"""record(...): the only way to the log (LG-3, LG-4).

Use cases insert plain rows inside their own transaction. One sealer at a time chains all rows whose
transactions lie below the oldest running one, so writers never wait for each other.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from archive.actors import SYSTEM, Actor
from archive.values import now, uuid7

SEAL_LOCK = 7_301_001  # advisory lock of the one sealer
BATCH = 5_000
GENESIS = bytes(32)


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
    DOCUMENTS_QUERIED = "documents.queried", ("query", "found")
    IMAGES_QUERIED = "images.queried", ("level", "keys", "found")
    STUDY_RETRIEVED = "study.retrieved", ("by", "destination", "instances", "failed", "outcome")
    MANIFEST_REGISTERED = "manifest.registered", ("instances", "series")
    NOTICE_DELIVERED = "notice.delivered", ("tries",)
    NOTICE_UNDELIVERED = "notice.undelivered", ("tries", "error")
    NOTICE_GIVEN_UP = "notice.given_up", ("tries", "error")
    OBJECT_REFUSED = "object.refused", ("code", "reason", "count")
    CASE_RETRIED = "case.retried", ("events",)
    CASE_RESOLVED = "case.resolved", ("events",)
    STUDY_RETRIED = "study.retried", ("what",)
    CUSTOMER_CHANGED = "customer.changed", ("what",)
    JOINING_MOVED = "joining.moved", ("from", "to", "reason")
    EVIDENCE_GIVEN = "evidence.given", ("precondition",)
    EVIDENCE_JUDGED = "evidence.judged", ("precondition", "accepted")
    TERMS_PUBLISHED = "terms.published", ("kind", "version")
    TERMS_ACCEPTED = "terms.accepted", ("kind", "version", "authority")
    ACCESS_CHANGED = "access.changed", ("what",)
    SECOND_ASKED = "second.asked", ("kind", "reason")
    SECOND_DECIDED = "second.decided", ("kind", "granted")
    REGISTER_PASSED = "register.passed", ("controller", "from", "to", "day")
    ROLLOUT_STARTED = "rollout.started", ("number", "purpose")
    ROLLOUT_DOCUMENTED = "rollout.documented", ("number", "documents")
    ROLLOUT_ENDED = "rollout.ended", ("number", "state", "sha256")
    POLICY_LOADED = "policy.loaded", ("what", "rows")

    def __init__(self, word: str, demanded: tuple[str, ...]) -> None:
        self.word = word
        self.demanded = demanded


@dataclass(frozen=True, slots=True)
class About:
    """What an event is about; ids only."""

    environment: str = ""
    organisation_id: UUID | None = None
    subject_id: UUID | None = None
    study_id: UUID | None = None
    patient_id: UUID | None = None
    correlation_id: UUID | None = None


def record(
    kind: Kind,
    about: About,
    facts: Mapping[str, Any],
    *,
    actor: Actor = SYSTEM,
    at: datetime | None = None,
) -> UUID:
    """Write one event in the caller's transaction. Raises ValueError when a demanded fact is
    missing.
    """
    missing = [name for name in kind.demanded if name not in facts]
    if missing:
        raise ValueError(f"{kind.word} must carry {', '.join(missing)}")
    event_id = uuid7()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO archive_ledgerevent (at, id, kind, environment, actor_kind, actor_id,"
            " actor_name, organisation_id, subject_id, study_id, patient_id, correlation_id, facts)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
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
            ],
        )
    return event_id


# --- the chain ------------------------------------------------------------------------------------

# What a seal covers, as PostgreSQL renders it: the whole row, times in UTC to the microsecond.
_CANONICAL = """jsonb_build_object(
    'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), 'id', id, 'kind', kind,
    'environment', environment, 'actor', jsonb_build_array(actor_kind, actor_id, actor_name),
    'organisation', organisation_id, 'subject', subject_id, 'study', study_id,
    'patient', patient_id, 'correlation', correlation_id, 'facts', facts)::text"""

_UNSEALED = f"""SELECT at, id, {_CANONICAL} FROM archive_ledgerevent
    WHERE txid >= %s::xid8 AND txid < %s::xid8 ORDER BY txid, id"""


def _link(previous: bytes, canonical: str) -> bytes:
    return hashlib.sha256(previous + canonical.encode()).digest()


def seal() -> int:
    """Chain what is ready to be chained; how many. Returns 0 at once when another process seals."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEAL_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(
            "SELECT position, digest, upto::text FROM archive_ledgerseal"
            " ORDER BY position DESC LIMIT 1"
        )
        position, digest, since = cursor.fetchone() or (0, GENESIS, "0")
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        upto = cursor.fetchone()[0]
        cursor.execute(_UNSEALED, [since, upto])
        rows = cursor.fetchall()
        sealed_at, seals = now(), []
        for at, event_id, canonical in rows:
            position, digest = position + 1, _link(bytes(digest), canonical)
            seals.append((position, at, event_id, digest, sealed_at, upto))
        cursor.executemany(
            "INSERT INTO archive_ledgerseal (position, event_at, event_id, digest, sealed_at, upto)"
            " VALUES (%s, %s, %s, %s, %s, %s::xid8)",
            seals,
        )
        return len(rows)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far the chain holds. `broken_at` is the first position whose digest or event does not
    fit.
    """

    sealed: int
    unsealed: int
    broken_at: int | None
    broken_event: UUID | None
    why: str

    @property
    def holds(self) -> bool:
        return self.broken_at is None and not self.why


def verify() -> Verdict:
    """Recompute the chain from its first seal to its last, and look for events no seal covers."""
    previous, position = GENESIS, 0
    for place, event_id, digest, canonical in _sealed_rows():
        position += 1
        if place != position:
            return Verdict(position - 1, 0, position, event_id, "a seal is missing")
        if canonical is None:
            return Verdict(position - 1, 0, place, event_id, "the event is missing")
        if _link(previous, canonical) != bytes(digest):
            return Verdict(position - 1, 0, place, event_id, "the event or its seal was changed")
        previous = bytes(digest)
    unsealed, slipped = _outside_the_chain()
    why = f"{slipped} events stand before the last seal without one" if slipped else ""
    return Verdict(position, unsealed, None, None, why)


def _sealed_rows() -> Iterator[tuple[int, UUID, bytes, str | None]]:
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT position, event_id, digest, {_CANONICAL}, e.id IS NULL"
                " FROM archive_ledgerseal s LEFT JOIN archive_ledgerevent e"
                " ON e.at = s.event_at AND e.id = s.event_id"
                " WHERE position > %s ORDER BY position LIMIT %s",
                [after, BATCH],
            )
            rows = cursor.fetchall()
        if not rows:
            return
        for place, event_id, digest, canonical, absent in rows:
            yield place, event_id, digest, None if absent else canonical
        after = rows[-1][0]


def _outside_the_chain() -> tuple[int, int]:
    """Events without a seal: those still to be sealed, and those a seal has passed over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH last AS (SELECT coalesce(max(upto), '0'::xid8) AS upto FROM archive_ledgerseal)"
            " SELECT count(*) FILTER (WHERE e.txid >= last.upto),"
            "        count(*) FILTER (WHERE e.txid < last.upto)"
            " FROM archive_ledgerevent e CROSS JOIN last"
            " WHERE NOT EXISTS (SELECT 1 FROM archive_ledgerseal s WHERE s.event_id = e.id)"
        )
        waiting, slipped = cursor.fetchone()
    return int(waiting), int(slipped)


def make_partitions(day: date, months_ahead: int = 3) -> int:
    """See that this month's and the next months' partitions exist; how many were made."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE archive_ledger_partition("
            " (%s::date + make_interval(months => n))::date)) FROM generate_series(0, %s) AS n",
            [day, months_ahead],
        )
        return int(cursor.fetchone()[0])
