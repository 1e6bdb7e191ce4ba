"""One request, once it is known who asks."""

from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from django.core.handlers.wsgi import WSGIRequest

from archive.config import settings
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
        return f"{self._reached}{path}"

    @property
    def service(self) -> str:
        return f"{self._reached}{ROOT}"

    @property
    def _reached(self) -> str:
        """The public dicomweb-client, for one, names the host without its port: where that is the
        portal's own host, the port of PUBLIC_URL is meant.
        """
        scheme, host = self.request.scheme, self.request.get_host()
        public = urlsplit(settings().public_url)
        if (public.scheme, public.hostname) == (scheme, host):
            host = public.netloc
        return f"{scheme}://{host}"
