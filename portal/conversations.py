"""One conversation a request: its log lines have the correlation id of the edge that answers."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from archive import conversation
from archive.values import uuid7


class OneConversation:
    """Middleware, the outermost."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with conversation.within(uuid7()):
            return self.get_response(request)
