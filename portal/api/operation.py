"""One operation of the API: an exchange with a correlation id, JSON in and out, no transaction of
its own. Who may call it is decided by its authentication and by the service it calls.
"""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import IO, Any, TypeVar

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from archive import conversation
from archive.actors import Actor
from archive.edges.edge import exchange
from archive.errors import Malformed, NotFound

T = TypeVar("T")
MAX_BYTES = 1 << 20


class TooLong(APIException):
    status_code = 413
    default_code = "too-long"
    default_detail = "the message is too long"


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
        try:
            return super().parse(BytesIO(content), media_type, parser_context)
        except (ParseError, RecursionError):
            # The parser's own words may repeat the message.
            raise Malformed("body is no JSON") from None


class Operation(APIView):
    """`authentication_classes` put an Actor into `request.auth`; without one nothing opens."""

    parser_classes = (BoundedJSON,)
    renderer_classes: tuple[Any, ...] = (JSONRenderer,)
    permission_classes = ()
    actor: Actor | None = None  # once known

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with exchange() as correlation_id:
            response = super().dispatch(request, *args, **kwargs)
            response.headers["Correlation-Id"] = str(correlation_id)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not isinstance(request.auth, Actor):
            self.permission_denied(request)
        self.actor = request.auth
        conversation.known(organisation=request.auth.organisation_id)


@extend_schema(exclude=True)
class Nowhere(Operation):
    """Every other address: a program reads that it is not there as it reads any refusal."""

    authentication_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound()


def actor_of(request: Request) -> Actor:
    """Who calls; `Operation` has seen to it that there is one."""
    assert isinstance(request.auth, Actor)
    return request.auth


def by_key(read: Callable[[], T]) -> T:
    """A page of a list. Raises Malformed when the cursor is none."""
    try:
        return read()
    except (ValueError, OverflowError):
        raise Malformed("after is no place in this list", facts={"field": "after"}) from None


def listed(rows: list[Any], following: str, request: Request) -> Response:
    """A page of a list by key; `next` is an address, or null at the end."""
    address = None
    if following:
        query = request.GET.copy()
        query["after"] = following
        address = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
    return Response({"results": rows, "next": address})
