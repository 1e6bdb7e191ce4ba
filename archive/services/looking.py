"""Looks at a patient's data by people, over the portal and the API alike: each is asked of the gate
and written down (LG-3, AC-1).
"""

from datetime import datetime

from archive import gate, ledger
from archive.actors import Actor
from archive.models import Patient, Study
from archive.queries import standing
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
