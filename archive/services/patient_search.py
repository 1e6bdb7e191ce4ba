"""A patient by exact code, asked by a person of the staff for a reason; asking is recorded."""

from archive import ledger
from archive.actors import Actor
from archive.models import Patient
from archive.queries.studies import patient_by_code
from archive.values import PatientIdentifier


def find(
    actor: Actor, environment: str, identifier: PatientIdentifier, reason: str
) -> Patient | None:
    """None when nothing of this patient is in the environment; recorded either way."""
    found = patient_by_code(environment, identifier)
    about = ledger.About(
        environment=environment,
        subject_id=found.id if found else None,
        patient_id=found.id if found else None,
    )
    facts = {"reason": reason, "found": found is not None}
    ledger.record(ledger.Kind.PATIENT_SEARCHED, about, facts, actor=actor)
    return found
