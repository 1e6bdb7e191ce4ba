"""Views for customers' systems: known by the credentials of their XDS connection until other means
come.
"""

import logging
from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any
from uuid import UUID

from django.db import DatabaseError
from django.http import HttpResponseBase
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from archive.actors import Actor
from archive.edges.edge import as_archive_error
from archive.errors import ArchiveError, Malformed, PeerEnded, PeerUnknown
from archive.models import Environment
from archive.services import credentials, error_desk
from archive.values import today, uuid7
from portal.api.problems import bare, problem

log = logging.getLogger(__name__)

MAX_BYTES = 1 << 20
REALM = 'Basic realm="API", charset="UTF-8"'
SIGN_IN = error_desk.Place("api", "sign-in")


class PeerAuthentication(BaseAuthentication):
    """`request.auth` is the actor. Production or test follows from the credentials."""

    def authenticate(self, request: Request) -> tuple[None, Actor]:
        """Raises PeerUnknown, PeerEnded."""
        user, secret = credentials.basic(request.headers.get("Authorization", ""))
        try:
            return None, credentials.identify(user, secret, today())
        except (PeerUnknown, PeerEnded) as error:
            # Credentials that are nobody's belong to no environment; production's desk is watched.
            error_desk.report(error, environment=Environment.PRODUCTION.value, place=SIGN_IN)
            raise

    def authenticate_header(self, request: Request) -> str:
        return REALM


class PeerScheme(OpenApiAuthenticationExtension):
    """How the schema tells of it."""

    target_class = "portal.api.peers.PeerAuthentication"
    name = "connection"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "basic",
            "description": "The credentials of an XDS connection, of production or test.",
        }


class IsPeer(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, Actor)


class TooLong(APIException):
    status_code = 413
    default_detail = "Message is too long."


class BoundedJSON(JSONParser):
    """JSON of a bounded length, also when the sender does not say how long it is."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise TooLong
        return super().parse(BytesIO(content), media_type, parser_context)


class PeerView(APIView):
    """Every failure becomes a problem; what the subclass wants kept of it, `refused` keeps."""

    authentication_classes = (PeerAuthentication,)
    permission_classes = (IsPeer,)
    parser_classes = (BoundedJSON,)
    renderer_classes = (JSONRenderer,)
    correlation_id: UUID | None = None
    actor: Actor | None = None  # once known

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.correlation_id = uuid7()
        super().initial(request, *args, **kwargs)
        self.actor = request.auth

    def asker(self) -> Actor:
        if self.actor is None:
            raise PeerUnknown
        return self.actor

    def refused(self, error: ArchiveError, actor: Actor) -> UUID | None:
        """Keep what is to be kept of a refusal; the case to quote."""
        return None

    def handle_exception(self, exc: Exception) -> HttpResponseBase:  # type: ignore[override]
        if isinstance(exc, APIException) and exc.status_code != 400:
            return bare(exc.status_code, str(exc.default_detail))
        # The parser's own words may repeat the message.
        wrong = Malformed("body is no JSON") if isinstance(exc, APIException) else exc
        error = as_archive_error(wrong)
        response = problem(error, correlation_id=self.correlation_id, case_id=self._kept(error))
        if response.status_code == 401:
            response.headers["WWW-Authenticate"] = REALM
        return response

    def _kept(self, error: ArchiveError) -> UUID | None:
        """The answer goes out anyhow."""
        if self.actor is None:
            return None
        try:
            return self.refused(error, self.actor)
        except DatabaseError:
            log.exception("the desk cannot be reached, exchange %s", self.correlation_id)
            return None
