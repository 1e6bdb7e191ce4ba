"""The few statements of the hot path: the ORM and client-side binding cost more CPU an object than
all the rest of receiving.
"""

from collections.abc import Callable
from datetime import datetime
from enum import Enum, auto
from struct import Struct
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from archive.errors.retention import StudyDestroyed
from archive.models import StudyState
from archive.statements import Bare, execute

_BIGINT = Struct(">q")
_FIND = """
SELECT i.id, i.study_id, s.register_id, i.digest, i.digest_algorithm, i.transfer_syntax_uid,
    i.size, i.store, i.version, i.rejection, i.damaged_at IS NOT NULL, s.state = 'destroyed'
FROM archive_instance i JOIN archive_study s ON s.id = i.study_id
WHERE i.environment = %s AND i.sop_instance_uid = %s
"""
_ADDED = f"SELECT archive_add_instance({', '.join(f'${place}' for place in range(1, 16))})"
_FORMATS = [1] * 14 + [0]
_ADD = Bare("archive_add_instance", _ADDED, _FORMATS)
# Committed without a sync of its own: a database that breaks down may forget what it committed in
# the last half second, and with it nothing that came before, nor anything without what came before.
_ADD_LANDED = Bare(
    "archive_add_landed",
    f"{_ADDED} FROM set_config('synchronous_commit', 'off', true)",
    _FORMATS,
)
_SYNC = "SELECT pg_logical_emit_message(true, 'archive', '')"  # what is committed next, syncs all
_INSERT = """
INSERT INTO archive_instance (id, environment, study_id, series_id, sop_instance_uid, sop_class_uid,
    transfer_syntax_uid, content_type, instance_number, digest, digest_algorithm, size, store,
    association_id, received_at)
SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
    FROM (SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))) AS study_is_held
ON CONFLICT (environment, sop_instance_uid) DO NOTHING
RETURNING EXISTS (SELECT 1 FROM archive_rejectedobject r
    WHERE r.environment = archive_instance.environment
    AND r.sop_instance_uid = archive_instance.sop_instance_uid
    AND r.ended_at IS NULL AND r.instance_id IS NULL)
"""
# The lock is taken in the statement before, so this one sees what a registration has just written.
# Whether all of it is committed is told again when registration has looked.
_BACK_TO_RECEIVING = f"""
WITH moved AS (
    UPDATE archive_study
    SET state = '{StudyState.RECEIVING}', quiet_since = NULL, committed_at = NULL
    WHERE id = %s AND state NOT IN ('{StudyState.RECEIVING}', '{StudyState.DESTROYED}')
    RETURNING id)
SELECT state = '{StudyState.DESTROYED}', EXISTS (SELECT FROM moved)
FROM archive_study WHERE id = %s
"""


class Archived(NamedTuple):
    """What storing needs to know of an object that is archived already."""

    id: UUID
    study_id: UUID
    register_id: UUID
    digest: bytes
    digest_algorithm: str
    transfer_syntax_uid: str
    size: int
    store: str
    version: int
    rejection: str
    is_damaged: bool
    is_destroyed: bool


class Row(NamedTuple):
    """An object to be written, in the order of the columns."""

    id: UUID
    environment: str
    study_id: UUID
    series_id: UUID
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    content_type: str
    instance_number: str
    digest: bytes
    digest_algorithm: str
    size: int
    store: str
    association_id: UUID
    received_at: datetime


class Said(NamedTuple):
    """A row on its way."""

    is_added: Callable[[], bool]
    was_added: Callable[[], bool]  # if it is written already: nothing is said any more


class Written(Enum):
    """What became of a new row."""

    NOT = auto()  # the UID was there already
    NEW = auto()
    AWAITED = auto()  # a rejection note came before it


def find(environment: str, sop_instance_uid: str) -> Archived | None:
    row = execute(_FIND, (environment, sop_instance_uid)).fetchone()
    return None if row is None else Archived._make((*row[:3], bytes(row[3]), *row[4:]))


def say(row: Row, landed: bool) -> Said:
    """Have the database write the row of an object that is new, awaited by no note, and of a study
    that is being received. Once `is_added` answers it is committed, unless the caller has a
    transaction; False for any other, of which nothing is written: `insert` tells them apart.

    Of what landed the row may not be on the disk by then: should the database lose it, it is made
    again of what landed, which is kept until it is (`services.landed`).
    """
    alone = not connection.in_atomic_block  # else the caller's commit would not be synced either
    awaited = (_ADD_LANDED if landed and alone else _ADD).say(_bound(row))
    return Said(lambda: awaited.value() == b"t", lambda: awaited.value_of_sent() == b"t")


def make_durable() -> None:
    """All rows that are committed by now are on the disk on return."""
    execute(_SYNC, ())


def _bound(row: Row) -> list[bytes]:
    return [
        row.id.bytes,
        row.environment.encode(),
        row.study_id.bytes,
        row.series_id.bytes,
        row.sop_instance_uid.encode(),
        row.sop_class_uid.encode(),
        row.transfer_syntax_uid.encode(),
        row.content_type.encode(),
        row.instance_number.encode(),
        row.digest,
        row.digest_algorithm.encode(),
        _BIGINT.pack(row.size),
        row.store.encode(),
        row.association_id.bytes,
        row.received_at.isoformat().encode(),
    ]


def insert(row: Row) -> Written:
    """Write the row in the caller's transaction."""
    written = execute(_INSERT, (*row, str(row.study_id))).fetchone()
    if written is None:
        return Written.NOT
    return Written.AWAITED if written[0] else Written.NEW


def put_back_to_receiving(study_id: UUID) -> bool:
    """Whether the study was further on already. Raises StudyDestroyed."""
    destroyed, moved = execute(_BACK_TO_RECEIVING, (study_id, study_id)).fetchone() or (0, 0)
    if destroyed:
        raise StudyDestroyed()
    return bool(moved)
