"""Associations whose bytes fail while rows are written, and what they leave behind."""

import os
from collections.abc import Callable
from typing import Any

import psycopg
from pydicom.dataset import Dataset

from archive.models import Case
from archive.services.sessions import Session
from tests import cast
from tests.cast import dataset, send
from tests.services.test_integrity import one
from tests.vaults import file_of


def tear(made: Dataset) -> None:
    """As a power cut leaves it that comes before its sync."""
    path = file_of("production", bytes(one(made).digest))
    os.truncate(path, path.stat().st_size // 2)


def is_committed(made: Dataset) -> bool:
    """Seen from elsewhere: our own connection waits for its answer."""
    asked = "SELECT EXISTS (SELECT FROM archive_instance WHERE sop_instance_uid = %s)"
    with psycopg.connect(os.environ["DATABASE_URL"]) as other:
        return other.execute(asked, [str(made.SOPInstanceUID)]).fetchone() == (True,)


def case() -> Case:
    return Case.objects.get(reason="bytes-damaged")


def failing_once(act: Callable[..., bool]) -> Callable[..., bool]:
    failures = iter([PermissionError("not yours")])

    def try_(*arguments: Any) -> bool:
        for error in failures:
            raise error
        return act(*arguments)

    return try_


def known_study() -> Session:
    """Of an association that has brought two objects: study and series are known, the statement is
    prepared.
    """
    opened = Session(cast.peer())
    send(opened, dataset())
    send(opened, dataset())
    return opened
