"""Storage Commitment on one association, PS3.4 annex J: requests are taken, and reported while it
lasts; default roles suffice, J.3.3 (AR-3).

Digests are read again in another thread, but the association's own one sends and settles, between
two messages: nothing is written past it. What is not reported here in time is reported by its job,
on a new association.
"""

import logging
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from pynetdicom.dsutils import encode

from archive.edges.dicom import codec, replies
from archive.edges.dicom.acceptance import COMMITMENT, COMMITMENT_INSTANCE
from archive.edges.dicom.channel import Channel, Terms
from archive.edges.dicom.codec import Command
from archive.edges.dicom.upper_layer import Wire
from archive.edges.edge import close_connections, exchange
from archive.errors import ArchiveError, PeerAborted, PeerRejected, PeerSilent
from archive.objects import elements
from archive.objects.messages import CommitmentResult
from archive.services import commitment
from archive.services.associations import Peer

log = logging.getLogger(__name__)

REQUEST = 1  # PS3.4 table J.3-1, Action Type ID
NO_SUCH_ACTION = 0x0123  # PS3.7 C.5.9
LARGEST_INFORMATION = 32 << 20  # bytes of a request; the most references fill half of it
GRACE = 0.2  # seconds in which a sender that does not wait for the report releases
# Together less than the minute that the job leaves us (`services.commitment`).
OURS, ANSWER = 25.0, 25.0  # seconds for judging, and for the answer to a report
ENDED = "association ended before the N-EVENT-REPORT"
# Each with a thread and a connection to the database; what is beyond them is left to its job.
MOST_OWED, MOST_JUDGED = 16, 32  # reports of one association, and of one process
_JUDGING = threading.BoundedSemaphore(MOST_JUDGED)


@dataclass(slots=True, eq=False)
class Report:
    """A report that is owed; `result` comes from the thread that reads the digests again. Times are
    of the monotonic clock.
    """

    commitment_id: UUID
    context_id: int
    due: float
    until: float
    result: CommitmentResult | None = None
    judged: bool = False  # or it cannot be
    message_id: int = 0  # 0 until it is sent
    late: bool = False  # its job has it

    @property
    def is_asked(self) -> bool:
        return bool(self.message_id) and not self.late

    @property
    def is_ready(self) -> bool:
        return self.judged and self.result is not None


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
        self._lock = threading.Lock()  # of `_over`, and with it of who puts a report off
        self._over = False

    @property
    def is_asking(self) -> bool:
        """Whether the peer is to answer a report."""
        return any(report.is_asked for report in self._owed)

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
        """Between two messages: send what is due, and wait until the peer speaks or nothing is owed
        any more. One at a time: no asynchronous operations were agreed. Raises Gone, TimeoutError.
        """
        while self._owed and not self.wire.has_unread():
            at = time.monotonic()
            self._let_go(at)
            asked = [report for report in self._owed if report.is_asked]
            unsent = [report for report in self._owed if not (report.message_id or report.late)]
            ready = [] if asked else [report for report in unsent if report.is_ready]
            if ready and ready[0].due <= at:
                self._send(ready[0])
                continue
            # When there is something to do, unless the peer or a judgement comes first.
            times = [report.until for report in asked or unsent]
            times += [report.due for report in ready]
            if not times or self._is_heard(min(times) - at):
                return

    def hear_out(self, channel: Channel) -> None:
        """Before operations of ours on this association: the answer to a report is waited for, or
        its time. No asynchronous operations were agreed. Raises Gone, Violation, TimeoutError.
        """
        channel.hear()
        while self.is_asking:
            at = time.monotonic()
            self._let_go(at)
            if times := [report.until for report in self._owed if report.is_asked]:
                self._is_heard(min(times) - at)
            channel.hear()

    def _is_heard(self, seconds: float) -> bool:
        """Whether it was the peer that came first."""
        assert self._bell is not None
        self.wire.waiting = not self.is_asking
        heard = self.wire.await_peer(self._bell[0], seconds)
        self.wire.waiting = False
        return heard

    def take_answer(self, answer: Command) -> None:
        """To an N-EVENT-REPORT of ours; one to nothing that is owed is passed over. One that comes
        late may still spare its job the way.
        """
        for report in self._owed:
            if report.message_id and report.message_id == answer.message_id:
                self._owed.remove(report)
                self._settle(report, answer.status)
                return

    def end(self) -> None:
        """The association is over: what is still owed goes on a new one, at once or when it has
        been judged.
        """
        with self._lock:
            self._over = True
            judged = [report for report in self._owed if report.judged and not report.late]
        self._owed.clear()
        try:
            for report in judged:
                self._failed(report, PeerAborted(ENDED))
        finally:
            for end in self._bell or ():
                end.close()

    def _let_go(self, at: float) -> None:
        """Of those whose time is over, so that the next may go. One that was never sent is its
        job's without more ado: that has not been tried yet.
        """
        for report in self._owed:
            if not report.late and report.until <= at:
                report.late = True
                if report.message_id:
                    self._failed(report, PeerSilent("no answer to the N-EVENT-REPORT in time"))
        self._owed = [
            report
            for report in self._owed
            if report.message_id or not (report.judged and report.late)
        ]

    def _request(self, context_id: int, information: bytes) -> UUID:
        """Raises Malformed, TransactionReused."""
        _, syntax = self.terms.accepted[context_id]
        most = commitment.MOST_REFERENCES
        transaction_uid, references = codec.decode_commitment(information, syntax, most)
        return commitment.request(self.peer, transaction_uid=transaction_uid, references=references)

    def _owe(self, commitment_id: UUID, context_id: int) -> None:
        """Unless there is no room for it: then its job does it all."""
        if len(self._owed) >= MOST_OWED or not _JUDGING.acquire(blocking=False):
            return
        at = time.monotonic()
        report = Report(commitment_id, context_id, at + GRACE, at + OURS)
        try:
            self._bell = self._bell or _bell()
            threading.Thread(target=self._judge, args=(report, self._bell[1]), daemon=True).start()
        except (OSError, RuntimeError) as error:  # no descriptor, no thread
            _JUDGING.release()
            log.warning("commitment %s is left to its job: %s", commitment_id, error)
        else:
            self._owed.append(report)

    def _judge(self, report: Report, bell: socket.socket) -> None:
        try:
            with exchange(self.peer.association_id):
                report.result = commitment.result(report.commitment_id)
        except ArchiveError as error:
            log.error("commitment %s cannot be judged: %s", report.commitment_id, error.detail)
        finally:
            self._judged(report, bell)
            close_connections()
            _JUDGING.release()

    def _judged(self, report: Report, bell: socket.socket) -> None:
        with self._lock:
            report.judged = True
            if not self._over:  # else it is closed
                with suppress(OSError):  # it rings already
                    bell.send(b"!")
                return
        if not report.late:
            self._failed(report, PeerAborted(ENDED))

    def _send(self, report: Report) -> None:
        assert report.result is not None
        self._sent = self._sent % 0xFFFF + 1
        encoding = elements.encoding_of(self.terms.accepted[report.context_id][1])
        told = codec.encode_report(report.result)
        information = encode(told, not encoding.explicit, encoding.little)
        assert information is not None, "references are ASCII"
        reference = COMMITMENT, COMMITMENT_INSTANCE
        command = codec.encode_event(reference, self._sent, report.result.event_type)
        report.message_id, report.until = self._sent, time.monotonic() + ANSWER
        self._channel.send(report.context_id, command, [information])

    def _settle(self, report: Report, status: int | None) -> None:
        if status is None or not replies.is_taken(status):
            said = "none" if status is None else f"{status:04X}"
            if not report.late:
                error = PeerRejected(f"N-EVENT-REPORT answered with status {said}")
                self._failed(report, error)
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


def _bell() -> tuple[socket.socket, socket.socket]:
    """Where it is heard, and where it is rung: never waiting for anybody. Raises OSError."""
    heard, rung = socket.socketpair()
    rung.setblocking(False)
    return heard, rung
