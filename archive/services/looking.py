"""Looks at a patient's data by people, over the portal and the API alike: each is asked of the gate
and written down (LG-3, AC-1).
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q

from archive import gate, ledger
from archive.actors import Actor
from archive.models import (
    Authorisation,
    Correction,
    Document,
    Hl7Message,
    Patient,
    RegistryMessage,
    Study,
)
from archive.objects.study_facts import StudyFacts
from archive.queries import messages, registry_messages, standing
from archive.rules.access import Action

OWN_PATIENT = "own authorisation"  # why a party looks where nobody asks it


def at_study(actor: Actor, study: Study, **facts: str) -> None:
    """At more than a study's list entry. Raises NotFound."""
    gate.require(actor, Action.SEE_PATIENT, study)
    about = ledger.About.of_study(study, patient_id=standing.person_id(study.patient))
    ledger.record(ledger.Kind.STUDY_VIEWED, about, {"reason": actor.reason, **facts}, actor=actor)


def at_correction(actor: Actor, correction: Correction) -> None:
    """At whose a study was before it, is after it and is now, with their values: one entry for
    each of them. Raises NotFound.
    """
    study = correction.study
    gate.require(actor, Action.SEE_PATIENT, study)
    told = [StudyFacts.from_json(each) for each in (correction.before, correction.after)]
    named = (Q(identifier=each.PatientID, issuer=each.IssuerOfPatientID) for each in told)
    rows = Patient.objects.filter(reduce(or_, named), environment=study.environment)
    persons = [standing.person_id(each) for each in (study.patient, *rows)]
    for person in dict.fromkeys(persons):
        about = ledger.About.of_study(study, patient_id=person)
        facts = {"reason": actor.reason, "shown": "code and name"}
        ledger.record(ledger.Kind.STUDY_VIEWED, about, facts, actor=actor)


def at_state(actor: Actor, patient: Patient, at: datetime | None) -> None:
    """At what a patient has said, as of a moment; None: as of now. Raises NotFound."""
    gate.require_person(actor)
    about = ledger.About(
        environment=patient.environment, subject_id=patient.id, patient_id=patient.id
    )
    facts = {"reason": actor.reason, "as_of": at.isoformat() if at else ""}
    ledger.record(ledger.Kind.WISHES_VIEWED, about, facts, actor=actor)


def at_document(actor: Actor, document: Document) -> None:
    """At all that is registered of it, and at the messages it came by. Raises NotFound."""
    gate.require_person(actor)
    about = ledger.About(
        environment=document.environment,
        organisation_id=document.register.organisation_id,
        subject_id=document.id,
        study_id=document.study_id,
        patient_id=standing.person_id(document.patient),
    )
    _viewed(actor, about, "registry entry and messages")


def at_message(actor: Actor, message: Hl7Message) -> None:
    """At an HL7 message whole: one entry for each whom it names. Raises NotFound."""
    gate.require_person(actor)
    about = ledger.About(
        environment=message.environment,
        organisation_id=message.organisation_id,
        subject_id=message.id,
    )
    _viewed_of(messages.patients(message), actor, about, "HL7 message")


def at_registry_message(actor: Actor, message: RegistryMessage) -> None:
    """At a SOAP message whole: one entry for each whom it or its answer names. Raises NotFound."""
    gate.require_person(actor)
    about = ledger.About(
        environment=message.environment,
        organisation_id=message.organisation_id,
        subject_id=message.id,
        correlation_id=message.correlation_id,
    )
    _viewed_of(registry_messages.patients(message), actor, about, "XDS message")


def at_authorisation(actor: Actor, row: Authorisation) -> None:
    """At whose it is, by who knows (`gate.knows_patient`)."""
    about = ledger.About(
        environment=row.environment,
        organisation_id=row.organiser_id,
        subject_id=row.id,
        patient_id=standing.person_id(row.patient) if row.patient else None,
    )
    facts = {"reason": actor.reason or OWN_PATIENT}
    ledger.record(ledger.Kind.AUTHORISATION_VIEWED, about, facts, actor=actor)


def for_authorisations(
    actor: Actor, environment: str, person_id: UUID | None, *, found: int
) -> None:
    """For those of one patient, by exact code; None when nothing was found."""
    about = ledger.About(environment=environment, patient_id=person_id)
    facts = {"found": found, "reason": actor.reason}
    ledger.record(ledger.Kind.AUTHORISATION_SEARCHED, about, facts, actor=actor)


def _viewed_of(patients: Iterable[Patient], actor: Actor, about: ledger.About, shown: str) -> None:
    """One entry for each whom it names; one without a patient where it names nobody."""
    persons = [standing.person_id(each) for each in patients]
    for person in dict.fromkeys(persons) or (None,):
        _viewed(actor, replace(about, patient_id=person), shown)


def _viewed(actor: Actor, about: ledger.About, shown: str) -> None:
    facts = {"reason": actor.reason, "shown": shown}
    ledger.record(ledger.Kind.PATIENT_VIEWED, about, facts, actor=actor)
