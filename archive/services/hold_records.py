"""Holds, in the vault as well: no database that is lost frees what is held (AR-9, AR-10)."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from archive import vault
from archive.models import RetentionHold, Study, StudyState
from archive.services import filing, retention_lock
from archive.values import PatientIdentifier

PLACED, RELEASED = "hold", "hold-released"
Record = Mapping[str, Any]


def keep(hold_id: UUID) -> None:
    """What the vault does not have yet of a hold that the database has committed."""
    row = RetentionHold.objects.select_related("study", "patient").get(id=hold_id)
    for kind, at, facts in _befell(row):
        key = vault.record_key(row.environment, at, row.id)
        if not vault.has_record(key):
            vault.keep_record(row.environment, kind, facts, at=at, key=key)


def _befell(row: RetentionHold) -> Iterator[tuple[str, datetime, Record]]:
    named: Record
    if row.study is not None:
        named = {"study": row.study.study_instance_uid}
    else:
        assert row.patient is not None  # a hold is of one of the two
        named = {"patient": [row.patient.issuer, row.patient.identifier]}
    yield (
        PLACED,
        row.placed_at,
        {
            "hold": str(row.id),
            **named,
            "reason": row.reason,
            "by": row.placed_by,
            "until": row.until.isoformat() if row.until else "",
        },
    )
    if row.released_at is not None:
        released = {"by": row.released_by, "reason": row.release_reason}
        yield RELEASED, row.released_at, {"hold": str(row.id), **released}


def replay(environment: str, record: Record, at: datetime) -> bool:
    """Whether it changed anything; of a study that is not here nothing can be held."""
    retention_lock.deciding(environment)
    if RetentionHold.objects.filter(id=record["hold"]).exists():
        return False
    held: dict[str, Any]
    if "study" in record:
        rows = Study.objects.filter(environment=environment, study_instance_uid=record["study"])
        study = rows.exclude(state=StudyState.DESTROYED).first()
        if study is None:
            return False
        held = {"study": study}
    else:
        issuer, value = record["patient"]
        identifier = PatientIdentifier.parse(value, issuer)
        held = {"patient": filing.file_patient(environment, identifier)}
    until: str = record["until"]
    RetentionHold.objects.create(
        id=record["hold"],
        environment=environment,
        reason=record["reason"],
        placed_by=record["by"],
        placed_at=at,
        until=date.fromisoformat(until) if until else None,
        **held,
    )
    return True


def replay_release(environment: str, record: Record, at: datetime) -> bool:
    retention_lock.deciding(environment)
    standing = RetentionHold.objects.filter(id=record["hold"], released_at=None)
    return bool(
        standing.update(released_at=at, released_by=record["by"], release_reason=record["reason"])
    )
