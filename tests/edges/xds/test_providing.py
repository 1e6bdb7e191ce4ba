"""What sources bring to the repository (ITI-41, RAD-68), and its removal (ITI-86)."""

from io import StringIO

import pytest
from django.core.management import call_command

from archive import vault
from archive.models import (
    Case,
    Connection,
    Document,
    DocumentLink,
    LedgerEvent,
    ProvidedDocument,
    Study,
    XdsRole,
)
from archive.services import credentials, publishing
from archive.values import today
from tests import cast as people
from tests.edges.xds import messages, mime
from tests.edges.xds.messages import Paper
from tests.edges.xds.mime import OURS, PDR, retrieve, sha1
from tests.services import xds_cast
from tests.services.xds_cast import Cast, Peer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.edges.xds.urls")]


@pytest.fixture
def cast() -> Cast:
    return xds_cast.assemble()


# --- ITI-41, RAD-68 -------------------------------------------------------------------------------


@pytest.fixture
def source(cast: Cast) -> Peer:
    """Oulu's document source."""
    return xds_cast.peer(cast.oulu.organisation, "production", XdsRole.SOURCE)


def test_a_source_is_let_in_by_command(db: None) -> None:
    told = StringIO()
    call_command("connect_source", people.ESIMERKKILA, "--environment", "test", stdout=told)
    user, password = (line.split()[1] for line in told.getvalue().splitlines())
    actor = credentials.identify(user, password, today())
    row = Connection.objects.get(id=actor.id)
    assert (row.xds_role, row.environment, row.xua_required) == ("source", "test", False)


def described(cast: Cast, content: bytes, **changes: str) -> Paper:
    return xds_cast.paper(cast, hash=sha1(content), size=str(len(content)), **changes)


def test_a_source_brings_a_document_and_a_consumer_gets_it(cast: Cast, source: Peer) -> None:
    paper = described(cast, b"<a/>")
    for _ in range(2):
        assert mime.provide(source, messages.submit(paper), {paper.entry: b"<a/>"}).status == (
            "Success"
        )
    row = Document.objects.get()
    assert (row.repository_unique_id, row.hash, row.size) == (OURS, sha1(b"<a/>"), 4)
    answer = retrieve(cast.oulu.consumer, (OURS, paper.unique))
    assert answer.documents == {paper.unique: b"<a/>"}
    assert retrieve(cast.turku.consumer, (OURS, paper.unique)).codes == ["XDSDocumentUniqueIdError"]


def test_what_a_source_may_not_bring_is_refused_and_nothing_is_kept(
    cast: Cast, source: Peer
) -> None:
    paper, other = described(cast, b"<a/>"), described(cast, b"<b/>")
    turkus = paper.but(controller=cast.turku.register.controller_oid)
    contents = {paper.entry: b"<a/>"}
    submitted = messages.submit(paper)
    turku = xds_cast.peer(cast.turku.organisation, "production", XdsRole.SOURCE)
    for peer, text, documents, code in (
        (cast.oulu.consumer, submitted, contents, "XDSRepositoryError"),
        (cast.repository, submitted, contents, "XDSRepositoryError"),
        (turku, submitted, contents, "XDSRepositoryError"),
        (source, messages.submit(turkus), contents, "XDSRepositoryError"),
        (source, submitted, {}, "XDSMissingDocument"),
        (source, submitted, {**contents, other.entry: b"<b/>"}, "XDSMissingDocumentMetadata"),
        (source, submitted, {paper.entry: b"<b/>"}, "XDSRepositoryMetadataError"),
        (source, messages.submit(paper.but(created="20261")), contents, "XDSRegistryMetadataError"),
    ):
        answer = mime.provide(peer, text, documents)
        assert (answer.status, answer.codes) == ("Failure", [code])
    assert not Document.objects.exists() and not ProvidedDocument.objects.exists()


def test_a_document_in_the_envelope_is_taken_too(cast: Cast, source: Peer) -> None:
    paper = described(cast, b"<a/>")
    body = (
        '<x:ProvideAndRegisterDocumentSetRequest xmlns:x="urn:ihe:iti:xds-b:2007">'
        f'{messages.submit(paper)}<x:Document id="{paper.entry}">PGEv\nPg==</x:Document>'
        "</x:ProvideAndRegisterDocumentSetRequest>"
    )
    plain = messages.envelope(body, action=mime.PROVIDE)
    answer = mime.send(source, "/xds/repository", plain, "application/soap+xml; charset=UTF-8")
    assert answer.status == "Success"
    assert bytes(ProvidedDocument.objects.get().content) == b"<a/>"


def test_another_manifest_is_taken_unless_its_study_is_archived_here(db: None) -> None:
    study = people.store(people.dataset())
    prepared = publishing.prepare(study)
    content = vault.read_file("production", bytes.fromhex(prepared.vault_key))
    controller = study.register.controller_oid
    source = xds_cast.peer(people.organisation(), "production", XdsRole.SOURCE)

    def bring(**changes: str) -> list[str]:
        paper = Paper(
            kind="manifest", controller=controller, hash=sha1(content), size=str(len(content))
        ).but(study=study.study_instance_uid)
        text = messages.submit(paper.but(**changes))
        text = text.replace('mimeType="text/xml"', 'mimeType="application/dicom"')
        text = text.replace('"cda-r2-imaging"', '"1.2.840.10008.5.1.4.1.1.88.59"')
        scheme = "1.2.840.10008.2.6.1"
        at = text.index('"1.2.840.10008.5.1.4.1.1.88.59"')
        text = text[:at] + text[at:].replace("KUVA-DOC", scheme, 1)
        return mime.provide(
            source, text, {paper.entry if not changes else _entry(text): content}
        ).codes

    assert bring() == ["XDSRepositoryMetadataError"]
    assert Case.objects.get().reason == "study-archived"
    Study.objects.filter(id=study.id).update(study_instance_uid="1.2.246.10.90000003.9")
    assert bring(study="1.2.3") == ["XDSRepositoryMetadataError"]
    assert bring() == []
    brought = Document.objects.get()
    assert (brought.kind, brought.study) == ("manifest", None)
    # Then its study is archived after all: one manifest replaces the other.
    Study.objects.filter(id=study.id).update(study_instance_uid=study.study_instance_uid)
    assert not publishing.is_up_to_date(study)
    ours = publishing.publish(study, publishing.prepare(study))
    brought.refresh_from_db()
    assert (brought.status, ours.status) == ("deprecated", "approved")
    assert DocumentLink.objects.get(kind="RPLC").target_uuid == brought.entry_uuid
    assert publishing.is_up_to_date(study) and publishing.prepare(study) is None


def _entry(text: str) -> str:
    return text.split('<ExtrinsicObject id="', 1)[1].split('"', 1)[0]


# --- ITI-86 ---------------------------------------------------------------------------------------


def test_the_operator_removes_what_a_source_brought(cast: Cast, source: Peer) -> None:
    paper = described(cast, b"<a/>")
    mime.provide(source, messages.submit(paper), {paper.entry: b"<a/>"})
    assert mime.remove(source, (OURS, paper.unique)).codes == ["XDSRepositoryError"]
    tools = xds_cast.tools(cast)
    answer = mime.remove(tools, (OURS, paper.unique), (OURS, "1.2.3"), (PDR, paper.unique))
    assert answer.status == "PartialSuccess"
    assert answer.codes == ["XDSDocumentUniqueIdError", "XDSUnknownRepositoryId"]
    assert not ProvidedDocument.objects.exists()
    event = LedgerEvent.objects.get(kind="document.removed")
    assert event.facts["unique_id"] == paper.unique
    assert retrieve(cast.oulu.consumer, (OURS, paper.unique)).codes == ["XDSDocumentUniqueIdError"]


def test_manifests_of_the_archive_are_not_removed(cast: Cast) -> None:
    study = people.store(people.dataset())
    publishing.publish(study, publishing.prepare(study))
    unique = Document.objects.get(study=study).unique_id
    answer = mime.remove(xds_cast.tools(cast), (OURS, unique))
    assert (answer.status, answer.codes) == ("Failure", ["XDSRepositoryError"])
