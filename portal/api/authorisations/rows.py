"""Authorisations as the API shows them: the form document, and how far the order has come."""

from collections.abc import Sequence
from typing import Any

from archive.models import Authorisation
from archive.queries import followup
from archive.services.authorisation_forms import form_of
from archive.values import today

COLUMNS = (
    *("id", "document_oid", "version", "state", "stage", "late", "missing", "level"),
    *("organiser", "organiser_name", "producer", "producer_name"),
    *("register.controller_oid", "register.type", "register.specifier"),
    *("patient.id", "patient.issuer", "service_code", "service_text", "order_text", "urgency"),
    *("due_on", "valid_from", "valid_until", "may_read", "may_write"),
    *("voucher_number", "voucher_value", "voucher_expires_on", "service_event"),
    *("made_by", "made_at", "granted_at", "accepted_at", "done_at", "closed_at"),
    *("closing_reason", "changed_at"),
)


def shown(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Rows that carry their stage; two queries more, however many they are."""
    studies = followup.studies_of(rows)
    return [_shown(row, followup.missing(row, studies.get(row.series, []))) for row in rows]


def _shown(row: Any, missing: list[str]) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "series": str(row.series),
        **form_of(row).to_json(),
        "organiser_name": row.organiser.name_fi,
        "producer_name": row.producer.name_fi if row.producer else "",
        "granted_at": row.granted_at.isoformat() if row.granted_at else None,
        "changed_at": row.changed_at.isoformat(),
        "stage": row.stage,
        "late": followup.is_late(row),
        "missing": missing,
    }


def one(row: Authorisation) -> dict[str, Any]:
    """A single one, read again with its stage."""
    return shown([followup.with_stage(row)])[0]


def file_name(what: str) -> str:
    return f"{what}-{today().isoformat()}.csv"
