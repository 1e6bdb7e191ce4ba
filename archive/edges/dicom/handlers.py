"""An association that does more than store and verify is pynetdicom's; here is what it calls.

A handler is decode, one service call, encode.
"""

import logging
import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import cast
from uuid import UUID

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dimse_primitives import C_STORE, N_ACTION
from pynetdicom.events import Event
from pynetdicom.transport import AddressInformation, AssociationSocket

from archive.config import settings
from archive.edges.dicom import acceptance, codec, operations, replies, upper_layer
from archive.edges.dicom.acceptance import COMMITMENT, STORAGE, Request
from archive.edges.dicom.bridge import ServingAssociation
from archive.edges.dicom.channel import Call, Channel
from archive.edges.dicom.reports import ReportingACSE, Reports
from archive.edges.edge import as_archive_error, exchange
from archive.errors import ArchiveError, ClassMismatch, Malformed, Unacceptable, Unsupported
from archive.objects.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from archive.services import associations, commitment, ingest
from archive.services.associations import Peer
from archive.services.ingest import Receipt
from archive.services.sessions import Session

log = logging.getLogger(__name__)

REQUEST_COMMITMENT = 1  # PS3.4 table J.3-1, Action Type ID
NO_SUCH_ACTION = 0x0123  # PS3.7 C.5.9
CHUNK = 1 << 20


def receive_into(folder: Path) -> None:
    """Have pynetdicom write objects to files as they come, so that none is held in memory."""
    _config.STORE_RECV_CHUNKED_DATASET = True
    tempfile.tempdir = str(folder)


class ReplayingSocket(AssociationSocket):
    """A socket from which the association request has been read already; large reads, bounded."""

    def __init__(self, assoc: Association, connection: socket.socket, read: bytes) -> None:
        super().__init__(assoc, client_socket=connection)
        self._read = read

    @property
    def ready(self) -> bool:
        return bool(self._read) or super().ready

    def recv(self, nr_bytes: int) -> bytearray:
        if self._read:
            part, self._read = bytearray(self._read[:nr_bytes]), self._read[nr_bytes:]
            return part
        if self.socket is None or nr_bytes > upper_layer.LARGEST_REQUEST:
            raise OSError("PDU is larger than was agreed")
        received = bytearray(nr_bytes)
        view, position = memoryview(received), 0
        while position < nr_bytes:
            count = self.socket.recv_into(view[position:])
            if not count:
                break
            position += count
        return received[:position]


class MixedAssociation:
    """Serves an association by pynetdicom, in the calling thread, until it ends."""

    def __init__(
        self,
        connection: socket.socket,
        request: Request,
        peer: Peer,
        session: Session,
        stopping: threading.Event,
    ) -> None:
        self.connection = connection
        self.peer = peer
        self.session = session
        self.stopping = stopping
        self._closed = False
        self._verified = False
        self.assoc = self._make(request)
        self.reports = Reports(self.assoc, peer.association_id)
        self.assoc.acse = ReportingACSE(self.assoc, self.reports, stopping, self._close)
        for event, handler in (
            (evt.EVT_REQUESTED, self.on_requested),
            (evt.EVT_SOP_EXTENDED, self.on_extended),
            (evt.EVT_C_ECHO, self.on_c_echo),
            (evt.EVT_C_STORE, self.on_c_store),
            (evt.EVT_N_ACTION, self.on_n_action),
            (evt.EVT_DIMSE_RECV, self.reports.note_answer),
        ):
            self.assoc.bind(event, handler)

    def run(self) -> None:
        try:
            self.assoc.run()
        finally:
            self._break_off()
            self.reports.end()
            self._close()

    def _close(self) -> None:
        """Before the release is answered: who has been released finds it written down."""
        if self._closed:
            return
        self._closed = True
        try:
            with exchange(self.peer.association_id):
                self.session.close()
        except ArchiveError as error:
            log.error("association is not written down: %s", error.detail)

    def _make(self, request: Request) -> Association:
        timeout = settings().dicom_timeout
        ae = AE(ae_title=self.peer.called)
        ae.implementation_class_uid = IMPLEMENTATION_CLASS_UID
        ae.implementation_version_name = IMPLEMENTATION_VERSION_NAME
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = timeout
        assoc = ServingAssociation(ae, self._operate)
        assoc.set_socket(ReplayingSocket(assoc, self.connection, request.pdu))
        assoc.acceptor.maximum_length = upper_layer.MAX_PDU
        assoc.acceptor.ae_title = self.peer.called
        assoc.acceptor.address_info = AddressInformation.from_tuple(self.connection.getsockname())
        assoc.requestor.address_info = AddressInformation.from_tuple(self.connection.getpeername())
        assoc.acceptor.implementation_class_uid = ae.implementation_class_uid
        assoc.acceptor.implementation_version_name = ae.implementation_version_name
        return assoc

    def on_requested(self, event: Event) -> None:
        """The peer is established already; only the contexts are left to agree on."""
        assert self.assoc.requestor.primitive is not None
        supported = acceptance.supported(self.assoc.requestor.primitive)
        self.assoc.acceptor.supported_contexts = supported

    def on_extended(self, event: Event) -> dict[UID, bytes]:
        assert self.assoc.requestor.primitive is not None
        return acceptance.agreed_extended(self.assoc.requestor.primitive)

    def _operate(self, call: Call, channel: Channel) -> None:
        operations.serve(call, channel, self.peer, self.stopping)

    def on_c_echo(self, event: Event) -> int:
        """The first one leaves a trace; the answer is success also when it cannot be written."""
        if not self._verified:
            self._verified = True
            try:
                with exchange(self.peer.association_id):
                    associations.verified(self.peer)
            except ArchiveError as error:
                log.error("echo is not written down: %s", error.detail)
        return replies.SUCCESS

    def on_c_store(self, event: Event) -> Dataset:
        request, context = cast(C_STORE, event.request), event.context
        try:
            with exchange(self.peer.association_id):
                receipt = ingest.begin(
                    self.session,
                    sop_class_uid=str(request.AffectedSOPClassUID),
                    sop_instance_uid=str(request.AffectedSOPInstanceUID),
                    transfer_syntax_uid=str(context.transfer_syntax),
                )
                if context.abstract_syntax not in STORAGE:
                    said = "C-STORE in a context that is not for storing"
                    raise self._refuse(receipt, Unsupported(said))
                if context.abstract_syntax != request.AffectedSOPClassUID:
                    raise self._refuse(receipt, ClassMismatch("SOP class is not its context's"))
                self._fill(receipt, event.dataset_path)
                receipt.finish()
        except ArchiveError as error:
            return codec.status_of(error)
        return codec.status_of(None)

    def on_n_action(self, event: Event) -> tuple[Dataset | int, None]:
        request = cast(N_ACTION, event.request)
        if request.RequestedSOPClassUID != COMMITMENT or event.action_type != REQUEST_COMMITMENT:
            return NO_SUCH_ACTION, None
        try:
            with exchange(self.peer.association_id):
                commitment_id = self._request_commitment(event)
        except ArchiveError as error:
            return codec.status_of(error, "action"), None
        self.reports.owe(commitment_id, event.context.context_id)
        return replies.SUCCESS, None

    def _request_commitment(self, event: Event) -> UUID:
        try:
            information = event.action_information
        except Exception:  # pydicom raises what it likes
            raise Malformed("commitment request cannot be read") from None
        transaction_uid, references = codec.decode_commitment(information)
        return commitment.request(self.peer, transaction_uid=transaction_uid, references=references)

    def _fill(self, receipt: Receipt, path: Path) -> None:
        """The data set from pynetdicom's file, in pieces. Raises what forbids it."""
        size = 0
        for chunk in _data_set(path):
            size += len(chunk)
            try:
                if size > settings().dicom_max_object_bytes:
                    raise Unacceptable("object is larger than is taken")
                receipt.write(chunk)
            except Exception as raised:
                raise self._refuse(receipt, as_archive_error(raised)) from raised

    def _refuse(self, receipt: Receipt, error: ArchiveError) -> ArchiveError:
        receipt.fail(error)
        return error

    def _break_off(self) -> None:
        """An object that was not whole is a case; and its file must not stay behind."""
        message = self.assoc.dimse.message
        file = getattr(message, "_data_set_file", None)
        if file is None:
            return
        with suppress(OSError):
            file.flush()
        try:
            if isinstance(message, C_STORE_RQ):
                with exchange(self.peer.association_id):
                    self._abandon(message, Path(file.name))
        except ArchiveError as error:
            log.error("broken-off object is not on the desk: %s", error.detail)
        finally:
            file.close()
            with suppress(OSError):
                os.unlink(file.name)

    def _abandon(self, message: C_STORE_RQ, path: Path) -> None:
        command = message.command_set
        accepted = {context.context_id: context for context in self.assoc.accepted_contexts}
        receipt = ingest.begin(
            self.session,
            sop_class_uid=str(command.AffectedSOPClassUID),
            sop_instance_uid=str(command.AffectedSOPInstanceUID),
            transfer_syntax_uid=str(accepted[message.context_id].transfer_syntax[0]),
        )
        receipt.write(next(_data_set(path), b""))
        receipt.abandon()


def _data_set(path: Path) -> Iterator[bytes]:
    """What follows the file meta information, whose length pynetdicom wrote at offset 140."""
    with path.open("rb") as file:
        head = file.read(144)
        file.seek(144 + int.from_bytes(head[140:144], "little"))
        while chunk := file.read(CHUNK):
            yield chunk
