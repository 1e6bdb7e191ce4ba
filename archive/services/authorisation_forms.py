"""The form document between us and the Patient Data Repository: what comes from there is taken in,
what is made or changed here goes there (AC-3).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from archive import ledger, locks
from archive.actors import SYSTEM, Actor
from archive.config import settings
from archive.errors import ArchiveError, PatientIdUntrusted
from archive.errors.authorisations import FormDiffers
from archive.models import (
    Authorisation,
    AuthorisationLevel,
    AuthorisationState,
    Organisation,
    Register,
)
from archive.objects.authorisation_form import Form
from archive.rules import authorisations as rules
from archive.rules.authorisations import LIVE, ORDER_FIELDS, OVER, Fault, Faults, Move, Order
from archive.services import authorisation_rows as rows
from archive.services import documents, error_desk, filing
from archive.services.authorisation_parties import not_controller, producer_faults
from archive.services.error_desk import Place, What, Who
from archive.values import PatientIdentifier, now, uuid7

Kind = ledger.Kind
State = AuthorisationState
DELIVER = Place("pdr", "authorisation")
KINDS = {
    Move.ACCEPT: Kind.AUTHORISATION_ACCEPTED,
    Move.DECLINE: Kind.AUTHORISATION_DECLINED,
    Move.REVOKE: Kind.AUTHORISATION_REVOKED,
    Move.FINISH: Kind.AUTHORISATION_ENDED,
    Move.END: Kind.AUTHORISATION_ENDED,
}


def form_of(row: Authorisation) -> Form:
    """The document as it is now."""
    return Form(
        document_oid=row.document_oid,
        version=row.version,
        level=row.level,
        state=row.state,
        organiser=row.organiser.oid,
        controller_oid=row.register.controller_oid,
        register_type=row.register.type,
        register_specifier=row.register.specifier,
        producer=row.producer.oid if row.producer else "",
        patient_id=row.patient.identifier if row.patient else "",
        patient_issuer=row.patient.issuer if row.patient else "",
        made_by=row.made_by,
        made_at=row.made_at,
        accepted_at=row.accepted_at,
        done_at=row.done_at,
        closed_at=row.closed_at,
        closing_reason=row.closing_reason,
        **{name: getattr(row, name) for name in ORDER_FIELDS},
    )


# --- from the repository --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Parties:
    register: Register
    producer: Organisation | None
    patient: PatientIdentifier | None


def receive(actor: Actor, form: Form) -> Authorisation:
    """Take in one version; the same again changes nothing, and one that is known goes the way the
    repository says it has gone.

    Raises Refused, ControllerDiffers, SubcontractingRefused, AuthorisationInvalid,
    AuthorisationOverlaps, AuthorisationMoved, FormDiffers, PatientIdUntrusted,
    EnvironmentMismatch, RealPatientRequired.
    """
    environment = actor.environment
    documents.require_repository(actor, environment)
    at = now()
    rows.raise_faults(_contradictions(form, at))
    parties = _parties(form, environment)
    with transaction.atomic():
        _lock(environment, form.document_oid)
        rows.hold(parties.register)
        same = Authorisation.objects.filter(environment=environment, document_oid=form.document_oid)
        series = list(same.select_related("register", "organiser", "producer", "patient"))
        known = next((row for row in series if row.version == form.version), None)
        if known is None:
            return _taken_in(actor, form, parties, series, at)
        if form_of(known).content != form.content:
            raise FormDiffers()
        _follow(actor, known, form, at)
        return known


def _contradictions(form: Form, at: datetime) -> Faults:
    """What the document says against itself or against the clock."""
    if form.state not in State.values or (form.state in LIVE and form.closed_at is not None):
        yield "state", Fault.STATE_CONTRADICTS
    needs_producer = {State.GRANTED, State.ACCEPTED, State.DECLINED}
    if form.state in needs_producer and not form.producer:
        yield "producer", Fault.STATE_CONTRADICTS
    if form.state == State.WITHOUT_PRODUCER and form.producer:
        yield "producer", Fault.STATE_CONTRADICTS
    if form.level == AuthorisationLevel.PATIENT and not form.patient_id:
        yield "patient", Fault.PATIENT_MISSING
    if form.level == AuthorisationLevel.POPULATION and form.patient_id:
        yield "patient", Fault.PATIENT_AT_POPULATION_LEVEL
    for name in ("made_at", "accepted_at", "done_at", "closed_at"):
        told = getattr(form, name)
        if told is not None and told > at:
            yield name, Fault.IN_FUTURE
    yield from rules.faults(order_of(form))


def order_of(form: Form) -> Order:
    return Order(**{name: getattr(form, name) for name in ORDER_FIELDS})


def _parties(form: Form, environment: str) -> _Parties:
    """Who and whose register it is. Raises AuthorisationInvalid, ControllerDiffers,
    SubcontractingRefused, PatientIdUntrusted, EnvironmentMismatch, RealPatientRequired.
    """
    organiser = Organisation.objects.filter(oid=form.organiser).first()
    register = Register.objects.filter(
        controller_oid=form.controller_oid,
        type=form.register_type,
        specifier=form.register_specifier,
    ).first()
    producer = Organisation.objects.filter(oid=form.producer).first() if form.producer else None
    rows.raise_faults(_unknown(form, organiser, register, producer))
    assert organiser is not None and register is not None  # else it was raised
    if register.organisation_id != organiser.id:
        raise not_controller([organiser.id], register, environment)
    if form.state in LIVE:
        rows.raise_faults(producer_faults(organiser.id, producer, environment))
    return _Parties(register, producer, _patient(form, environment))


def _unknown(
    form: Form,
    organiser: Organisation | None,
    register: Register | None,
    producer: Organisation | None,
) -> Iterator[tuple[str, Fault]]:
    if organiser is None:
        yield "organiser", Fault.ORGANISER_UNKNOWN
    if register is None:
        yield "register", Fault.REGISTER_UNKNOWN
    if form.producer and producer is None:
        yield "producer", Fault.PRODUCER_UNKNOWN


def _patient(form: Form, environment: str) -> PatientIdentifier | None:
    if not form.patient_id:
        return None
    try:
        identifier = PatientIdentifier.parse(form.patient_id, form.patient_issuer)
    except ValueError:
        raise PatientIdUntrusted(facts={"field": "patient"}) from None
    filing.require_environment(identifier, environment)
    return identifier


def _lock(environment: str, document_oid: str) -> None:
    """Messages about one document go one after the other."""
    locks.hold(f"authorisation {environment} {document_oid}")


def _taken_in(
    actor: Actor, form: Form, parties: _Parties, series: list[Authorisation], at: datetime
) -> Authorisation:
    """A version that is new here; versions may come in any order, and the highest counts."""
    newest = max(series, key=lambda row: row.version, default=None)
    if newest is not None:
        rows.raise_faults(_other_subject(newest, parties))
    patient = parties.patient
    row = rows.new_row(
        order_of(form),
        environment=actor.environment,
        series=newest.series if newest else uuid7(),
        version=form.version,
        document_oid=form.document_oid,
        register=parties.register,
        producer=parties.producer,
        patient=filing.file_patient(actor.environment, patient) if patient else None,
        made_by=form.made_by,
        made_at=form.made_at,
        at=at,
    )
    row.delivered_at = at
    _as_told(row, form, at, replaced=newest is not None and newest.version > form.version)
    if row.closed_at is None:
        rows.require_no_other(row)
    if newest is not None and newest.version < form.version and newest.state in LIVE:
        rows.move(newest, Move.AMEND, at, closed_at=at, delivered_at=at)
    row.save(force_insert=True)
    kind, facts = _how_told(row, newest)
    rows.owe_letters(rows.record(kind, row, facts, actor), row)
    return row


def _other_subject(newest: Authorisation, parties: _Parties) -> Faults:
    """Register and patient are the same in every version."""
    if newest.register_id != parties.register.id:
        yield "register", Fault.REGISTER_FIXED
    known = newest.patient
    before = PatientIdentifier(known.identifier, known.issuer) if known else None
    if before != parties.patient:
        yield "patient", Fault.PATIENT_FIXED


def _as_told(row: Authorisation, form: Form, at: datetime, *, replaced: bool) -> None:
    """In the state the repository has it in. What is over when it comes never gave rights here."""
    row.state, row.accepted_at, row.done_at = form.state, form.accepted_at, form.done_at
    if row.state == State.ACCEPTED:
        row.accepted_at = form.accepted_at or at
    if replaced and row.state in LIVE:
        row.state = State.REPLACED
    if row.state in OVER:
        row.closed_at, row.granted_at = form.closed_at or at, None
        row.closing_reason = form.closing_reason[:400]


def _how_told(row: Authorisation, newest: Authorisation | None) -> tuple[Kind, dict[str, object]]:
    producer = row.producer.oid if row.producer else ""
    if newest is None:
        return Kind.AUTHORISATION_MADE, {"level": row.level, "producer": producer}
    changed = Order.of(row).changed_from(Order.of(newest))
    if row.producer_id != newest.producer_id:
        changed.append("producer")
    facts = {"version": row.version, "changed": changed, "producer": producer}
    return Kind.AUTHORISATION_AMENDED, facts


def _follow(actor: Actor, row: Authorisation, form: Form, at: datetime) -> None:
    """Go the way it has gone in the repository. Raises AuthorisationMoved when ours was another."""
    wanted = rules.leading_to(form.state, row.state, done=form.done_at is not None)
    if wanted is None:
        return
    columns: dict[str, object] = {"delivered_at": at}
    facts: dict[str, object] = {}
    if wanted == Move.ACCEPT:
        columns["accepted_at"] = form.accepted_at or at
    else:
        columns["closed_at"] = at
        columns["closing_reason"] = form.closing_reason[:400]
    if wanted in (Move.DECLINE, Move.REVOKE):
        facts["reason"] = form.closing_reason[:400]
    if wanted in (Move.FINISH, Move.END):
        columns["done_at"] = form.done_at
        facts["how"] = "done" if form.done_at else "validity"
    rows.move(row, wanted, at, **columns)
    if wanted in KINDS:  # a successor, when it comes, tells of the replacement
        rows.owe_letters(rows.record(KINDS[wanted], row, facts, actor), row)


# --- to the repository ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Owed:
    """A form with where it goes, ready for the edge."""

    url: str
    secret: str
    form: Form
    changed_at: datetime


def owed(row_id: UUID) -> Owed | None:
    """What to send and where; None when the repository knows the present state."""
    row = _whole(row_id)
    if row.delivered_at is not None:
        return None
    config = settings()
    url = config.repository_url(row.environment)
    return Owed(url, config.pdr_secret, form_of(row), row.changed_at)


def _whole(row_id: UUID) -> Authorisation:
    related = ("register", "organiser", "producer", "patient")
    return Authorisation.objects.select_related(*related).get(id=row_id)


def delivered(row_id: UUID, sent: Owed) -> None:
    """Unless it was moved while it was sent: then the job comes again."""
    with transaction.atomic():
        error_desk.settle(row_id, DELIVER.step)
        rows_sent = Authorisation.objects.filter(id=row_id, changed_at=sent.changed_at)
        if rows_sent.update(delivered_at=now()):
            facts = {"state": sent.form.state}
            rows.record(Kind.AUTHORISATION_DELIVERED, _whole(row_id), facts, SYSTEM)


def not_delivered(row_id: UUID, error: ArchiveError) -> None:
    """One more try has failed."""
    facts = {"error": error.detail, "cause": error.reason()}
    rows.record(Kind.AUTHORISATION_UNDELIVERED, _whole(row_id), facts, SYSTEM)


def give_up(row_id: UUID, job_id: UUID, error: ArchiveError) -> None:
    """All tries failed: the support desk has it."""
    row = _whole(row_id)
    error_desk.report(
        error,
        environment=row.environment,
        place=DELIVER,
        who=Who(name="repository"),
        what=What(subject_id=row_id, job_id=job_id),
        facts={"peer": settings().repository_url(row.environment)},
        once=True,
    )
