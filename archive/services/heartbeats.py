"""Processes say that they live."""

import os
from collections.abc import Mapping
from datetime import timedelta

from archive.config import VERSION, settings
from archive.models import Heartbeat
from archive.values import now

KEPT = timedelta(hours=1)
STARTED = now()


def of_worker() -> None:
    """The program's beat, whichever of its forked processes was given the task: one of them may get
    none for hours, and is well.
    """
    beat(kind="worker", instance=_of(os.getppid()))


def beat(*, kind: str, instance: str = "", facts: Mapping[str, object] | None = None) -> None:
    """One row a process, renewed; rows of processes long gone are dropped."""
    at = now()
    told = {**(facts or {}), "version": VERSION}
    name = instance or _of(os.getpid())
    Heartbeat.objects.update_or_create(
        kind=kind,
        instance=name[:64],
        defaults={"at": at, "facts": told},
        create_defaults={"at": at, "facts": told, "started_at": STARTED},
    )
    Heartbeat.objects.filter(kind=kind, at__lt=at - KEPT).delete()


def _of(process_id: int) -> str:
    return f"{settings().machine}:{process_id}"
