"""An association of our own for giving objects: negotiated here, so that its socket is ours.

One presentation context for each SOP class with the transfer syntax it is stored in, and one more
for each class with the plain ones, for peers that take nothing else.
"""

import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress

from pydicom.uid import UID
from pynetdicom._globals import APPLICATION_CONTEXT_NAME
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
)
from pynetdicom.presentation import PresentationContext, build_context

from archive.edges import encryption
from archive.edges.dicom import tls, upper_layer
from archive.edges.dicom.acceptance import DEFAULT_MAX_LENGTH, Taken, own_information
from archive.edges.dicom.channel import Channel
from archive.edges.dicom.upper_layer import Gone, Violation, Wire
from archive.errors import PeerAborted, PeerRejected, PeerSilent, PeerUnreachable
from archive.objects import transcoding
from archive.objects.messages import Target

MOST_CONTEXTS = 128  # ids are odd and fit a byte, PS3.8 9.3.2.2
FAREWELL = 2.0  # seconds for the answer to a release

Kinds = Iterable[tuple[str, str]]  # SOP class and stored transfer syntax


class Calling:
    """An accepted association; `taken` is what the peer takes of what was proposed."""

    def __init__(self, wire: Wire, taken: Taken, largest_pdu: int) -> None:
        self.wire = wire
        self.taken = taken
        self.channel = Channel(wire, largest_pdu)

    def release(self) -> None:
        """Politely, as long as the peer is. One that asks for the release at the same moment is
        answered first, and then answers: PS3.8 7.2.2.7.
        """
        with self.wire.connection, suppress(Gone, Violation, TimeoutError, OSError):
            self.wire.be_patient(FAREWELL)
            self.wire.send(upper_layer.ending(upper_layer.RELEASE_RQ))
            while (kind := self.wire.read_pdu(upper_layer.MAX_PDU)[0]) != upper_layer.RELEASE_RP:
                if kind == upper_layer.RELEASE_RQ:
                    self.wire.send(upper_layer.ending(upper_layer.RELEASE_RP))

    def abort(self) -> None:
        with self.wire.connection:
            self.wire.abort()


def call(target: Target, kinds: Kinds, *, patience: float) -> Calling:
    """`patience` in seconds, for each answer once connected.

    Raises PeerUnreachable, PeerRejected, PeerAborted, PeerSilent.
    """
    connection = _connected(target)
    try:
        wire = Wire(connection, min(target.timeout, patience))
        contexts = contexts_for(kinds)
        wire.send(_request(target, contexts))
        calling = _accepted(wire, contexts, target)
        wire.be_patient(patience)
        return calling
    except TimeoutError:
        connection.close()
        raise PeerSilent(
            f"{_name(target)} did not answer the association request in time", facts=_facts(target)
        ) from None
    except (Gone, Violation):
        connection.close()
        raise PeerAborted(
            f"{_name(target)} did not answer the association request", facts=_facts(target)
        ) from None
    except BaseException:
        connection.close()
        raise


def _connected(target: Target) -> socket.socket:
    """Raises PeerUnreachable."""
    context = tls.client_context(target.certificate_sha256) if target.certificate_sha256 else None
    try:
        connection = socket.create_connection((target.host, target.port), timeout=target.timeout)
        if context is None:
            return connection
        return context.wrap_socket(connection, server_hostname=target.host)
    except ssl.SSLError as error:
        why = encryption.why(error) or "broken off by the other side"
        raise PeerUnreachable(
            f"TLS with {_name(target)} failed: {why}", facts={**_facts(target), "tls": why}
        ) from None
    except (socket.gaierror, UnicodeError):
        raise PeerUnreachable(
            f"host name {target.host} cannot be resolved", facts=_facts(target)
        ) from None
    except OSError:
        raise PeerUnreachable(
            f"no connection to {target.host}:{target.port}: refused, or no answer within "
            f"{target.timeout:g} s",
            facts=_facts(target),
        ) from None


def contexts_for(kinds: Kinds) -> list[PresentationContext]:
    """What is stored first, so that it is there when not everything can be proposed."""
    listed = list(kinds)
    wanted = [(sop_class, [stored]) for sop_class, stored in listed]
    for sop_class in dict.fromkeys(each for each, _ in listed):
        stored = {syntax for each, syntax in listed if each == sop_class}
        plain = [syntax for syntax in transcoding.PLAIN if syntax not in stored]
        if plain and any(transcoding.is_possible(syntax) for syntax in stored):
            wanted.append((sop_class, plain))
    contexts = []
    for number, (sop_class, syntaxes) in enumerate(wanted[:MOST_CONTEXTS]):
        context = build_context(sop_class, syntaxes)
        context.context_id = 2 * number + 1
        contexts.append(context)
    return contexts


def _request(target: Target, contexts: list[PresentationContext]) -> bytes:
    request = A_ASSOCIATE()
    request.application_context_name = UID(APPLICATION_CONTEXT_NAME)
    request.calling_ae_title, request.called_ae_title = target.calling_aet, target.called_aet
    request.presentation_context_definition_list = contexts
    request.user_information = own_information()
    encoded: bytes = A_ASSOCIATE_RQ(request).encode()
    return encoded


def _accepted(wire: Wire, contexts: list[PresentationContext], target: Target) -> Calling:
    """Raises PeerRejected, Gone, Violation, TimeoutError."""
    kind, body = wire.read_pdu(upper_layer.LARGEST_REQUEST)
    if kind == upper_layer.ASSOCIATE_RJ and len(body) >= 4:
        told = f"result {body[1]}, source {body[2]}, reason {body[3]}"
        raise PeerRejected(
            f"association rejected by {_name(target)}: {told}",
            facts={**_facts(target), "rejection": told},
        )
    if kind != upper_layer.ASSOCIATE_AC:
        raise Violation(upper_layer.UNEXPECTED_PDU)
    answer = _decoded(bytes((kind, 0)) + len(body).to_bytes(4, "big") + bytes(body))
    proposed = {context.context_id: context for context in contexts}
    taken: dict[str, dict[str, int]] = {}
    for result in answer.presentation_context_definition_results_list:
        context = proposed.get(result.context_id)
        if context is not None and result.result == 0:
            syntaxes = taken.setdefault(str(context.abstract_syntax), {})
            syntaxes.setdefault(str(result.transfer_syntax[0]), result.context_id)
    length = answer.maximum_length_received
    return Calling(wire, taken, DEFAULT_MAX_LENGTH if length is None else int(length))


def _decoded(pdu: bytes) -> A_ASSOCIATE:
    """Raises Violation."""
    try:
        answer = A_ASSOCIATE_AC()
        answer.decode(pdu)
        return answer.to_primitive()
    except Exception:  # pynetdicom raises what it likes on broken items
        raise Violation(upper_layer.INVALID_PARAMETER) from None


def _facts(target: Target) -> dict[str, str]:
    """For whoever mends the other side."""
    return {"peer": f"{target.host}:{target.port}"}


def _name(target: Target) -> str:
    return f"{target.called_aet} at {target.host}:{target.port}"
