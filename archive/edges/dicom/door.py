"""What happens to one connection: its request read, its peer established, then served or
rejected (ON-3).
"""

import logging
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from archive import conversation, tracing
from archive.config import settings
from archive.edges import encryption
from archive.edges.dicom import acceptance, tls
from archive.edges.dicom.acceptance import Agreement, Request
from archive.edges.dicom.association import ServedAssociation
from archive.edges.dicom.channel import Terms
from archive.edges.dicom.replies import REJECTIONS
from archive.edges.dicom.upper_layer import Gone, SpeaksTls, Violation, Wire
from archive.edges.edge import exchange, reply_for
from archive.edges.limits import Associations, Strangers
from archive.errors import (
    ArchiveError,
    CustomerTooBusy,
    DatabaseGone,
    TlsFailed,
    TooManyAssociations,
)
from archive.services import associations, landed, seen_certificates
from archive.services.associations import Peer
from archive.services.sessions import Session
from archive.values import uuid7

log = logging.getLogger(__name__)

ARTIM = 15.0  # seconds for the association request, PS3.8 section 9.1.5


@dataclass(frozen=True, slots=True)
class Caller:
    """What the connection itself tells: the address, and over TLS the certificate's SHA-256 and
    bytes.
    """

    address: str
    certificate: str | None
    shown: bytes = b""


class Door:
    """The door of one listener process."""

    def __init__(
        self, index: int, limit: Associations, customers: Strangers, stopping: threading.Event
    ) -> None:
        self.index = index
        self.limit = limit
        self.customers = customers
        self.stopping = stopping
        self._wires: set[Wire] = set()
        self._lock = threading.Lock()

    def answer(self, connection: socket.socket, context: ssl.SSLContext | None = None) -> None:
        """Serve one connection to its end, encrypted when there is a context for it."""
        if context is None:
            self._answer(connection)
            return
        address = _address_or_none(connection)
        try:
            secured = encryption.accept(connection, context, min(ARTIM, settings().dicom_timeout))
        except OSError as error:  # no certificate, or none we trust: it has told no title
            why = encryption.why(error)
            log.warning("no TLS with a caller at %s: %s", address, why or error)
            if why:
                _report_unheard(why, address)
            return
        self._answer(secured)

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            wire = Wire(connection, min(ARTIM, settings().dicom_timeout))
            try:
                self._admit(wire, acceptance.read_request(wire), _caller(connection))
            except Violation as violation:
                _note_violation(violation, _address_or_none(connection))
                wire.abort(violation.reason)
            except TimeoutError:
                wire.abort()
            except (Gone, OSError):
                return

    def wake_idle(self) -> None:
        """At stopping: end the waiting of those that are between two messages."""
        with self._lock:
            waiting = [wire for wire in self._wires if wire.waiting and not wire.has_unread()]
        for wire in waiting:
            wire.stop_reading()

    def _admit(self, wire: Wire, request: Request, caller: Caller) -> None:
        """Raises Violation, Gone, TimeoutError."""
        refusal = request.refusal()
        if refusal is not None:
            wire.reject(refusal)
            return
        agreement = acceptance.negotiate(request)
        association_id = uuid7()
        with conversation.within(association_id), tracing.span("dicom association", "server"):
            self._agree(wire, request, agreement, caller, association_id)

    def _agree(
        self,
        wire: Wire,
        request: Request,
        agreement: Agreement,
        caller: Caller,
        association_id: UUID,
    ) -> None:
        try:
            with self.limit.one_more(self.index):
                peer, session = self._establish(request, caller, association_id)
                conversation.known(connection=peer.connection_id, organisation=peer.organisation_id)
                with self.customers.one_more(peer):
                    self._serve(wire, request, agreement, peer, session)
        except (TooManyAssociations, CustomerTooBusy) as error:
            _report(error, request, caller.address, association_id)
            wire.reject(reply_for(REJECTIONS, error))
        except ArchiveError as error:
            log.warning("association %s rejected: %s", association_id, error.reason())
            wire.reject(reply_for(REJECTIONS, error))

    def _establish(
        self, request: Request, caller: Caller, association_id: UUID
    ) -> tuple[Peer, Session]:
        """Raises what the association is rejected for."""
        if self.stopping.is_set():
            raise DatabaseGone("listener is stopping")
        with exchange(association_id):
            landed.watch.look()  # nobody is told that something is not there that was answered for
            peer = associations.establish(
                calling=request.calling,
                called=request.called,
                address=caller.address,
                association_id=association_id,
                certificate=caller.certificate,
            )
            seen_certificates.note(caller.shown)
            return peer, Session(peer, partial(self.customers.one_object, peer))

    def _serve(
        self, wire: Wire, request: Request, agreement: Agreement, peer: Peer, session: Session
    ) -> None:
        """Raises nothing but what sending the acceptance does."""
        wire.be_patient(settings().dicom_timeout)
        wire.send(acceptance.encode_acceptance(request, agreement))
        terms = Terms(agreement.accepted, request.largest_pdu, agreement.taken, agreement.together)
        with self._lock:
            self._wires.add(wire)
        try:
            ServedAssociation(wire, terms, peer, session, self.stopping).run()
        finally:
            with self._lock:
                self._wires.discard(wire)


def _report(error: ArchiveError, request: Request, address: str, association_id: UUID) -> None:
    """On the desk, if that can be reached; the rejection goes out anyhow."""
    with suppress(ArchiveError), exchange(association_id):
        associations.report(
            error,
            calling=request.calling,
            called=request.called,
            address=address,
            association_id=association_id,
        )


def _note_violation(violation: Violation, address: str) -> None:
    if isinstance(violation, SpeaksTls):
        _report_unheard("the caller speaks TLS, at the port without it", address)
    log.warning("no request of a caller at %s: A-ABORT, reason %d", address, violation.reason)


def _report_unheard(why: str, address: str) -> None:
    call_id = uuid7()
    with suppress(ArchiveError), exchange(call_id):
        associations.report_unheard(
            TlsFailed(why, facts={"tls": why}), address=address, correlation_id=call_id
        )


def _address(connection: socket.socket) -> str:
    """Raises OSError, when it is gone already."""
    return str(connection.getpeername()[0]).removeprefix("::ffff:")  # on a socket for both


def _address_or_none(connection: socket.socket) -> str:
    try:
        return _address(connection)
    except OSError:
        return ""


def _caller(connection: socket.socket) -> Caller:
    """Raises OSError, when it is gone already."""
    address = _address(connection)
    if not isinstance(connection, ssl.SSLSocket):
        return Caller(address, None)
    shown = connection.getpeercert(binary_form=True) or b""
    return Caller(address, tls.fingerprint(connection), shown)
