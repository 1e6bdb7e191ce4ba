"""One association that stores, verifies, asks, fetches and commits: our own loop over its PDUs,
without decoding an object (AR-1, AR-3, AR-6).
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from archive.config import settings
from archive.edges.dicom import codec, operations, replies, upper_layer
from archive.edges.dicom.acceptance import COMMITMENT, STORAGE
from archive.edges.dicom.channel import LARGEST_COMMAND, Call, Channel, Terms, decoded
from archive.edges.dicom.codec import Command
from archive.edges.dicom.commitments import LARGEST_INFORMATION, Commitments
from archive.edges.dicom.upper_layer import Fragment, Gone, Violation, Wire
from archive.edges.edge import as_archive_error, exchange
from archive.errors import (
    ArchiveError,
    ClassMismatch,
    CustomerTooFast,
    DatasetUnreadable,
    PeerEnded,
    ServiceNotAllowed,
    Unacceptable,
    Unsupported,
)
from archive.services import associations, ingest
from archive.services.associations import Peer
from archive.services.ingest import Receipt
from archive.services.sessions import Session

log = logging.getLogger(__name__)

LET_IN = 1.0  # seconds in which a peer that was let in is believed


@dataclass(slots=True)
class Message:
    """A request whose data set is on its way: to a receipt, or collected, or only read past."""

    command: Command
    context_id: int
    receipt: Receipt | None = None
    collected: bytearray | None = None  # the identifier of an operation, what is to be committed
    most: int = 0  # bytes of it
    error: ArchiveError | None = None
    size: int = 0


class ServedAssociation:
    """Serves an accepted association until it ends. The session is closed however that comes."""

    def __init__(
        self, wire: Wire, terms: Terms, peer: Peer, session: Session, stopping: threading.Event
    ) -> None:
        self.wire = wire
        self.terms = terms
        self.peer = peer
        self.session = session
        self.stopping = stopping
        self.message: Message | None = None
        self.commitments = Commitments(wire, terms, peer)
        self._command = bytearray()
        self._rest: Iterator[Fragment] = iter(())  # of the PDU that is being read
        self._closed = False
        self._verified = False
        self._let_in = time.monotonic()

    def run(self) -> None:
        try:
            self._serve()
        except Violation as violation:
            self._break_off()
            self.wire.abort(violation.reason)
        except TimeoutError:
            self._break_off()
            self.wire.abort()
        except Gone:
            self._break_off()
            if self.stopping.is_set():
                self.wire.abort()
        except Exception:
            self._break_off()
            self.wire.abort()
            raise
        finally:
            self._close()
            self.commitments.end()

    @property
    def between_messages(self) -> bool:
        return self.message is None and not self._command

    def _serve(self) -> None:
        """Raises Violation, Gone, TimeoutError."""
        while not (self.stopping.is_set() and self._may_stop()):
            is_between = self.between_messages
            if is_between:
                self.commitments.report_until_heard()
            self.wire.waiting = is_between and not self.commitments.is_asking
            kind, body = self.wire.read_pdu(upper_layer.MAX_PDU + upper_layer.SLACK)
            self.wire.waiting = False
            if kind == upper_layer.P_DATA:
                self._rest = upper_layer.fragments(body)
                for fragment in self._rest:
                    self._take(fragment)
            elif kind == upper_layer.RELEASE_RQ and self.between_messages:
                self._close()  # first: who has been released finds the association written down
                self.wire.release()
                return
            elif kind == upper_layer.ABORT:
                raise Gone
            else:
                raise Violation(upper_layer.UNEXPECTED_PDU)
        self.wire.abort()

    def _may_stop(self) -> bool:
        """An object that is on its way is still taken, and the answer to a report."""
        is_idle = self.between_messages and not self.commitments.is_asking
        return is_idle and not self.wire.has_unread()

    def _take(self, fragment: Fragment) -> None:
        if fragment.context_id not in self.terms.accepted:
            raise Violation(upper_layer.UNEXPECTED_PARAMETER)
        if fragment.is_command:
            self._take_command(fragment)
            return
        message = self.message
        if message is None or fragment.context_id != message.context_id:
            raise Violation(upper_layer.UNEXPECTED_PARAMETER)
        self._take_data(message, fragment.data)
        if fragment.is_last:
            self._finish(message)

    def _take_command(self, fragment: Fragment) -> None:
        self._command += fragment.data
        if self.message is not None or len(self._command) > LARGEST_COMMAND:
            raise Violation(upper_layer.UNEXPECTED_PARAMETER)
        if not fragment.is_last:
            return
        command = decoded(self._command)
        self._command.clear()
        self._begin(command, fragment.context_id)

    def _begin(self, command: Command, context_id: int) -> None:
        if command.field == codec.C_CANCEL_RQ:
            return  # what it would end has ended
        self._require_still()
        abstract, _ = self.terms.accepted[context_id]
        message = Message(command, context_id)
        if command.field == codec.N_EVENT_REPORT_RSP and abstract == COMMITMENT:
            self.commitments.take_answer(command)
        elif command.field not in codec.REQUESTS:
            raise Violation(upper_layer.INVALID_PARAMETER)
        elif command.field == codec.C_STORE_RQ:
            self._begin_object(message)
        elif operations.is_offered(command.field, abstract):
            message.collected, message.most = bytearray(), operations.LARGEST_IDENTIFIER
        elif command.field == codec.N_ACTION_RQ and abstract == COMMITMENT:
            message.collected, message.most = bytearray(), LARGEST_INFORMATION
        if command.has_data_set:
            self.message = message
        else:
            self._finish(message)

    def _require_still(self) -> None:
        """Asked once a second, and not while the database does not answer. Raises Violation."""
        at = time.monotonic()
        if at - self._let_in < LET_IN:
            return
        self._let_in = at
        try:
            with exchange(self.peer.association_id):
                associations.require_still(self.peer)
        except PeerEnded:
            raise Violation(upper_layer.NOT_SPECIFIED) from None
        except ArchiveError as error:
            log.warning("whether the peer is still let in is not known: %s", error.reason())

    def _begin_object(self, message: Message) -> None:
        command = message.command
        abstract, transfer = self.terms.accepted[message.context_id]
        try:
            message.receipt = ingest.begin(
                self.session,
                sop_class_uid=command.sop_class_uid,
                sop_instance_uid=command.sop_instance_uid,
                transfer_syntax_uid=transfer,
            )
        except CustomerTooFast as error:
            message.error = error
            self._put_on_desk(partial(self.session.too_fast, error))
            return
        if not self.peer.may_store:
            self._refuse(message, ServiceNotAllowed())
        elif abstract not in STORAGE:
            self._refuse(message, Unsupported("C-STORE in a context that is not for storing"))
        elif abstract != command.sop_class_uid:
            self._refuse(message, ClassMismatch("SOP class of the request is not its context's"))
        elif not command.has_data_set:
            self._refuse(message, DatasetUnreadable("C-STORE without a data set"))

    def _take_data(self, message: Message, data: memoryview) -> None:
        if message.collected is not None:
            message.collected += data
            if len(message.collected) > message.most:
                raise Violation(upper_layer.INVALID_PARAMETER)
        receipt = message.receipt
        if receipt is None:
            return
        message.size += len(data)
        if message.size > settings().dicom_max_object_bytes:
            self._refuse(message, Unacceptable("object is larger than is taken"))
            return
        try:
            receipt.write(data)
        except Exception as raised:
            self._refuse(message, as_archive_error(raised))

    def _refuse(self, message: Message, error: ArchiveError) -> None:
        """The answer is certain: let go of the bytes, and read past the rest."""
        receipt, message.receipt, message.error = message.receipt, None, error
        if receipt is not None:
            self._put_on_desk(partial(receipt.fail, error))

    def _put_on_desk(self, report: Callable[[], None]) -> None:
        """The refusal is answered also when its case cannot be written."""
        try:
            with exchange(self.peer.association_id):
                report()
        except ArchiveError as other:
            log.error("refusal is not on the desk: %s", other.detail)

    def _finish(self, message: Message) -> None:
        """Success is answered only after the bytes are synced and the rows committed (NF-4)."""
        receipt = message.receipt
        if receipt is not None:
            try:
                with exchange(self.peer.association_id):
                    receipt.finish()
            except ArchiveError as error:
                message.error = error
                if not receipt.is_on_desk:  # nobody foresaw it, or the database broke it off
                    self._put_on_desk(partial(receipt.fail, error))
        self.message = None
        if message.command.field == codec.N_EVENT_REPORT_RSP:
            return
        if message.collected is None:
            self._respond(message)
        elif message.command.field == codec.N_ACTION_RQ:
            self.commitments.serve(message.command, message.context_id, bytes(message.collected))
        else:
            self._operate(message, bytes(message.collected))

    def _operate(self, message: Message, identifier: bytes) -> None:
        """A query or retrieval: its answers go out, its cancel comes in, until it is over."""
        abstract, transfer = self.terms.accepted[message.context_id]
        call = Call(
            message.command,
            message.context_id,
            abstract,
            transfer,
            identifier,
            together=abstract in self.terms.together,
            taken=self.terms.taken,
        )
        channel = Channel(
            self.wire, self.terms.largest_pdu, self.commitments.take_answer, self._rest
        )
        if call.command.field == codec.C_GET_RQ:  # its objects come by operations of ours
            self.commitments.hear_out(channel)
        operations.serve(call, channel, self.peer, self.stopping)
        channel.finish()
        for fragment in channel.rest:
            self._take(fragment)

    def _respond(self, message: Message) -> None:
        command = message.command
        if command.field == codec.C_STORE_RQ:
            answer = codec.encode_outcome(command, message.error)
        elif command.field == codec.C_ECHO_RQ:
            self._note_echo()
            answer = codec.encode_response(command, replies.SUCCESS)
        else:
            answer = codec.encode_response(command, replies.UNRECOGNISED_OPERATION)
        self.wire.send(upper_layer.p_data(message.context_id, answer, self.terms.largest_pdu))

    def _note_echo(self) -> None:
        """The first one leaves a trace; the answer is success also when it cannot be written."""
        if self._verified:
            return
        self._verified = True
        try:
            with exchange(self.peer.association_id):
                associations.verified(self.peer)
        except ArchiveError as error:
            log.error("echo is not written down: %s", error.detail)

    def _break_off(self) -> None:
        """The peer went away: an object that was not whole is a case, for nobody answers for it."""
        message, self.message = self.message, None
        if message is None or message.receipt is None:
            return
        try:
            with exchange(self.peer.association_id):
                message.receipt.abandon()
        except ArchiveError as error:
            log.error("broken-off object is not on the desk: %s", error.detail)

    def _close(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            with exchange(self.peer.association_id):
                self.session.close()
        except ArchiveError as error:
            log.error("association is not written down: %s", error.detail)
