"""C-MOVE that is cancelled, left, held up or nonsense (AR-6, NF-4)."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pynetdicom.events import Event

from archive.edges.dicom.upper_layer import P_DATA
from archive.services.retrieval import FRESH_SECONDS
from tests import cast, notes
from tests.edges.dicom import wire
from tests.edges.dicom.conftest import Listen
from tests.edges.dicom.destination import Storage, storage
from tests.edges.dicom.listening import Listening, eventually, send
from tests.edges.dicom.moves import (
    CONTEXTS,
    STUDY_MOVE,
    retrieved,
    stored,
    study_level,
)
from tests.edges.dicom.test_door import CONGESTION, rejected_with

pytestmark = pytest.mark.usefixtures("fresh_database")


def test_a_cancelled_retrieval_ends_with_what_remains(
    listener: Listening, pick_port: Callable[[], int]
) -> None:
    stored(5)
    cancelled = threading.Event()
    with storage(pick_port()) as destination:
        destination.answer = waiting(destination, cancelled)
        peer = wire.connect(listener, wire.request([(uid, (syntax,)) for uid, syntax in CONTEXTS]))
        peer.send(
            wire.data(
                wire.value(3, order()), wire.value(2, cast.encoded(study_level(), cast.IMPLICIT))
            )
        )
        assert destination.arrived.wait(20)
        peer.send(wire.data(wire.value(3, wire.cancel(7))))
        # Nothing says when the cancel has been read; that the response has gone out does.
        cancelled.set()
        statuses = list(responses(peer))
    status, body = statuses[-1]
    assert status == 0xFE00
    remaining, completed, failed, warning = (wire.number(body, 0x1020 + n) for n in range(4))
    assert (failed, warning) == (0, 0)
    assert completed == len(destination.stored) and remaining == 5 - completed
    assert retrieved()[0].facts["outcome"] == "cancelled"


def test_a_retrieval_that_fails_in_the_middle_says_nothing_of_what_remains(
    listen: Listen, pick_port: Callable[[], int]
) -> None:
    """PS3.4 C.4.2.1.6: that is for pending and cancelled ones."""
    listener = listen(DICOM_PROCESSES="1")
    stored(5)
    stopping = threading.Event()
    with storage(pick_port()) as destination:
        destination.answer = waiting(destination, stopping)
        peer = moving(listener)
        assert destination.arrived.wait(20)
        listener.process.send_signal(signal.SIGTERM)
        eventually(lambda: rejected_with(listener, CONGESTION))
        stopping.set()
        *pending, (status, body) = responses(peer)
    assert (status, wire.number(body, 0x1021)) == (0xA702, len(destination.stored))
    assert [wire.number(each, 0x1020) for _, each in pending] == [4]
    assert wire.element(0x1020, b"")[:4] not in body


def test_an_object_that_is_rejected_while_its_study_is_moved_stays_here(
    listener: Listening, pick_port: Callable[[], int]
) -> None:
    made = stored(3)
    rejected = threading.Event()
    with storage(pick_port()) as destination:
        destination.answer = waiting(destination, rejected)
        peer = moving(listener)
        assert destination.arrived.wait(20)
        notes.send(notes.note(notes.SAFETY, made[-1]))
        rejected.wait(FRESH_SECONDS)  # for so long nobody looks again
        rejected.set()
        *_, (status, body) = responses(peer)
    completed, failed = (wire.number(body, tag) for tag in (0x1021, 0x1022))
    assert (status, completed, failed) == (0xB000, 2, 1)
    assert {each.uid for each in destination.stored} == {
        str(each.SOPInstanceUID) for each in made[:-1]
    }


def waiting(destination: Storage, event: threading.Event) -> Callable[[Event], int]:
    """Answers each object only after something has happened."""

    def handle(asked: Event) -> int:
        status = destination.take(asked)
        event.wait(20)
        return status

    return handle


def order(destination: str = "ESIM_PACS") -> bytes:
    """A C-MOVE-RQ's command set, message id 7."""
    return wire.command(
        0x0021, data_set=True, sop_class=STUDY_MOVE, uid="", destination=destination
    )


def moving(listener: Listening) -> wire.Peer:
    """A peer that has asked for the study."""
    peer = wire.connect(listener, wire.request([(STUDY_MOVE, (cast.IMPLICIT,))]))
    asked = wire.value(2, cast.encoded(study_level(), cast.IMPLICIT))
    peer.send(wire.data(wire.value(3, order()), asked))
    return peer


def responses(peer: wire.Peer) -> Iterator[tuple[int, bytes]]:
    """Status and command set of every response up to the final one."""
    status = 0xFF00
    while status == 0xFF00:
        kind, body = peer.read()
        assert kind == P_DATA, f"PDU {kind} {body[:8].hex()}"
        status = wire.status_of(body)
        yield status, body


def test_an_asker_that_goes_away_ends_the_retrieval(
    listener: Listening, pick_port: Callable[[], int]
) -> None:
    stored(5)
    gone = threading.Event()
    with storage(pick_port()) as destination:
        destination.answer = waiting(destination, gone)
        peer = moving(listener)
        assert destination.arrived.wait(20)
        peer.send(wire.ABORT_RQ)
        peer.socket.close()
        gone.set()
        eventually(lambda: len(retrieved()) == 1)
    facts = retrieved()[0].facts
    assert facts["outcome"] == "broken off"
    assert facts["instances"] == len(destination.stored) < 5
    assert listener.echoes()


def test_a_slow_destination_holds_up_nobody_else(
    listen: Listen, pick_port: Callable[[], int]
) -> None:
    listener = listen(DICOM_PROCESSES="1")
    stored(2)
    released = threading.Event()
    with storage(pick_port()) as destination:
        destination.answer = waiting(destination, released)
        peer = moving(listener)
        assert listener.echoes()
        with listener.associate() as assoc:
            assert send(assoc, cast.dataset()).Status == 0x0000
        released.set()
        assert list(responses(peer))[-1][0] == 0x0000


def test_no_fuzzed_request_takes_the_listener_down(listener: Listening) -> None:
    stored(1)
    eventually(lambda: len(listener.children()) == 2)
    processes = {child.pid for child in listener.children()}
    opening = wire.request([(STUDY_MOVE, (cast.IMPLICIT,))])
    good = cast.encoded(study_level(), cast.IMPLICIT)
    command = order("NOBODY")

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        changes=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4),
        cut=st.integers(0, len(good)),
    )
    def ask(changes: list[tuple[int, int]], cut: int) -> None:
        sent = bytearray(command + good[:cut])
        for position, byte in changes:
            if position < len(sent):
                sent[position] = byte
        peer = wire.connect(listener, opening)
        head, body = bytes(sent[: len(command)]), bytes(sent[len(command) :])
        peer.send(wire.data(wire.value(3, head), wire.value(2, body)))
        peer.socket.shutdown(socket.SHUT_WR)
        peer.read()
        peer.socket.close()

    ask()
    assert listener.echoes()
    assert {child.pid for child in listener.children()} == processes
