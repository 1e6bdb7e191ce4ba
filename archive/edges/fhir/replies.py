"""The one place where an error becomes an HTTP status with an OperationOutcome, FHIR R4 3.1.0."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from archive import errors
from archive.edges.edge import reply_for
from archive.errors import ArchiveError
from archive.errors import fhir as fhir_errors
from archive.errors import retrieval as retrieval_errors
from archive.errors import web as web_errors

REALM = 'Basic realm="FHIR", charset="UTF-8"'
RETRY_AFTER = "5"  # seconds
PROBLEM = "urn:idr:problem"  # whose codes are the stable words of errors, as in the API


@dataclass(frozen=True, slots=True)
class Codes:
    status: int
    issue: str  # http://hl7.org/fhir/ValueSet/issue-type


TABLE: Mapping[type[ArchiveError], Codes] = {
    errors.Malformed: Codes(400, "invalid"),
    errors.ParameterMissing: Codes(400, "required"),
    errors.AssertionUnreadable: Codes(401, "security"),
    fhir_errors.SearchUnclear: Codes(400, "value"),
    fhir_errors.SearchIncomplete: Codes(400, "required"),
    fhir_errors.ParameterUnknown: Codes(400, "not-supported"),
    fhir_errors.PatientInAddress: Codes(400, "security"),
    fhir_errors.PageOver: Codes(410, "expired"),
    errors.Unacceptable: Codes(422, "processing"),
    errors.QueryTooBroad: Codes(403, "too-costly"),
    web_errors.RequestTooLarge: Codes(413, "too-long"),
    errors.Unsupported: Codes(501, "not-supported"),
    fhir_errors.InteractionUnknown: Codes(404, "not-supported"),
    web_errors.NotAcceptable: Codes(406, "not-supported"),
    web_errors.MediaTypeUnsupported: Codes(415, "not-supported"),
    errors.NotFound: Codes(404, "not-found"),
    retrieval_errors.DocumentUnknown: Codes(404, "not-found"),
    errors.Conflict: Codes(409, "conflict"),
    errors.Refused: Codes(403, "forbidden"),
    errors.PeerUnknown: Codes(401, "login"),
    errors.PeerEnded: Codes(401, "login"),
    errors.AssertionMissing: Codes(401, "login"),
    errors.AssertionExpired: Codes(401, "expired"),
    errors.SignatureInvalid: Codes(401, "security"),
    errors.IssuerUntrusted: Codes(401, "security"),
    errors.AssertionElsewhere: Codes(401, "security"),
    errors.OrganisationDiffers: Codes(401, "security"),
    errors.MessageRepeated: Codes(401, "security"),
    errors.PatientNotAsserted: Codes(403, "forbidden"),
    errors.Busy: Codes(503, "transient"),
    errors.Broken: Codes(500, "exception"),
}


def status(error: ArchiveError) -> int:
    return reply_for(TABLE, error).status


def outcome(error: ArchiveError, correlation_id: UUID) -> dict[str, object]:
    """What went wrong and, where it is known, with which parameter."""
    issue: dict[str, object] = {
        "severity": "error",
        "code": reply_for(TABLE, error).issue,
        "details": {
            "coding": [{"system": PROBLEM, "code": error.reason()}],
            "text": error.detail,
        },
        "diagnostics": f"correlation id {correlation_id}",
    }
    if named := error.facts.get("field"):
        issue["expression"] = [f"http.{named}"]  # a parameter, FHIR R4 OperationOutcome
    return {"resourceType": "OperationOutcome", "issue": [issue]}
