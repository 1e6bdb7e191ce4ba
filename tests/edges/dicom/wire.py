"""A peer that speaks PDUs by hand, rightly or wrongly."""

import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from struct import pack, unpack

from pydicom.uid import UID
from pynetdicom import build_context
from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    MaximumLengthNotification,
)

from archive.edges.dicom.upper_layer import ABORT, ASSOCIATE_AC, ASSOCIATE_RJ, P_DATA
from tests import cast
from tests.edges.dicom.listening import Listening

RELEASE_RQ = bytes((5, 0, 0, 0, 0, 4, 0, 0, 0, 0))
ABORT_RQ = bytes((7, 0, 0, 0, 0, 4, 0, 0, 0, 0))


def request(
    contexts: Sequence[tuple[str, Sequence[str]]] = ((cast.CT, (cast.EXPLICIT,)),),
    *,
    calling: str = "ESIM_PACS",
    called: str = "KANTA",
    largest: int = 16_384,
    application: str = "1.2.840.10008.3.1.1.1",
) -> bytes:
    """An A-ASSOCIATE-RQ PDU; context ids are 1, 3, 5 ..."""
    primitive = A_ASSOCIATE()
    primitive.application_context_name = UID(application)
    primitive.calling_ae_title, primitive.called_ae_title = calling, called
    proposed = [build_context(abstract, list(transfers)) for abstract, transfers in contexts]
    for number, context in enumerate(proposed):
        context.context_id = 2 * number + 1
    primitive.presentation_context_definition_list = proposed
    length, implementation = MaximumLengthNotification(), ImplementationClassUIDNotification()
    length.maximum_length_received = largest
    implementation.implementation_class_uid = UID("1.2.246.10.1")
    primitive.user_information = [length, implementation]
    encoded: bytes = A_ASSOCIATE_RQ(primitive).encode()
    return encoded


def element(number: int, value: bytes) -> bytes:
    return pack("<HHL", 0, number, len(value)) + value


def command(
    field: int,
    *,
    data_set: bool,
    sop_class: str = cast.CT,
    uid: str = "1.2.3",
    destination: str = "",
) -> bytes:
    """A request's command set."""
    body = element(0x0002, sop_class.encode() + b"\0" * (len(sop_class) % 2))
    body += element(0x0100, pack("<H", field)) + element(0x0110, pack("<H", 7))
    if destination:
        body += element(0x0600, destination.encode() + b" " * (len(destination) % 2))
    body += element(0x0800, pack("<H", 0x0000 if data_set else 0x0101))
    body += element(0x1000, uid.encode() + b"\0" * (len(uid) % 2))
    return element(0x0000, pack("<L", len(body))) + body


def action(sop_class: str, uid: str, action_type: int, *, data_set: bool = True) -> bytes:
    """An N-ACTION-RQ's command set."""
    body = element(0x0003, sop_class.encode() + b"\0" * (len(sop_class) % 2))
    body += element(0x0100, pack("<H", 0x0130)) + element(0x0110, pack("<H", 7))
    body += element(0x0800, pack("<H", 0x0000 if data_set else 0x0101))
    body += element(0x1001, uid.encode() + b"\0" * (len(uid) % 2))
    body += element(0x1008, pack("<H", action_type))
    return element(0x0000, pack("<L", len(body))) + body


def reported(message_id: int, *, data_set: bool = False) -> bytes:
    """An N-EVENT-REPORT-RSP's command set: taken."""
    body = element(0x0100, pack("<H", 0x8100)) + element(0x0120, pack("<H", message_id))
    body += element(0x0800, pack("<H", 0x0000 if data_set else 0x0101))
    body += element(0x0900, pack("<H", 0))
    return element(0x0000, pack("<L", len(body))) + body


def cancel(message_id: int) -> bytes:
    """A C-CANCEL-RQ's command set."""
    body = element(0x0100, pack("<H", 0x0FFF)) + element(0x0120, pack("<H", message_id))
    body += element(0x0800, pack("<H", 0x0101))
    return element(0x0000, pack("<L", len(body))) + body


def value(control: int, data: bytes, context_id: int = 1) -> bytes:
    """A presentation data value."""
    return pack(">LBB", len(data) + 2, context_id, control) + data


def pdu(kind: int, body: bytes) -> bytes:
    return pack(">BxL", kind, len(body)) + body


def data(*values: bytes) -> bytes:
    return pdu(P_DATA, b"".join(values))


def status_of(body: bytes) -> int:
    """Of a response's command set."""
    return number(body, 0x0900)


def number(body: bytes, element_number: int) -> int:
    """A 16-bit value of a command set."""
    at = body.index(pack("<HHL", 0, element_number, 2)) + 8
    return int(unpack("<H", body[at : at + 2])[0])


COMMAND, LAST = 1, 2


@dataclass(slots=True)
class Peer:
    """One connection."""

    socket: socket.socket

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.socket.sendall(part)

    def read(self) -> tuple[int, bytes]:
        """The next PDU; kind 0 when the listener has closed."""
        head = self._exactly(6)
        if len(head) < 6:
            return 0, b""
        kind, length = unpack(">BxL", head)
        return kind, self._exactly(length)

    def status(self) -> int:
        """The status of the response that comes next."""
        kind, body = self.read()
        assert kind == P_DATA, f"PDU {kind} {body[:8].hex()}"
        return status_of(body)

    def ends(self) -> bool:
        """Whether the listener aborts or closes, having said nothing else."""
        try:
            kind, _ = self.read()
            return kind == 0 or (kind == ABORT and self.read()[0] == 0)
        except ConnectionResetError:
            return True

    def _exactly(self, size: int) -> bytes:
        received = b""
        while len(received) < size:
            part = self.socket.recv(size - len(received))
            if not part:
                break
            received += part
        return received


def pair() -> tuple[socket.socket, socket.socket]:
    """Both ends of a connection, without a listener of ours."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        theirs = socket.create_connection(server.getsockname(), timeout=10)
        ours, _ = server.accept()
    return ours, theirs


def connect(listener: Listening, request_pdu: bytes | None = None) -> Peer:
    """An accepted association."""
    peer = Peer(listener.connect())
    peer.send(request_pdu or request())
    kind, body = peer.read()
    assert kind == ASSOCIATE_AC, f"PDU {kind} {body[:8].hex()}"
    return peer


def rejection(listener: Listening, request_pdu: bytes) -> tuple[int, int, int]:
    """Result, source, reason."""
    peer = Peer(listener.connect())
    peer.send(request_pdu)
    kind, body = peer.read()
    assert kind == ASSOCIATE_RJ, f"PDU {kind} {body[:8].hex()}"
    peer.socket.close()
    return body[1], body[2], body[3]


def store(peer: Peer, object_bytes: bytes, *, uid: str, pieces: Iterable[int] = ()) -> int:
    """C-STORE in fragments of the given sizes, the rest in one; the status."""
    peer.send(data(value(COMMAND | LAST, command(1, data_set=True, uid=uid))))
    position = 0
    for size in pieces:
        peer.send(data(value(0, object_bytes[position : position + size])))
        position += size
    peer.send(data(value(LAST, object_bytes[position:])))
    return peer.status()
