"""Error pages: cause, what to do, where to go. 500 and 503 need neither database nor session."""

import sys
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string

from archive import errors
from archive.errors import ArchiveError
from portal.idleness import back


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return HttpResponse(render_to_string("400.html"), status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _framed(request, "403.html", 403)


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was open longer than the session, or cookies are off."""
    return _framed(request, "403.html", 403, stale=True, back=back(request))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _framed(request, "404.html", 404)


def conflict(request: HttpRequest, *, changed: str = "") -> HttpResponse:
    """For a view whose subject was changed by another meanwhile; `changed` says what."""
    return _framed(request, "409.html", 409, changed=changed)


def too_many(request: HttpRequest, *, wait_seconds: int = 60) -> HttpResponse:
    response = _framed(request, "429.html", 429)
    response.headers["Retry-After"] = str(wait_seconds)
    return response


def broken(request: HttpRequest) -> HttpResponse:
    """Also what the middleware raises: then a database that is gone is said to be gone."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return unavailable(request)
    return HttpResponse(render_to_string("500.html"), status=500)


def unavailable(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(render_to_string("503.html"), status=503)
    response.headers["Retry-After"] = "30"
    return response


def _framed(request: HttpRequest, template: str, status: int, **context: object) -> HttpResponse:
    return HttpResponse(render_to_string(template, context, request), status=status)


# The HTTP column of the table of replies: every family has its page.
REPLIES: dict[type[ArchiveError], Callable[[HttpRequest], HttpResponse]] = {
    errors.Malformed: bad_request,
    errors.Unacceptable: bad_request,
    errors.Unsupported: bad_request,
    errors.NotFound: not_found,
    errors.Conflict: conflict,
    errors.Refused: forbidden,
    errors.Busy: unavailable,
    errors.Broken: broken,
}


class Answers:
    """Middleware: an error of the engine that a view did not catch becomes its page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        for known in type(exception).__mro__:
            if known in REPLIES and known is not errors.Broken:
                return REPLIES[known](request)
        return None
