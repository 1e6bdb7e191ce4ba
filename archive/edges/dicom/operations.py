"""The operations of Query/Retrieve, PS3.4 C.4: which there are, and who serves each."""

import threading
from collections.abc import Callable, Mapping

from archive.edges.dicom import codec, fetching, finding
from archive.edges.dicom.acceptance import FIND, GET, MOVE
from archive.edges.dicom.channel import Call, Channel
from archive.services.associations import Peer

LARGEST_IDENTIFIER = 1 << 20  # bytes

Serve = Callable[[Call, Channel, Peer, threading.Event], None]

_CLASSES: Mapping[int, frozenset[str]] = {
    codec.C_FIND_RQ: FIND,
    codec.C_MOVE_RQ: MOVE,
    codec.C_GET_RQ: GET,
}
_SERVED: Mapping[int, Serve] = {
    codec.C_FIND_RQ: finding.find,
    codec.C_MOVE_RQ: fetching.move,
    codec.C_GET_RQ: fetching.get,
}


def is_offered(field: int, abstract_syntax: str) -> bool:
    """Whether a request of this kind may be made in a context of this class."""
    return abstract_syntax in _CLASSES.get(field, frozenset())


def serve(call: Call, channel: Channel, peer: Peer, stopping: threading.Event) -> None:
    """Until its last response has gone out. Raises Gone, Violation, TimeoutError."""
    _SERVED[call.command.field](call, channel, peer, stopping)
