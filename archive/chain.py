"""The chain over the ledger: sealing it, proving it, and going on from what was retired (LG-4).

One sealer at a time chains all events whose transactions lie below the oldest running one.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from archive import locks
from archive.models import LedgerRetired
from archive.values import midnight, now

SEAL_LOCK = 7_301_001  # advisory lock of the one sealer
BATCH = 5_000
GENESIS = bytes(32)

# What a seal covers, as PostgreSQL renders it: the whole row, times in UTC to the microsecond.
CANONICAL = """jsonb_build_object(
    'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), 'id', id, 'kind', kind,
    'environment', environment, 'actor', jsonb_build_array(actor_kind, actor_id, actor_name),
    'organisation', organisation_id, 'subject', subject_id, 'study', study_id,
    'patient', patient_id, 'correlation', correlation_id, 'facts', facts)::text"""

# A database restored from a dump numbers its transactions anew, below those that its rows tell of:
# what comes then may have the number of an event that is sealed.
_UNSEALED = f"""SELECT at, id, {CANONICAL} FROM archive_ledgerevent e
    WHERE {{}} AND NOT EXISTS (SELECT 1 FROM archive_ledgerseal s WHERE s.event_id = e.id)
    ORDER BY txid, id"""
_SINCE_LAST = _UNSEALED.format("txid >= %s::xid8 AND txid < %s::xid8")
_OF_RESTORED = _UNSEALED.format("(txid >= %s::xid8 OR txid < %s::xid8)")


def link(previous: bytes, canonical: str) -> bytes:
    return hashlib.sha256(previous + canonical.encode()).digest()


def seal() -> int:
    """Chain what is ready to be chained; how many. Returns 0 at once when another process seals."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not locks.is_alone(SEAL_LOCK):
            return 0
        cursor.execute(
            "SELECT position, digest, upto::text FROM archive_ledgerseal"
            " ORDER BY position DESC LIMIT 1"
        )
        position, digest, since = cursor.fetchone() or (0, GENESIS, "0")
        cursor.execute(
            "SELECT pg_snapshot_xmin(now)::text, pg_snapshot_xmax(now)::text"
            " FROM pg_current_snapshot() AS now"
        )
        upto, ahead = cursor.fetchone()
        if int(since) > int(ahead):  # of another cluster: nothing of this one has come so far
            cursor.execute(_OF_RESTORED, [ahead, upto])
        else:
            cursor.execute(_SINCE_LAST, [since, upto])
        rows = cursor.fetchall()
        sealed_at, seals = now(), []
        for at, event_id, canonical in rows:
            position, digest = position + 1, link(bytes(digest), canonical)
            seals.append((position, at, event_id, digest, sealed_at, upto))
        cursor.executemany(
            "INSERT INTO archive_ledgerseal (position, event_at, event_id, digest, sealed_at, upto)"
            " VALUES (%s, %s, %s, %s, %s, %s::xid8)",
            seals,
        )
        return len(rows)


# --- proving it -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Base:
    """Where the chain begins: at nothing, or after the last retired seal. `strays` are the
    positions behind it whose events were retired with their month: their links were proved then.
    """

    position: int = 0
    digest: bytes = GENESIS
    strays: frozenset[int] = frozenset()


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


Progress = Callable[[int, int], None]  # seals proved so far, seals to be proved


def base() -> Base:
    rows = list(LedgerRetired.objects.order_by("id"))
    if not rows:
        return Base()
    strays = frozenset(place for row in rows for place in row.strays)
    return Base(rows[-1].position, bytes(rows[-1].digest), strays)


def head() -> tuple[int, bytes, datetime] | None:
    """The last seal: position, digest, when it was made."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT position, digest, sealed_at FROM archive_ledgerseal"
            " ORDER BY position DESC LIMIT 1"
        )
        found = cursor.fetchone()
    return (found[0], bytes(found[1]), found[2]) if found else None


def digest_at(position: int) -> bytes | None:
    """The digest in the chain at this position, or None when it is not there (any more)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT digest FROM archive_ledgerseal WHERE position = %s", [position])
        found = cursor.fetchone()
    return bytes(found[0]) if found else None


def positions_of(start: date | None, end: date | None) -> tuple[int, int] | None:
    """First and last position sealed on these days in Finland, both included; None when none
    was.
    """
    since = midnight(start) if start else None
    until = midnight(end + timedelta(days=1)) if end else None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(position), max(position) FROM archive_ledgerseal"
            " WHERE (%s::timestamptz IS NULL OR sealed_at >= %s)"
            " AND (%s::timestamptz IS NULL OR sealed_at < %s)",
            [since, since, until, until],
        )
        first, last = cursor.fetchone()
    return (first, last) if first is not None else None


def verify(
    first: int | None = None, last: int | None = None, *, progress: Progress | None = None
) -> Verdict:
    """Recompute the chain and look for events that no seal covers; with a first or last position
    only the links between them.
    """
    begin = base()
    start = max(first or 0, begin.position + 1)
    known = begin.digest if start == begin.position + 1 else digest_at(start - 1)
    if known is None:
        return Verdict(0, 0, start - 1, None, "a seal is missing")
    newest = head()
    end = min(last or newest[0], newest[0]) if newest else 0
    broken = _prove(begin, start, end, known, progress)
    if broken is not None:
        return broken
    proved = max(end - start + 1, 0)
    if first is not None or last is not None:
        return Verdict(proved, 0, None, None, "")
    return _with_outsiders(begin, proved)


def _prove(
    begin: Base, start: int, end: int, previous: bytes, progress: Progress | None
) -> Verdict | None:
    """The first fault between two positions, or None."""
    position = start - 1
    for place, event_id, digest, canonical in _sealed_rows(start, end):
        position += 1
        proved = position - start
        if place != position:
            return Verdict(proved, 0, position, event_id, "a seal is missing")
        if canonical is None and place not in begin.strays:
            return Verdict(proved, 0, place, event_id, "the event is missing")
        if canonical is not None and link(previous, canonical) != digest:
            return Verdict(proved, 0, place, event_id, "the event or its seal was changed")
        previous = digest
        if progress and (proved + 1) % BATCH == 0:
            progress(proved + 1, end - start + 1)
    if progress:
        progress(position - start + 1, max(end - start + 1, 0))
    return None


def _sealed_rows(start: int, end: int) -> Iterator[tuple[int, UUID, bytes, str | None]]:
    after = start - 1
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT position, event_id, digest, {CANONICAL}, e.id IS NULL"
                " FROM archive_ledgerseal s LEFT JOIN archive_ledgerevent e"
                " ON e.at = s.event_at AND e.id = s.event_id"
                " WHERE position > %s AND position <= %s ORDER BY position LIMIT %s",
                [after, end, BATCH],
            )
            rows = cursor.fetchall()
        if not rows:
            return
        for place, event_id, digest, canonical, absent in rows:
            yield place, event_id, bytes(digest), None if absent else canonical
        after = rows[-1][0]


def _with_outsiders(begin: Base, proved: int) -> Verdict:
    """The verdict on the whole chain: are there events or seals outside it?"""
    unsealed, slipped, early = _outside_the_chain(begin.position)
    why = f"{slipped} events stand before the last seal without one" if slipped else ""
    if early:
        why = f"{early} seals stand where the chain was retired"
    return Verdict(proved, unsealed, None, None, why)


def _outside_the_chain(retired: int) -> tuple[int, int, int]:
    """Events without a seal: those still to be sealed, and those a seal has passed over; and seals
    within what was retired.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH last AS (SELECT coalesce((SELECT upto FROM archive_ledgerseal"
            "  ORDER BY position DESC LIMIT 1), '0'::xid8) AS upto),"
            " sorted AS (SELECT e.id, e.txid >= last.upto"
            "  OR last.upto > pg_snapshot_xmax(pg_current_snapshot()) AS waits"  # restored
            "  FROM archive_ledgerevent e CROSS JOIN last)"
            " SELECT count(*) FILTER (WHERE waits), count(*) FILTER (WHERE NOT waits)"
            " FROM sorted e"
            " WHERE NOT EXISTS (SELECT 1 FROM archive_ledgerseal s WHERE s.event_id = e.id)"
        )
        waiting, slipped = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM archive_ledgerseal WHERE position <= %s", [retired])
        early = cursor.fetchone()[0]
    return int(waiting), int(slipped), int(early)


def make_partitions(day: date, months_ahead: int = 3) -> int:
    """See that this month's and the next months' partitions exist; how many were made."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE archive_ledger_partition("
            " (%s::date + make_interval(months => n))::date)) FROM generate_series(0, %s) AS n",
            [day, months_ahead],
        )
        return int(cursor.fetchone()[0])
