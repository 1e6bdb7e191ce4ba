"""One person under two ids: stored, merged over HL7, found as one, undone by two, found as before
(HL-1, XD-1, AR-4, NF-3).
"""

import re
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from archive.edges.hl7.mllp import frame
from archive.simulation.modules import Order
from tests.edges.hl7 import messages
from tests.edges.hl7.talking import Peer
from tests.journeys import registry
from tests.journeys.customer import storescu
from tests.journeys.portal import Session
from tests.journeys.studies import KINDS, commit, ct, post_documents, written
from tests.journeys.system import System
from tests.persons import official, temporary

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]

PATIENT = official()
BEFORE_KNOWN = temporary("010181-9997")


def stored_before_the_code_was_known(system: System, order: Order, folder: Path) -> None:
    """Its images carry a temporary id; its documents came later, under the personal code."""
    datasets = ct(order, 2)
    for each in datasets:
        each.PatientID, each.IssuerOfPatientID = BEFORE_KNOWN.value, BEFORE_KNOWN.issuer
    assert storescu(system.peer(), written(datasets, folder)).code == 0
    commit(system, datasets)
    post_documents(system, order)


def tell(system: System, message: bytes) -> tuple[str, str]:
    """Over MLLP, as Esimerkkilä's patient record system."""
    address = (system.file["hl7"]["host"], system.file["hl7"]["port"])
    with socket.create_connection(address, timeout=30) as connection:
        peer = Peer(connection)
        peer.send(frame(message))
        return messages.verdict(peer.answer())


def test_two_ids_become_one_person_and_two_again(system: System, tmp_path: Path) -> None:
    known = system.order()
    person = replace(known.patient, id=PATIENT.value)
    known, early = (replace(order, patient=person) for order in (known, system.order()))
    datasets = ct(known, 2)
    assert storescu(system.peer(), written(datasets, tmp_path / "known")).code == 0
    commit(system, datasets)
    post_documents(system, known)
    system.await_state(known.study_uid, "registered")
    stored_before_the_code_was_known(system, early, tmp_path / "early")
    system.await_state(early.study_uid, "waiting_for_documents")

    consumer = system.file["customers"][0]["xds"]

    def found(order: Order) -> set[str]:
        return set(registry.entries(system, consumer, PATIENT.value, order.accession))

    before = found(known), found(early)
    assert before == ({*KINDS, "manifest"}, {*KINDS})

    assert tell(system, messages.a40(BEFORE_KNOWN)) == ("AA", "")
    system.await_state(early.study_uid, "registered")  # its documents are its own now
    assert found(known) == found(early) == {*KINDS, "manifest"}
    assert any(entry["step"] == "merged" for entry in system.trace(early.accession)["timeline"])

    assert tell(system, messages.a08(name="Öljymäki^Maija")) == ("AA", "")
    assert (
        system.one(
            "SELECT name FROM archive_patient WHERE identifier = %s AND environment = 'production'",
            PATIENT.value,
        )
        == "Öljymäki^Maija"
    )

    undone_by_two(system)
    system.await_state(early.study_uid, "waiting_for_documents")
    assert (found(known), found(early)) == before
    assert system.verdict()["holds"]


def undone_by_two(system: System) -> None:
    merge = system.one("SELECT id FROM archive_patientmerge WHERE undone_at IS NULL")
    asks, grants = Session(system, "archivist"), Session(system, "admin")
    said = asks.post(f"/merges/{merge}/undo/", reason="they were two persons")
    assert "waits for another archivist" in said
    page = grants.get(f"/merges/{merge}/")
    grant = re.search(r'action="(/merges/[^"]+/grant/)"', page)
    assert grant is not None
    assert "The merge is undone" in grants.post(grant[1])
