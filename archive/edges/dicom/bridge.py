"""Queries and retrievals on an association of pynetdicom's, whose own services would decode every
object: the requests are taken before those, and served as on our own loop.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from pynetdicom import AE
from pynetdicom._globals import MODE_ACCEPTOR
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_FIND, C_GET, C_MOVE, C_STORE
from pynetdicom.pdu_primitives import P_DATA

from archive.edges.dicom import acceptance, codec, operations, upper_layer
from archive.edges.dicom.channel import Call, Channel, Data
from archive.edges.dicom.codec import Command
from archive.edges.dicom.upper_layer import Gone, Violation

FIELDS: Mapping[type, int] = {
    C_FIND: codec.C_FIND_RQ,
    C_GET: codec.C_GET_RQ,
    C_MOVE: codec.C_MOVE_RQ,
}
WAIT = 0.001  # seconds between looks at pynetdicom's queue

Serve = Callable[[Call, Channel], None]


class ServingAssociation(Association):
    """Hands queries and retrievals to `serve`; everything else is pynetdicom's."""

    def __init__(self, ae: AE, serve: Serve) -> None:
        super().__init__(ae, MODE_ACCEPTOR)
        self._serve = serve

    def _serve_request(self, msg: Any, context_id: int) -> None:
        context = self._accepted_cx.get(context_id)
        field = FIELDS.get(type(msg))
        if (
            context is None
            or field is None
            or not operations.is_offered(field, str(context.abstract_syntax))
        ):
            super()._serve_request(msg, context_id)
            return
        try:
            self._serve(self._call(msg, field, context_id), AssociationChannel(self))
        except Gone:
            return  # the reactor sees it next
        except (Violation, TimeoutError):
            self.abort()
        finally:
            # Not before: a cancel may have come with its request.
            self.dimse.cancel_req = {}

    def _call(self, msg: Any, field: int, context_id: int) -> Call:
        """Raises Violation."""
        context = self._accepted_cx[context_id]
        identifier = bytearray()
        if msg.Identifier is not None:
            operations.collect(identifier, memoryview(msg.Identifier.getvalue()))
        command = Command(
            field,
            int(msg.MessageID or 0),
            msg.Identifier is not None,
            str(msg.AffectedSOPClassUID),
            "",
            str(getattr(msg, "MoveDestination", None) or "").strip(),
            int(msg.Priority or 0),
        )
        extended = acceptance.matched_together(self.acceptor.sop_class_extended)
        return Call(
            command,
            context_id,
            str(context.abstract_syntax),
            str(context.transfer_syntax[0]),
            bytes(identifier),
            together=str(context.abstract_syntax) in extended,
            taken=acceptance.taken_by_peer(self._accepted_cx.values()),
        )


class AssociationChannel:
    """A `Channel` through pynetdicom's own threads: it alone writes to its socket."""

    def __init__(self, assoc: Association) -> None:
        self.assoc = assoc

    def send(self, context_id: int, command: bytes, data: Data = ()) -> None:
        largest = self.assoc.dimse.maximum_pdu_size
        for parts in upper_layer.message(context_id, command, data, largest):
            for head, value in zip(parts[::2], parts[1::2], strict=True):
                primitive = P_DATA()
                body = bytes(head[upper_layer.CONTROL_AT :]) + bytes(value)
                primitive.presentation_data_value_list = [[context_id, body]]
                self.assoc.dul.send_pdu(primitive)
            self._drain()

    def cancelled(self, message_id: int) -> bool:
        self._require_peer()
        return message_id in self.assoc.dimse.cancel_req

    def response(self) -> Command:
        context_id, message = self.assoc.dimse.get_msg(block=True)
        if context_id is None:
            self._require_peer()
            raise TimeoutError
        if not isinstance(message, C_STORE) or message.Status is None:
            raise Violation(upper_layer.UNEXPECTED_PARAMETER)
        return Command(
            codec.C_STORE_RQ | codec.RESPONSE,
            int(message.MessageIDBeingRespondedTo or 0),
            False,
            str(message.AffectedSOPClassUID or ""),
            str(message.AffectedSOPInstanceUID or ""),
            status=int(message.Status),
        )

    def _drain(self) -> None:
        """Until what was given has been written, so that none of a large object piles up. Raises
        Gone, TimeoutError.
        """
        patience = time.monotonic() + (self.assoc.network_timeout or 0)
        while not self.assoc.dul.to_provider_queue.empty():
            self._require_peer()
            if time.monotonic() > patience:
                raise TimeoutError
            time.sleep(WAIT)

    def _require_peer(self) -> None:
        """Raises Gone."""
        if self.assoc.acse.is_aborted() or not self.assoc.dul.is_alive():
            raise Gone
