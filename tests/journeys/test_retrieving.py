"""From the modality and the Patient Data Repository to a consumer with a signed assertion: found,
fetched, in the log (XD-3, XD-4, LG-1).
"""

from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread

from archive.simulation import consumer, documents, repository, retriever
from archive.simulation.consumer import Ask
from archive.simulation.repository import DocumentRefused
from archive.simulation.world import PRODUCTION
from tests.journeys import registry
from tests.journeys.studies import KINDS, care_document
from tests.journeys.system import System, eventually
from tests.journeys.test_main_road import stored

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]


def test_what_a_modality_stores_reaches_a_consumer(system: System, tmp_path: Path) -> None:
    order = system.order()
    sent = {each.SOPInstanceUID: each for each in stored(system, order, tmp_path / "sent")}
    papers = [care_document(order, kind) for kind in KINDS]
    for paper in papers:  # the repository keeps each and registers it
        repository.deliver(system.world, PRODUCTION, paper)
    login = system.file["customers"][0]["xds"]

    def found() -> set[str]:
        return set(registry.entries(system, login, order.patient.id, order.accession))

    eventually(lambda: "manifest" in found(), what="a manifest")

    named = registry.entries(system, login, order.patient.id, order.accession)
    ids = {each.unique_id for each in named.values()}
    ask = Ask(system.customer(), order.patient)
    entries = [each for each in consumer.find(system.world, ask) if each.unique_id in ids]
    contents = retriever.documents(system.world, ask, entries)
    assert contents.keys() == ids
    for paper in papers:
        assert contents[paper.unique_id] == documents.content(paper)
    manifest = contents[named["manifest"].unique_id]
    images = retriever.images(system.world, ask, manifest)
    assert images.keys() == sent.keys()
    for uid, content in images.items():
        assert dcmread(BytesIO(content)).PixelData == sent[uid].PixelData

    logged = system.sql(
        "SELECT facts->>'what', facts->>'ground', actor_kind FROM archive_ledgerevent"
        " WHERE kind = 'data.used' AND facts->>'study_uid' = %s ORDER BY 1",
        order.study_uid,
    )
    assert [tuple(row) for row in logged] == [
        ("images", "own-register", "connection"),
        ("manifest", "own-register", "connection"),
    ]

    stranger = Ask(system.customer("MALLI_PACS"), order.patient)
    for fetch in (
        lambda: retriever.documents(system.world, stranger, entries),
        lambda: retriever.images(system.world, stranger, manifest),
    ):
        with pytest.raises(DocumentRefused, match="XDSDocumentUniqueIdError"):
            fetch()
