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
from rest_framework.exceptions import APIException
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from archive.actors import Actor
from archive.edges.edge import as_archive_error
from archive.errors import ArchiveError, Malformed, PeerUnknown
from archive.values import uuid7
from portal.api.authentication import ConnectionAuthentication
from portal.api.problems import REALM, bare, problem

log = logging.getLogger(__name__)

MAX_BYTES = 1 << 20


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

    authentication_classes = (ConnectionAuthentication,)
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
