"""One request, once it is known who asks."""

from dataclasses import dataclass
from uuid import UUID

from django.core.handlers.wsgi import WSGIRequest

from archive.edges.dicomweb.codec import Target
from archive.services.associations import Peer

ROOT = "/dicomweb"


@dataclass(frozen=True, slots=True)
class Call:
    request: WSGIRequest
    peer: Peer
    correlation_id: UUID
    target: Target

    @property
    def accept(self) -> str:
        """The query parameter goes before the header, PS3.18 section 8.3.3.1."""
        return self.request.GET.get("accept", "") or self.request.headers.get("Accept", "")

    @property
    def is_head(self) -> bool:
        return self.request.method == "HEAD"

    def address(self, study: str, series: str = "", instance: str = "") -> str:
        """Where something is retrieved from, as the peer reaches us."""
        path = f"{ROOT}/studies/{study}"
        if series:
            path += f"/series/{series}"
        if instance:
            path += f"/instances/{instance}"
        return self.request.build_absolute_uri(path)
