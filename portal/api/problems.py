"""Failures as application/problem+json, RFC 9457: one table from family to HTTP status."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import JsonResponse

from archive import errors
from archive.edges.edge import reply_for
from archive.errors import ArchiveError
from archive.models import Case

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:imaging-data-repository:problem:"
RETRY_SECONDS = 30

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


def problem(
    error: ArchiveError, *, correlation_id: UUID | None = None, case_id: UUID | None = None
) -> JsonResponse:
    """The answer to a request that failed with this error, with the case to quote."""
    status = reply_for(STATUS, error)
    body: dict[str, Any] = {
        "type": f"{TYPE}{error.reason()}",
        "title": error.comment,
        "status": status,
        "detail": error.detail,
    }
    if fields := [(name, text) for name, text in error.facts.items() if name.startswith("/")]:
        body["errors"] = [{"field": name, "detail": text} for name, text in fields]
    if correlation_id:
        body["correlation_id"] = str(correlation_id)
    if case_id:
        body["case"] = str(Case.objects.get(id=case_id))
    return _answer(body, status)


def bare(status: int, title: str, **also: Any) -> JsonResponse:
    """What HTTP itself refuses: a method, a media type."""
    return _answer({"type": "about:blank", "title": title, "status": status, **also}, status)


def _answer(body: dict[str, Any], status: int) -> JsonResponse:
    response = JsonResponse(body, status=status, content_type=MEDIA_TYPE)
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
