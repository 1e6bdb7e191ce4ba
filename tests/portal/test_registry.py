"""The registry in the portal: found, read in words, masked, with the messages it came by (XD-1)."""

import pytest
from django.test import Client

from archive.models import Document, LedgerEvent, RegistryMessage
from archive.queries import keyset
from archive.services import publishing, registry_messages
from archive.values import uuid7
from tests import cast as people
from tests.edges.xds import messages, mime
from tests.edges.xds.messages import Paper
from tests.portal.test_pages import signed_in
from tests.services import xds_cast
from tests.services.xds_cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return xds_cast.assemble()


def submit(cast: Cast, paper: Paper) -> Document:
    """Over the wire, so that the message is kept."""
    body = messages.submit(paper)
    envelope = messages.envelope(body, action=messages.REGISTER)
    answer = mime.post(cast.repository, "/xds/registry", envelope, "application/soap+xml")
    assert answer.status_code == 200
    return Document.objects.get(entry_uuid=paper.entry)


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_and_its_filters(cast: Cast) -> None:
    note = submit(cast, xds_cast.paper(cast, accession="ACC-7"))
    report = submit(cast, xds_cast.paper(cast, kind="report", accession="ACC-8"))
    client = signed_in("support")
    content = page(client, "/registry/")
    assert str(note.id) in content and str(report.id) in content
    assert "010181" not in content
    for query, found in (
        ("kind=report", report),
        ("named=ACC-7", note),
        (f"named={report.entry_uuid}", report),
        (f"named=urn:oid:{note.unique_id}", note),
        (f"organisation={cast.oulu.organisation.id}&kind=study-entry", note),
    ):
        content = page(client, f"/registry/?{query}")
        others = {note.id, report.id} - {found.id}
        assert str(found.id) in content, query
        assert not any(str(other) in content for other in others), query
    for query in ("status=deprecated", "named=ACC-9"):
        assert "No document fits the filters" in page(client, f"/registry/?{query}")
    assert "cannot be read" in page(client, "/registry/?named=010181-900C")
    assert client.get("/registry/?after=x").status_code == 400


def test_pages_follow_each_other(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyset.page, "__kwdefaults__", {**keyset.page.__kwdefaults__, "size": 2})
    for _ in range(3):
        xds_cast.register(cast, xds_cast.paper(cast))
    client = signed_in("support")
    first = client.get("/registry/").context["page"]
    second = client.get("/registry/", {"after": first.following}).context["page"]
    assert (len(first.rows), len(second.rows), second.following) == (2, 1, "")


def test_an_entry_hides_the_patient_until_a_reason_is_given(cast: Cast) -> None:
    paper = xds_cast.paper(cast, author="K1^Kuvaaja^Testi")
    found = submit(cast, paper)
    client = signed_in("support")
    content = page(client, f"/registry/{found.id}/")
    for words in (paper.unique, paper.entry, "study-entry · KUVA-DOC", "Testi Kuvaaja", "ACC-1"):
        assert words in content
    for hidden in ("010181-900C", paper.title, "RegisterDocumentSetRequest", "SubmitObjects"):
        assert hidden not in content
    assert "registration of documents" in content.lower()
    address = f"/registry/{found.id}/whole/"
    answer = client.post(address, {"reason": ""})
    assert "010181-900C" not in answer.content.decode()
    answer = client.post(address, {"reason": "Case 12: document is missing"})
    content = answer.content.decode()
    for words in ("010181-900C", paper.title, "SubmitObjectsRequest", "RegistryResponse"):
        assert words in content
    (event,) = LedgerEvent.objects.filter(kind="patient.viewed")
    assert event.facts["reason"] == "Case 12: document is missing"
    assert (event.subject_id, event.patient_id) == (found.id, found.patient_id)
    # The next look hides it again.
    assert "010181-900C" not in page(client, f"/registry/{found.id}/")


def test_replacements_are_a_chain_and_associations_have_words(cast: Cast) -> None:
    old = submit(cast, xds_cast.paper(cast))
    new = submit(cast, xds_cast.paper(cast, replaces=old.entry_uuid))
    newest = submit(cast, xds_cast.paper(cast, replaces=new.entry_uuid))
    client = signed_in("archivist")
    answer = client.get(f"/registry/{new.id}/")
    assert [row.id for row in answer.context["chain"]] == [old.id, new.id, newest.id]
    words = [(str(each.word), each.association.other.document) for each in answer.context["ties"]]
    assert ("replaces", old) in words and ("is replaced by", newest) in words
    assert "Is in" in answer.content.decode()


def test_a_manifest_is_the_archive_s_own_and_linked_from_its_study() -> None:
    study = people.store(people.dataset())
    publishing.publish(study, publishing.prepare(study))
    manifest = Document.objects.get(study=study)
    client = signed_in("support")
    content = page(client, f"/registry/{manifest.id}/")
    assert "No message is kept" in content and f"/studies/{study.id}/" in content
    client.post(f"/studies/{study.id}/reason/", {"reason": "A test of the page"})
    assert f"/registry/{manifest.id}/" in page(client, f"/studies/{study.id}/")


def test_messages_are_kept_without_signatures_and_for_a_time(cast: Cast) -> None:
    found = submit(cast, xds_cast.paper(cast))
    row = RegistryMessage.objects.get()
    assert row.taken and row.organisation_id == cast.repository.actor.organisation_id
    exchanged = registry_messages.Exchanged(
        "a", "m", b"<ds:SignatureValue Id='x'>c2VjcmV0</ds:SignatureValue>", b"<b/>", False
    )
    registry_messages.keep(cast.repository.actor, exchanged, row.id)
    kept = RegistryMessage.objects.get(message_id="m")
    assert bytes(kept.request) == b"<ds:SignatureValue Id='x'></ds:SignatureValue>"
    assert registry_messages.expire() == 0
    RegistryMessage.objects.filter(id=row.id).update(received_at="2020-01-01T00:00Z")
    assert registry_messages.expire() == 1
    answer = signed_in("support").post(
        f"/registry/{found.id}/whole/", {"reason": "A test of the page"}
    )
    assert "no longer kept" in answer.content.decode()


def test_what_was_asked_and_what_was_refused_is_kept(cast: Cast) -> None:
    paper = xds_cast.paper(cast)
    submit(cast, paper)
    consumer = cast.oulu.consumer
    query = messages.envelope(
        messages.query(messages.FIND_DOCUMENTS, messages.find()), action=messages.QUERY
    )
    answered = mime.post(consumer, "/xds/registry", query, "application/soap+xml")
    mime.post(cast.repository, "/xds/registry", b"<broken", "application/soap+xml")
    mime.post(cast.repository, "/xds/registry", b"<a/>", "text/xml")
    asked = RegistryMessage.objects.get(changed=False, taken=True)
    assert asked.action == messages.QUERY
    assert (bytes(asked.request), bytes(asked.answer)) == (query, answered.content)
    refused = {row.http_status: row for row in RegistryMessage.objects.filter(taken=False)}
    assert {status: bytes(row.request) for status, row in refused.items()} == {
        400: b"<broken",
        415: b"<a/>",
    }
    client = signed_in("support")
    content = page(client, "/registry/messages/?outcome=refused")
    assert str(refused[400].id) in content and str(asked.id) not in content
    assert str(asked.id) in page(client, f"/registry/messages/?named={asked.message_id}")
    assert client.post("/search/", {"q": asked.message_id}).url == f"/registry/messages/{asked.id}/"
    address = f"/registry/messages/{asked.id}/"
    for content in (page(client, address), client.post(f"{address}whole/").content.decode()):
        assert "010181-900C" not in content
    answer = client.post(f"{address}whole/", {"reason": "Case 12: what was asked"})
    assert "010181-900C" in answer.content.decode() and paper.unique in answer.content.decode()
    event = LedgerEvent.objects.get(kind="patient.viewed")
    assert event.subject_id == asked.id and event.patient_id == xds_cast.patient(cast).id
    assert "/desk/" in page(client, f"/registry/messages/{refused[400].id}/")


def test_what_changed_nothing_is_kept_in_part_and_not_for_long(cast: Cast) -> None:
    long = b"<a><SignatureValue>c2VjcmV0</SignatureValue>" + b"x" * registry_messages.KEPT_BYTES
    for request in (long, b"<Password>secret</Password>\0<SignatureValue>c2VjcmV0"):
        exchanged = registry_messages.Exchanged("a", "m", request, b"", False, False, 400)
        registry_messages.keep(cast.repository.actor, exchanged, uuid7())
    cut, odd = RegistryMessage.objects.order_by("id")
    assert len(cut.request) == registry_messages.KEPT_BYTES - len("c2VjcmV0") and not cut.is_whole
    assert b"c2VjcmV0" not in bytes(cut.request)
    assert bytes(odd.request) == b"<Password></Password>" and not odd.is_whole
    RegistryMessage.objects.filter(id=cut.id).update(received_at="2020-01-01T00:00Z")
    assert registry_messages.expire() == 1
    assert RegistryMessage.objects.get() == odd
