"""HL7 messages as people look for them: lists by filters, one message, the studies it touched."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from archive.errors import ArchiveError, NotFound
from archive.models import Hl7Message, MessageOutcome, Patient, PatientHistory, PatientMerge, Study
from archive.objects import adt, er7
from archive.queries import keyset, standing
from archive.queries.overview import COUNTED

ORDER = (
    keyset.Key("received_at", datetime.fromisoformat, True),
    keyset.Key("id", UUID, True),
)
STUDIES = 50
REPLAYABLE = (MessageOutcome.RECEIVED, MessageOutcome.REFUSED)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed by; empty means any. `of_organisations` is who may see."""

    environment: str = "production"
    of_organisations: tuple[UUID, ...] | None = None
    organisation_id: UUID | None = None
    event: str = ""
    outcome: str = ""
    control_id: str = ""
    since: datetime | None = None


def narrowed(filters: Filters) -> QuerySet[Hl7Message]:
    rows = Hl7Message.objects.filter(environment=filters.environment)
    if filters.of_organisations is not None:
        rows = rows.filter(organisation_id__in=filters.of_organisations)
    exact = {
        "organisation_id": filters.organisation_id,
        "event": filters.event,
        "outcome": filters.outcome,
        "control_id": filters.control_id,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if filters.since is not None:
        rows = rows.filter(received_at__gte=filters.since)
    return rows.defer("raw", "answer").select_related("organisation", "connection")


def count(rows: QuerySet[Hl7Message]) -> int:
    """How many, counted to 10,001 only."""
    return rows.order_by()[:COUNTED].count()


def one(message_id: UUID, of_organisations: tuple[UUID, ...] | None = None) -> Hl7Message:
    """Raises NotFound."""
    related = ("organisation", "connection", "case", "patient__survivor")
    rows = Hl7Message.objects.select_related(*related).filter(id=message_id)
    if of_organisations is not None:
        rows = rows.filter(organisation_id__in=of_organisations)
    found = rows.first()
    if found is None:
        raise NotFound()
    return found


def merges_of(message: Hl7Message) -> list[PatientMerge]:
    """What the message has merged."""
    rows = PatientMerge.objects.filter(message=message).select_related("retired", "into")
    return list(rows.order_by("id"))


def patients(message: Hl7Message) -> list[Patient]:
    """All whom the message names, as far as they are known here, also when it was refused: whoever
    is shown it has seen them.
    """
    try:
        named = adt.named(er7.read(bytes(message.raw)))
    except ArchiveError:
        named = []
    rows = Patient.objects.filter(
        environment=message.environment, identifier__in=[each.value for each in named]
    )
    known = {(row.identifier, row.issuer): row for row in rows.select_related("survivor")}
    found = [message.patient, *(known.get((each.value, each.issuer)) for each in named)]
    return [each for each in dict.fromkeys(found) if each is not None]


def before(message: Hl7Message) -> PatientHistory | None:
    """The person's demographics before the message changed them."""
    return PatientHistory.objects.filter(message=message).order_by("id").first()


def studies_of(message: Hl7Message) -> list[Study]:
    """The sender's own studies of the person the message is about, newest first."""
    if message.patient is None:
        return []
    rows = Study.objects.filter(
        standing.of_person(standing.person_id(message.patient)),
        environment=message.environment,
        register__organisation_id=message.organisation_id,
    )
    rows = rows.select_related("register__organisation", "connection")
    return list(rows.order_by("-received_at", "-id")[:STUDIES])
