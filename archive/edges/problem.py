"""What went wrong over HTTP, as problem+json (RFC 9457)."""

import json
from uuid import UUID

from archive.errors import ArchiveError

MEDIA_TYPE = "application/problem+json"
KIND = "urn:idr:problem:"  # followed by the stable word of the error, as in the API


def body(error: ArchiveError, status: int, correlation_id: UUID) -> bytes:
    """What went wrong and, where it is known, with which parameter or element."""
    told = {
        "type": f"{KIND}{error.reason()}",
        "title": error.reason().replace("-", " "),
        "status": status,
        "detail": error.detail,
        "correlation_id": str(correlation_id),
    }
    if named := error.facts.get("field"):
        told["field"] = named
    if error.tags and not error.offending:
        told["elements"] = ", ".join(f"{tag:08X}" for tag in error.tags)
    return json.dumps(told).encode()
