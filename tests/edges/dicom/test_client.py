"""Our calls to customers' systems: what is said, and what is said when it fails (AR-3, AR-5)."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

import pytest
from pynetdicom import AE, evt
from pynetdicom.events import Event

from archive import errors
from archive.edges.dicom import client
from archive.objects.messages import Notice, Target
from tests.edges.dicom.customer import customer
from tests.edges.dicom.listening import COMMITMENT, VERIFICATION

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
NOTICE = Notice(
    "1.2.3",
    "KANTA",
    [("1.2.3.1", [(CT, "1.2.3.1.1"), (CT, "1.2.3.1.2")]), ("1.2.3.2", [(MR, "1.2.3.2.1")])],
)


@dataclass(frozen=True)
class Result:
    transaction_uid: str = "1.2.9"
    committed: list[tuple[str, str]] = field(default_factory=lambda: [(CT, "1.2.3.1.1")])
    failed: list[tuple[str, str, type[errors.ArchiveError]]] = field(default_factory=list)

    @property
    def event_type(self) -> int:
        return 2 if self.failed else 1


@pytest.fixture
def target(free_port: int) -> Target:
    return Target("127.0.0.1", free_port, "ESIM_PACS", "KANTA", timeout=5)


@pytest.mark.parametrize("answers_roles", [True, False])
def test_a_report_comes_on_an_association_that_proposes_the_scp_role(
    target: Target, answers_roles: bool
) -> None:
    with customer(target.port, answers_roles=answers_roles) as inbox:
        client.report_commitment(target, Result())
        message = inbox.get(timeout=30)
    assert (message.calling, message.event_type) == ("KANTA", 1)
    assert message.roles == {COMMITMENT: (False, True)}
    assert message.information.TransactionUID == "1.2.9"
    assert message.information.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == "1.2.3.1.1"
    assert "FailedSOPSequence" not in message.information


def test_a_report_names_what_failed_and_why(target: Target) -> None:
    failed = [
        (CT, "1.1", errors.InstanceUnknown),
        (CT, "1.2", errors.CommitmentClassConflict),
        (CT, "1.3", errors.BytesDamaged),
    ]
    with customer(target.port) as inbox:
        client.report_commitment(target, Result(committed=[], failed=failed))
        message = inbox.get(timeout=30)
    assert message.event_type == 2
    assert "ReferencedSOPSequence" not in message.information
    reasons = [item.FailureReason for item in message.information.FailedSOPSequence]
    assert reasons == [0x0112, 0x0119, 0x0110]


def test_a_notice_says_what_the_standard_asks_and_nothing_else(target: Target) -> None:
    with customer(target.port) as inbox:
        client.send_availability(target, NOTICE)
        message = inbox.get(timeout=30)
    notice = message.information
    assert {element.keyword for element in notice} == {
        "ReferencedPerformedProcedureStepSequence",
        "ReferencedSeriesSequence",
        "StudyInstanceUID",
    }
    assert len(notice.ReferencedPerformedProcedureStepSequence) == 0
    first = notice.ReferencedSeriesSequence[0]
    assert [item.ReferencedSOPInstanceUID for item in first.ReferencedSOPSequence] == [
        "1.2.3.1.1",
        "1.2.3.1.2",
    ]
    item = first.ReferencedSOPSequence[0]
    assert {element.keyword for element in item} == {
        "ReferencedSOPClassUID",
        "ReferencedSOPInstanceUID",
        "InstanceAvailability",
        "RetrieveAETitle",
    }
    assert (item.InstanceAvailability, item.RetrieveAETitle) == ("ONLINE", "KANTA")


def test_an_echo_is_answered(target: Target) -> None:
    with customer(target.port):
        client.echo(target)


CALLS: list[Callable[[Target], None]] = [
    lambda target: client.report_commitment(target, Result()),
    lambda target: client.send_availability(target, NOTICE),
]


@pytest.mark.parametrize("call", CALLS, ids=["report", "notice"])
def test_nobody_there_is_said_with_the_address(
    target: Target, call: Callable[[Target], None]
) -> None:
    with pytest.raises(errors.PeerUnreachable, match=str(target.port)):
        call(target)


@pytest.mark.parametrize("call", CALLS, ids=["report", "notice"])
def test_a_refusal_is_said_with_its_status(target: Target, call: Callable[[Target], None]) -> None:
    with customer(target.port, status=0x0110), pytest.raises(errors.PeerRejected, match="0110"):
        call(target)


def test_a_rejected_association_is_said_with_its_reason(target: Target) -> None:
    with customer(target.port, title="SOMEBODY"):
        with pytest.raises(errors.PeerRejected, match="result 1, source 1, reason 7"):
            client.echo(target)


def test_a_host_name_that_nobody_has_is_said() -> None:
    with pytest.raises(errors.PeerUnreachable, match="resolved"):
        client.echo(Target("no-such-host.invalid", 104, "X", "KANTA", timeout=2))


def test_a_peer_that_accepts_the_connection_and_says_nothing_is_said(free_port: int) -> None:
    with socket.create_server(("127.0.0.1", free_port)):
        with pytest.raises(errors.PeerSilent, match="did not answer"):
            client.echo(Target("127.0.0.1", free_port, "X", "KANTA", timeout=0.5))


def hung_up(server: socket.socket) -> None:
    """Who connects gets a connection that is closed at once."""
    with suppress(OSError):
        while True:
            server.accept()[0].close()


def test_a_peer_that_hangs_up_is_not_called_silent(free_port: int) -> None:
    with socket.create_server(("127.0.0.1", free_port)) as server:
        threading.Thread(target=hung_up, args=(server,), daemon=True).start()
        with pytest.raises(errors.PeerAborted) as raised:
            client.echo(Target("127.0.0.1", free_port, "X", "KANTA", timeout=10))
        server.shutdown(socket.SHUT_RDWR)
    assert type(raised.value) is errors.PeerAborted


@pytest.mark.parametrize("aborts", [True, False])
def test_a_peer_that_answers_no_request_is_silent_unless_it_aborts(
    target: Target, aborts: bool
) -> None:
    released, ended = threading.Event(), threading.Event()

    def handle(event: Event) -> int:
        connection = event.assoc.dul.socket.socket
        if aborts:
            event.assoc.abort()
        released.wait(30)
        connection.close()  # pynetdicom forgets one whose other end has gone
        ended.set()
        return 0x0000

    ae = AE(ae_title=target.called_aet)
    ae.add_supported_context(VERIFICATION)
    handlers = [(evt.EVT_C_ECHO, handle)]
    server = ae.start_server((target.host, target.port), block=False, evt_handlers=handlers)
    with pytest.raises(errors.PeerAborted, match="C-ECHO") as raised:
        client.echo(replace(target, timeout=30 if aborts else 0.5))
    released.set()
    assert ended.wait(30)
    server.shutdown()
    assert type(raised.value) is (errors.PeerAborted if aborts else errors.PeerSilent)
