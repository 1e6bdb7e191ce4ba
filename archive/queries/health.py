"""Whether the parts live: asked of database, broker, heartbeat rows and vault (NF-6)."""

from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError, connection
from kombu.exceptions import OperationalError

from archive import vault
from archive.models import Heartbeat
from archive.values import now
from portal.celery import app

STALE = timedelta(seconds=15)  # three beats missed
PATIENCE = 0.07  # seconds the broker has to answer
HURRY = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "max_retries": 0}


def database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "does not answer"
    return ""


def broker() -> str:
    try:
        with app.connection_for_write(transport_options=HURRY) as link:
            link.ensure_connection(max_retries=1, interval_start=0, timeout=PATIENCE)
    except (OperationalError, OSError):
        return "does not answer"
    return ""


def beating(kind: str) -> Callable[[], str]:
    """A check that some process of the kind has beaten lately."""

    def check() -> str:
        try:
            alive = Heartbeat.objects.filter(kind=kind, at__gte=now() - STALE).exists()
        except DatabaseError:
            return "unknown, the database does not answer"
        return "" if alive else f"no heartbeat for {STALE.seconds} s"

    return check


def vault_writable() -> str:
    return "" if vault.is_writable() else "cannot be written, or is full"


CHECKS: dict[str, Callable[[], str]] = {
    "database": database,
    "broker": broker,
    "worker": beating("worker"),
    "dicom": beating("dicom"),
    "vault": vault_writable,
}


def parts() -> dict[str, str]:
    """Each part with what is wrong with it; empty when it is well."""
    return {name: check() for name, check in CHECKS.items()}
