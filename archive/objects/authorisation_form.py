"""The form document of a purchased-service authorisation, as JSON in both directions between us and
the Patient Data Repository (docs/authorisations.md).
"""

from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

PARTS = {  # of the register and of the patient, as they nest in the document
    "register": {
        "controller_oid": "controller_oid",
        "type": "register_type",
        "specifier": "register_specifier",
    },
    "patient": {"id": "patient_id", "issuer": "patient_issuer"},
}
LIFE = ("state", "accepted_at", "done_at", "closed_at", "closing_reason")  # of a version, later on
MAKING = ("made_by", "made_at")


@dataclass(frozen=True, slots=True)
class Form:
    """One version of the document. Organisations and registers are named by their OIDs."""

    document_oid: str
    version: int
    level: str
    state: str
    organiser: str  # organisation OID
    controller_oid: str
    register_type: str
    register_specifier: str
    producer: str  # organisation OID; empty while there is none
    patient_id: str
    patient_issuer: str
    valid_from: date
    valid_until: date | None
    may_read: bool
    may_write: bool
    service_code: str
    service_text: str
    order_text: str
    urgency: str
    due_on: date | None
    voucher_number: str
    voucher_value: Decimal | None
    voucher_expires_on: date | None
    service_event: str
    made_by: str
    made_at: datetime
    accepted_at: datetime | None = None
    done_at: datetime | None = None
    closed_at: datetime | None = None
    closing_reason: str = ""

    def __repr__(self) -> str:
        return f"Form({self.document_oid}, version {self.version})"  # names no patient

    @property
    def content(self) -> dict[str, Any]:
        """What never changes in a version: all but its life and how it was signed."""
        whole = asdict(self)
        return {name: whole[name] for name in whole if name not in LIFE + MAKING}

    def to_json(self) -> dict[str, Any]:
        """Days and times in ISO 8601, money as text; what is not there is null."""
        flat = {each.name: _plain(getattr(self, each.name)) for each in fields(self)}
        made: dict[str, Any] = {}
        for part, names in PARTS.items():
            made[part] = {short: flat.pop(name) for short, name in names.items()}
        if not made["patient"]["id"]:
            made["patient"] = None
        return {**flat, "producer": self.producer or None, **made}


def _plain(value: Any) -> Any:
    if isinstance(value, date):  # a datetime is one as well
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
