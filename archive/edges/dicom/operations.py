"""The operations of Query/Retrieve, PS3.4 C.4: which there are, and who serves each."""

import logging
import threading
from collections.abc import Callable, Mapping

from archive.edges.dicom import codec, fetching, finding, upper_layer
from archive.edges.dicom.acceptance import FIND, GET, MOVE
from archive.edges.dicom.channel import Call, Channel
from archive.edges.dicom.upper_layer import Violation
from archive.services.associations import Peer

log = logging.getLogger(__name__)

LARGEST_IDENTIFIER = 1 << 20

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


def collect(identifier: bytearray, data: memoryview) -> None:
    """Raises Violation: no identifier is that large."""
    identifier += data
    if len(identifier) > LARGEST_IDENTIFIER:
        raise Violation(upper_layer.INVALID_PARAMETER)


def serve(call: Call, channel: Channel, peer: Peer, stopping: threading.Event) -> None:
    """Until its last response has gone out. Raises Gone, Violation, TimeoutError."""
    _SERVED[call.command.field](call, channel, peer, stopping)
