"""One conversation a request: its log lines have the correlation id of the edge that answers."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from archive import conversation, tracing
from archive.edges.body import be_patient
from archive.values import uuid7


class OneConversation:
    """Middleware, the outermost."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        be_patient(request)
        with conversation.within(uuid7()), tracing.span(request.method or "", "server") as told:
            response = self.get_response(request)
            # The pattern of the address: what stands in the place of its ids is not told.
            route = request.resolver_match.route if request.resolver_match else ""
            told.call(f"{request.method} /{route}")
            told.tell(route=f"/{route}", status=response.status_code)
            return response
