"""A consumer against the web server as it runs, over real sockets: found, paged, got."""

import base64
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from lxml import etree

from archive.models import Document, LedgerEvent
from archive.services import publishing
from tests import cast
from tests.cast import MALLILA
from tests.edges.fhir import web
from tests.edges.gunicorn import serving
from tests.edges.xds import signing
from tests.services import xds_cast
from tests.services.test_metadata_given import permitted

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("fresh_database")]


def resource(response: requests.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    web.MODELS[told["resourceType"]](told)
    return told


def test_a_professional_of_another_organisation_finds_and_gets_a_manifest(
    free_port: int, tmp_path: Path
) -> None:
    study = cast.store(cast.dataset())
    publishing.publish(study, publishing.prepare(study))
    cast.document("report")
    permitted()
    owner = cast.organisation(MALLILA)
    peer = xds_cast.peer(owner, "production", "consumer")
    signing.trusted()
    assertion = signing.signed(owner, more={"service_event": "1.2.246.10.90000011.14001.1"})
    session = requests.Session()
    session.auth = (peer.user, peer.password)
    token = base64.urlsafe_b64encode(etree.tostring(assertion)).decode()
    session.headers["X-XUA-Assertion"] = token
    with serving(free_port, tmp_path) as address:
        query = {"patient.identifier": web.MATTI, "status": "current", "_count": "1"}
        chunked = iter([urlencode(query).encode()])  # its length is not told
        searching = f"{address}/fhir/DocumentReference/_search"
        page = resource(session.post(searching, data=chunked, headers={"Content-Type": web.FORM}))
        links = {each["relation"]: each["url"] for each in page["link"]}
        (first,) = page["entry"]
        (second,) = resource(session.get(links["next"]))["entry"]
        found = {
            each["resource"]["content"][0]["attachment"]["contentType"]: each["resource"]
            for each in (first, second)
        }
        manifest = found["application/dicom"]["content"][0]["attachment"]
        content = session.get(manifest["url"], headers={"Accept": "application/dicom"})
        assert content.headers["Content-Type"] == "application/dicom"
        assert len(content.content) == manifest["size"]
        (row,) = Document.objects.filter(study=study)
        assert row.size == len(content.content)
    given = LedgerEvent.objects.filter(kind="disclosure.given").order_by("at", "id")
    assert [event.facts["what"] for event in given] == ["metadata", "metadata", "manifest"]
    assert {event.facts["user"] for event in given} == {signing.said(owner).user_id}
