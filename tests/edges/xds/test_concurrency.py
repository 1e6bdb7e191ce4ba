"""Two processes, one registry: messages that come at once, and a peer over a real socket."""

import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connections

from archive.errors import ArchiveError
from archive.models import Document, LedgerEvent, Submission
from archive.services import assertions
from archive.services.assertions import Presented
from launch.plan import ROOT
from tests.edges.xds import messages, signing
from tests.edges.xds.messages import QUERY, envelope, find, query, submit
from tests.edges.xds.test_server import basic
from tests.services import xds_cast
from tests.services.xds_cast import Cast, Peer

pytestmark = pytest.mark.journey

SERVER = """
import django, sys
django.setup()
from wsgiref.simple_server import make_server
from django.core.wsgi import get_wsgi_application
server = make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application())
print("listening", flush=True)
server.serve_forever()
"""


def at_once(cast: Cast, *papers: messages.Paper) -> list[str]:
    """Register each paper in a thread of its own, all at the same moment; how each ended."""
    gate = threading.Barrier(len(papers))

    def send(paper: messages.Paper) -> str:
        try:
            gate.wait(60)
            xds_cast.register(cast, paper)
        except ArchiveError as error:
            return type(error).__name__
        finally:
            connections.close_all()
        return "ok"

    with ThreadPoolExecutor(len(papers)) as threads:
        return sorted(threads.map(send, papers))


def test_the_same_message_at_once_is_registered_once(fresh_database: str) -> None:
    cast = xds_cast.assemble()
    paper = xds_cast.paper(cast)
    assert at_once(cast, *[paper] * 6) == ["ok"] * 6
    assert (Submission.objects.count(), Document.objects.count()) == (1, 1)
    assert LedgerEvent.objects.filter(kind="document.registered").count() == 1


def test_one_document_in_several_sets_at_once_is_one_entry(fresh_database: str) -> None:
    cast = xds_cast.assemble()
    paper = xds_cast.paper(cast)
    sets = [paper.resubmitted(entry=messages.urn()) for _ in range(5)]
    assert at_once(cast, *sets) == ["ok"] * 5
    assert (Submission.objects.count(), Document.objects.count()) == (5, 1)


def test_of_two_contents_under_one_unique_id_one_wins(fresh_database: str) -> None:
    cast = xds_cast.assemble()
    paper = xds_cast.paper(cast)
    other = paper.resubmitted(entry=messages.urn(), hash="b" * 40)
    assert at_once(cast, paper, other) == ["HashDiffers", "ok"]
    assert Document.objects.count() == 1


def test_a_document_and_its_replacement_at_once_end_as_in_order(fresh_database: str) -> None:
    cast = xds_cast.assemble()
    for _ in range(5):
        old = xds_cast.paper(cast)
        new = xds_cast.paper(cast, replaces=old.entry)
        assert at_once(cast, new, old) == ["ok", "ok"]
        rows = Document.objects.filter(entry_uuid__in=(old.entry, new.entry))
        statuses = dict(rows.values_list("entry_uuid", "status"))
        assert statuses == {old.entry: "deprecated", new.entry: "approved"}


def test_two_replacements_of_one_document_at_once_leave_one(fresh_database: str) -> None:
    cast = xds_cast.assemble()
    old = xds_cast.paper(cast)
    news = [xds_cast.paper(cast, replaces=old.entry) for _ in range(2)]
    assert at_once(cast, *news) == ["AlreadyReplaced", "ok"]


# --- over a socket --------------------------------------------------------------------------------


@contextmanager
def serving(port: int) -> Iterator[str]:
    """The registry in a process of its own."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.edges.xds.settings"}
    child = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    late = threading.Timer(60, child.kill)
    late.start()
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "listening\n", "the server does not start"
        yield f"http://127.0.0.1:{port}/xds/registry"
    finally:
        late.cancel()
        child.terminate()
        child.communicate(timeout=10)


def send(address: str, peer: Peer, content: bytes) -> bytes:
    request = urllib.request.Request(
        address,
        data=content,
        headers={
            "Content-Type": "application/soap+xml; charset=UTF-8",
            "Authorization": basic(peer.user, peer.password),
        },
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        found: bytes = response.read()
        return found


def test_a_peer_registers_and_another_finds_over_http(fresh_database: str, free_port: int) -> None:
    cast = xds_cast.assemble()
    paper = xds_cast.paper(cast)
    with serving(free_port) as address:
        answer = send(address, cast.repository, envelope(submit(paper)))
        assert b"ResponseStatusType:Success" in answer
        asking = envelope(query(messages.FIND_DOCUMENTS, find(), "ObjectRef"), action=QUERY)
        found = send(address, cast.oulu.consumer, asking)
        assert paper.entry.encode() in found
        assert paper.entry.encode() not in send(address, cast.turku.consumer, asking)
    assert Document.objects.get().entry_uuid == paper.entry


def test_of_one_message_sent_twice_at_once_one_is_heard(fresh_database: str) -> None:
    cast = xds_cast.assemble()
    signing.trusted()
    token = signing.token(cast.oulu.organisation)
    gate = threading.Barrier(4)

    def ask(_number: int) -> str:
        presented = Presented(token, "urn:uuid:1", "http://testserver/xds/registry")
        try:
            gate.wait(60)
            assertions.establish(cast.oulu.consumer.actor, presented)
        except ArchiveError as error:
            return type(error).__name__
        finally:
            connections.close_all()
        return "ok"

    with ThreadPoolExecutor(4) as threads:
        answers = sorted(threads.map(ask, range(4)))
    assert answers == [*["MessageRepeated"] * 3, "ok"]
