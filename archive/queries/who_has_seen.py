"""Who has seen a patient's data, or what of a controller's register, in a time: for a report."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from archive.actors import ActorKind
from archive.ledger import Kind
from archive.models import LedgerEvent
from archive.queries import disclosures, use_log
from archive.queries.disclosures import GIVEN, Filters, Receiver

MOST = 2_000  # entries that a report tells one by one
COUNTED = 10_001  # one more than is ever said: "over 10,000"
LOOKS = (*use_log.STAFF_LOOKS, Kind.LIST_EXPORTED.word)  # a list of the patient's as a file, too


@dataclass(frozen=True, slots=True)
class Question:
    """One patient, or one controller by its OID."""

    environment: str
    since: datetime
    until: datetime
    patient_id: UUID | None = None
    controller: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest of what was given, how much there is in all, who got it; and the staff's own
    looks.
    """

    given: list[LedgerEvent]
    count: int
    receivers: list[Receiver]
    looks: list[LedgerEvent]


def answer(question: Question) -> Seen:
    rows = disclosures.narrowed(
        Filters(
            environment=question.environment,
            patient_id=question.patient_id,
            controller=question.controller,
            since=question.since,
            until=question.until,
            kinds=GIVEN,
        )
    )
    return Seen(
        list(rows.order_by("-at", "-id")[:MOST]),
        rows.order_by()[:COUNTED].count(),
        disclosures.by_receiver(rows),
        _looks(question),
    )


def _looks(question: Question) -> list[LedgerEvent]:
    """Of a controller's whole register nobody asks for them: they stand in the use log."""
    if question.patient_id is None:
        return []
    filters = use_log.Filters(
        environment=question.environment,
        patient_id=question.patient_id,
        since=question.since,
        until=question.until,
    )
    rows = use_log.narrowed(filters).filter(kind__in=LOOKS, actor_kind=ActorKind.STAFF)
    return list(rows.order_by("-at", "-id")[:MOST])
