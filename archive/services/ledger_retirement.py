"""Retiring months of the ledger when their retention has run out (LG-4): proved, exported, dropped.

Only the owner of the tables can do it; a trigger refuses everybody else. The chain goes on from the
last retired seal, which `LedgerRetired` keeps.
"""

import getpass
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connections, transaction

from archive import chain, ledger
from archive.config import settings
from archive.errors import Busy, Conflict, Refused
from archive.models import LedgerRetired, LogRuleKey
from archive.queries import log_rules
from archive.services import anchors, ledger_files
from archive.services.ledger_files import Line
from archive.values import now

OWNER = "owner"
_NAME = re.compile(r"^archive_ledgerevent_([0-9]{4})([0-9]{2})$")
LOCK_PATIENCE = "10s"
CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Month:
    """A partition that may go."""

    table: str
    first: date
    events: int

    @property
    def file_name(self) -> str:
        return f"ledger-{self.first:%Y%m}.jsonl.gz"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a retirement takes away, and where the chain will begin."""

    before: date
    months: tuple[Month, ...]
    position: int
    digest: bytes
    strays: tuple[int, ...]

    @property
    def events(self) -> int:
        return sum(month.events for month in self.months)


def plan(before: date, day: date, *, progress: chain.Progress | None = None) -> Plan:
    """What may be retired of the time before a month, all of it proved. Raises Refused, Conflict,
    Busy.
    """
    _require_owner()
    years = log_rules.number(LogRuleKey.RETENTION_YEARS, day)
    if before > log_rules.years_before(day, years):
        raise Refused(f"logs are kept {years} years: {before:%Y-%m} is younger")
    months = tuple(_months(before))
    if not months:
        raise Refused(f"nothing stands before {before:%Y-%m}")
    position, strays = _places(before)
    _prove(months, max((position, *strays)), progress)
    base = chain.base()
    digest = base.digest if position == base.position else chain.digest_at(position)
    if digest is None:
        raise Conflict(f"there is no seal at position {position}")
    return Plan(before, months, position, digest, strays)


def _require_owner() -> None:
    if not _one(
        "SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class"
        " WHERE oid = 'archive_ledgerevent'::regclass"
    ):
        raise Refused("only the owner of the ledger retires it: set DATABASE_OWNER_URL")


def _months(before: date) -> Iterator[Month]:
    rows = _all(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = 'archive_ledgerevent'::regclass ORDER BY c.relname"
    )
    for (table,) in rows:
        named = _NAME.match(table)
        if named and date(int(named[1]), int(named[2]), 1) < before:
            first = date(int(named[1]), int(named[2]), 1)
            yield Month(table, first, _one(f"SELECT count(*) FROM {table}"))


def _places(before: date) -> tuple[int, tuple[int, ...]]:
    """The last position with nothing that stays at or before it; and the positions behind it whose
    events go. The newest seal always stays: the next one is linked to it.
    """
    cut = datetime(before.year, before.month, 1, tzinfo=UTC)
    kept = _one("SELECT min(position) FROM archive_ledgerseal WHERE event_at >= %s", cut)
    newest = _one("SELECT max(position) FROM archive_ledgerseal")
    base = chain.base().position
    position = max(min(kept or newest or 0, newest or 0) - 1, base)
    strays = _all(
        "SELECT position FROM archive_ledgerseal WHERE position > %s AND event_at < %s"
        " ORDER BY position",
        position,
        cut,
    )
    known = chain.base().strays
    return position, tuple(place for (place,) in strays if place not in known)


def _prove(months: tuple[Month, ...], last: int, progress: chain.Progress | None) -> None:
    """The chain up to here holds, its anchors lie on it, and every event of the months is in it."""
    verdict = chain.verify(None, last, progress=progress)
    if not verdict.holds:
        raise Conflict(f"the chain does not hold at {verdict.broken_at}: {verdict.why}")
    file = anchors.path()
    if not file.is_file():
        raise Refused(f"there are no anchors in {file}: nothing outside proves the chain")
    for lost in anchors.lost(anchors.read(file)):
        raise Conflict(f"the anchor at position {lost.anchor.position}: {lost.why}")
    for month in months:
        if _one(
            f"SELECT EXISTS (SELECT 1 FROM {month.table} e WHERE NOT EXISTS"
            " (SELECT 1 FROM archive_ledgerseal s WHERE s.event_id = e.id))"
        ):
            raise Busy(f"{month.table} has events that are not sealed yet")


# --- doing it -------------------------------------------------------------------------------------


def retire(found: Plan) -> dict[str, str]:
    """Export the months, then take them away in one transaction; the files with their SHA-256.

    Raises Conflict when the ledger has changed since the plan, Busy when it is in use.
    """
    folder = settings().retired_dir
    folder.mkdir(mode=0o700, exist_ok=True)
    files = {month.file_name: _export(month, folder) for month in found.months}
    try:
        with transaction.atomic(using=OWNER):
            _drop(found)
            _note(found, files)
    except DatabaseError as error:
        raise Busy(f"nothing was taken away: {error}") from error
    return files


def _export(month: Month, folder: Path) -> str:
    digest = ledger_files.write(folder / month.file_name, _lines(month))
    count = ledger_files.prove(folder / month.file_name)
    if count != month.events:
        raise Conflict(f"{month.file_name} has {count} events of {month.events}")
    return digest


def _lines(month: Month) -> Iterator[Line]:
    """A month's events as they were sealed, in the chain's order, a stretch at a time."""
    after = 0
    while True:
        rows = _all(
            f"SELECT s.position, s.digest, p.digest, {chain.CANONICAL}"
            f" FROM archive_ledgerseal s JOIN {month.table} e"
            " ON e.at = s.event_at AND e.id = s.event_id"
            " LEFT JOIN archive_ledgerseal p ON p.position = s.position - 1"
            " WHERE s.position > %s ORDER BY s.position LIMIT %s",
            after,
            CHUNK,
        )
        for position, digest, previous, canonical in rows:
            before = bytes(previous) if previous is not None else chain.base().digest
            yield Line(position, bytes(digest), before, canonical)
        if not rows:
            return
        after = rows[-1][0]


def _drop(found: Plan) -> None:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_PATIENCE}'")
        for month in found.months:
            cursor.execute(f"LOCK TABLE {month.table} IN ACCESS EXCLUSIVE MODE")
            if _one(f"SELECT count(*) FROM {month.table}") != month.events:
                raise Conflict(f"{month.table} has changed meanwhile")
            cursor.execute(f"ALTER TABLE archive_ledgerevent DETACH PARTITION {month.table}")
            cursor.execute(f"DROP TABLE {month.table}")
        cursor.execute("ALTER TABLE archive_ledgerseal DISABLE TRIGGER seal_append_only")
        cursor.execute("DELETE FROM archive_ledgerseal WHERE position <= %s", [found.position])
        cursor.execute("ALTER TABLE archive_ledgerseal ENABLE TRIGGER seal_append_only")


def _note(found: Plan, files: dict[str, str]) -> None:
    LedgerRetired.objects.using(OWNER).create(
        before=found.before,
        position=found.position,
        digest=found.digest,
        strays=list(found.strays),
        events=found.events,
        files=files,
        retired_at=now(),
    )
    facts = {
        "before": found.before.isoformat(),
        "position": found.position,
        "digest": found.digest.hex(),
        "strays": list(found.strays),
        "events": found.events,
        "files": files,
        "run_by": getpass.getuser(),
    }
    ledger.record(ledger.Kind.LEDGER_RETIRED, ledger.About(), facts, using=OWNER)


def _all(query: str, *values: object) -> list[tuple[Any, ...]]:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def _one(query: str, *values: object) -> Any:
    ((value,),) = _all(query, *values)
    return value
