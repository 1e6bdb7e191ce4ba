"""What went wrong, as problem+json (RFC 9457): the HTTP column of the table of replies (SD-1)."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

from archive import errors
from archive.edges import problem
from archive.edges.edge import as_archive_error, correlation, reply_for
from archive.errors import ArchiveError

RETRY_AFTER = 5  # seconds, with 503
REALM = 'Basic realm="API", charset="UTF-8"'  # with 401

STATUS: Mapping[type[ArchiveError], int] = {
    errors.Malformed: 400,
    errors.Unacceptable: 422,
    errors.Unsupported: 501,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Refused: 403,
    errors.PeerUnknown: 401,
    errors.PeerEnded: 401,
    errors.Busy: 503,
    errors.Broken: 500,
}


class ProblemRenderer(JSONRenderer):
    media_type = problem.MEDIA_TYPE


def answer(raised: Exception, context: Mapping[str, Any]) -> Response:
    """REST framework's EXCEPTION_HANDLER."""
    set_rollback()
    if isinstance(raised, exceptions.APIException):
        return _of_framework(raised)
    if isinstance(raised, Http404):
        raised = errors.NotFound()
    if isinstance(raised, PermissionDenied):
        raised = errors.Refused()
    error = as_archive_error(raised)
    status = reply_for(STATUS, error)
    headers = {401: {"WWW-Authenticate": REALM}, 503: {"Retry-After": str(RETRY_AFTER)}}
    body = _body(status, error.reason(), error.detail, code=error.code)
    if faults := error.facts.get("faults"):  # several at once: "field fault,field fault"
        pairs = (each.split() for each in faults.split(","))
        body["errors"] = [{"field": field, "detail": fault} for field, fault in pairs]
    elif pointers := [(name, fault) for name, fault in error.facts.items() if name[:1] == "/"]:
        body["errors"] = [{"field": field, "detail": fault} for field, fault in pointers]
    elif field := error.facts.get("field"):
        body["errors"] = [{"field": field, "detail": error.detail}]
    return _response(body, status, headers.get(status))


def _of_framework(raised: exceptions.APIException) -> Response:
    """Fields that do not fit their form are 422; what cannot be parsed, 400."""
    headers: dict[str, str] = {}
    if challenge := getattr(raised, "auth_header", ""):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(raised, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    if isinstance(raised, exceptions.ValidationError):
        body = _body(422, "fields-invalid", "some fields cannot be accepted")
        body["errors"] = list(_fields(raised.detail))
        return _response(body, 422, headers)
    word = str(raised.default_code).replace("_", "-")
    return _response(
        _body(raised.status_code, word, str(raised.detail)), raised.status_code, headers
    )


def _fields(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Every fault with the path of its field, such as `parts.1.day`."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _fields(inner, f"{path}.{own}" if path and own else path or own)
    elif isinstance(detail, (list, tuple)):
        for inner in detail:
            yield from _fields(inner, path)
    else:
        yield {"field": path, "detail": str(detail)}


def _body(status: int, word: str, detail: str, *, code: str = "") -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": f"{problem.KIND}{word}",
        "title": word.replace("-", " "),
        "status": status,
        "detail": detail,
    }
    if code:
        body["code"] = code
    if known := correlation.get():
        body["correlation_id"] = str(known)
    return body


def _response(
    body: dict[str, Any], status: int, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(body, status=status, headers=headers, content_type=ProblemRenderer.media_type)
