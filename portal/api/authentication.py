"""Who calls the API: a customer's system or the Patient Data Repository, by the credentials of its
XDS connection; the citizen service, by its signed assertion.
"""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from archive.actors import Actor
from archive.errors import PeerEnded, PeerUnknown
from archive.errors.web import ClientCertificateWrong, ProxyUntrusted
from archive.errors.wishes import ClientAssertionRefused
from archive.services import callers, citizen_calls
from archive.services.callers import Caller
from archive.services.citizen_calls import CitizenCall
from portal.api.problems import REALM
from portal.api.reporting import report


class ConnectionAuthentication(BaseAuthentication):
    """HTTP Basic (RFC 7617); `request.auth` is the actor. Production or test follows from the
    credentials.
    """

    def authenticate(self, request: Request) -> tuple[None, Actor]:
        """Raises PeerUnknown, PeerEnded, ProxyUntrusted, ClientCertificateWrong."""
        try:
            return None, callers.identify(Caller.of(request.META))
        except (PeerUnknown, PeerEnded, ProxyUntrusted, ClientCertificateWrong) as error:
            report(error, "sign-in", None)
            raise

    def authenticate_header(self, request: Request) -> str:
        return REALM


class CitizenServiceAuthentication(BaseAuthentication):
    """`Authorization: Bearer <assertion>`; production or test follows from the key. The person
    stands in the assertion alone, never in an address.
    """

    def authenticate(self, request: Request) -> tuple[CitizenCall, Actor] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            call = citizen_calls.identify(token.strip())
        except ClientAssertionRefused as refused:
            report(refused, "citizen", None)
            raise AuthenticationFailed(refused.detail) from None
        if (wait := citizen_calls.seconds_to_wait(call.client)) is not None:
            raise Throttled(wait)
        return call, call.actor

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="citizen"'


class CitizenServiceScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Its words in the published schema."""

    target_class = CitizenServiceAuthentication
    name = "citizen-service"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class ConnectionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Its words in the published schema."""

    target_class = ConnectionAuthentication
    name = "connection"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "basic",
            "description": "The credentials of an XDS connection, of production or test.",
        }
