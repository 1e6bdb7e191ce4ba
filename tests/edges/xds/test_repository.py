"""The repository: manifests and brought documents from here, care documents from the Patient Data
Repository, and each giving in the log before it is given (XD-3, LG-1).
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError

from archive.config import settings
from archive.edges.xds import giving
from archive.models import (
    Case,
    CaseEvent,
    Document,
    LedgerEvent,
    XdsRole,
)
from archive.objects import manifest as kos
from archive.services import disclosure, publishing
from archive.simulation.pdr import Archive, Server, Shelves
from archive.simulation.world import Credentials
from tests import cast as people
from tests.edges.xds import messages, mime
from tests.edges.xds.messages import Paper
from tests.edges.xds.mime import OURS, PDR, retrieve, sha1
from tests.services import xds_cast
from tests.services.xds_cast import Cast
from tests.vaults import file_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.edges.xds.urls")]

SECRET = "s3cret"
ARCHIVE = Archive("http://127.0.0.1:1", {"production": Credentials("nobody", "")})


@pytest.fixture
def cast() -> Cast:
    return xds_cast.assemble()


@pytest.fixture
def shelves(
    tmp_path: Path, pick_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shelves]:
    """The Patient Data Repository, listening."""
    shelves, port = Shelves(tmp_path), pick_port()
    with Server(("127.0.0.1", port), shelves, SECRET, ARCHIVE) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        address(monkeypatch, f"http://127.0.0.1:{port}/production")
        yield shelves
        server.shutdown()
        thread.join(10)


def address(monkeypatch: pytest.MonkeyPatch, url: str, secret: str = SECRET) -> None:
    known = replace(settings(), pdr_url=url, pdr_secret=secret)
    monkeypatch.setattr(giving, "settings", lambda: known)


def held(cast: Cast, shelves: Shelves, content: bytes, **changes: str) -> Paper:
    """A care document of Oulu's, registered and held."""
    made = {"hash": sha1(content), "size": str(len(content)), **changes}
    paper = xds_cast.paper(cast, **made)
    xds_cast.register(cast, paper)
    shelves.cupboard("production").put(paper.unique, content)
    return paper


def given(kind: str = "data.used") -> list[dict[str, Any]]:
    return [row.facts for row in LedgerEvent.objects.filter(kind=kind).order_by("id")]


# --- ITI-43 ---------------------------------------------------------------------------------------


def test_care_documents_come_from_the_patient_data_repository(cast: Cast, shelves: Shelves) -> None:
    papers = [held(cast, shelves, content) for content in (b"<a/>", b"x" * (3 << 20))]
    answer = retrieve(cast.oulu.consumer, *((PDR, paper.unique) for paper in papers))
    assert (answer.status, answer.errors) == ("Success", [])
    assert answer.action == f"{mime.RETRIEVE}Response"
    assert answer.documents == {papers[0].unique: b"<a/>", papers[1].unique: b"x" * (3 << 20)}
    (entry,) = given()
    assert (entry["what"], entry["ground"], entry["interface"]) == (
        "document",
        "own-register",
        "XDS",
    )
    assert entry["documents"] == [paper.unique for paper in papers]
    assert entry["message_id"].startswith("urn:uuid:")


def test_a_manifest_comes_from_the_vault_as_it_was_registered(db: None) -> None:
    study = people.store(people.dataset())
    publishing.publish(study, publishing.prepare(study))
    document = Document.objects.get(study=study)
    consumer = xds_cast.peer(people.organisation(), "production", XdsRole.CONSUMER)
    answer = retrieve(consumer, (OURS, document.unique_id))
    content = answer.documents[document.unique_id]
    assert (sha1(content), len(content)) == (document.hash, document.size)
    assert [each.study_uid for each in kos.read(content)] == [study.study_instance_uid]
    (entry,) = given()
    assert (entry["what"], entry["study_uid"]) == ("manifest", study.study_instance_uid)


def test_what_may_not_be_seen_is_as_what_is_not_there(cast: Cast, shelves: Shelves) -> None:
    paper = held(cast, shelves, b"<a/>")
    nowhere = messages.uid()
    foreign = retrieve(cast.turku.consumer, (PDR, paper.unique))
    absent = retrieve(cast.turku.consumer, (PDR, nowhere))
    assert (foreign.status, foreign.codes) == ("Failure", ["XDSDocumentUniqueIdError"])
    told = [
        foreign.errors[0][1].replace(paper.unique, ""),
        absent.errors[0][1].replace(nowhere, ""),
    ]
    assert told[0] == told[1]
    assert not given() and not given("disclosure.given")
    assert Case.objects.get().reason == "document-unknown"


def test_some_are_given_and_the_others_each_with_their_error(cast: Cast, shelves: Shelves) -> None:
    good, changed, lost = (held(cast, shelves, b"<%d/>" % number) for number in range(3))
    shelves.cupboard("production").put(changed.unique, b"<other/>")
    elsewhere = "1.2.3"
    (tmp,) = [
        path
        for path in (shelves.folder / "production/documents").iterdir()
        if path.read_bytes() == b"<2/>"
    ]
    tmp.unlink()
    answer = retrieve(
        cast.oulu.consumer,
        *((PDR, each.unique) for each in (good, changed, lost)),
        (elsewhere, good.unique),
        (OURS, good.unique),
        (PDR, good.unique),
    )
    assert (answer.status, answer.documents) == ("PartialSuccess", {good.unique: b"<0/>"})
    assert sorted(answer.codes) == [
        *("XDSDocumentUniqueIdError", "XDSDocumentUniqueIdError"),
        *("XDSRepositoryError", "XDSUnknownRepositoryId"),
    ]
    assert all(context.startswith("2.25.") for _, context in answer.errors)
    (entry,) = given()
    assert entry["documents"] == [good.unique]
    assert set(Case.objects.values_list("reason", flat=True)) == {
        *("document-unknown", "content-differs", "repository-unknown"),
    }


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:1"])
def test_without_the_patient_data_repository_it_is_busy(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    address(monkeypatch, url)
    answer = retrieve(cast.oulu.consumer, (PDR, paper.unique))
    assert (answer.status, answer.codes) == ("Failure", ["XDSRepositoryBusy"])
    assert Case.objects.get().reason == "repository-unreachable"
    assert not given()


def test_a_repository_that_refuses_us_is_told(
    cast: Cast, shelves: Shelves, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = held(cast, shelves, b"<a/>")
    url = giving.settings().pdr_url
    address(monkeypatch, url, "wrong")
    answer = retrieve(cast.oulu.consumer, (PDR, paper.unique))
    assert answer.codes == ["XDSRepositoryBusy"]
    assert "401" in CaseEvent.objects.get().detail


class _Elsewhere(BaseHTTPRequestHandler):
    """Sends every caller away, or answers what is no MTOM."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "/taken")
            self.end_headers()
            return
        self.send_response(200)
        kind = 'multipart/related; boundary="b"; type="application/xop+xml"'
        self.send_header("Content-Type", "text/xml" if self.path.startswith("/plain") else kind)
        self.end_headers()
        self.wfile.write(b"--b\r\nContent-Type: application/xop+xml\r\n\r\n<a/>\r\n--b")

    def do_GET(self) -> None:
        pytest.fail("the secret went elsewhere")

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


def test_answers_that_are_none_are_told_apart(
    cast: Cast, pick_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    port = pick_port()
    with ThreadingHTTPServer(("127.0.0.1", port), _Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        for place in ("moved", "plain", "cut"):
            address(monkeypatch, f"http://127.0.0.1:{port}/{place}")
            assert retrieve(cast.oulu.consumer, (PDR, paper.unique)).codes == ["XDSRepositoryBusy"]
        server.shutdown()
        thread.join(10)
    told = list(CaseEvent.objects.order_by("at").values_list("detail", flat=True))
    assert ["302" in told[0], "MTOM" in told[1], "too early" in told[2]] == [True] * 3


def test_nothing_is_given_when_the_log_cannot_be_written(
    cast: Cast, shelves: Shelves, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = held(cast, shelves, b"<a/>")

    def fail(*_args: Any, **_named: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr(disclosure.ledger, "record", fail)
    answer = retrieve(cast.oulu.consumer, (PDR, paper.unique))
    assert (answer.status, answer.documents) == ("Failure", {})
    assert answer.codes == ["XDSRepositoryError"]


def test_damaged_bytes_are_not_given(db: None) -> None:
    study = people.store(people.dataset())
    publishing.publish(study, publishing.prepare(study))
    document = Document.objects.get(study=study)
    path = file_of("production", bytes.fromhex(document.vault_key))
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    consumer = xds_cast.peer(people.organisation(), "production", XdsRole.CONSUMER)
    answer = retrieve(consumer, (OURS, document.unique_id))
    assert (answer.status, answer.codes) == ("Failure", ["XDSRepositoryError"])
    assert Case.objects.filter(reason="bytes-damaged").exists()


def test_a_community_that_is_named_must_be_ours(cast: Cast, shelves: Shelves) -> None:
    paper = held(cast, shelves, b"<a/>")
    ours = f"urn:oid:{settings().home_community}"
    answer = retrieve(cast.oulu.consumer, (PDR, paper.unique), home=ours)
    assert answer.status == "Success"
    assert answer.answer.findtext(".//x:HomeCommunityId", namespaces=mime.NAMES) == ours
    answer = retrieve(cast.oulu.consumer, (PDR, paper.unique), home="urn:oid:1.2.3")
    assert answer.codes == ["XDSUnknownCommunity"]


# --- bad input ------------------------------------------------------------------------------------


def test_bad_framing_is_a_fault_and_too_much_is_413(cast: Cast) -> None:
    envelope = messages.envelope("<x/>", action=mime.RETRIEVE)
    whole, content_type = mime.request(envelope, mime.RETRIEVE)
    peer = cast.oulu.consumer
    for content, kind, status in (
        (whole[:-8], content_type, 400),
        (whole, content_type.replace('boundary="MIME_b"; ', ""), 400),
        (whole, content_type.replace("xop+xml", "other"), 400),
        (whole.replace(b"binary", b"base64"), content_type, 400),
        (whole, content_type, 400),  # the body is no RetrieveDocumentSetRequest
        (whole, "multipart/mixed; boundary=MIME_b", 415),
        (b"--MIME_b\r\n" + b"A" * 9000 + whole, content_type, 413),
        (b"x" * (21 << 20), "application/soap+xml", 413),
    ):
        assert mime.post(peer, "/xds/repository", content, kind).status_code == status
    assert mime.post(peer, "/xds/registry", whole, content_type).status_code == 415
    assert Case.objects.exists()
