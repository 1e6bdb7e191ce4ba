"""Who and what entries of a log are about, read for a whole page at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from archive.models import LedgerEvent, LedgerSeal, Organisation, Patient, Register
from archive.queries.registers import Controllers, controllers_of


@dataclass(frozen=True, slots=True)
class Subjects:
    organisations: Mapping[UUID, Organisation]
    patients: Mapping[UUID, Patient]
    controllers: Controllers


def subjects_of(rows: Sequence[LedgerEvent]) -> Subjects:
    oids = {str(row.facts["controller"]) for row in rows if row.facts.get("controller")}
    return Subjects(
        Organisation.objects.in_bulk({row.organisation_id for row in rows if row.organisation_id}),
        Patient.objects.in_bulk({row.patient_id for row in rows if row.patient_id}),
        controllers_of(oids),
    )


def sealed(event: LedgerEvent) -> tuple[int, datetime] | None:
    """The event's place in the chain and when it was sealed; None while it is to be sealed."""
    return LedgerSeal.objects.filter(event_id=event.id).values_list("position", "sealed_at").first()


def controllers() -> list[Register]:
    """Every controller's default register, for the filter by controller."""
    rows = Register.objects.filter(is_default=True).select_related("organisation")
    return sorted(rows, key=lambda row: row.organisation.name.casefold())
