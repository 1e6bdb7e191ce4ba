"""Storage Commitment on one association, PS3.4 annex J: requests are taken, and reported while it
lasts; default roles suffice, J.3.3 (AR-3).

Digests are read again in another thread, but the association's own one sends and settles, between
two messages: nothing is written past it. What is not reported when the association ends is
reported on a new one.
"""

import logging
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from uuid import UUID

from pydicom.uid import UID
from pynetdicom.dsutils import decode, encode

from archive.edges.dicom import codec, replies
from archive.edges.dicom.acceptance import COMMITMENT, COMMITMENT_INSTANCE
from archive.edges.dicom.channel import Channel, Terms
from archive.edges.dicom.codec import Command
from archive.edges.dicom.upper_layer import Wire
from archive.edges.edge import close_connections, exchange
from archive.errors import ArchiveError, Malformed, PeerAborted, PeerRejected
from archive.objects.messages import CommitmentResult
from archive.services import commitment
from archive.services.associations import Peer

log = logging.getLogger(__name__)

REQUEST = 1  # PS3.4 table J.3-1, Action Type ID
NO_SUCH_ACTION = 0x0123  # PS3.7 C.5.9
LARGEST_REQUEST = 32 << 20  # bytes; the most references that are taken fill a third of it
GRACE = 0.2  # seconds in which a sender that does not wait for the report releases
PATIENCE = 30.0  # seconds for judging, after the association has ended


@dataclass(slots=True)
class Report:
    """A report that is owed; `result` comes from the thread that reads the digests again."""

    commitment_id: UUID
    context_id: int
    due: float
    thread: threading.Thread | None = None
    result: CommitmentResult | None = None
    judged: bool = False  # or given up
    message_id: int = 0  # 0 until it is sent

    @property
    def may_go(self) -> bool:
        return self.result is not None and not self.message_id

    @property
    def is_due(self) -> bool:
        return time.monotonic() >= self.due


class Commitments:
    """What is asked for on one association, and the reports owed on it."""

    def __init__(self, wire: Wire, terms: Terms, peer: Peer) -> None:
        self.wire = wire
        self.terms = terms
        self.peer = peer
        self._channel = Channel(wire, terms.largest_pdu)
        self._owed: list[Report] = []
        self._sent = 0
        self._bell: tuple[socket.socket, socket.socket] | None = None

    def serve(self, command: Command, context_id: int, information: bytes) -> None:
        """Answer an N-ACTION. Raises Gone, TimeoutError."""
        if command.sop_class_uid != COMMITMENT or command.action_type != REQUEST:
            self._channel.send(context_id, codec.encode_response(command, NO_SUCH_ACTION))
            return
        try:
            with exchange(self.peer.association_id):
                commitment_id = self._request(context_id, information)
        except ArchiveError as error:
            self._channel.send(context_id, codec.encode_outcome(command, error))
            return
        self._channel.send(context_id, codec.encode_outcome(command, None))
        self._owe(commitment_id, context_id)

    def report_until_heard(self) -> None:
        """Between two messages: send what is due, until the peer speaks or is to answer, or nothing
        waits to be sent. One at a time: no asynchronous operations were agreed. Raises Gone,
        TimeoutError.
        """
        while not any(report.message_id for report in self._owed):
            due = (report for report in self._owed if report.may_go and report.is_due)
            report = next(due, None)
            if report is not None:
                self._send(report)
                return
            waiting = [report for report in self._owed if not report.judged or report.may_go]
            if not waiting or self._is_heard(waiting):
                return

    def take_answer(self, answer: Command) -> None:
        """To an N-EVENT-REPORT of ours; one to nothing that is owed is passed over."""
        for report in self._owed:
            if report.message_id and report.message_id == answer.message_id:
                self._owed.remove(report)
                self._settle(report, answer.status)
                return

    def end(self) -> None:
        """The association is over: what is still owed goes on a new one."""
        for report in self._owed:
            if report.thread is not None:
                report.thread.join(PATIENCE)
            self._failed(report, PeerAborted("association ended before the N-EVENT-REPORT"))
        self._owed.clear()
        for end in self._bell or ():
            end.close()

    def _request(self, context_id: int, information: bytes) -> UUID:
        """Raises Malformed, TransactionReused."""
        implicit, little = self._encoding(context_id)
        try:
            data_set = decode(BytesIO(information), implicit, little)
        except Exception:  # pydicom raises what it likes
            raise Malformed("commitment request cannot be read") from None
        transaction_uid, references = codec.decode_commitment(data_set)
        return commitment.request(self.peer, transaction_uid=transaction_uid, references=references)

    def _encoding(self, context_id: int) -> tuple[bool, bool]:
        """Implicit VR, little endian."""
        syntax = UID(self.terms.accepted[context_id][1])
        return syntax.is_implicit_VR, syntax.is_little_endian

    def _owe(self, commitment_id: UUID, context_id: int) -> None:
        self._bell = self._bell or socket.socketpair()
        report = Report(commitment_id, context_id, time.monotonic() + GRACE)
        report.thread = threading.Thread(
            target=self._judge, args=(report, self._bell[1]), daemon=True
        )
        self._owed.append(report)
        report.thread.start()

    def _judge(self, report: Report, bell: socket.socket) -> None:
        try:
            with exchange(self.peer.association_id):
                report.result = commitment.result(report.commitment_id)
        except ArchiveError as error:
            log.error("commitment %s cannot be judged: %s", report.commitment_id, error.detail)
        finally:
            close_connections()
            report.judged = True
            with suppress(OSError):  # the association is over
                bell.send(b"!")

    def _is_heard(self, waiting: list[Report]) -> bool:
        """Wait for the peer, for a judgement, or for the time of one that is there already; whether
        it was the peer.
        """
        assert self._bell is not None
        times = [report.due for report in waiting if report.may_go]
        seconds = max(min(times) - time.monotonic(), 0.0) if times else None
        return self.wire.await_peer(self._bell[0], seconds)

    def _send(self, report: Report) -> None:
        assert report.result is not None
        self._sent += 1
        report.message_id = self._sent
        implicit, little = self._encoding(report.context_id)
        information = encode(codec.encode_report(report.result), implicit, little)
        assert information is not None
        command = codec.encode_event(
            (COMMITMENT, COMMITMENT_INSTANCE), report.message_id, report.result.event_type
        )
        self._channel.send(report.context_id, command, [information])

    def _settle(self, report: Report, status: int | None) -> None:
        if status != replies.SUCCESS:
            said = "none" if status is None else f"{status:04X}"
            self._failed(report, PeerRejected(f"N-EVENT-REPORT answered with status {said}"))
            return
        try:
            with exchange(self.peer.association_id):
                commitment.reported(report.commitment_id, same_association=True)
        except ArchiveError as error:
            log.error("commitment %s is not settled: %s", report.commitment_id, error.detail)

    def _failed(self, report: Report, error: ArchiveError) -> None:
        try:
            with exchange(self.peer.association_id):
                commitment.report_failed(report.commitment_id, error)
        except ArchiveError as other:
            log.error("commitment %s is not put off: %s", report.commitment_id, other.detail)
