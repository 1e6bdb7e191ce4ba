"""One request, once it is known who asks."""

from dataclasses import dataclass
from uuid import UUID

from django.core.handlers.wsgi import WSGIRequest

from archive.services.asking import Asking
from archive.services.assertions import Established

ROOT = "/fhir"


@dataclass(frozen=True, slots=True)
class Call:
    request: WSGIRequest
    asker: Established
    correlation_id: UUID
    form: str  # of resources, as the client accepts them

    @property
    def asking(self) -> Asking:
        """A request is known in the log by its correlation id: HTTP has no message id."""
        return Asking(self.asker.actor, "FHIR", self.correlation_id.urn, self.correlation_id)

    @property
    def base(self) -> str:
        return base_of(self.request)

    @property
    def lenient(self) -> bool:
        """FHIR R4 3.1.1.3."""
        asked = self.request.headers.get("Prefer", "").replace(" ", "")
        return "handling=lenient" in asked.split(",")


def base_of(request: WSGIRequest) -> str:
    return request.build_absolute_uri(ROOT)
