"""The day a patient died, as an archivist has it from the population register or a document (AR-9).

Messages tell it as well (`identity.update`); what an archivist has settled stands above them.
"""

from datetime import date

from django.db import transaction

from archive import ledger
from archive.actors import Actor
from archive.errors.retention import PersonUnknown
from archive.errors.wishes import ValueUnfit
from archive.models import DeathSource, Patient, PatientHistory
from archive.queries import persons, retention, standing
from archive.rules.retention import believed_death
from archive.services import filing, retention_lock, retention_survey
from archive.values import PatientIdentifier, now, today


def settle(
    actor: Actor,
    identifier: PatientIdentifier,
    day: date | None,
    *,
    environment: str,
    reason: str,
) -> Patient:
    """Without a day the patient is not known to have died. Raises NotFound, PersonUnknown,
    ValueUnfit.
    """
    retention_lock.require_archivist(actor)
    found = fitting(identifier, day, environment=environment)
    with transaction.atomic():
        retention_lock.deciding(environment)
        filing.share_persons(environment)  # whose the id was may have changed since
        found.refresh_from_db()
        held = Patient.objects.select_for_update().get(id=standing.person_id(found))
        _check(held, day)
        _keep_history(actor, held)
        held.death_date, held.death_source = day, DeathSource.ARCHIVIST if day else ""
        held.save(update_fields=["death_date", "death_source"])
        about = ledger.About(environment=environment, subject_id=held.id, patient_id=held.id)
        facts = {"what": ["death_date"], "reason": reason}
        ledger.record(ledger.Kind.PATIENT_UPDATED, about, facts, actor=actor)
        retention_survey.of_patient(held)
    return held


def fitting(identifier: PatientIdentifier, day: date | None, *, environment: str) -> Patient:
    """The person whose death may have been on that day. Raises PersonUnknown, ValueUnfit."""
    found = persons.find(environment, identifier)
    if found is None:
        raise PersonUnknown()
    person = persons.current(found)
    _check(person, day)
    return person


def _check(held: Patient, day: date | None) -> None:
    if day is None:
        return
    born = retention.birth_of(held, today())
    if day > today() or believed_death(day, born) is None:
        raise ValueUnfit("before birth, or to come", facts={"field": "day"})


def _keep_history(actor: Actor, held: Patient) -> None:
    PatientHistory.objects.create(
        patient=held,
        name=held.name,
        birth_date=held.birth_date,
        sex=held.sex,
        death_date=held.death_date,
        until=now(),
        changed_by=actor.name[:200],
    )
