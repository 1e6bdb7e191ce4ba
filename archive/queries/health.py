"""Whether the parts live: asked of database, broker, heartbeat rows and vault (NF-6)."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import psycopg
from django.db import DatabaseError, close_old_connections
from kombu.exceptions import OperationalError

from archive import vault
from archive.config import settings
from archive.models import AuditCursor, Environment, Heartbeat, LedgerSeal
from archive.queries import database, room
from archive.values import now
from portal.celery import app

STALE = timedelta(seconds=15)  # three beats missed
SEGMENT = 16 << 20  # bytes by which PostgreSQL's log grows
PATIENCE = 0.04  # seconds the database and the broker each have to answer
PARTS = ("database", "broker", "worker", "dicom", "hl7", "vault")
AUDIT = "audit"  # a part only where a security monitor is set
ADVISORY = frozenset({AUDIT})  # the archive is ready without these
LATE = timedelta(minutes=5)  # within which an event should have reached the security monitor
WORKERS = {"worker", "caller"}  # who registers, and who calls customers' systems
LOOKING = "looks for objects that the database has forgotten"
UNKNOWN = {
    "database": "does not answer",
    "worker": "unknown, the database does not answer",
    "dicom": "unknown, the database does not answer",
    AUDIT: "unknown, the database does not answer",
    "hl7": "unknown, the database does not answer",
}
HURRY = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "max_retries": 0}


def broker() -> str:
    try:
        with app.connection_for_write(transport_options=HURRY) as link:
            link.ensure_connection(max_retries=1, interval_start=0, timeout=PATIENCE)
    except (OperationalError, OSError):
        return "does not answer"
    return ""


def vault_writable() -> str:
    lost = vault.unwritable(Environment.values)
    return f"{' and '.join(lost)} cannot be written, or is full" if lost else ""


def database_full() -> str:
    """Of a PostgreSQL on this machine: one that can write no more goes on answering, and beats are
    written over old ones.
    """
    found = room.of_database()
    return "" if found is None or found.size > SEGMENT else "its disk is full"


def from_database() -> dict[str, str]:
    """The database itself, and the kinds of process that have beaten lately."""
    try:
        beating, has_looked = _beating()
        behind = audit_lag() if settings().atna_host else ""
    except (DatabaseError, psycopg.Error):
        return UNKNOWN
    finally:
        close_old_connections()
    silent = f"no heartbeat for {STALE.seconds} s"
    return {
        "database": database_full(),
        "worker": "" if WORKERS <= beating else silent,
        "dicom": silent if "dicom" not in beating else "" if has_looked else LOOKING,
        AUDIT: behind,
        "hl7": "" if "hl7" in beating else silent,
    }


def _beating() -> tuple[set[str], bool]:
    """The kinds of process that live, and whether a listener has looked, since the database broke
    down, for what it has forgotten of what landed.
    """
    fresh = Heartbeat.objects.filter(at__gte=now() - STALE).values_list("kind", "facts")
    told, since = list(fresh), database.unbroken_since()
    looked = (facts.get(Heartbeat.LOOKED_AFTER, since) for kind, facts in told if kind == "dicom")
    return {kind for kind, _ in told}, since in looked


def audit_lag() -> str:
    """How far the security monitor is behind, once that is more than it should be."""
    cursor = AuditCursor.objects.filter(name=AuditCursor.MONITOR).first()
    seals = LedgerSeal.objects.order_by("position")
    waiting = seals.filter(position__gt=cursor.position if cursor else 0)
    oldest = waiting.first() if cursor else None
    newest = seals.last()
    if cursor is None or oldest is None or newest is None or now() - oldest.sealed_at < LATE:
        return ""
    count = newest.position - cursor.position
    minutes = int((now() - oldest.sealed_at).total_seconds() // 60)
    return f"{count} events wait, the oldest {minutes} min: {cursor.last_error or 'not sent'}"


class _Question:
    """Asked in a thread of its own, since a database that hangs answers nobody's timeout.

    While one question is open no second is put, so that a hang costs one thread a process.
    """

    def __init__(self) -> None:
        self._asker = ThreadPoolExecutor(1, thread_name_prefix="health")
        self._open: Future[dict[str, str]] | None = None

    def put(self) -> dict[str, str]:
        if self._open is None or self._open.done():
            self._open = self._asker.submit(from_database)
        try:
            return self._open.result(PATIENCE)
        except TimeoutError:
            return UNKNOWN


_question = _Question()


def parts() -> dict[str, str]:
    """Each part with what is wrong with it; empty when it is well."""
    found = {**_question.put(), "broker": broker(), "vault": vault_writable()}
    return {name: found[name] for name in (*PARTS, *((AUDIT,) if settings().atna_host else ()))}


def answering() -> dict[str, bool]:
    """The same parts without the hurry: who asks may wait for the database."""
    alive, has_looked = _beating()
    return {
        "database": not database_full(),  # that it answers is seen from our asking
        "broker": not broker(),
        "worker": WORKERS <= alive,
        "dicom": "dicom" in alive and has_looked,
        "hl7": "hl7" in alive,
        "vault": not vault_writable(),
    }
