"""Looks at a patient's data by people, over the portal and the API alike: each is asked of the gate
and written down (LG-3, AC-1).
"""

from datetime import datetime

from archive import gate, ledger
from archive.actors import Actor
from archive.models import Document, Hl7Message, Patient, RegistryMessage, Study
from archive.queries import registry_messages, standing
from archive.rules.access import Action


def at_study(actor: Actor, study: Study, **facts: str) -> None:
    """At more than a study's list entry. Raises Refused."""
    gate.require(actor, Action.SEE_PATIENT, study)
    about = ledger.About(
        environment=study.environment,
        organisation_id=study.register.organisation_id,
        subject_id=study.id,
        study_id=study.id,
        patient_id=standing.person_id(study.patient),
    )
    ledger.record(ledger.Kind.STUDY_VIEWED, about, {"reason": actor.reason, **facts}, actor=actor)


def at_state(actor: Actor, patient: Patient, at: datetime | None) -> None:
    """At what a patient has said, as of a moment; None: as of now. Raises Refused."""
    gate.require_person(actor)
    about = ledger.About(
        environment=patient.environment, subject_id=patient.id, patient_id=patient.id
    )
    facts = {"reason": actor.reason, "as_of": at.isoformat() if at else ""}
    ledger.record(ledger.Kind.WISHES_VIEWED, about, facts, actor=actor)


def at_document(actor: Actor, document: Document) -> None:
    """At all that is registered of it, and at the messages it came by. Raises Refused."""
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
    """At an HL7 message whole. Raises Refused."""
    gate.require_person(actor)
    about = ledger.About(
        environment=message.environment,
        organisation_id=message.organisation_id,
        subject_id=message.id,
        patient_id=standing.person_id(message.patient) if message.patient else None,
    )
    _viewed(actor, about, "HL7 message")


def at_registry_message(actor: Actor, message: RegistryMessage) -> None:
    """At a SOAP message whole: one entry for each whom it or its answer names. Raises Refused."""
    gate.require_person(actor)
    persons = [standing.person_id(each) for each in registry_messages.patients(message)]
    for person in dict.fromkeys(persons) or (None,):
        about = ledger.About(
            environment=message.environment,
            organisation_id=message.organisation_id,
            subject_id=message.id,
            patient_id=person,
            correlation_id=message.correlation_id,
        )
        _viewed(actor, about, "XDS message")


def _viewed(actor: Actor, about: ledger.About, shown: str) -> None:
    facts = {"reason": actor.reason, "shown": shown}
    ledger.record(ledger.Kind.PATIENT_VIEWED, about, facts, actor=actor)
