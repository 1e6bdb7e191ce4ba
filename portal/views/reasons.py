"""Why somebody looks at a patient's data: asked once per patient, kept in the session; and the
search for a patient by exact code, which asks it.
"""

from dataclasses import replace
from uuid import UUID

from archive.actors import Actor
from archive.models import Patient
from archive.queries import standing
from archive.services import patient_search
from archive.values import PatientIdentifier
from portal.staff import Request

KEY = "reasons"


def subject(patient: Patient) -> UUID:
    """Whom a reason is about: a merged-away id counts as its survivor."""
    return standing.person_id(patient)


def keep(request: Request, patient_id: UUID, reason: str) -> None:
    request.session[KEY] = {**request.session.get(KEY, {}), str(patient_id): reason}


def with_reason(request: Request, actor: Actor, patient_id: UUID) -> Actor:
    """The actor with the reason that was given for this patient; without one when none was."""
    return replace(actor, reason=request.session.get(KEY, {}).get(str(patient_id), ""))


def search(
    request: Request, actor: Actor, identifier: PatientIdentifier, reason: str
) -> UUID | None:
    """The patient of an exact code, or None; asking is recorded either way."""
    found = patient_search.find(actor, request.environment, identifier, reason)
    if found is None:
        return None
    keep(request, found.id, reason)
    return found.id
