"""Commitment on an association that ends, falls silent or is slow to judge for (AR-3)."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import psycopg
import pytest

from archive.edges.dicom import codec, commitments, operations
from archive.edges.dicom.acceptance import COMMITMENT
from archive.edges.dicom.association import Message, ServedAssociation
from archive.edges.dicom.channel import Channel, Terms
from archive.edges.dicom.codec import Command
from archive.edges.dicom.commitments import Commitments
from archive.edges.dicom.upper_layer import ASSOCIATE_RJ, Wire
from archive.errors import ArchiveError
from archive.models import StorageCommitment
from archive.services import commitment
from archive.services.commitment import Result
from archive.services.sessions import Session
from tests import cast
from tests.edges.dicom import wire
from tests.edges.dicom.conftest import Listen
from tests.edges.dicom.listening import PATIENCE, Listening, eventually
from tests.edges.dicom.test_commitment import asked, is_owed_at_once, message, request

pytestmark = pytest.mark.usefixtures("fresh_database")

FEW = 0.2  # seconds


@pytest.fixture
def held(fresh_database: str) -> Iterator[Callable[[], None]]:
    """Nothing can be judged until it is called: what judging reads is locked."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as other:
        other.execute("LOCK TABLE archive_rejection IN ACCESS EXCLUSIVE MODE")
        yield other.rollback


def test_an_abort_while_objects_are_judged_closes_at_once(
    held: Callable[[], None], listener: Listening
) -> None:
    peer = asked(listener)
    peer.send(wire.ABORT_RQ)
    assert peer.read()[0] == 0
    held()
    eventually(is_owed_at_once)


def test_the_association_goes_on_while_objects_are_judged(
    held: Callable[[], None], listener: Listening
) -> None:
    peer = asked(listener)
    echo = wire.command(0x30, data_set=False)
    peer.send(wire.data(wire.value(wire.COMMAND | wire.LAST, echo)))
    assert peer.status() == 0
    held()
    command, _ = message(peer)
    assert wire.number(command, 0x0100) == codec.N_EVENT_REPORT_RQ


def test_sigterm_does_not_wait_for_the_judgement(
    held: Callable[[], None], listener: Listening
) -> None:
    peer = asked(listener)
    listener.process.send_signal(signal.SIGTERM)
    assert peer.ends()
    assert listener.stop() == 0


def test_sigterm_waits_for_the_answer_to_a_report(listen: Listen) -> None:
    listener = listen(DICOM_PROCESSES="1")
    peer = asked(listener)
    message(peer)
    listener.process.send_signal(signal.SIGTERM)
    eventually(lambda: _turns_away(listener))
    peer.send(wire.data(wire.value(wire.COMMAND | wire.LAST, wire.reported(1))))
    assert listener.stop() == 0
    assert StorageCommitment.objects.get().state == "reported"


def _turns_away(listener: Listening) -> bool:
    other = wire.Peer(listener.connect())
    other.send(wire.request())
    kind, _ = other.read()
    other.socket.close()
    return kind == ASSOCIATE_RJ


# --- with times of the test's own -----------------------------------------------------------------


class Other:
    """The peer's end, and what became of the reports."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ours, theirs = wire.pair()
        self.peer = wire.Peer(theirs)
        self.judge = threading.Event()
        self.failed: list[UUID] = []
        self.reported: list[UUID] = []
        self.asked: list[UUID] = []
        monkeypatch.setattr(commitment, "request", self._request)
        monkeypatch.setattr(commitment, "reported", self._reported)
        monkeypatch.setattr(commitment, "result", self._result)
        monkeypatch.setattr(commitment, "report_failed", self._failed)
        terms = Terms({1: (COMMITMENT, cast.IMPLICIT)}, 0)
        self.commitments = Commitments(Wire(self.ours, 10), terms, cast.peer())

    def _result(self, commitment_id: UUID) -> Result:
        assert self.judge.wait(10)
        return Result("1.2.3", [(cast.CT, "1.2.3.4")], [])

    def _failed(self, commitment_id: UUID, error: ArchiveError) -> None:
        self.failed.append(commitment_id)

    def _request(self, *_: object, **__: object) -> UUID:
        self.asked.append(uuid4())
        return self.asked[-1]

    def _reported(self, commitment_id: UUID, *, same_association: bool) -> None:
        self.reported.append(commitment_id)

    def answer(self, message_id: int) -> None:
        answer = wire.reported(message_id)
        self.commitments.take_answer(codec.decode_command(answer))

    def channel(self) -> Channel:
        return Channel(self.commitments.wire, 0, self.commitments.take_answer)

    def ask(self) -> UUID:
        _, value = request()
        command = Command(codec.N_ACTION_RQ, 7, True, COMMITMENT, "1.2", action_type=1)
        self.commitments.serve(command, 1, value[6:])
        assert self.peer.status() == 0
        return self.asked[-1]

    def close(self) -> None:
        self.judge.set()
        self.commitments.end()
        self.ours.close()
        self.peer.socket.close()


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Iterator[Other]:
    found = Other(monkeypatch)
    yield found
    found.close()


def test_what_takes_long_to_judge_is_left_to_its_job(
    other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commitments, "OURS", FEW)
    other.ask()
    other.commitments.report_until_heard()  # returns, though nobody says anything
    other.judge.set()
    other.commitments.report_until_heard()
    assert not Wire(other.peer.socket, 1).has_unread()
    assert other.failed == []


def test_a_report_without_an_answer_makes_way_for_the_next(
    other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commitments, "ANSWER", FEW)
    monkeypatch.setattr(commitments, "GRACE", 0.0)
    other.judge.set()
    asked = [other.ask(), other.ask()]
    other.commitments.report_until_heard()  # returns, though nobody answers
    sent = [message(other.peer)[0] for _ in asked]
    assert [wire.number(each, 0x0110) for each in sent] == [1, 2]
    assert other.failed == asked
    other.answer(1)
    other.commitments.end()
    assert other.reported == asked[:1], "late, but said"
    assert other.failed == asked, "once each"


def test_an_answer_that_is_unread_is_not_taken_for_none(
    other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commitments, "ANSWER", 0.0)
    monkeypatch.setattr(commitments, "GRACE", 0.0)
    other.judge.set()
    other.ask()
    other.peer.send(b"the answer, for one")
    other.commitments.report_until_heard()
    assert other.failed == [] and other.commitments.is_asking is False


def report_and(other: Other, said: bytes) -> UUID:
    """A report is sent, and the peer says something."""
    other.judge.set()
    asked = other.ask()
    sending = threading.Thread(target=other.commitments.report_until_heard)
    sending.start()
    message(other.peer)
    other.peer.send(wire.data(wire.value(wire.COMMAND | wire.LAST, said)))
    sending.join(PATIENCE)
    assert other.commitments.is_asking
    return asked


def test_before_operations_of_ours_the_answer_is_read(other: Other) -> None:
    asked = report_and(other, wire.reported(1))
    other.commitments.hear_out(other.channel())
    assert other.reported == [asked] and not other.commitments.is_asking


def test_a_get_begins_when_the_report_before_it_is_answered(
    other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire_, terms, peer = other.commitments.wire, other.commitments.terms, cast.peer()
    served = ServedAssociation(wire_, terms, peer, Session(peer), threading.Event())
    served.commitments = other.commitments
    were_asking: list[bool] = []

    def serve(*_: object) -> None:
        were_asking.append(other.commitments.is_asking)

    monkeypatch.setattr(operations, "serve", serve)
    report_and(other, wire.reported(1))
    served._operate(Message(Command(codec.C_GET_RQ, 7, True, "1.2", ""), 1), b"")
    assert were_asking == [False]


def test_they_do_not_wait_for_ever(other: Other, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commitments, "ANSWER", FEW)
    asked, channel = report_and(other, wire.cancel(9)), other.channel()
    other.commitments.hear_out(channel)
    assert other.failed == [asked] and channel.cancelled(9)


@pytest.mark.parametrize("of_process", [False, True])
def test_reports_beyond_the_most_have_no_threads_here(
    other: Other, monkeypatch: pytest.MonkeyPatch, of_process: bool
) -> None:
    most = commitments.MOST_OWED
    if of_process:
        most = 2
        monkeypatch.setattr(commitments, "_JUDGING", threading.BoundedSemaphore(most))
    before = threading.active_count()
    for _ in range(most + 5):
        other.ask()
    assert threading.active_count() <= before + most
    other.commitments.end()
    assert other.failed == []
    other.judge.set()
    eventually(lambda: len(other.failed) == most)
