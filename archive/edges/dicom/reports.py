"""Commitment reports on the association that asked, PS3.4 J.3.3: default roles suffice there
(AR-3).

The association's own thread sends and settles them between other messages, so nothing is written
past it. What
is not reported when the association ends is reported on a new one.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from queue import SimpleQueue
from uuid import UUID

from pydicom.uid import UID
from pynetdicom.acse import ACSE
from pynetdicom.association import Association
from pynetdicom.dimse_messages import N_EVENT_REPORT_RSP
from pynetdicom.dimse_primitives import N_EVENT_REPORT
from pynetdicom.dsutils import encode
from pynetdicom.events import Event

from archive.edges.dicom import codec, replies
from archive.edges.dicom.acceptance import COMMITMENT
from archive.edges.edge import close_connections, exchange
from archive.errors import ArchiveError, PeerAborted, PeerRejected
from archive.objects.messages import CommitmentResult
from archive.services import commitment

log = logging.getLogger(__name__)

COMMITMENT_INSTANCE = UID("1.2.840.10008.1.20.1.1")  # PS3.4 J.3.5, the well-known instance
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
    message_id: int = 0


class Reports:
    """The reports owed on one association."""

    def __init__(self, assoc: Association, correlation_id: UUID) -> None:
        self.assoc = assoc
        self.correlation_id = correlation_id
        self._owed: list[Report] = []
        self._answers: SimpleQueue[tuple[int, int]] = SimpleQueue()
        self._sent = 0

    def owe(self, commitment_id: UUID, context_id: int) -> None:
        report = Report(commitment_id, context_id, time.monotonic() + GRACE)
        report.thread = threading.Thread(target=self._judge, args=(report,), daemon=True)
        report.thread.start()
        self._owed.append(report)

    def note_answer(self, event: Event) -> None:
        """For EVT_DIMSE_RECV: pynetdicom itself does not expect the response."""
        if isinstance(event.message, N_EVENT_REPORT_RSP):
            command = event.message.command_set
            message_id = int(command.get("MessageIDBeingRespondedTo", 0))
            self._answers.put(
                (message_id, int(command.get("Status", replies.UNRECOGNISED_OPERATION)))
            )

    def step(self) -> None:
        """Between two messages: send what is ready, settle what was answered."""
        for report in self._owed:
            ready = report.result is not None and not report.message_id
            if ready and time.monotonic() >= report.due:
                self._send(report)
        self._settle_answered()

    def end(self) -> None:
        """The association is over: what is still owed goes on a new one. A release may have come
        together with the last answer.
        """
        self._settle_answered()
        for report in self._owed:
            if report.thread is not None:
                report.thread.join(PATIENCE)
            self._failed(report, PeerAborted("association ended before the N-EVENT-REPORT"))
        self._owed.clear()

    def _settle_answered(self) -> None:
        while not self._answers.empty():
            message_id, status = self._answers.get()
            for report in [each for each in self._owed if each.message_id == message_id]:
                self._owed.remove(report)
                self._settle(report, status)

    def _judge(self, report: Report) -> None:
        try:
            with exchange(self.correlation_id):
                report.result = commitment.result(report.commitment_id)
        except ArchiveError as error:
            log.error("commitment %s cannot be judged: %s", report.commitment_id, error.detail)
        finally:
            close_connections()

    def _send(self, report: Report) -> None:
        assert report.result is not None
        self._sent += 1
        report.message_id = self._sent
        accepted = {context.context_id: context for context in self.assoc.accepted_contexts}
        syntax = UID(accepted[report.context_id].transfer_syntax[0])
        request = N_EVENT_REPORT()
        request.MessageID = report.message_id
        request.AffectedSOPClassUID = COMMITMENT
        request.AffectedSOPInstanceUID = COMMITMENT_INSTANCE
        request.EventTypeID = report.result.event_type
        encoded = encode(
            codec.encode_report(report.result),
            syntax.is_implicit_VR,
            syntax.is_little_endian,
            syntax.is_deflated,
        )
        request.EventInformation = BytesIO(encoded or b"")
        self.assoc.dimse.send_msg(request, report.context_id)

    def _settle(self, report: Report, status: int) -> None:
        if status != replies.SUCCESS:
            self._failed(report, PeerRejected(f"N-EVENT-REPORT answered with status {status:04X}"))
            return
        try:
            with exchange(self.correlation_id):
                commitment.reported(report.commitment_id, same_association=True)
        except ArchiveError as error:
            log.error("commitment %s is not settled: %s", report.commitment_id, error.detail)

    def _failed(self, report: Report, error: ArchiveError) -> None:
        try:
            with exchange(self.correlation_id):
                commitment.report_failed(report.commitment_id, error)
        except ArchiveError as other:
            log.error("commitment %s is not put off: %s", report.commitment_id, other.detail)


class ReportingACSE(ACSE):
    """The association's reactor asks for a release between any two messages: the place to
    report.
    """

    def __init__(
        self,
        assoc: Association,
        reports: Reports,
        stopping: threading.Event,
        on_release: Callable[[], None],
    ) -> None:
        super().__init__(assoc)
        self.reports = reports
        self.stopping = stopping
        self.on_release = on_release

    def is_release_requested(self) -> bool:
        if super().is_release_requested():
            self.on_release()
            return True
        if self.stopping.is_set():
            self.assoc.abort()
        else:
            self.reports.step()
        return False
