"""PS3.8 kept and broken: aborts, releases, wrong PDUs.

Whatever comes, the listener goes on (NF-4).
"""

import socket
import struct
import threading
from contextlib import suppress

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.edges.dicom.upper_layer import ASSOCIATE_AC, ASSOCIATE_RQ, MAX_PDU, P_DATA, RELEASE_RP
from archive.models import CaseEvent, Instance
from tests import cast
from tests.edges.dicom import wire
from tests.edges.dicom.conftest import Listen
from tests.edges.dicom.listening import COMMITMENT, VERIFICATION, Listening, eventually
from tests.edges.dicom.wire import COMMAND, LAST, command, data, pdu, value

STORE = (cast.CT, (cast.EXPLICIT,))
MIXED = (STORE, (COMMITMENT, (cast.IMPLICIT,)))


def test_release_is_answered(shared: Listening) -> None:
    peer = wire.connect(shared)
    peer.send(wire.RELEASE_RQ)
    assert peer.read()[0] == RELEASE_RP
    assert peer.read()[0] == 0


@pytest.mark.parametrize("ending", ["abort", "close", "reset"])
def test_an_object_broken_off_in_the_middle_is_a_case_and_nothing_stays(
    shared: Listening, ending: str
) -> None:
    made = cast.dataset(PixelData=bytes(200_000))
    peer = wire.connect(shared, wire.request(MIXED))
    uid = str(made.SOPInstanceUID)
    peer.send(data(value(COMMAND | LAST, command(1, data_set=True, uid=uid))))
    peer.send(data(value(0, cast.encoded(made)[:60_000])))
    if ending == "abort":
        peer.send(wire.ABORT_RQ)
    if ending == "reset":
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.socket.close()
    told = CaseEvent.objects.filter(sop_instance_uid=uid, case__reason="transfer-broken")
    eventually(lambda: told.count() == 1)
    assert not Instance.objects.filter(sop_instance_uid=uid).exists()
    assert shared.echoes()


def test_a_transfer_in_any_pieces_is_the_same_object(shared: Listening) -> None:
    peer, uids = wire.connect(shared), []
    for pieces in ((), (1, 1, 1, 2), (7,) * 20, (0, 3, 0)):
        made = cast.dataset()
        uids.append(str(made.SOPInstanceUID))
        assert wire.store(peer, cast.encoded(made), uid=uids[-1], pieces=pieces) == 0
    assert Instance.objects.filter(sop_instance_uid__in=uids).count() == 4


def test_several_values_in_one_pdu_and_several_pdus_in_one_write(shared: Listening) -> None:
    peer = wire.connect(shared)
    made = cast.dataset()
    order, data_set = (
        command(1, data_set=True, uid=str(made.SOPInstanceUID)),
        cast.encoded(made),
    )
    peer.send(
        data(
            value(COMMAND, order[:10]),
            value(COMMAND | LAST, order[10:]),
            value(0, data_set[:50]),
            value(LAST, data_set[50:]),
        )
        + data(value(COMMAND | LAST, command(0x30, data_set=False)))
        + wire.RELEASE_RQ
    )
    assert peer.status() == 0
    assert peer.status() == 0
    assert peer.read()[0] == RELEASE_RP


def test_the_largest_pdu_that_was_offered_is_taken(shared: Listening) -> None:
    peer = wire.connect(shared)
    made = cast.dataset(PixelData=bytes(2 * MAX_PDU))
    pieces = (MAX_PDU - 6, MAX_PDU - 6)
    assert wire.store(peer, cast.encoded(made), uid=str(made.SOPInstanceUID), pieces=pieces) == 0


def test_a_response_respects_the_peers_largest_pdu(shared: Listening) -> None:
    peer = wire.connect(shared, wire.request(largest=64))
    peer.send(data(value(COMMAND | LAST, command(0x30, data_set=False))))
    response, last = b"", False
    while not last:
        kind, body = peer.read()
        assert kind == P_DATA and len(body) <= 64
        response, last = response + body[6:], bool(body[5] & LAST)
    assert struct.pack("<HHLH", 0, 0x0900, 2, 0) in response


WRONG = {
    "unknown PDU": pdu(9, b"1234"),
    "a second request": pdu(ASSOCIATE_RQ, bytes(68)),
    "an acceptance": pdu(2, bytes(68)),
    "a release response": pdu(6, bytes(4)),
    "4 GB announced": struct.pack(">BxL", P_DATA, 0xFFFFFFF0),
    "value header cut off": data(b"\0\0\0\1\1"),
    "value too short": data(struct.pack(">LBB", 1, 1, 3)),
    "value longer than its PDU": data(struct.pack(">LBB", 100, 1, 3) + b"12"),
    "context that is not agreed": data(value(COMMAND | LAST, command(0x30, data_set=False), 5)),
    "data without a command": data(value(LAST, b"data")),
    "broken command": data(value(COMMAND | LAST, b"garbage!garbage!")),
    "response": data(value(COMMAND | LAST, command(0x8001, data_set=False))),
    "unknown operation": data(value(COMMAND | LAST, command(0x4242, data_set=False))),
    "command inside an object": data(
        value(COMMAND | LAST, command(1, data_set=True)), value(COMMAND, b"1")
    ),
    "release inside an object": data(value(COMMAND | LAST, command(1, data_set=True)))
    + wire.RELEASE_RQ,
    "endless command": b"".join(data(value(COMMAND, bytes(16_000))) for _ in range(5)),
}


def test_what_breaks_the_protocol_is_aborted_and_the_listener_goes_on(shared: Listening) -> None:
    for name, sent in WRONG.items():
        peer = wire.connect(shared)
        peer.send(sent)
        assert peer.ends(), name
        assert shared.echoes()


def test_an_operation_that_is_not_offered_is_answered_so(shared: Listening) -> None:
    peer = wire.connect(shared)
    peer.send(data(value(COMMAND | LAST, command(0x20, data_set=True)), value(LAST, b"query")))
    assert peer.status() == 0x0211
    peer.send(data(value(COMMAND | LAST, command(0x0FFF, data_set=False))))  # C-CANCEL: no answer
    peer.send(data(value(COMMAND | LAST, command(0x30, data_set=False))))
    assert peer.status() == 0


def test_storing_in_a_context_for_verification_is_refused(shared: Listening) -> None:
    peer = wire.connect(shared, wire.request((STORE, (VERIFICATION, (cast.IMPLICIT,)))))
    peer.send(data(value(COMMAND | LAST, command(1, data_set=True), 3), value(LAST, b"1234", 3)))
    assert peer.status() == 0x0122


def test_an_object_over_the_limit_is_refused_and_the_association_goes_on(listen: Listen) -> None:
    listener = listen(DICOM_MAX_OBJECT_BYTES="1000")
    peer = wire.connect(listener)
    assert wire.store(peer, bytes(5000), uid="1.2.3", pieces=(500, 600, 700)) == 0xA900
    made = cast.dataset()
    assert wire.store(peer, cast.encoded(made), uid=str(made.SOPInstanceUID)) == 0


def test_silence_is_ended_by_an_abort(listen: Listen) -> None:
    listener = listen(DICOM_TIMEOUT="0.5")
    assert wire.Peer(listener.connect()).ends()  # no request: ARTIM
    peer = wire.connect(listener)
    assert peer.ends()
    # In the middle of a data set, of which the beginning is there before silence can be an end.
    begun = data(value(COMMAND | LAST, command(1, data_set=True)), value(0, b"12"))
    peer = wire.Peer(listener.connect())
    peer.send(wire.request() + begun)
    assert peer.read()[0] == ASSOCIATE_AC and peer.ends()
    eventually(lambda: CaseEvent.objects.filter(case__reason="transfer-broken").exists())


def test_bytes_that_drip_do_not_lengthen_the_time(listen: Listen) -> None:
    """Else whoever reaches the port, known or not, could hold each of its threads for ever."""
    listener = listen(DICOM_TIMEOUT="1")
    for begun in (wire.pdu(ASSOCIATE_RQ, bytes(60_000))[:20], b"\1"):
        peer = wire.Peer(listener.connect())
        peer.send(begun)
        over = threading.Event()
        drip = threading.Thread(target=_pour, args=(peer, over))
        drip.start()
        try:
            assert peer.ends()
        finally:
            over.set()
            drip.join()


def _pour(peer: wire.Peer, over: threading.Event) -> None:
    with suppress(OSError):
        while not over.wait(0.2):
            peer.send(b"\0")


def test_memory_stays_bounded_whatever_the_size(shared: Listening) -> None:
    size = 60 << 20
    made = cast.dataset(PixelData=b"")
    head = cast.encoded(made)[:-12] + struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OW", 0, size)
    peer = wire.connect(shared, wire.request(MIXED))
    order = command(1, data_set=True, uid=str(made.SOPInstanceUID))
    peer.send(data(value(COMMAND | LAST, order)), data(value(0, head)))
    piece = data(value(0, bytes(100 << 10)))
    for _ in range(size // (100 << 10)):
        peer.send(piece)
    used = max(child.memory_info().rss for child in shared.children())
    peer.send(data(value(LAST, bytes(size % (100 << 10)))))
    assert peer.status() == 0
    assert used < 200 << 20
    kept = Instance.objects.get(sop_instance_uid=made.SOPInstanceUID)
    assert kept.size == len(head) + size


def test_no_fuzzed_bytes_take_the_listener_down(shared: Listening) -> None:
    eventually(lambda: len(shared.children()) == 2)
    processes = {child.pid for child in shared.children()}
    accepted = wire.request()
    store = data(value(COMMAND | LAST, command(1, data_set=True)), value(LAST, b"1234"))

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        start=st.sampled_from((b"", accepted, accepted + store, wire.request(MIXED) + store)),
        changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4),
        more=st.binary(max_size=60),
    )
    def send(start: bytes, changes: list[tuple[int, int]], more: bytes) -> None:
        sent = bytearray(start + more)
        for position, byte in changes:
            if position < len(sent):
                sent[position] = byte
        with shared.connect() as connection:
            try:
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                return

    send()
    assert shared.echoes()
    assert {child.pid for child in shared.children()} == processes
    assert psutil.Process(shared.process.pid).is_running()
