"""MHD: documents are got (ITI-68), from the Patient Data Repository or from the vault."""

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError

from archive.config import settings
from archive.edges.xds import fetching
from archive.models import Document
from archive.services import disclosure, publishing
from archive.simulation.pdr import Archive, Server, Shelves
from archive.simulation.world import Credentials
from tests import cast as people
from tests.edges.fhir import web
from tests.edges.fhir.test_documents import cast, given, oulu
from tests.edges.fhir.web import Consumer, problem
from tests.services import xds_cast
from tests.services.xds_cast import Cast

__all__ = ["cast", "oulu"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def shelves(
    tmp_path: Path, pick_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shelves]:
    """The Patient Data Repository, listening."""
    found, port = Shelves(tmp_path), pick_port()
    archive = Archive("http://127.0.0.1:1", {"production": Credentials("nobody", "")})
    known = replace(settings(), pdr_url=f"http://127.0.0.1:{port}/production", pdr_secret="s3cret")
    monkeypatch.setattr(fetching, "settings", lambda: known)
    with Server(("127.0.0.1", port), found, "s3cret", archive) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield found
        server.shutdown()
        thread.join(10)


def test_a_care_document_is_fetched_checked_and_written_down(
    cast: Cast,
    oulu: Consumer,
    shelves: Shelves,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = b"<a/>" * 100_000
    made = {"hash": hashlib.sha1(content).hexdigest(), "size": str(len(content))}
    paper = xds_cast.paper(cast, **made)
    xds_cast.register(cast, paper)
    (row,) = Document.objects.all()
    assert problem(oulu.get(f"Binary/{row.id}")) == (404, "not-found", "document-unknown")
    assert not given("data.used")
    shelves.cupboard("production").put(paper.unique, content)
    answer = oulu.get(f"Binary/{row.id}", "text/xml")
    assert (answer.status_code, answer["Content-Type"]) == (200, row.mime_type)
    assert web.whole(answer) == content
    (entry,) = given("data.used")
    assert (entry["what"], entry["interface"]) == ("document", "FHIR")
    shelves.cupboard("production").put(paper.unique, b"<other/>")
    assert problem(oulu.get(f"Binary/{row.id}"))[2] == "content-differs"
    known = replace(settings(), pdr_url="")
    monkeypatch.setattr(fetching, "settings", lambda: known)
    answer = oulu.get(f"Binary/{row.id}")
    assert problem(answer)[:2] == (503, "transient")
    assert answer["Retry-After"]


def test_a_manifest_is_given_as_bytes_or_as_a_resource(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = people.store(people.dataset())
    publishing.publish(study, publishing.prepare(study))
    row = Document.objects.get(study=study)
    consumer = Consumer(xds_cast.peer(people.organisation(), "production", "consumer"))
    answer = consumer.get(f"Binary/{row.id}")
    assert answer["Content-Type"] == "application/dicom"
    assert hashlib.sha1(web.whole(answer)).hexdigest() == row.hash
    answer = consumer.get(f"Binary/{row.id}", "application/fhir+json")
    told = answer.json()
    assert (told["resourceType"], told["contentType"]) == ("Binary", "application/dicom")
    assert hashlib.sha1(base64.b64decode(told["data"])).hexdigest() == row.hash
    assert problem(consumer.get(f"Binary/{row.id}", "image/png"))[0] == 406

    def fail(*_args: Any, **_named: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr(disclosure.ledger, "record", fail)
    assert problem(consumer.get(f"Binary/{row.id}"))[:2] == (500, "exception")
