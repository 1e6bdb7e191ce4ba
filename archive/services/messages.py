"""HL7 messages: kept as they came, acted upon, answered; and done again by a person (HL-1, SD-3).

A message is kept before it is acted upon, so none is lost with a process. What it changes and that
it was done are one transaction.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from archive import conversation, ledger
from archive.actors import Actor, connection_actor
from archive.config import settings
from archive.errors import ArchiveError, NotFound
from archive.errors.persons import BirthContradicts, MessageDone, SenderUnknown
from archive.models import Hl7Message, MessageOutcome, Patient
from archive.objects import adt, er7
from archive.objects.persons import Person
from archive.queries import standing
from archive.rules.identity import contradicts_code
from archive.rules.messages import Spoken, require_taken
from archive.services import error_desk, filing, identity
from archive.services.error_desk import Place, What, Who
from archive.services.identity import Occasion
from archive.values import now, without_codes

MESSAGE = Place("hl7", "message")
BIRTH = Place("hl7", "birth")
ACCEPTED = "AA"
EMPTIED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Received:
    """A message whose header could be read."""

    raw: bytes
    message: er7.Message
    header: adt.Header


def read(raw: bytes) -> Received:
    """Raises MessageUnreadable, CharacterSetUnknown."""
    message = er7.read(raw)
    return Received(raw, message, adt.header(message))


def keep(actor: Actor, received: Received, *, correlation_id: UUID | None) -> UUID:
    """Durable on return; its id. Raises SenderUnknown for who is no customer's system."""
    header = received.header
    if actor.id is None or actor.organisation_id is None:
        raise SenderUnknown()
    row = Hl7Message.objects.create(
        environment=actor.environment,
        connection_id=actor.connection_id,
        organisation_id=actor.customer_id,
        received_at=now(),
        raw=received.raw,
        digest=hashlib.sha256(received.raw).digest(),
        control_id=without_codes(header.control_id)[:200],
        event=f"{header.message_type}^{header.event}"[:20],
        version=header.version[:20],
        outcome=MessageOutcome.RECEIVED,
        correlation_id=correlation_id,
    )
    return row.id


def process(
    actor: Actor, message_id: UUID, received: Received, *, not_after: datetime | None = None
) -> MessageOutcome:
    """Do what the message asks; the same message again, once done, changes nothing.

    `not_after`: an old message, which must not overwrite what has come since. Raises ArchiveError.
    """
    spoken = Spoken(settings().hl7_versions, settings().hl7_processing(actor.environment))
    require_taken(received.header, spoken)
    with transaction.atomic():
        row = Hl7Message.objects.select_for_update().get(id=message_id)
        if row.outcome not in (MessageOutcome.RECEIVED, MessageOutcome.REFUSED):
            raise MessageDone()
        patient, changed = None, False
        if not _was_done(row):
            occasion = Occasion(
                actor.environment, row.id, correlation_id=row.correlation_id, not_after=not_after
            )
            patient, changed = _ACTS[received.header.event](actor, received.message, occasion)
        row.outcome = MessageOutcome.DONE if changed else MessageOutcome.NO_EFFECT
        row.patient, row.reason, row.detail, row.place = patient, "", "", ""
        row.save(update_fields=["outcome", "patient", "reason", "detail", "place"])
    _settle(row)
    return MessageOutcome(row.outcome)


def _was_done(row: Hl7Message) -> bool:
    """A sender that heard no answer sends the same bytes again."""
    earlier = Hl7Message.objects.filter(
        connection_id=row.connection_id,
        control_id=row.control_id,
        digest=row.digest,
        outcome__in=(MessageOutcome.DONE, MessageOutcome.NO_EFFECT),
    )
    return earlier.exclude(id=row.id).exists()


def answered(
    message_id: UUID, acknowledgement: str, answer: bytes, error: ArchiveError | None
) -> None:
    """Keep what the sender is told, and put a refusal on the desk."""
    rows = Hl7Message.objects.filter(id=message_id)
    rows.update(acknowledgement=acknowledgement, answer=answer, ms=conversation.lasted())
    if error is not None:
        _refused(rows.get(), error)


def _refused(row: Hl7Message, error: ArchiveError) -> None:
    with transaction.atomic():
        case_id = error_desk.report(
            error,
            environment=row.environment,
            place=MESSAGE,
            who=Who(row.organisation_id, row.connection_id),
            what=What(subject_id=row.id, correlation_id=row.correlation_id),
            facts={"event": row.event, "control id": row.control_id[:60]},
        )
        Hl7Message.objects.filter(id=row.id).update(
            outcome=MessageOutcome.REFUSED,
            reason=error.reason(),
            detail=error.detail[:400],
            place=error.facts.get("place", "")[:40],
            case_id=case_id,
        )


def _settle(row: Hl7Message) -> None:
    """It went through, now or when it was sent again."""
    same = Hl7Message.objects.filter(
        connection_id=row.connection_id, control_id=row.control_id, digest=row.digest
    )
    for message_id in same.filter(case__isnull=False).values_list("id", flat=True):
        error_desk.settle(message_id, MESSAGE.step)


# --- what messages ask ----------------------------------------------------------------------------

Done = tuple[Patient | None, bool]  # the person it is about, and whether anything changed


def _update(actor: Actor, message: er7.Message, occasion: Occasion) -> Done:
    person = adt.read_update(message)
    changed = identity.update(actor, person, occasion) is not None
    patient = _patient(person, occasion)
    if patient is not None and person.demographics.birth_date is not None:
        _tell_of_birth(actor, person, standing.person_id(patient), occasion)
    return patient, changed


def _tell_of_birth(actor: Actor, person: Person, person_id: UUID, occasion: Occasion) -> None:
    """It is taken as it is told; of another day than the code says its sender is to look whose it
    is. The next message that tells a right one ends it.
    """
    if not contradicts_code(person.identifier, person.demographics.birth_date or ""):
        error_desk.settle(person_id, BIRTH.step)
        return
    error_desk.watched(
        BirthContradicts(),
        environment=occasion.environment,
        place=BIRTH,
        who=Who(actor.organisation_id, actor.connection_id),
        what=What(subject_id=person_id, correlation_id=occasion.correlation_id),
    )


def _merge(actor: Actor, message: er7.Message, occasion: Occasion) -> Done:
    merges = adt.read_merges(message)
    changed = identity.merge(actor, merges, occasion) > 0
    return _patient(merges[0].survivor, occasion), changed


def _change(actor: Actor, message: er7.Message, occasion: Occasion) -> Done:
    changes = adt.read_merges(message)
    with transaction.atomic():
        changed = sum(identity.change_id(actor, each, occasion) for each in changes) > 0
    return _patient(changes[0].survivor, occasion), changed


def _patient(person: Person, occasion: Occasion) -> Patient | None:
    return filing.find_patient(occasion.environment, person.identifier)


_ACTS: Mapping[str, Callable[[Actor, er7.Message, Occasion], Done]] = {
    **dict.fromkeys(adt.UPDATES, _update),
    adt.MERGE: _merge,
    adt.CHANGE: _change,
}


# --- again, and no more ---------------------------------------------------------------------------


def replay(actor: Actor, message_id: UUID) -> MessageOutcome:
    """A person has a refused message done again, in its sender's name; what has come since stays.

    Raises NotFound when its content is no longer kept, MessageDone when it is done already.
    """
    row = Hl7Message.objects.select_related("connection").get(id=message_id)
    if not row.raw:
        raise NotFound()
    if row.outcome not in (MessageOutcome.RECEIVED, MessageOutcome.REFUSED):
        raise MessageDone()
    error: ArchiveError | None = None
    try:
        outcome = process(_sender(row), row.id, read(bytes(row.raw)), not_after=row.received_at)
    except ArchiveError as raised:
        outcome, error = MessageOutcome.REFUSED, raised
    with transaction.atomic():
        if error is not None:
            _refused(row, error)
        Hl7Message.objects.filter(id=row.id).update(replayed_at=now())
        about = ledger.About(
            environment=row.environment,
            organisation_id=row.organisation_id,
            subject_id=row.id,
            correlation_id=row.correlation_id,
        )
        facts = {"outcome": outcome.value, "reason": error.reason() if error else ""}
        ledger.record(ledger.Kind.MESSAGE_REPLAYED, about, facts, actor=actor)
    return outcome


def _sender(row: Hl7Message) -> Actor:
    return connection_actor(
        connection_id=row.connection_id,
        name=str(row.connection),
        organisation_id=row.organisation_id,
        environment=row.environment,
    )


def expire() -> int:
    """Empty the messages whose time is over; what became of them stays. How many."""
    before = now() - timedelta(days=settings().hl7_messages_kept_days)
    rows = Hl7Message.objects.filter(received_at__lt=before).exclude(raw=b"")
    ids = list(rows.order_by("received_at").values_list("id", flat=True)[:EMPTIED_AT_ONCE])
    return Hl7Message.objects.filter(id__in=ids).update(raw=b"", answer=b"")
