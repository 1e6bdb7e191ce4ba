"""Nothing that a signed-in person was shown is found in the browser's cache by the next one at the
machine: pages say so themselves, those of accounts (the secret of an authenticator app, recovery
codes, addresses) and of errors here.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import add_never_cache_headers


class Private:
    """Middleware, after authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # Over the API it is no user who calls, or nobody; its operations say themselves.
        is_person = getattr(request.user, "is_authenticated", False)
        if is_person and "Cache-Control" not in response.headers:
            add_never_cache_headers(response)
        return response
