"""Merges of patient ids and their undoing, written down in the vault (HL-1, AR-10)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from archive import vault
from archive.models import Patient, PatientMerge

MADE, UNDONE = "merge", "unmerge"


def keep(merge_id: UUID) -> None:
    """What the vault does not have yet of a merge that the database has committed: of one that was
    taken back, with the rest of its message, there must be no record.
    """
    rows = PatientMerge.objects.select_related("retired", "into", "organisation")
    row = rows.get(id=merge_id)
    for kind, at, facts in _befell(row):
        key = vault.record_key(row.environment, at, row.id)
        if not vault.has_record(key):
            vault.keep_record(row.environment, kind, facts, at=at, key=key)


def _befell(row: PatientMerge) -> Iterator[tuple[str, datetime, Mapping[str, Any]]]:
    link = {
        "retired": _named(row.retired),
        "into": _named(row.into),
        "business_id": row.organisation.business_id if row.organisation else "",
    }
    yield MADE, row.made_at, {**link, "by": row.made_by, "reason": row.reason}
    if row.undone_at is not None:
        undone = {"made_at": row.made_at.isoformat(), "by": row.undone_by}
        yield UNDONE, row.undone_at, {**link, **undone, "reason": row.undo_reason}


def _named(patient: Patient) -> list[str]:
    return [patient.issuer, patient.identifier]
