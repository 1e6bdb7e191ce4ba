"""The statutory disclosure log, a view of the ledger: what we gave to other controllers, and what
customers have reported that they gave (LG-1, LG-2).

Every search goes through an index of the ledger (migration 0011), whatever the log has grown to.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, QuerySet
from django.db.models.fields.json import KT

from archive.ledger import Kind
from archive.models import LedgerEvent, Patient
from archive.queries import standing

DISCLOSED = (Kind.DISCLOSURE_GIVEN.word, Kind.DISCLOSURE_NOTIFIED.word)
GIVEN = (*DISCLOSED, Kind.DATA_USED.word)  # also what stayed within a register


@dataclass(frozen=True, slots=True)
class Filters:
    """What the log is narrowed by; empty means any. `patient_id` stands for every id of a merged
    person.
    """

    environment: str = "production"
    patient_id: UUID | None = None
    receiver_id: UUID | None = None
    controller: str = ""  # OID
    user: str = ""  # the professional's id, as the receiver's system gave it
    ground: str = ""
    since: datetime | None = None
    until: datetime | None = None
    kinds: tuple[str, ...] = DISCLOSED


def narrowed(filters: Filters) -> QuerySet[LedgerEvent]:
    """The entries that the filters leave."""
    rows = LedgerEvent.objects.filter(kind__in=filters.kinds, environment=filters.environment)
    if filters.patient_id:
        rows = rows.filter(patient_id__in=ids_of_person(filters.patient_id))
    if filters.receiver_id:
        rows = rows.filter(organisation_id=filters.receiver_id)
    for name in ("controller", "user", "ground"):
        if wanted := getattr(filters, name):
            rows = rows.alias(**{f"of_{name}": KT(f"facts__{name}")}).filter(
                **{f"of_{name}": wanted}
            )
    return within(rows, filters.since, filters.until)


def within(
    rows: QuerySet[LedgerEvent], since: datetime | None, until: datetime | None
) -> QuerySet[LedgerEvent]:
    if since:
        rows = rows.filter(at__gte=since)
    if until:
        rows = rows.filter(at__lt=until)
    return rows


def ids_of_person(patient_id: UUID) -> list[UUID]:
    """The ids of the survivor and of all that were merged into it."""
    survivor = Patient.objects.filter(id=patient_id).values_list("survivor_id", flat=True).first()
    root = survivor or patient_id
    merged = standing.ids_of(root)
    return list(merged.values_list("id", flat=True)) or [patient_id]


@dataclass(frozen=True, slots=True)
class Receiver:
    """How much one organisation was given, and when last."""

    organisation_id: UUID | None
    entries: int
    persons: int
    last_at: datetime


def by_receiver(rows: QuerySet[LedgerEvent]) -> list[Receiver]:
    """The receivers among these entries, the latest first."""
    found = (
        rows.order_by()
        .values_list("organisation_id")
        .annotate(Count("id"), Count("patient_id", distinct=True), Max("at"))
    )
    return sorted((Receiver(*row) for row in found), key=lambda row: row.last_at, reverse=True)
