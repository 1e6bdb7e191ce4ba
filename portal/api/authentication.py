"""Who calls the API: a customer's system or the Patient Data Repository, by the credentials of its
XDS connection.
"""

import base64
import binascii

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from archive.actors import Actor
from archive.errors import PeerEnded, PeerUnknown
from archive.services import credentials
from archive.values import today


class ConnectionAuthentication(BaseAuthentication):
    """HTTP Basic (RFC 7617). Production or test follows from the credentials."""

    def authenticate(self, request: Request) -> tuple[None, Actor] | None:
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, secret = (
                base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
            )
            return None, credentials.identify(user, secret, today())
        except (binascii.Error, UnicodeDecodeError, PeerUnknown, PeerEnded):
            raise AuthenticationFailed("credentials are nobody's here") from None

    def authenticate_header(self, request: Request) -> str:
        return 'Basic realm="API", charset="UTF-8"'


class ConnectionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Its words in the published schema."""

    target_class = ConnectionAuthentication
    name = "connection"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "basic"}
