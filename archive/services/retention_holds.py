"""Holds: while one is in force nothing of the study, or of the patient, is destroyed (AR-9)."""

from datetime import date
from uuid import UUID

from django.db import transaction

from archive import ledger
from archive.actors import Actor
from archive.errors.retention import HeldAlready, HoldEnded, PersonUnknown, StudyDestroyed
from archive.errors.wishes import ValueUnfit
from archive.models import Patient, RetentionHold, Study, StudyState
from archive.queries import destruction, persons
from archive.services import hold_records, retention_lock
from archive.values import PatientIdentifier, now, today


def hold_study(actor: Actor, study: Study, *, reason: str, until: date | None) -> RetentionHold:
    """Raises NotFound, StudyDestroyed, HeldAlready, ValueUnfit."""
    retention_lock.require_archivist(actor)
    with transaction.atomic():
        retention_lock.deciding(study.environment)
        if Study.objects.filter(id=study.id, state=StudyState.DESTROYED).exists():
            raise StudyDestroyed()
        return _place(actor, study.environment, reason, until, study=study)


def hold_patient(
    actor: Actor,
    identifier: PatientIdentifier,
    *,
    environment: str,
    reason: str,
    until: date | None,
) -> RetentionHold:
    """All studies of a person, those that come later too. Raises NotFound, PersonUnknown,
    HeldAlready, ValueUnfit.
    """
    retention_lock.require_archivist(actor)
    found = persons.find(environment, identifier)
    if found is None:
        raise PersonUnknown()
    with transaction.atomic():
        retention_lock.deciding(environment)
        return _place(actor, environment, reason, until, patient=persons.current(found))


def _place(
    actor: Actor,
    environment: str,
    reason: str,
    until: date | None,
    *,
    study: Study | None = None,
    patient: Patient | None = None,
) -> RetentionHold:
    if until is not None and until < today():
        raise ValueUnfit("is past", facts={"field": "until"})
    require_new(reason, until, study=study, patient=patient)
    hold = RetentionHold.objects.create(
        environment=environment,
        study=study,
        patient=patient,
        reason=reason,
        placed_by=actor.name[:200],
        placed_at=now(),
        until=until,
    )
    facts = {"on": _on(hold), "reason": reason, "until": until.isoformat() if until else ""}
    ledger.record(ledger.Kind.HOLD_PLACED, _about(hold), facts, actor=actor)
    _keep_record(hold)
    return hold


def require_new(
    reason: str, until: date | None, *, study: Study | None = None, patient: Patient | None = None
) -> None:
    """A hold for the same reason that ends no sooner makes another needless. It holds for good only
    under the lock of who decides. Raises HeldAlready.
    """
    alike = destruction.holds_alike(reason, until, study=study, patient=patient).first()
    if alike is not None:
        facts = {"by": alike.placed_by, "at": alike.placed_at.isoformat()}
        raise HeldAlready(facts=facts)


def release(actor: Actor, hold_id: UUID, *, reason: str) -> RetentionHold:
    """Raises NotFound, HoldEnded."""
    retention_lock.require_archivist(actor)
    with transaction.atomic():
        hold = RetentionHold.objects.select_for_update().get(id=hold_id)
        if hold.released_at is not None or (hold.until is not None and hold.until < today()):
            raise HoldEnded()
        hold.released_at, hold.released_by = now(), actor.name[:200]
        hold.release_reason = reason
        hold.save(update_fields=["released_at", "released_by", "release_reason"])
        facts = {"on": _on(hold), "reason": reason}
        ledger.record(ledger.Kind.HOLD_RELEASED, _about(hold), facts, actor=actor)
        _keep_record(hold)
    return hold


def _keep_record(hold: RetentionHold) -> None:
    """A vault that is away keeps nobody from deciding: a round writes what is missing."""
    transaction.on_commit(lambda: hold_records.keep(hold.id), robust=True)


def _on(hold: RetentionHold) -> str:
    return "study" if hold.study_id else "patient"


def _about(hold: RetentionHold) -> ledger.About:
    return ledger.About(
        environment=hold.environment,
        subject_id=hold.id,
        study_id=hold.study_id,
        patient_id=hold.patient_id,
    )
