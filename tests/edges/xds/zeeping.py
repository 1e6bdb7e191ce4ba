"""zeep as a peer: its requests go to the registry through Django's test client."""

from typing import Any

from django.test import Client
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter
from zeep import Client as ZeepClient
from zeep.transports import Transport

from tests.services.xds_cast import Peer

ADDRESS = "http://testserver/xds/registry"


class _ToTestClient(BaseAdapter):
    def send(self, request: PreparedRequest, **_ignored: Any) -> Response:
        given: Any = Client().generic(
            request.method or "GET",
            request.path_url,
            request.body or b"",
            content_type=request.headers.get("Content-Type", ""),
            headers=dict(request.headers),
        )
        made = Response()
        made.status_code, made.url, made.request = given.status_code, request.url or "", request
        made.headers.update(given.headers)
        made._content = given.content
        return made

    def close(self) -> None:
        """Nothing is open."""


def client(peer: Peer, address: str = ADDRESS) -> ZeepClient:
    """A client built from what a service says of itself, WS-Addressing included."""
    session = Session()
    session.trust_env = False
    session.auth = (peer.user, peer.password)
    session.mount("http://testserver", _ToTestClient())
    return ZeepClient(f"{address}?wsdl", transport=Transport(session=session))
