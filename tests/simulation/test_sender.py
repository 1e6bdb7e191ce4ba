"""Objects go over the wire in their own transfer syntax; commitment is asked for and understood."""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from archive.simulation import sender, studies
from archive.simulation.listener import PortTaken, Received, listening
from archive.simulation.sender import Peer, Rejected
from archive.simulation.world import World
from archive.values import Uid
from tests.simulation.conftest import ArchiveDouble
from tests.simulation.test_studies import order


def peer(archive: ArchiveDouble, calling: str = "ESIM_PACS") -> Peer:
    return Peer("127.0.0.1", archive.port, calling, "KANTA")


def test_an_echo_is_answered(archive: ArchiveDouble) -> None:
    assert sender.verify(peer(archive)) == "0000"


@pytest.mark.parametrize("kind", studies.KINDS)
def test_objects_arrive_as_they_were_made(archive: ArchiveDouble, kind: str) -> None:
    study = studies.make(kind, order(2))
    stored = sender.store(peer(archive), study.datasets)
    assert dict(stored.statuses) == {"0000": len(study.datasets)}
    for sent, arrived in zip(study.datasets, archive.received, strict=True):
        assert arrived.file_meta.TransferSyntaxUID == sent.file_meta.TransferSyntaxUID
        assert arrived == sent


def test_refusals_are_counted_and_their_comments_told_once(archive: ArchiveDouble) -> None:
    archive.judge = lambda dataset: (0xA777, "A777: PatientID is no valid id of a trusted issuer")
    stored = sender.store(peer(archive), studies.make("cr", order()).datasets)
    assert dict(stored.statuses) == {"A777": 2} and stored.refused == 2
    assert stored.comments == ["A777: PatientID is no valid id of a trusted issuer"]
    assert stored.instances == []


def test_an_unknown_title_is_told_from_a_dead_line(
    archive: ArchiveDouble, pick_port: Callable[[], int]
) -> None:
    with pytest.raises(Rejected, match="rejected 1/1/3"):
        sender.verify(peer(archive, "TUNTEMATON"))
    with pytest.raises(Rejected, match="no connection"):
        sender.verify(Peer("127.0.0.1", pick_port(), "ESIM_PACS", "KANTA"))


def test_commitment_is_reported_on_the_same_association(archive: ArchiveDouble) -> None:
    stored = sender.store(peer(archive), studies.make("mr", order()).datasets)
    report = sender.commit(peer(archive), stored.instances, patience=10)
    assert report and set(report.committed) == {uid for _, uid in stored.instances}
    assert report.failed == ()


def test_what_was_never_stored_is_not_committed(archive: ArchiveDouble) -> None:
    report = sender.commit(peer(archive), [("1.2.840.10008.5.1.4.1.1.2", "1.2.3")], patience=10)
    assert report and report.failed == (("1.2.3", "0112"),)


def test_a_report_that_does_not_come_is_not_waited_for_for_ever(archive: ArchiveDouble) -> None:
    archive.reports = False
    assert (
        sender.commit(peer(archive), [("1.2.840.10008.5.1.4.1.1.2", "1.2.3")], patience=0.1) is None
    )


def test_a_sender_may_leave_before_its_report(archive: ArchiveDouble) -> None:
    archive.reports = False
    uid = sender.commit_and_leave(peer(archive), [("1.2.840.10008.5.1.4.1.1.2", "1.2.3")])
    assert Uid(uid)


def test_a_transfer_can_be_broken_off_in_the_middle(archive: ArchiveDouble) -> None:
    dataset = studies.make("cr", order()).datasets[0]
    sender.break_off(peer(archive), dataset)
    assert archive.broken.wait(10)
    assert archive.received == []


def test_a_listener_takes_objects_and_says_nothing_of_the_patient(found: World) -> None:
    taken: SimpleQueue[Received] = SimpleQueue()
    customer = found.customers[0]
    back = Peer(customer.host, customer.port, "KANTA", customer.aet)
    with listening([customer], taken.put):
        dataset = studies.make("ecg", order()).datasets[0]
        assert dict(sender.store(back, [dataset]).statuses) == {"0000": 1}
        received = taken.get(timeout=10)
        assert (received.what, received.calling, received.called) == (
            "object",
            "KANTA",
            "ESIM_PACS",
        )
        assert received.instance_uid == dataset.SOPInstanceUID and "900C" not in received.line
        with pytest.raises(PortTaken, match=str(customer.port)), listening([customer], taken.put):
            pass


def test_a_listener_takes_a_notice(found: World) -> None:
    taken: SimpleQueue[Received] = SimpleQueue()
    customer = found.customers[0]
    with listening([customer], taken.put):
        _send_notice(Peer(customer.host, customer.port, "KANTA", customer.aet))
        received = taken.get(timeout=10)
    assert (received.what, received.study_uid) == ("notice", "1.2.3")
    assert received.counts == (("ONLINE", 2),)


def test_a_listener_takes_a_report_from_an_archive_that_proposes_the_scp_role(found: World) -> None:
    taken: SimpleQueue[Received] = SimpleQueue()
    customer = found.customers[0]
    with listening([customer], taken.put):
        status = _send_report(Peer(customer.host, customer.port, "KANTA", customer.aet))
        received = taken.get(timeout=10)
    assert status == 0x0000
    assert received.report and received.report.committed == ("1.2.3.4",)


def test_dcmtk_takes_every_kind(tmp_path: Path, pick_port: Callable[[], int]) -> None:
    with storescp(tmp_path, pick_port()) as receiving:
        for kind in studies.KINDS:
            study = studies.make(
                kind, order(1, root=f"1.2.246.10.90000011.3.{len(kind)}.{ord(kind[0])}")
            )
            stored = sender.store(receiving, study.datasets)
            assert dict(stored.statuses) == {"0000": len(study.datasets)}
    arrived = [dcmread(path, stop_before_pixels=True) for path in tmp_path.iterdir()]
    assert {dataset.Modality for dataset in arrived} == {"CT", "CR", "US", "MR", "ECG"}


@contextmanager
def storescp(folder: Path, port: int) -> Iterator[Peer]:
    """dcmtk's receiver, taking every transfer syntax."""
    # Debian's: pynetdicom puts a program of the same name into .venv/bin, which is first in PATH.
    program = shutil.which("storescp", path=os.defpath)
    if program is None:
        pytest.skip("dcmtk is not installed")
    process = subprocess.Popen([program, "--accept-all", "--output-directory", folder, str(port)])
    receiving = Peer("127.0.0.1", port, "ESIM_PACS", "ANY-SCP")
    try:
        _await(receiving)
        yield receiving
    finally:
        process.terminate()
        process.wait(10)


def _await(receiving: Peer) -> None:
    pause, deadline = threading.Event(), time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(ConnectionRefusedError):
            socket.create_connection((receiving.host, receiving.port), timeout=5).close()
            return
        pause.wait(0.05)
    pytest.fail("storescp does not listen")


def _send_notice(back: Peer) -> None:
    notice = Dataset()
    notice.ReferencedPerformedProcedureStepSequence = []
    notice.StudyInstanceUID = "1.2.3"
    series = Dataset()
    series.SeriesInstanceUID = "1.2.3.1"
    series.ReferencedSOPSequence = [_available("1.2.3.1.1"), _available("1.2.3.1.2")]
    notice.ReferencedSeriesSequence = [series]
    context = sender.build_context("1.2.840.10008.5.1.4.33")
    with sender.association(back, [context]) as assoc:
        status, _ = assoc.send_n_create(notice, "1.2.840.10008.5.1.4.33", "2.25.7")
    assert status.Status == 0x0000


def _available(instance_uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    item.ReferencedSOPInstanceUID = instance_uid
    item.InstanceAvailability = "ONLINE"
    item.RetrieveAETitle = "KANTA"
    return item


def _send_report(back: Peer) -> int:
    report = Dataset()
    report.TransactionUID = "2.25.8"
    report.ReferencedSOPSequence = [_available("1.2.3.4")]
    model = "1.2.840.10008.1.20.1"
    handlers: list[sender.evt.EventHandlerType] = []
    with sender.association(back, [sender.build_context(model)], handlers, scp_of=[model]) as assoc:
        status, _ = assoc.send_n_event_report(report, 1, model, "1.2.840.10008.1.20.1.1")
    return int(status.Status)
