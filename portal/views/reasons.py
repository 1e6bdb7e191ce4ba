"""Why somebody looks at a patient's data: asked once per patient, kept in the session."""

from dataclasses import replace
from uuid import UUID

from archive import ledger
from archive.actors import Actor
from archive.models import Patient
from archive.queries import studies as queries
from portal.forms.reasons import PatientForm
from portal.staff import Request

KEY = "reasons"


def subject(patient: Patient) -> UUID:
    """Whom a reason is about: a merged-away id counts as its survivor."""
    return patient.survivor_id or patient.id


def keep(request: Request, patient_id: UUID, reason: str) -> None:
    request.session[KEY] = {**request.session.get(KEY, {}), str(patient_id): reason}


def with_reason(request: Request, actor: Actor, patient_id: UUID) -> Actor:
    """The actor with the reason that was given for this patient; without one when none was."""
    return replace(actor, reason=request.session.get(KEY, {}).get(str(patient_id), ""))


def search(request: Request, actor: Actor, form: PatientForm) -> UUID | None:
    """A patient by exact code: written down whether found or not, and the reason kept."""
    given = form.cleaned_data
    found = queries.patient_by_code(request.environment, given["identifier"])
    about = ledger.About(
        environment=request.environment,
        subject_id=found.id if found else None,
        patient_id=found.id if found else None,
    )
    facts = {"reason": given["reason"], "found": found is not None}
    ledger.record(ledger.Kind.PATIENT_SEARCHED, about, facts, actor=actor)
    if found is None:
        return None
    keep(request, found.id, given["reason"])
    return found.id
