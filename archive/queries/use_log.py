"""The use and administration log, a view of the ledger: who looked at what and why, who changed
what, and what the archive did by itself (LG-3).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from archive.ledger import Kind
from archive.models import LedgerEvent, User
from archive.queries.disclosures import DISCLOSED, ids_of_person, within

PEOPLE = ("staff", "customer")  # whose actor's id is a user of the portal
STAFF_LOOKS = (  # at what is kept of a patient
    Kind.STUDY_VIEWED.word,
    Kind.PATIENT_SEARCHED.word,
    Kind.PATIENT_VIEWED.word,
    Kind.WISHES_VIEWED.word,
    Kind.WHY_ASKED.word,
    Kind.AUTHORISATION_VIEWED.word,
    Kind.AUTHORISATION_SEARCHED.word,
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the log is narrowed by; empty means any. Events of no environment, such as a customer's
    data, stand in both.
    """

    environment: str = "production"
    patient_id: UUID | None = None
    organisation_id: UUID | None = None
    person_id: UUID | None = None
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None


KINDS = tuple(kind.word for kind in Kind if kind.word not in DISCLOSED)


def narrowed(filters: Filters) -> QuerySet[LedgerEvent]:
    """The entries that the filters leave."""
    rows = LedgerEvent.objects.filter(environment__in=(filters.environment, ""))
    rows = rows.filter(kind=filters.kind) if filters.kind else rows.exclude(kind__in=DISCLOSED)
    if filters.patient_id:
        rows = rows.filter(patient_id__in=ids_of_person(filters.patient_id))
    if filters.organisation_id:
        rows = rows.filter(organisation_id=filters.organisation_id)
    if filters.person_id:
        rows = rows.filter(actor_id=filters.person_id, actor_kind__in=PEOPLE)
    return within(rows, filters.since, filters.until)


def holds(kind: str) -> bool:
    return kind not in DISCLOSED


def entry(at: datetime, event_id: UUID) -> LedgerEvent | None:
    return LedgerEvent.objects.filter(at=at, id=event_id).first()


def staff() -> QuerySet[User]:
    """Everybody with a role in the operator, for the filter by person."""
    mine = Q(memberships__organisation__is_operator=True)
    return User.objects.filter(mine).distinct().order_by("last_name", "username")
