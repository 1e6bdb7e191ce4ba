"""Storage commitment over real associations, PS3.4 annex J (AR-3)."""

from contextlib import suppress
from io import BytesIO
from queue import SimpleQueue
from struct import pack
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import build_role, evt
from pynetdicom.association import Association
from pynetdicom.dsutils import decode, encode
from pynetdicom.events import Event
from pynetdicom.pdu import P_DATA_TF

from archive.edges.dicom import codec
from archive.edges.dicom.acceptance import STORAGE
from archive.edges.dicom.channel import Channel
from archive.edges.dicom.codec import Command
from archive.edges.dicom.commitments import LARGEST_INFORMATION
from archive.edges.dicom.upper_layer import RELEASE_RP, Wire
from archive.errors import Malformed, PeerUnreachable
from archive.models import Job, JobKind, StorageCommitment
from archive.services.commitment import MOST_REFERENCES
from archive.values import now, uid_from_uuid
from tests import cast
from tests.edges.dicom import wire
from tests.edges.dicom.customer import Inbox, report_of
from tests.edges.dicom.listening import COMMITMENT, VERIFICATION, Listening, eventually, send

INSTANCE = "1.2.840.10008.1.20.1.1"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
BOTH = ((cast.CT, cast.EXPLICIT), (COMMITMENT, cast.IMPLICIT))


def taking(inbox: Inbox, status: int = 0x0000) -> list[Any]:
    """Handlers of a sender that takes the report on its own association. It is in the inbox when
    its answer has gone, so that whoever waits for it may let the association go.
    """
    taken: Inbox = SimpleQueue()

    def on_report(event: Event) -> tuple[int, None]:
        taken.put(report_of(event, same_association=True))
        return status, None

    def on_sent(event: Event) -> None:
        if isinstance(event.pdu, P_DATA_TF) and not taken.empty():
            inbox.put(taken.get())

    return [(evt.EVT_N_EVENT_REPORT, on_report), (evt.EVT_PDU_SENT, on_sent)]


def newest() -> StorageCommitment:
    return StorageCommitment.objects.latest("requested_at")


def ask(assoc: Association, *uids: str, transaction: str = "", sop_class: str = cast.CT) -> int:
    """N-ACTION; the status."""
    information = _asking(*uids, transaction=transaction, sop_class=sop_class)
    status, _ = assoc.send_n_action(information, 1, COMMITMENT, INSTANCE)
    return int(status.Status)


def _asking(*uids: str, transaction: str = "", sop_class: str = cast.CT) -> Dataset:
    information = Dataset()
    information.TransactionUID = transaction or uid_from_uuid()
    information.ReferencedSOPSequence = []
    for uid in uids:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
        information.ReferencedSOPSequence.append(item)
    return information


@pytest.mark.parametrize("roles", [False, True], ids=["default roles", "role proposed"])
def test_the_report_comes_on_the_association_thatasked(shared: Listening, roles: bool) -> None:
    inbox: Inbox = SimpleQueue()
    proposed = [build_role(COMMITMENT, scu_role=True, scp_role=True)] if roles else []
    with shared.associate(*BOTH, evt_handlers=taking(inbox), ext_neg=proposed) as assoc:
        made = cast.dataset()
        assert send(assoc, made).Status == 0
        assert ask(assoc, str(made.SOPInstanceUID)) == 0
        report = inbox.get(timeout=30)
        assert report.event_type == 1
        again = cast.dataset(InstanceNumber="2")
        assert send(assoc, again).Status == 0  # the association goes on
    assert newest().state == "reported"


def test_what_is_unknown_fails_without_saying_whose_it_is(shared: Listening) -> None:
    theirs = cast.dataset(StudyInstanceUID="1.2.246.1", SeriesInstanceUID="1.2.246.1.1")
    cast.store(theirs, business_id=cast.MALLILA)
    inbox: Inbox = SimpleQueue()
    with shared.associate((COMMITMENT, cast.IMPLICIT), evt_handlers=taking(inbox)) as assoc:
        assert ask(assoc, str(theirs.SOPInstanceUID), "1.2.3.4.5") == 0
        report = inbox.get(timeout=30)
    assert report.event_type == 2
    reasons = [item.FailureReason for item in report.information.FailedSOPSequence]
    assert reasons == [0x0112, 0x0112]


def test_a_sender_that_releases_at_once_is_left_to_the_job(listener: Listening) -> None:
    peer = wire.connect(listener, wire.request([(COMMITMENT, [cast.IMPLICIT])]))
    peer.send(wire.data(*request()) + wire.RELEASE_RQ)  # nothing lies between, however slow we are
    assert peer.status() == 0
    assert peer.read()[0] == RELEASE_RP
    eventually(is_owed_at_once)
    assert StorageCommitment.objects.get().state != "reported"


def is_owed_at_once() -> bool:
    return Job.objects.filter(kind=JobKind.COMMITMENT_REPORT, not_before__lte=now()).exists()


def asked(listener: Listening, *contexts: str, syntax: str = cast.IMPLICIT) -> wire.Peer:
    """A peer that has sent a request for commitment, in the first context."""
    named = [(each, [syntax]) for each in (COMMITMENT, *contexts)]
    peer = wire.connect(listener, wire.request(named))
    peer.send(wire.data(*request(syntax)))
    assert peer.status() == 0
    return peer


def request(syntax: str = cast.IMPLICIT, action_type: int = 1) -> tuple[bytes, bytes]:
    information = encode(_asking("1.2.3.4.5"), syntax == cast.IMPLICIT, syntax != BIG_ENDIAN)
    assert information is not None
    order = wire.action(COMMITMENT, INSTANCE, action_type)
    return wire.value(wire.COMMAND | wire.LAST, order), wire.value(wire.LAST, information)


def message(peer: wire.Peer) -> tuple[bytes, bytes]:
    """The command set and the data set that come next."""
    command, information, control = b"", b"", 0
    while control != wire.COMMAND | wire.LAST:
        _, body = peer.read()
        command, control = command + body[6:], body[5]
    while control != wire.LAST and wire.number(command, 0x0800) != codec.NO_DATA_SET:
        _, body = peer.read()
        information, control = information + body[6:], body[5]
    return command, information


def _report(peer: wire.Peer) -> bytes:
    """The data set of the N-EVENT-REPORT that comes next."""
    command, information = message(peer)
    assert wire.number(command, 0x0100) == codec.N_EVENT_REPORT_RQ
    return information


def _taken(message_id: int = 1, *, more: bool = False) -> bytes:
    return wire.value(wire.COMMAND | wire.LAST, wire.reported(message_id, data_set=more))


@pytest.mark.parametrize("syntax", [cast.IMPLICIT, cast.EXPLICIT, BIG_ENDIAN])
def test_request_and_report_are_in_the_transfer_syntax_of_their_context(
    shared: Listening, syntax: str
) -> None:
    peer = asked(shared, syntax=syntax)
    report = decode(BytesIO(_report(peer)), syntax == cast.IMPLICIT, syntax != BIG_ENDIAN)
    assert [item.ReferencedSOPInstanceUID for item in report.FailedSOPSequence] == ["1.2.3.4.5"]


def test_an_answer_that_comes_with_the_release_settles_the_report(shared: Listening) -> None:
    peer = asked(shared)
    _report(peer)
    peer.send(wire.data(_taken()) + wire.RELEASE_RQ)
    assert peer.read()[0] == RELEASE_RP
    assert newest().state == "reported"


def test_what_an_answer_brings_besides_is_read_past(shared: Listening) -> None:
    peer = asked(shared)
    _report(peer)
    peer.send(wire.data(_taken(more=True), wire.value(wire.LAST, b"\x08\0\x01\0\0\0\0\0")))
    echo = wire.command(0x30, data_set=False, sop_class=VERIFICATION)
    peer.send(wire.data(wire.value(wire.COMMAND | wire.LAST, echo)))
    assert peer.status() == 0
    assert newest().state == "reported"


def test_an_answer_may_come_while_an_operation_runs() -> None:
    ours, theirs = wire.pair()
    with ours, theirs:
        taken: list[Command] = []
        channel = Channel(Wire(ours, 10), 0, take_report=taken.append)
        beside = wire.value(wire.LAST, b"\x08\0\x01\0\0\0\0\0")
        theirs.sendall(wire.data(_taken(5, more=True), beside) + wire.data(_taken(6)))
        theirs.sendall(wire.data(wire.value(wire.COMMAND | wire.LAST, wire.cancel(7))))
        assert channel.cancelled(7)
        assert [answer.message_id for answer in taken] == [5, 6]
        theirs.sendall(wire.data(_taken(7, more=True)))
        assert not channel.cancelled(8)
        theirs.sendall(wire.data(beside))
        channel.finish()
        assert not channel.wire.has_unread()


def test_an_answer_to_nothing_settles_nothing(shared: Listening) -> None:
    peer = asked(shared)
    peer.send(wire.data(_taken(0), _taken(2), _taken(99)))
    _report(peer)
    assert newest().state == "requested"


def test_a_report_waits_for_the_answer_to_the_one_before(listener: Listening) -> None:
    peer = asked(listener)
    peer.send(wire.data(*request()))
    assert peer.status() == 0
    _report(peer)
    eventually(lambda: not StorageCommitment.objects.filter(outcome=[]).exists())
    echo = wire.value(wire.COMMAND | wire.LAST, wire.command(0x30, data_set=False))
    peer.send(wire.data(echo))
    assert peer.status() == 0
    peer.send(wire.data(_taken(1)))
    _report(peer)
    peer.send(wire.data(_taken(2)))
    eventually(lambda: StorageCommitment.objects.filter(state="reported").count() == 2)


def test_two_messages_in_one_pdu_are_both_answered(shared: Listening) -> None:
    peer = wire.connect(shared, wire.request([(COMMITMENT, [cast.IMPLICIT])]))
    peer.send(wire.data(*request(), *request(action_type=2)))
    assert [peer.status(), peer.status()] == [0, 0x0123]


def test_an_action_without_its_information_is_refused(shared: Listening) -> None:
    peer = wire.connect(shared, wire.request([(COMMITMENT, [cast.IMPLICIT])]))
    order = wire.action(COMMITMENT, INSTANCE, 1, data_set=False)
    peer.send(wire.data(wire.value(wire.COMMAND | wire.LAST, order)))
    assert peer.status() == 0x0115


def test_an_endless_request_is_aborted(shared: Listening) -> None:
    peer = wire.connect(shared, wire.request([(COMMITMENT, [cast.IMPLICIT])]))
    order, _ = request()
    peer.send(wire.data(order))
    piece = wire.data(wire.value(0, bytes(100 << 10)))
    with suppress(ConnectionError):  # it is aborted while we send
        for _ in range(LARGEST_INFORMATION // (100 << 10) + 1):
            peer.send(piece)
    assert peer.ends()
    assert shared.echoes()


def test_what_is_no_uid_or_too_many_is_refused_unread(shared: Listening) -> None:
    peer = wire.connect(shared, wire.request([(COMMITMENT, [cast.IMPLICIT])]))
    order, _ = request()
    tag = pack("<HHL", 0x0008, 0x1199, 0xFFFFFFFF)
    items = pack("<HHL", 0xFFFE, 0xE000, 0) * (MOST_REFERENCES + 1)
    pieces = [(tag + items)[at : at + 100_000] for at in range(0, len(items), 100_000)]
    peer.send(wire.data(order), *(wire.data(wire.value(0, piece)) for piece in pieces))
    peer.send(wire.data(wire.value(wire.LAST, b"")))
    assert peer.status() == 0x0115
    information = encode(_asking("1.2.3"), is_implicit_vr=True, is_little_endian=True)
    assert information is not None
    wrong = information.replace(b"1.2.3", b"1\xe42.3")
    peer.send(wire.data(order, wire.value(wire.LAST, wrong)))
    assert peer.status() == 0x0115


def test_a_peer_with_a_small_pdu_gets_the_report_in_pieces(shared: Listening) -> None:
    named = [(COMMITMENT, [cast.IMPLICIT])]
    peer = wire.connect(shared, wire.request(named, largest=80))
    peer.send(wire.data(*request()))
    answer, _ = message(peer)
    assert wire.status_of(answer) == 0
    report = decode(BytesIO(_report(peer)), is_implicit_vr=True, is_little_endian=True)
    assert [item.ReferencedSOPInstanceUID for item in report.FailedSOPSequence] == ["1.2.3.4.5"]


def test_compressed_contexts_are_not_for_commitment(shared: Listening) -> None:
    peer = wire.Peer(shared.connect())
    peer.send(wire.request([(COMMITMENT, ["1.2.840.10008.1.2.1.99"]), (cast.CT, [cast.EXPLICIT])]))
    _, accepted = peer.read()
    results = accepted[accepted.index(b"\x21\0") :]
    assert results[6] == 4, "transfer syntaxes not supported"


def test_a_report_that_the_sender_refuses_is_left_to_the_job(listener: Listening) -> None:
    inbox: Inbox = SimpleQueue()
    with listener.associate(
        (COMMITMENT, cast.IMPLICIT), evt_handlers=taking(inbox, 0x0110)
    ) as assoc:
        assert ask(assoc, "1.2.3.4.5") == 0
        inbox.get(timeout=30)
    assert StorageCommitment.objects.get().state != "reported"
    assert Job.objects.exists()


def test_a_used_transaction_uid_and_an_empty_request_are_refused(shared: Listening) -> None:
    inbox: Inbox = SimpleQueue()
    with shared.associate((COMMITMENT, cast.IMPLICIT), evt_handlers=taking(inbox)) as assoc:
        assert ask(assoc, "1.2.3.4.5", transaction="1.2.3") == 0
        inbox.get(timeout=30)
        assert ask(assoc, "1.2.3.4.6", transaction="1.2.3") == 0x0131
        assert ask(assoc) == 0x0115


def test_the_comment_of_a_refusal_begins_with_the_status_that_is_answered() -> None:
    action = Command(codec.N_ACTION_RQ, 7, True, COMMITMENT, INSTANCE)
    answer = codec.encode_outcome(action, Malformed("no Transaction UID"))
    assert wire.status_of(answer) == 0x0115
    assert b"0115: cannot be read" in answer
    assert b"PEER-CONNECT: " in codec.encode_outcome(action, PeerUnreachable())


def test_a_wrong_class_is_a_class_instance_conflict(shared: Listening) -> None:
    made = cast.dataset()
    cast.store(made)
    inbox: Inbox = SimpleQueue()
    with shared.associate((COMMITMENT, cast.IMPLICIT), evt_handlers=taking(inbox)) as assoc:
        ask(assoc, str(made.SOPInstanceUID), sop_class="1.2.840.10008.5.1.4.1.1.4")
        report = inbox.get(timeout=30)
    assert report.information.FailedSOPSequence[0].FailureReason == 0x0119


def test_two_requests_on_one_association_are_both_reported(shared: Listening) -> None:
    inbox: Inbox = SimpleQueue()
    with shared.associate((COMMITMENT, cast.IMPLICIT), evt_handlers=taking(inbox)) as assoc:
        assert ask(assoc, "1.2.3.4.5", transaction="1.2.1") == 0
        assert ask(assoc, "1.2.3.4.5", transaction="1.2.2") == 0
        reported = {inbox.get(timeout=30).information.TransactionUID for _ in range(2)}
    assert reported == {"1.2.1", "1.2.2"}


def test_commitment_is_served_beside_more_than_64_contexts(shared: Listening) -> None:
    inbox: Inbox = SimpleQueue()
    contexts = [(abstract, cast.EXPLICIT) for abstract in sorted(STORAGE)[:127]]
    wanted = [*contexts, (COMMITMENT, cast.IMPLICIT)]
    with shared.associate(*wanted, evt_handlers=taking(inbox)) as assoc:
        assert len(assoc.accepted_contexts) == 128
        assert ask(assoc, "1.2.3.4.5") == 0
        assert inbox.get(timeout=30).event_type == 2
