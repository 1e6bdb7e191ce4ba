"""The patient that a page is about."""

from uuid import UUID

from archive.errors import NotFound
from archive.models import Patient
from portal.staff import Request


def patient_of(request: Request, patient_id: UUID) -> Patient:
    """The survivor, in its own environment whichever was open before. Raises NotFound."""
    found = Patient.objects.select_related("survivor").filter(id=patient_id).first()
    if found is None:
        raise NotFound()
    request.environment = found.environment
    return found.survivor or found
