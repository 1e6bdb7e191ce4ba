"""SOAP messages as they are kept: no secret of any, all of whom each names, whole or not (XD-1)."""

from typing import Any

import pytest
from django.test import Client

from archive.edges.xds import soap
from archive.models import Document, LedgerEvent, Patient, RegistryMessage
from archive.objects.registry import CHANGES
from archive.queries import registry
from archive.services import registry_messages
from archive.services.registry_messages import KEPT_BYTES, Exchanged
from archive.values import uuid7
from tests.edges.xds import messages, mime
from tests.edges.xds.test_server import basic
from tests.portal.test_pages import signed_in
from tests.services import xds_cast
from tests.services.xds_cast import Cast, Peer

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return xds_cast.assemble()


def kept(cast: Cast, request: bytes, *, changed: bool = False) -> RegistryMessage:
    exchanged, correlation_id = Exchanged("a", "m", request, b"", changed, changed), uuid7()
    registry_messages.keep(cast.repository.actor, exchanged, correlation_id)
    return RegistryMessage.objects.get(correlation_id=correlation_id)


@pytest.mark.parametrize("changed", [False, True], ids=["refused", "changed"])
def test_no_secret_is_kept_however_it_is_written(cast: Cast, changed: bool) -> None:
    for name in ("Password", "w:Password", "ds:SignatureValue", "ä:SignatureValue"):
        for inside in (
            "SECRET",
            "\n SECRET \n",
            "<x>SECRET</x>SECRET",
            f"<![CDATA[</{name}>SECRET]]>SECRET",
            f"<!-- </{name}> -->SECRET",
            f"<?x </{name}>?>SECRET",
            "<a:Password>1</a:Password>SECRET",
        ):
            text = f"<a><{name} Type='/>'>{inside}</{name} ><b>open</b><Password/></a>"
            row = kept(cast, text.encode(), changed=changed)
            shown = bytes(row.request).decode()
            assert "SECRET" not in shown, text
            assert shown.endswith(f"</{name} ><b>open</b><Password/></a>") and row.is_whole, text
        for cut in (f"<{name}>SECRET", f"<{name}><x>SECRET</x></", f"<{name} a='<'>SECRET"):
            assert "SECRET" not in bytes(kept(cast, cut.encode(), changed=changed).request).decode()


def post(peer: Peer, content: bytes, content_type: str, **headers: str) -> RegistryMessage:
    """What is kept of it, by the last message."""
    authorization = basic(peer.user, peer.password)
    Client().post(
        "/xds/repository",
        content,
        content_type=content_type,
        headers={"Authorization": authorization, **headers},
    )
    return RegistryMessage.objects.latest("id")


def test_what_is_kept_of_a_body_that_is_not_understood(cast: Cast) -> None:
    source = cast.oulu.consumer
    envelope, content_type = mime.request(b"<a/>", mime.PROVIDE)
    for encoding in (b"base64", b"quoted-printable", b"x-own"):
        for gap in (b" ", b"\r\n "):
            coded = envelope.replace(b"Encoding: binary", b"Encoding:" + gap + encoding)
            row = post(source, coded, content_type)
            assert (row.http_status, bytes(row.request), row.is_whole) == (400, b"", False)
    row = post(source, b"zipped", "application/soap+xml", **{"Content-Encoding": "gzip"})
    assert (row.http_status, bytes(row.request), row.is_whole) == (415, b"", False)
    page = signed_in("support").get(f"/registry/messages/{row.id}/").content.decode()
    assert "no longer kept" not in page and "is left out" in page
    for more in (0, 1):
        row = post(source, b"x" * (KEPT_BYTES + more), "text/xml")
        assert (row.http_status, len(row.request), row.is_whole) == (415, KEPT_BYTES, not more)
    broken = envelope.replace(b"--MIME_b--", b"") + b"x" * KEPT_BYTES
    row = post(source, broken.replace(b"xop+xml; ch", b"other; ch"), content_type)
    assert (row.http_status, len(row.request), row.is_whole) == (400, KEPT_BYTES, False)


def test_each_whom_a_message_names_is_in_the_log(cast: Cast) -> None:
    root = "1.2.246.10.90000003.22.2026"
    people = [
        Patient.objects.create(environment="production", identifier=f"T-{number}", issuer=root)
        for number in range(25)
    ]
    named = " ".join(f"T-{number}^^^&amp;{root}&amp;ISO" for number in range(25))
    row = kept(cast, f"<a>{named}</a>".encode())
    signed_in("support").post(
        f"/registry/messages/{row.id}/whole/", {"reason": "Case 12: who was asked for"}
    )
    seen = LedgerEvent.objects.filter(kind="patient.viewed").values_list("patient_id", flat=True)
    assert set(seen) == {person.id for person in people}


def test_an_entry_shows_what_its_own_system_sent(cast: Cast) -> None:
    assert CHANGES == {
        *(soap.REGISTER, soap.UPDATE, soap.REMOVE, soap.PROVIDE, soap.REMOVE_DOCUMENTS)
    }
    paper = xds_cast.paper(cast)
    envelope = messages.envelope(messages.submit(paper), action=messages.REGISTER)

    def send(peer: Peer, content: bytes) -> RegistryMessage:
        mime.post(peer, "/xds/registry", content, "application/soap+xml")
        return RegistryMessage.objects.latest("id")

    refused = send(cast.repository, envelope.replace(paper.created.encode(), b"20261"))
    accepted = send(cast.repository, envelope)
    others = [send(cast.turku.consumer, envelope)]
    others.append(send(cast.repository, envelope.replace(b"RegisterDocumentSet-b", b"Nothing")))
    assert len({row.message_id for row in (refused, accepted, *others)}) == 1
    assert registry.messages(Document.objects.get()) == [refused, accepted]


def test_all_whose_time_is_over_go_in_one_run(cast: Cast, monkeypatch: Any) -> None:
    monkeypatch.setattr(registry_messages, "EMPTIED_AT_ONCE", 1)
    for changed in (True, True, True, False, False):
        kept(cast, b"<a/>", changed=changed)
    RegistryMessage.objects.update(received_at="2020-01-01T00:00Z")
    assert registry_messages.expire() == 5
    assert {bytes(row.request) for row in RegistryMessage.objects.all()} == {b""}
    assert RegistryMessage.objects.count() == 3 and registry_messages.expire() == 0
