"""The one place where an error becomes an HTTP status or a Failure Reason (0008,1197).

Statuses: PS3.18 section 8.5. Failure Reason: the status a C-STORE would be answered with, as
PS3.18 table I.2-2 has it; a test holds it equal to `archive.edges.dicom.replies`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse

from archive import errors
from archive.edges import problem as problems
from archive.edges.edge import reply_for
from archive.errors import ArchiveError
from archive.errors import corrections as correction_errors
from archive.errors import web as web_errors
from archive.errors.persons import PatientIdForeign
from archive.errors.retention import StudyDestroyed

REALM = 'Basic realm="DICOMweb", charset="UTF-8"'
RETRY_AFTER = "5"  # seconds


@dataclass(frozen=True, slots=True)
class Codes:
    status: int  # of HTTP, for the request as a whole
    failure: int  # of one object


TABLE: Mapping[type[ArchiveError], Codes] = {
    errors.Malformed: Codes(400, 0xC000),
    errors.Unacceptable: Codes(400, 0xA900),
    errors.PatientIdUntrusted: Codes(400, 0xA777),
    PatientIdForeign: Codes(400, 0xA777),
    errors.EnvironmentMismatch: Codes(400, 0xA777),
    errors.RealPatientRequired: Codes(400, 0xA777),
    errors.QueryTooBroad: Codes(413, 0xA700),
    web_errors.RequestTooLarge: Codes(413, 0xA900),
    errors.Unsupported: Codes(501, 0x0122),
    errors.InflatesTooFar: Codes(501, 0xC000),
    web_errors.NotAcceptable: Codes(406, 0x0122),
    web_errors.MediaTypeUnsupported: Codes(415, 0x0122),
    errors.NotFound: Codes(404, 0x0112),
    errors.Conflict: Codes(409, 0x0111),
    errors.PatientConflict: Codes(409, 0xA778),
    errors.RelationalMismatch: Codes(409, 0xA77B),
    correction_errors.NothingToReject: Codes(404, 0xA772),
    correction_errors.RejectionNoteReused: Codes(409, 0xA770),
    correction_errors.RejectedBefore: Codes(409, 0xA771),
    StudyDestroyed: Codes(409, 0xA771),
    correction_errors.RejectionClassConflict: Codes(409, 0xA773),
    correction_errors.RejectedAlready: Codes(409, 0xA774),
    correction_errors.RejectionEnded: Codes(409, 0xA770),
    correction_errors.RejectionOfAnother: Codes(409, 0xA778),
    errors.Refused: Codes(403, 0x0124),
    errors.PeerUnknown: Codes(401, 0x0124),
    errors.PeerEnded: Codes(401, 0x0124),
    correction_errors.RetentionRejectionUnauthorised: Codes(403, 0xA775),
    correction_errors.RetentionNotEnded: Codes(403, 0xA776),
    errors.Busy: Codes(503, 0xA700),
    errors.Broken: Codes(500, 0x0110),
}


def failure_reason(error: ArchiveError) -> int:
    return reply_for(TABLE, error).failure


def not_offered(methods: Iterable[str], correlation_id: UUID) -> HttpResponse:
    """Nothing is at the address, or not by this method."""
    allowed = ", ".join(methods)
    if not allowed:
        return problem(errors.NotFound("nothing is at this address"), correlation_id)
    error = errors.NotFound("the method is not offered at this address")
    response = problem(error, correlation_id, status=405)
    response.headers["Allow"] = allowed
    return response


def problem(error: ArchiveError, correlation_id: UUID, *, status: int = 0) -> HttpResponse:
    status = status or reply_for(TABLE, error).status
    body = problems.body(error, status, correlation_id)
    response = HttpResponse(body, status=status, content_type=problems.MEDIA_TYPE)
    if status == 401:
        response.headers["WWW-Authenticate"] = REALM
    if status == 503:
        response.headers["Retry-After"] = RETRY_AFTER
    return response
