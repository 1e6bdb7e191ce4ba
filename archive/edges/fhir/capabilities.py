"""The CapabilityStatement at /fhir/metadata: what is served, and by which parameters."""

from collections.abc import Mapping
from typing import Any

from archive.edges.fhir.parameters import DOCUMENT, STUDY, Kind
from archive.values import today

VERSION = "4.0.1"  # of FHIR
RESPONDER = "https://profiles.ihe.net/ITI/MHD/CapabilityStatement/IHE.MHD.DocumentResponder"
CREATION = "https://profiles.ihe.net/ITI/MHD/SearchParameter/DocumentReference-Creation"
_SECURITY = (
    "HTTP Basic with the credentials of an XDS connection, besides them a TLS client certificate "
    "where the connection has one. The professional's signed SAML 2.0 assertion comes as base64url "
    "in the header X-XUA-Assertion. Patients are named in the body of POST _search alone."
)


def statement(base: str) -> dict[str, Any]:
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": today().isoformat(),
        "publisher": "Imaging Data Repository",
        "kind": "instance",
        "instantiates": [RESPONDER],
        "software": {"name": "Imaging Data Repository"},
        "implementation": {"description": "Imaging Data Repository", "url": base},
        "fhirVersion": VERSION,
        "format": ["json", "xml"],
        "rest": [
            {
                "mode": "server",
                "documentation": "IHE MHD 4.2 Document Responder (ITI-67, ITI-68); ImagingStudy.",
                "security": {"cors": False, "description": _SECURITY},
                "resource": [
                    {"type": "Binary", "interaction": [{"code": "read"}]},
                    _searched("DocumentReference", DOCUMENT),
                    _searched("ImagingStudy", STUDY),
                    {"type": "Patient", "interaction": [{"code": "read"}]},
                ],
            }
        ],
    }


def _searched(name: str, known: Mapping[str, Kind]) -> dict[str, Any]:
    patient = {
        "name": "patient.identifier",
        "type": "token",
        "documentation": "urn:oid:root|id, in the body of POST _search alone",
    }
    return {
        "type": name,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "searchParam": [
            *(_parameter(name, kind) for name, kind in known.items()),
            {"name": "patient", "type": "reference", "documentation": "Patient/id, as read here"},
            patient,
        ],
    }


def _parameter(name: str, kind: Kind) -> dict[str, str]:
    defined = {"definition": CREATION} if name == "creation" else {}
    return {"name": name, **defined, "type": kind.type}
