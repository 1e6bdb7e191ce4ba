"""The engine's own registration of a study's manifest."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from archive.errors import HashDiffers, MetadataInvalid
from archive.models import Document, DocumentLink, Folder, Study
from archive.objects.registry import HAS_MEMBER, DocumentEntry, Link
from archive.services import discovery, links, manifests
from tests.edges.xds import messages
from tests.edges.xds.test_codec import manifest
from tests.services import xds_cast
from tests.services.test_discovery import asked
from tests.services.xds_cast import Cast

pytestmark = pytest.mark.django_db
BEFORE = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def cast() -> Cast:
    return xds_cast.assemble()


def entry(**changes: str) -> DocumentEntry:
    return replace(
        manifest(), title="Kuvat", uuid=messages.urn(), unique_id=messages.uid(), **changes
    )


def published(study: Study, made: DocumentEntry, *replaces: str) -> Document:
    return manifests.register_manifest(
        made, study_id=study.id, environment=study.environment, replaces=replaces, vault_key="key"
    )


def test_a_manifest_is_tied_to_its_study_and_found_by_its_customer(cast: Cast) -> None:
    study = xds_cast.study(cast, "1.2.3")
    made = entry()
    row = published(study, made)
    assert (row.study, row.kind, row.vault_key) == (study, "manifest", "key")
    assert (row.patient, row.register) == (study.patient, cast.oulu.register)
    query = asked(
        messages.find(FormatCode="('1.2.840.10008.5.1.4.1.1.88.59^^1.2.840.10008.2.6.1')")
    )
    found = discovery.leaves(cast.oulu.consumer.actor, query, environment="production")
    assert found.entries == (made,)
    foreign = discovery.leaves(cast.turku.consumer.actor, query, environment="production")
    assert not foreign.entries


def test_a_new_manifest_replaces_the_one_before(cast: Cast) -> None:
    study = xds_cast.study(cast, "1.2.3")
    first, second = entry(), entry()
    folder = Folder.objects.create(
        environment="production",
        entry_uuid=messages.urn(),
        unique_id=messages.uid(),
        patient=study.patient,
        submission=published(study, first).submission,
        updated_at=BEFORE,
    )
    links.keep("production", [Link(HAS_MEMBER, folder.entry_uuid, first.uuid)])
    published(study, second, first.uuid)
    statuses = dict(Document.objects.values_list("entry_uuid", "status"))
    assert statuses == {first.uuid: "deprecated", second.uuid: "approved"}
    members = DocumentLink.objects.filter(source_uuid=folder.entry_uuid).order_by("id")
    assert [row.target_uuid for row in members] == [first.uuid, second.uuid]
    folder.refresh_from_db()
    assert folder.updated_at > BEFORE
    link = DocumentLink.objects.exclude(kind="HasMember").get()
    assert (link.kind, link.source_uuid, link.target_uuid) == ("RPLC", second.uuid, first.uuid)


def test_the_same_manifest_again_is_no_second_entry(cast: Cast) -> None:
    study = xds_cast.study(cast, "1.2.3")
    made = entry()
    assert published(study, made).id == published(study, made).id
    assert Document.objects.count() == 1
    with pytest.raises(HashDiffers):
        published(study, replace(made, hash="c" * 40))


def test_nobody_else_registers_or_replaces_a_manifest(cast: Cast) -> None:
    made = entry()
    published(xds_cast.study(cast, "1.2.3"), made)
    with pytest.raises(MetadataInvalid):
        xds_cast.register(cast, xds_cast.paper(cast, kind="manifest"))
    with pytest.raises(MetadataInvalid):
        xds_cast.register(cast, xds_cast.paper(cast, replaces=made.uuid))
