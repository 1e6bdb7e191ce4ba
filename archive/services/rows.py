"""The two statements of the hot path, bound and prepared on the server.

The ORM and client-side binding cost more CPU an object than all the rest of receiving; nowhere else
does that matter. PostgreSQL's prepared statements live as long as the connection.
"""

from typing import Any
from uuid import UUID

import psycopg
from django.db import connection

from archive.models import Instance, StudyState
from archive.retention_errors import StudyDestroyed

_FIND = """
SELECT s.register_id, i.digest, i.transfer_syntax_uid, s.state = 'destroyed'
FROM archive_instance i JOIN archive_study s ON s.id = i.study_id
WHERE i.environment = %s AND i.sop_instance_uid = %s
"""
_INSERT = """
INSERT INTO archive_instance (id, environment, study_id, series_id, sop_instance_uid, sop_class_uid,
    transfer_syntax_uid, content_type, instance_number, digest, digest_algorithm, size,
    association_id, received_at)
SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
    FROM (SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))) AS study_is_held
ON CONFLICT (environment, sop_instance_uid) DO NOTHING
"""
# The lock is taken in the statement before, so this one sees what a registration has just written.
_BACK_TO_RECEIVING = f"""
WITH moved AS (
    UPDATE archive_study SET state = '{StudyState.RECEIVING}', quiet_since = NULL
    WHERE id = %s AND state NOT IN ('{StudyState.RECEIVING}', '{StudyState.DESTROYED}')
    RETURNING id)
SELECT state = '{StudyState.DESTROYED}', EXISTS (SELECT FROM moved)
FROM archive_study WHERE id = %s
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def _execute(statement: str, values: tuple[Any, ...]) -> psycopg.Cursor[Any]:
    connection.ensure_connection()
    return psycopg.Cursor(connection.connection).execute(statement, values, prepare=True)


def find(environment: str, sop_instance_uid: str) -> tuple[UUID, bytes, str, bool] | None:
    """Register, digest and transfer syntax of an archived object, and whether it is destroyed."""
    row = _execute(_FIND, (environment, sop_instance_uid)).fetchone()
    return None if row is None else (row[0], bytes(row[1]), row[2], row[3])


def insert(row: Instance) -> bool:
    """Write the row in the caller's transaction; False when the UID was there already."""
    values = (
        row.id,
        row.environment,
        row.study_id,
        row.series_id,
        row.sop_instance_uid,
        row.sop_class_uid,
        row.transfer_syntax_uid,
        row.content_type,
        row.instance_number,
        row.digest,
        row.digest_algorithm,
        row.size,
        row.association_id,
        row.received_at,
        str(row.study_id),
    )
    return _execute(_INSERT, values).rowcount == 1


def put_back_to_receiving(study_id: UUID) -> bool:
    """Whether the study was further on already. Raises StudyDestroyed."""
    destroyed, moved = _execute(_BACK_TO_RECEIVING, (study_id, study_id)).fetchone() or (0, 0)
    if destroyed:
        raise StudyDestroyed()
    return bool(moved)


def lock(study_id: UUID) -> None:
    """Keep arriving objects and registration out until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [str(study_id)])
