"""Forms over real sockets: to the stand-in repository, and from it into the archive (AC-3)."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.wsgi import get_wsgi_application

from archive.edges.pdr import client
from archive.errors.authorisations import RepositoryRejects, RepositoryUnreachable
from archive.models import Authorisation
from archive.queries import followup
from archive.simulation import orders, world
from archive.simulation.pdr import Archive, Server, Shelves
from archive.simulation.world import Credentials
from tests.authorising import form
from tests.cast import MATTI
from tests.serving import Quiet

SECRET = "s3cret"


@contextmanager
def serving(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture
def web(fresh_database: str, pick_port: Callable[[], int]) -> Iterator[str]:
    port = pick_port()
    server = ThreadedWSGIServer(("127.0.0.1", port), Quiet)
    server.set_app(get_wsgi_application())
    with serving(server):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def stand_in(
    web: str, pick_port: Callable[[], int], tmp_path: Path, demo: dict[str, Any]
) -> Iterator[str]:
    known = {
        "production": Credentials(**demo["pdr"]),
        "test": Credentials(**demo["test_pdr"]),
    }
    port = pick_port()
    shelves = Shelves(tmp_path / "pdr")
    with serving(Server(("127.0.0.1", port), shelves, SECRET, Archive(web, known))):
        yield f"http://127.0.0.1:{port}"


def call(url: str, body: Any = None, secret: str = SECRET) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Authorization": f"Bearer {secret}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())


def held(stand_in: str, environment: str = "production") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call(f"{stand_in}/{environment}/authorisations")["results"]
    return found


def test_a_form_is_kept_once_and_as_it_was_last(stand_in: str) -> None:
    body = form().to_json()
    place = f"{stand_in}/production", SECRET, body["document_oid"]
    client.put_authorisation(*place, 1, body)
    client.put_authorisation(*place, 1, {**body, "state": "revoked"})
    client.put_authorisation(*place, 2, {**body, "version": 2})
    assert [(each["version"], each["state"]) for each in held(stand_in)] == [
        (1, "revoked"),
        (2, "granted"),
    ]
    assert held(stand_in, "test") == []


def test_its_page_hides_whose_they_are(stand_in: str) -> None:
    body = form(service_text="<b>").to_json()
    client.put_authorisation(f"{stand_in}/production", SECRET, body["document_oid"], 1, body)
    with urllib.request.urlopen(f"{stand_in}/", timeout=20) as answer:
        page = answer.read().decode()
    assert body["document_oid"] in page and "&lt;b&gt;" in page
    assert MATTI not in page and "010181-•••C" in page


def test_what_goes_wrong_is_told_apart(stand_in: str, free_port: int) -> None:
    body = form().to_json()
    oid = body["document_oid"]
    with pytest.raises(RepositoryRejects, match="401"):
        client.put_authorisation(f"{stand_in}/production", "wrong", oid, 1, body)
    with pytest.raises(RepositoryRejects, match="422"):
        client.put_authorisation(f"{stand_in}/production", SECRET, oid, 2, body)
    with pytest.raises(RepositoryRejects, match="404"):
        client.put_authorisation(f"{stand_in}/moon", SECRET, oid, 1, body)
    with pytest.raises(RepositoryRejects, match="404"):
        client.put_authorisation(f"{stand_in}/production", SECRET, "../1.2", 1, body)
    with pytest.raises(RepositoryUnreachable, match="ConnectionRefused"):
        client.put_authorisation(f"http://127.0.0.1:{free_port}", SECRET, oid, 1, body)
    with pytest.raises(RepositoryUnreachable, match="PDR_URL"):
        client.put_authorisation("", SECRET, oid, 1, body)
    assert held(stand_in) == []


def test_an_organisers_own_document_reaches_the_archive(stand_in: str) -> None:
    body = form().to_json()
    told = call(f"{stand_in}/production/authorisations", body)
    assert told == {"document_oid": body["document_oid"], "version": 1, "state": "granted"}
    row = Authorisation.objects.get(document_oid=body["document_oid"])
    assert row.delivered_at is not None
    assert [each["document_oid"] for each in held(stand_in)] == [body["document_oid"]]
    with pytest.raises(urllib.error.HTTPError) as refused:
        call(f"{stand_in}/production/authorisations", {**body, "order_text": "muuta"})
    with refused.value as answer:
        assert (answer.code, json.loads(answer.read())["code"]) == (409, "AUTH-VERSION")
    assert held(stand_in)[0]["order_text"] == ""


def test_the_demo_worlds_orders_come_that_way_and_may_be_sent_again(
    stand_in: str, demo: dict[str, Any]
) -> None:
    told = {
        **demo,
        "web": "http://127.0.0.1",
        "dicom": {"host": "127.0.0.1", "port": 1, "aet": "KANTA", "test_aet": "KANTATEST"},
    }
    demo_world = world.parse(told)
    for _time in range(2):
        assert orders.send(demo_world, f"{stand_in}/production", SECRET) == len(orders.ORDERS)
    rows = list(Authorisation.objects.select_related("organiser"))
    states = sorted(row.state for row in rows)
    assert states == ["accepted", "accepted", "ended", "granted", "without_producer"]
    live = [row for row in rows if row.closed_at is None]
    assert all(row.patient_id for row in live)  # nothing is open to everybody
    assert sum(followup.is_late(row) for row in live) == 1
