"""One operation of the API: an exchange with a correlation id, JSON in and out, no transaction of
its own. Who may call it is decided by its authentication and by the service it calls.
"""

from typing import Any

from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from archive.actors import Actor
from archive.edges.edge import exchange


class Operation(APIView):
    """`authentication_classes` put an Actor into `request.auth`; without one nothing opens."""

    parser_classes = (JSONParser,)
    renderer_classes = (JSONRenderer,)
    permission_classes = ()

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


def actor_of(request: Request) -> Actor:
    """Who calls; `Operation` has seen to it that there is one."""
    assert isinstance(request.auth, Actor)
    return request.auth


def listed(rows: list[Any], following: str, request: Request) -> Response:
    """A page of a list by key; `next` is an address, or null at the end."""
    address = None
    if following:
        query = request.GET.copy()
        query["after"] = following
        address = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
    return Response({"results": rows, "next": address})
