"""To whom a person's data has been disclosed, as the person may know it (AC-6): which organisation,
from whose register, when and on what ground; no names of people, and nothing that tells whether it
was images.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from archive.ledger import Kind
from archive.models import LedgerEvent, Organisation
from archive.queries import keyset, registers
from archive.queries.disclosures import DISCLOSED, ids_of_person


def disclosures_of(person_id: UUID) -> QuerySet[LedgerEvent]:
    """The entries of the disclosure log about a person and whoever was merged into it."""
    return LedgerEvent.objects.filter(kind__in=DISCLOSED, patient_id__in=ids_of_person(person_id))


@dataclass(frozen=True, slots=True)
class Disclosure:
    """`controller` (who it was then) and `receiver` are names in the reader's language, where they
    are known.
    """

    id: UUID
    at: datetime
    receiver: str
    receiver_oid: str
    unit: str
    controller: str
    controller_oid: str
    ground: str
    service_event: str
    is_notified: bool  # from a customer's own system; otherwise over this service


@dataclass(frozen=True, slots=True)
class Page:
    rows: Sequence[Disclosure]
    following: str


def page(person_id: UUID, after: str = "") -> Page:
    """The newest first. Raises ValueError when the cursor is none."""
    found = keyset.page(disclosures_of(person_id), keyset.NEWEST_EVENT, after=after)
    oids = {str(event.facts.get("controller", "")) for event in found.rows}
    controllers = registers.controllers_of(oids)
    receivers = Organisation.objects.in_bulk(
        {event.organisation_id for event in found.rows if event.organisation_id}
    )
    rows = [_disclosure(event, controllers, receivers) for event in found.rows]
    return Page(rows, found.following)


def _disclosure(
    event: LedgerEvent, controllers: registers.Controllers, receivers: dict[UUID, Organisation]
) -> Disclosure:
    facts = event.facts
    receiver = receivers.get(event.organisation_id) if event.organisation_id else None
    oid = str(facts.get("controller", ""))
    controller = controllers.then(oid, event.at)
    return Disclosure(
        id=event.id,
        at=event.at,
        receiver=receiver.name if receiver else str(facts.get("receiver_name", "")),
        receiver_oid=str(facts.get("receiver_oid", "")),
        unit=str(facts.get("unit", "")),
        controller=controller.name if controller else "",
        controller_oid=oid,
        ground=str(facts.get("ground", "")),
        service_event=str(facts.get("service_event", "")),
        is_notified=event.kind == Kind.DISCLOSURE_NOTIFIED.word,
    )
