"""Purchased-service authorisations: made, amended and revoked by the organiser, accepted or
declined by the producer, ended by time (AC-3).

Every move is a conditional update on the state it was judged by. With it go its event in the
ledger, a mail owed to both parties, and the form owed to the Patient Data Repository.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from archive import ledger
from archive.actors import SYSTEM, Actor
from archive.errors.authorisations import AuthorisationMoved
from archive.models import (
    Authorisation,
    AuthorisationState,
    Organisation,
    Register,
    RegisterHolding,
)
from archive.rules import authorisations as rules
from archive.rules.authorisations import Fault, Move, Order
from archive.services import apart, filing
from archive.services import authorisation_rows as rows
from archive.services.authorisation_parties import (
    organiser_faults,
    producer_faults,
    require_controller,
    sides,
)
from archive.values import (
    HELSINKI,
    PatientIdentifier,
    civil_day,
    now,
    today,
    uid_from_uuid,
    uuid7,
)

Kind = ledger.Kind


def make(
    actor: Actor,
    register: Register,
    order: Order,
    *,
    environment: str,
    producer: Organisation | None = None,
    patient: PatientIdentifier | None = None,
) -> Authorisation:
    """A new one, at population level when no patient is named; without a producer it gives no
    rights yet.

    Raises ControllerDiffers, SubcontractingRefused, AuthorisationInvalid, AuthorisationOverlaps,
    EnvironmentMismatch, RealPatientRequired.
    """
    require_controller(actor, register, environment)
    if patient is not None:
        filing.require_environment(patient, environment)
    with transaction.atomic():
        rows.hold(register)
        of_patient = patient is not None
        _require_sound(order, None, register, producer, environment, of_patient=of_patient)
        at = now()
        row = rows.new_row(
            order,
            environment=environment,
            series=uuid7(),
            version=1,
            document_oid=uid_from_uuid(),
            register=register,
            producer=producer,
            patient=filing.file_patient(environment, patient) if patient else None,
            made_by=actor.name,
            made_at=at,
            at=at,
        )
        rows.require_no_other(row)
        row.save(force_insert=True)
        facts = {"level": row.level, "producer": producer.oid if producer else ""}
        _tell(rows.record(Kind.AUTHORISATION_MADE, row, facts, actor), row)
        return row


def amend(
    actor: Actor, row: Authorisation, order: Order, *, producer: Organisation | None
) -> Authorisation:
    """The next version: what is ordered has changed, or the producer is named. Rights go on without
    a gap; the producer accepts anew. Unchanged, it is the same version.

    Raises PartyUnfit, AuthorisationMoved, AuthorisationInvalid, AuthorisationOverlaps.
    """
    with transaction.atomic():
        rows.hold(row.register)
        row = _require(actor, row, Move.AMEND)
        before, declined = Order.of(row), row.state == AuthorisationState.DECLINED
        changed = _changes(row, before, order, producer)
        if not changed and not declined:
            return row
        of_patient = row.patient_id is not None
        _require_sound(
            order, before, row.register, producer, row.environment, of_patient=of_patient
        )
        at = now()
        amended = _next_version(row, order, producer, actor.name, at)
        rows.require_no_other(amended)
        if not declined:
            rows.move(row, Move.AMEND, at, closed_at=at)
            rows.owe_form(row)
        amended.save(force_insert=True)
        facts = {
            "version": amended.version,
            "changed": changed,
            "producer": producer.oid if producer else "",
        }
        _tell(rows.record(Kind.AUTHORISATION_AMENDED, amended, facts, actor), amended)
        return amended


def _changes(
    row: Authorisation, before: Order, order: Order, producer: Organisation | None
) -> list[str]:
    """The names of what differs. A producer that was named stays, until it declines: for another
    one the organiser makes another authorisation. Raises AuthorisationInvalid.
    """
    changed = order.changed_from(before)
    named = producer.id if producer else None
    if named != row.producer_id:
        if row.producer_id is not None and row.state != AuthorisationState.DECLINED:
            rows.raise_faults([("producer", Fault.PRODUCER_FIXED)])
        changed.append("producer")
    return changed


def _next_version(
    row: Authorisation, order: Order, producer: Organisation | None, made_by: str, at: datetime
) -> Authorisation:
    return rows.new_row(
        order,
        environment=row.environment,
        series=row.series,
        version=row.version + 1,
        document_oid=row.document_oid,
        register=row.register,
        producer=producer,
        patient=row.patient,
        made_by=made_by,
        made_at=at,
        at=at,
    )


def left_behind() -> QuerySet[Register]:
    """Registers with authorisations that have not passed on with them."""
    passed = Register.objects.filter(id__in=RegisterHolding.objects.values("register"))
    return passed.filter(id__in=_of_another(today()).values("register"))


def _of_another(day: date) -> QuerySet[Authorisation]:
    """Live ones whose organiser is not the controller of the register any more. A producer that is
    controller now has no more use for one.
    """
    controller = F("register__organisation_id")
    live = Authorisation.objects.filter(closed_at=None).exclude(valid_until__lt=day)
    return live.exclude(organiser_id=controller).exclude(producer_id=controller)


def pass_on(register: Register) -> int:
    """The register has passed to another controller, in the caller's transaction: what is live goes
    on as a next version, whose organiser that one is; those before stay as they were. How many.
    """
    rows.hold(register)
    at = now()
    related = ("register", "organiser", "producer", "patient")
    passed = list(_of_another(civil_day(at)).filter(register=register).select_related(*related))
    for row in passed:
        following = _next_version(row, Order.of(row), row.producer, SYSTEM.name, at)
        rows.move(row, Move.AMEND, at, closed_at=at)
        rows.owe_form(row)
        following.save(force_insert=True)
        facts = {
            "version": following.version,
            "changed": ["organiser"],
            "producer": row.producer.oid if row.producer else "",
        }
        _tell(rows.record(Kind.AUTHORISATION_AMENDED, following, facts, SYSTEM), following)
    return len(passed)


def accept(actor: Actor, row: Authorisation) -> Authorisation:
    """By the producer. Raises PartyUnfit, AuthorisationMoved."""
    return _moved(actor, row, Move.ACCEPT, Kind.AUTHORISATION_ACCEPTED, accepted_at=now())


def withdraw_acceptance(actor: Actor, row: Authorisation) -> Authorisation:
    """Accepted by mistake: on the same day and before any work. Raises PartyUnfit,
    AuthorisationMoved.
    """
    return _moved(actor, row, Move.WITHDRAW, Kind.AUTHORISATION_WITHDRAWN, accepted_at=None)


def decline(actor: Actor, row: Authorisation, *, reason: str) -> Authorisation:
    """Its rights end at once. Raises PartyUnfit, AuthorisationMoved, AuthorisationInvalid."""
    return _closed(actor, row, Move.DECLINE, Kind.AUTHORISATION_DECLINED, reason)


def revoke(actor: Actor, row: Authorisation, *, reason: str) -> Authorisation:
    """Its rights end at once. Raises PartyUnfit, AuthorisationMoved, AuthorisationInvalid."""
    return _closed(actor, row, Move.REVOKE, Kind.AUTHORISATION_REVOKED, reason)


def finish(actor: Actor, row: Authorisation) -> Authorisation:
    """The organiser has what it ordered; rights end. Raises PartyUnfit, AuthorisationMoved."""
    at, kind = now(), Kind.AUTHORISATION_ENDED
    return _moved(actor, row, Move.FINISH, kind, {"how": "done"}, closed_at=at, done_at=at)


def end_due(day: date) -> int:
    """End those whose validity is over, each in a transaction of its own; how many."""
    due = Authorisation.objects.filter(closed_at=None, valid_until__lt=day)
    return apart.each("authorisations-due", due, _end, where=lambda row: row.environment)


def _end(row: Authorisation) -> bool:
    assert row.valid_until is not None
    midnight = datetime.combine(row.valid_until + timedelta(days=1), time(), HELSINKI)
    closed_at = max(midnight, row.granted_at or row.made_at)
    kind = Kind.AUTHORISATION_ENDED
    try:
        _moved(SYSTEM, row, Move.END, kind, {"how": "validity"}, closed_at=closed_at)
    except AuthorisationMoved:
        return False  # somebody was first
    return True


def moves_open(actor: Actor, row: Authorisation) -> list[Move]:
    """What this actor may do with it now."""
    found = rules.moves_open(sides(actor, row), rows.standing_of(row), today())
    return [each for each in found if each != Move.AMEND or rows.is_newest(row)]


# --- each move ------------------------------------------------------------------------------------


def _require(actor: Actor, row: Authorisation, wanted: Move) -> Authorisation:
    """The row as it is now. Raises PartyUnfit, AuthorisationMoved."""
    related = ("register", "organiser", "producer", "patient")
    fresh = Authorisation.objects.select_related(*related).get(id=row.id)
    rules.require(wanted, sides(actor, fresh), rows.standing_of(fresh), today())
    if wanted == Move.AMEND and not rows.is_newest(fresh):
        raise AuthorisationMoved(facts={"state": fresh.state, "move": wanted.value})
    return fresh


def _require_sound(
    order: Order,
    before: Order | None,
    register: Register,
    producer: Organisation | None,
    environment: str,
    *,
    of_patient: bool,
) -> None:
    """Raises AuthorisationInvalid."""
    here = rules.faults_today(
        order, today(), before, of_patient=of_patient, writable=register.is_default
    )
    who = organiser_faults(register.organisation_id, environment)
    whom = producer_faults(register.organisation_id, producer, environment)
    rows.raise_faults((*who, *rules.faults(order), *here, *whom))


def _moved(
    actor: Actor,
    row: Authorisation,
    wanted: Move,
    kind: Kind,
    facts: Mapping[str, object] | None = None,
    **columns: object,
) -> Authorisation:
    with transaction.atomic():
        row = _require(actor, row, wanted)
        rows.move(row, wanted, now(), **columns)
        _tell(rows.record(kind, row, facts or {}, actor), row)
        return row


def _closed(
    actor: Actor, row: Authorisation, wanted: Move, kind: Kind, reason: str
) -> Authorisation:
    reason = reason.strip()[:400]
    if not reason:
        rows.raise_faults([("reason", Fault.REASON_MISSING)])
    columns = {"closed_at": now(), "closing_reason": reason}
    return _moved(actor, row, wanted, kind, {"reason": reason}, **columns)


def _tell(event_id: UUID, row: Authorisation) -> None:
    rows.owe_letters(event_id, row)
    rows.owe_form(row)
