"""A consumer that talks FHIR, over Django's test client; each resource is read by the public
fhirclient, which refuses what R4 does not know.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from fhirclient.models.bundle import Bundle
from fhirclient.models.capabilitystatement import CapabilityStatement
from fhirclient.models.documentreference import DocumentReference
from fhirclient.models.imagingstudy import ImagingStudy
from fhirclient.models.operationoutcome import OperationOutcome
from fhirclient.models.patient import Patient
from lxml import etree

from tests.edges.dicomweb.web import basic
from tests.services.xds_cast import Peer

MODELS = {
    model.resource_type: model
    for model in (
        *(Bundle, CapabilityStatement, DocumentReference, ImagingStudy, OperationOutcome, Patient),
    )
}
CLIENT = Client()
FORM = "application/x-www-form-urlencoded"
MATTI = "urn:oid:1.2.246.21|010181-900C"


@dataclass(frozen=True)
class Consumer:
    peer: Peer
    assertion: etree._Element | None = None

    def get(self, path: str, accept: str = "", **headers: str) -> Any:
        return CLIENT.get(f"/fhir/{path}", headers=self._headers(accept, headers))

    def post(self, path: str, body: str, content_type: str = FORM, **headers: str) -> Any:
        return CLIENT.post(
            f"/fhir/{path}",
            data=body.encode(),
            content_type=content_type,
            headers=self._headers("", headers),
        )

    def search(self, kind: str = "DocumentReference", **asked: str | list[str]) -> Any:
        """With Matti and `current` unless told otherwise; names are written with underscores."""
        return self.post(f"{kind}/_search", body(kind, **asked))

    def found(self, kind: str = "DocumentReference", **asked: str | list[str]) -> list[Any]:
        answer = resource(self.search(kind, **asked))
        assert answer["resourceType"] == "Bundle", answer
        return [each["resource"] for each in answer.get("entry", [])]

    def _headers(self, accept: str, more: dict[str, str]) -> dict[str, str]:
        headers = {"Authorization": basic(self.peer.user, self.peer.password)}
        if accept:
            headers["Accept"] = accept
        if self.assertion is not None:
            token = base64.urlsafe_b64encode(etree.tostring(self.assertion)).decode()
            headers["X-XUA-Assertion"] = token
        return {**headers, **more}


def body(kind: str, **asked: str | list[str]) -> str:
    named = {name.replace("__", ".").replace("SEC", "-"): value for name, value in asked.items()}
    given = {"patient.identifier": MATTI, **named}
    if kind == "DocumentReference":
        given = {"status": "current", **given}
    return urlencode({k: v for k, v in given.items() if v != ""}, doseq=True)


def resource(response: Any) -> dict[str, Any]:
    assert response["Content-Type"] == "application/fhir+json; charset=utf-8"
    assert response["Cache-Control"] == "no-store"
    answer: dict[str, Any] = json.loads(response.content)
    MODELS[answer["resourceType"]](answer)  # strict: raises what is wrong
    return answer


def problem(response: Any) -> tuple[int, str, str]:
    """Status, type of the issue, and our word for it."""
    (issue,) = resource(response)["issue"]
    (coding,) = issue["details"]["coding"]
    return response.status_code, issue["code"], coding["code"]


def whole(response: Any) -> bytes:
    if response.streaming:
        return b"".join(response.streaming_content)
    return bytes(response.content)
