"""The main job: a study from its modality to its consumer (AR-1 to AR-5, XD-1, XD-2)."""

import hashlib
import importlib.util
import urllib.error
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from archive.simulation import consumer, envelope, repository, sender
from archive.simulation.modules import Order
from archive.simulation.repository import DocumentRefused
from archive.simulation.world import PRODUCTION, TEST
from launch.plan import ROOT
from tests.journeys import registry
from tests.journeys.customer import Arrival, echoscu, storescu
from tests.journeys.studies import (
    CODE,
    CT,
    KINDS,
    commit,
    ct,
    document,
    file_of,
    kept_as_sent,
    post,
    post_documents,
    references,
    written,
)
from tests.journeys.system import SOON, System

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]

KOS = "1.2.840.10008.5.1.4.1.1.88.59"
SAMPLE = ROOT.parent / "shared/samples/iti42.py"


def stored(system: System, order: Order, folder: Path, count: int = 2) -> list[Dataset]:
    """A small study, sent by storescu; committed on the association that asked."""
    datasets = ct(order, count)
    sent = storescu(system.peer(), written(datasets, folder))
    assert (sent.code, len(sent.stored)) == (0, count), sent.said
    commit(system, datasets)
    return datasets


def named_objects(notice: Arrival) -> set[tuple[str, str, str, str, str]]:
    return {
        (
            series.SeriesInstanceUID,
            item.ReferencedSOPClassUID,
            item.ReferencedSOPInstanceUID,
            item.InstanceAvailability,
            item.RetrieveAETitle,
        )
        for series in notice.content.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    }


def meant(datasets: Sequence[Dataset], aet: str) -> set[tuple[str, str, str, str, str]]:
    return {(d.SeriesInstanceUID, CT, d.SOPInstanceUID, "ONLINE", aet) for d in datasets}


def test_a_study_is_stored_committed_registered_confirmed_and_found(
    system: System, tmp_path: Path
) -> None:
    order, listener = system.order(), system.listeners["ESIM_PACS"]
    datasets = ct(order, 12, series=2)
    folder = written(datasets, tmp_path / "sent")

    assert echoscu(system.peer()).returncode == 0
    sent = storescu(system.peer(), folder)
    assert (sent.code, sent.stored) == (0, {each.SOPInstanceUID for each in datasets}), sent.said
    kept_as_sent(system, folder, sent.stored)

    commit(system, datasets)
    system.await_state(order.study_uid, "waiting_for_documents")

    post(system, document(order, "request"))
    post(system, document(order, "study-entry"))
    system.await_state(order.study_uid, "registered")
    notice = listener.await_notice(order.study_uid)
    assert (notice.calling, notice.called) == ("KANTA", "ESIM_PACS")
    assert {element.keyword for element in notice.content} == {
        *("ReferencedPerformedProcedureStepSequence", "StudyInstanceUID"),
        "ReferencedSeriesSequence",
    }
    assert len(notice.content.ReferencedPerformedProcedureStepSequence) == 0
    assert named_objects(notice) == meant(datasets, "KANTA")

    check_found(system, order)
    check_trace(system, order, count=12)


def check_found(system: System, order: Order) -> None:
    """By the customer's own consumer, and by nobody else's."""
    own = system.file["customers"][0]["xds"]
    patient = order.patient.id
    found = registry.entries(system, own, patient, order.accession)
    assert set(found) == {*KINDS, "manifest"}
    manifest = found["manifest"]
    assert manifest.mime_type == "application/dicom"
    assert manifest.codes(registry.FORMAT_CODE) == [(KOS, "1.2.840.10008.2.6.1")]
    assert manifest.codes(registry.EVENT_CODE)[0][0] == "CT"
    assert manifest.codes(registry.TYPE_CODE)[0][0] == CODE
    assert manifest.slot("repositoryUniqueId") == [system.file["oids"]["manifest_repository"]]
    assert manifest.slot(registry.REFERENCES) == [
        f"{order.accession}^^^&{order.controller}&ISO^urn:ihe:iti:xds:2013:accession",
        f"{order.study_uid}^^^^urn:ihe:iti:xds:2016:studyInstanceUID",
    ]
    check_bytes(system, manifest)
    assert {each.uuid for each in found.values()} <= registry.object_refs(system, own, patient)
    for other in system.file["customers"][1:]:
        assert registry.entries(system, other["xds"], patient, order.accession) == {}
    with pytest.raises(urllib.error.HTTPError, match="401") as refused:
        registry.ask(system, {**own, "password": "wrong"}, patient)
    refused.value.close()
    check_found_by_a_professional(system, order, {each.uuid for each in found.values()})


def check_found_by_a_professional(system: System, order: Order, uuids: set[str]) -> None:
    """With a signed assertion for the patient; one for another is refused."""
    ask = consumer.Ask(system.customer(), order.patient)
    assert uuids <= {each.entry_uuid for each in consumer.find(system.world, ask)}
    someone = next(each for each in system.world.patients if each.id != order.patient.id)
    signed = consumer.assertion(system.world, replace(ask, patient=someone))
    body = envelope.message(
        consumer.ACTION, consumer.find_documents(order.patient.id), assertion=signed
    )
    credentials = system.customer().consumer(PRODUCTION)
    with pytest.raises(DocumentRefused, match="FailedAuthentication"):
        repository.send(system.file["web"], credentials, consumer.ACTION, body)


def check_bytes(system: System, manifest: registry.Entry) -> None:
    """Hash and size of the entry are those of the Part 10 file."""
    query = "SELECT vault_key FROM archive_document WHERE unique_id = %s"
    key = system.one(query, manifest.unique_id)
    file = file_of(system, "production", key)
    assert manifest.slot("size") == [str(len(file))]
    assert manifest.slot("hash") == [hashlib.sha1(file, usedforsecurity=False).hexdigest()]
    assert dcmread(BytesIO(file)).SOPInstanceUID == manifest.unique_id


def check_trace(system: System, order: Order, count: int) -> None:
    told = system.trace(order.accession)
    assert (told["state"], told["instances"], told["committed"]) == ("registered", count, True)
    assert (told["cases"], told["others"]) == ([], [])
    steps = [entry["step"] for entry in told["timeline"]]
    # It waits for both documents, then for one: dict keeps the first place of each step.
    assert list(dict.fromkeys(step for step in steps if step != "document-registered")) == [
        *("stored", "commitment-asked", "commitment-reported", "waiting"),
        *("manifest-registered", "registered", "notice-delivered"),
    ]
    assert steps.count("document-registered") == 2
    at = [entry["at"] for entry in told["timeline"]]
    assert at == sorted(at)
    assert {entry["interface"] for entry in told["timeline"]} == {
        *("DICOM", "XDS", "IAN", "registration")
    }
    assert not any(order.patient.id in entry["detail"] for entry in told["timeline"])
    assert system.trace(order.study_uid)["timeline"] == told["timeline"]


def test_documents_may_come_first_and_a_study_without_commitment_waits_until_it_is_quiet(
    system: System, tmp_path: Path
) -> None:
    order = system.order()
    post_documents(system, order)
    sent = storescu(system.peer(), written(ct(order, 2), tmp_path / "sent"))
    assert len(sent.stored) == 2
    assert system.state(order.study_uid) == "receiving"
    waited = system.await_state(order.study_uid, "registered", SOON)
    assert waited > 2, "5 s in demo mode"
    system.listeners["ESIM_PACS"].await_notice(order.study_uid)
    assert not system.trace(order.accession)["committed"]


def test_documents_that_come_doubled_or_at_once_change_nothing(
    system: System, tmp_path: Path
) -> None:
    order = system.order()
    datasets = stored(system, order, tmp_path / "sent")
    messages = [document(order, kind) for kind in KINDS] * 4
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda message: post(system, message), messages))
    system.await_state(order.study_uid, "registered")
    notice = system.listeners["ESIM_PACS"].await_notice(order.study_uid)
    assert named_objects(notice) == meant(datasets, "KANTA")
    post(system, messages[0])
    found = registry.entries(
        system, system.file["customers"][0]["xds"], order.patient.id, order.accession
    )
    assert set(found) == {*KINDS, "manifest"}
    assert system.state(order.study_uid) == "registered"
    assert len(system.listeners["ESIM_PACS"].notices_of(order.study_uid)) == 1


def test_the_report_comes_to_the_listener_when_the_sender_leaves_after_asking(
    system: System, tmp_path: Path
) -> None:
    order, listener = system.order(), system.listeners["ESIM_PACS"]
    datasets = ct(order, 2)
    storescu(system.peer(), written(datasets, tmp_path / "sent"))
    strange = (CT, f"{order.study_uid}.9.9")
    asked = sender.commit_and_leave(system.peer(), [*references(datasets), strange])
    report = listener.reports.wait(lambda content: content.TransactionUID == asked, 20)
    assert (report.calling, report.called, report.event_type) == ("KANTA", "ESIM_PACS", 2)
    told = sender.read_report(report.content)
    assert set(told.committed) == {each.SOPInstanceUID for each in datasets}
    assert told.failed == ((strange[1], "0112"),)
    assert system.trace(order.accession)["committed"]


def test_objects_that_come_after_registration_give_a_new_manifest_and_a_new_notice(
    system: System, tmp_path: Path
) -> None:
    order, listener = system.order(), system.listeners["ESIM_PACS"]
    own = system.file["customers"][0]["xds"]
    first = stored(system, order, tmp_path / "first")
    post_documents(system, order)
    system.await_state(order.study_uid, "registered")
    listener.await_notice(order.study_uid)
    former = registry.entries(system, own, order.patient.id, order.accession)["manifest"]

    late = ct(order, 2, since=3)
    assert storescu(system.peer(), written(late, tmp_path / "late")).code == 0
    assert system.state(order.study_uid) == "receiving"
    commit(system, late)
    system.await_state(order.study_uid, "registered")
    notice = listener.await_notice(order.study_uid, count=2)
    assert named_objects(notice) == meant([*first, *late], "KANTA")
    manifest = registry.entries(system, own, order.patient.id, order.accession)["manifest"]
    assert manifest.unique_id != former.unique_id
    link = "SELECT kind FROM archive_documentlink WHERE source_uuid = %s AND target_uuid = %s"
    assert system.one(link, manifest.uuid, former.uuid) == "RPLC"
    told = system.trace(order.accession)
    assert told["instances"] == 4
    assert [e["step"] for e in told["timeline"]].count("manifest-registered") == 2


def test_production_and_test_are_never_mixed(system: System, tmp_path: Path) -> None:
    order = system.order()
    customer = system.file["customers"][0]
    datasets = stored(system, order, tmp_path / "sent")
    sent = storescu(system.peer(environment=TEST), tmp_path / "sent")
    assert len(sent.stored) == 2
    post_documents(system, order)
    system.await_state(order.study_uid, "registered")
    system.await_state(order.study_uid, "waiting_for_documents", SOON, TEST)
    find = (order.patient.id, order.accession)
    assert len(registry.entries(system, customer["xds"], *find)) == 3
    assert registry.entries(system, customer["test_xds"], *find) == {}

    post_documents(system, order, TEST)
    system.await_state(order.study_uid, "registered", environment=TEST)
    listener = system.listeners["ESIM_PACS"]
    notice = listener.await_notice(order.study_uid, count=2)
    assert (notice.calling, notice.called) == ("KANTATEST", "ESIM_TEST")
    assert named_objects(notice) == meant(datasets, "KANTATEST")
    ours = {each.uuid for each in registry.entries(system, customer["xds"], *find).values()}
    tests = {each.uuid for each in registry.entries(system, customer["test_xds"], *find).values()}
    assert len(ours) == len(tests) == 3
    assert not ours & tests

    told = system.trace(order.accession)
    assert (told["environment"], told["instances"], told["committed"]) == ("test", 2, False)
    (other,) = told["others"]
    assert (other["environment"], other["instances"], other["committed"]) == ("production", 2, True)
    assert times(told).isdisjoint(times(other))
    with pytest.raises(sender.Rejected, match="1/1/3"):
        sender.verify(replace(system.peer(), called="KANTATEST"))


def times(told: dict[str, Any]) -> set[str]:
    """When things happened, to the microsecond: tells one event from another."""
    return {entry["at"] for entry in told["timeline"]}


def test_a_sample_message_of_the_contract_registers_a_study(system: System, tmp_path: Path) -> None:
    sample = sample_module()
    order = system.order()
    stored(system, order, tmp_path / "sent")
    facts = (order.patient.id, order.accession, order.study_uid, order.controller)
    for kind in KINDS[::-1]:
        post(system, sample.message(kind, *facts).encode())
    system.await_state(order.study_uid, "registered")
    same = {"entry_uuid": "urn:uuid:11111111-2222-4333-8444-555555555555", "unique_id": "2.25.77"}
    post(system, sample.message("report", *facts, **same).encode())
    other = sample.message("report", *facts, **{**same, "unique_id": "2.25.78"})
    with pytest.raises(DocumentRefused):
        post(system, other.encode())


def sample_module() -> ModuleType:
    if not SAMPLE.exists():
        pytest.skip("the shared samples are not here")
    spec = importlib.util.spec_from_file_location("iti42_sample", SAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
