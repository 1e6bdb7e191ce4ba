"""The MLLP listener: what its processes do with a connection (`edges.listening` forks them)."""

import hashlib
import logging
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass

from archive.config import Config, ConfigError, settings
from archive.edges import encryption
from archive.edges.hl7 import codec, handlers
from archive.edges.hl7.handlers import Visitor
from archive.edges.hl7.mllp import Broken, Found, Gone, Silent, TooLong, Wire
from archive.edges.limits import Associations
from archive.edges.listening import Entrance, Parent, Trade
from archive.errors import ArchiveError, TooManyAssociations
from archive.errors.persons import FrameBroken, MessageTooLong
from archive.values import uuid7

log = logging.getLogger(__name__)

SPARE_THREADS = 16
HANDSHAKE = 10.0  # seconds for TLS
MOST_BROKEN = 20  # broken frames on one connection


@dataclass(frozen=True, slots=True)
class Terms:
    """What a connection may bring, and in which time."""

    most_bytes: int  # of a message
    whole_within: float  # seconds, once begun
    idle: float  # seconds


def listener(listening: socket.socket, processes: int) -> Parent:
    """Raises ConfigError when the settings of TLS cannot be used."""
    config, most = settings(), settings().hl7_max_connections
    limit = Associations(processes, most)
    terms = Terms(config.hl7_max_message_bytes, config.hl7_timeout, config.hl7_idle)
    trade = Trade(
        kind="hl7",
        threads=most + SPARE_THREADS,
        open_door=lambda index, stopping: Door(index, limit, stopping, terms),
        facts=lambda index: {"port": settings().hl7_port, "connections": limit.of(index)},
        forget=limit.clear,
    )
    return Parent([Entrance(listening, tls_context(config))], processes, trade)


def tls_context(config: Config) -> ssl.SSLContext | None:
    """None for plain TCP. Raises ConfigError."""
    if not config.hl7_certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    encryption.harden(context)
    try:
        context.load_cert_chain(config.hl7_certificate, config.hl7_key or None)
    except (OSError, ssl.SSLError):
        raise ConfigError("HL7_CERTIFICATE and HL7_KEY are no certificate and its key") from None
    if config.hl7_client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        try:
            context.load_verify_locations(config.hl7_client_ca)
        except (OSError, ssl.SSLError):
            raise ConfigError("HL7_CLIENT_CA is no file of certificates") from None
    return context


class Door:
    """The door of one listener process."""

    def __init__(
        self, index: int, limit: Associations, stopping: threading.Event, terms: Terms
    ) -> None:
        self.index = index
        self.limit = limit
        self.stopping = stopping
        self.terms = terms
        self._wires: set[Wire] = set()
        self._lock = threading.Lock()

    def answer(self, connection: socket.socket, context: ssl.SSLContext | None = None) -> None:
        """Serve one connection to its end, encrypted when there is a context for it."""
        with connection, suppress(OSError):
            visitor = Visitor(_address(connection))
            try:
                with self.limit.one_more(self.index):
                    self._open(connection, context, visitor)
            except TooManyAssociations as error:
                handlers.report(error, visitor, uuid7())

    def wake_idle(self) -> None:
        with self._lock:
            wires = list(self._wires)
        for wire in wires:
            wire.stop_reading()

    def _open(
        self, connection: socket.socket, context: ssl.SSLContext | None, visitor: Visitor
    ) -> None:
        if context is None:
            self._serve(connection, visitor)
            return
        try:
            secured = encryption.accept(connection, context, HANDSHAKE)
        except OSError as error:
            why = encryption.why(error)
            log.warning("no TLS with a caller at %s: %s", visitor.address, why or error)
            if why:
                handlers.report_unencrypted(why, visitor)
            return
        with secured:
            self._serve(secured, _visitor(visitor.address, secured))

    def _serve(self, connection: socket.socket, visitor: Visitor) -> None:
        wire = Wire(
            connection,
            most=self.terms.most_bytes,
            whole_within=self.terms.whole_within,
            idle=self.terms.idle,
            crowded=self.limit.half_full,
        )
        with self._lock:
            self._wires.add(wire)
        try:
            self._talk(wire, visitor)
        finally:
            with self._lock:
                self._wires.discard(wire)

    def _talk(self, wire: Wire, visitor: Visitor) -> None:
        """Message after message, until either side ends."""
        broken = 0
        try:
            while not self.stopping.is_set():
                found = wire.read()
                broken += isinstance(found, Broken)
                if not self._react(wire, found, visitor) or broken > MOST_BROKEN:
                    break
            wire.say_goodbye()
        except Silent:
            if wire.frames.inside:
                self._report(FrameBroken("frame does not end"), visitor)
        except Gone:
            if wire.frames.inside and not self.stopping.is_set():
                self._report(FrameBroken("peer left in the middle of a frame"), visitor)

    def _react(self, wire: Wire, found: Found, visitor: Visitor) -> bool:
        """Whether to go on. Raises Gone."""
        if isinstance(found, Broken):
            self._report(FrameBroken(found.why), visitor)
            return True
        if isinstance(found, TooLong):
            error = MessageTooLong(facts={"most": str(wire.frames.most)})
            self._report(error, visitor, found.beginning)
            wire.send(codec.acknowledge(found.beginning, error))
            return False
        answer = handlers.answer(found.raw, visitor)
        wire.is_known = wire.is_known or answer.is_known
        wire.send(answer.content)
        return not answer.is_last

    def _report(self, error: ArchiveError, visitor: Visitor, raw: bytes = b"") -> None:
        log.warning("hl7 connection: %s", error.detail)
        handlers.report(error, visitor, uuid7(), raw)


def _address(connection: socket.socket) -> str:
    """The peer's address; an IPv4 one also on a socket for both."""
    return str(connection.getpeername()[0]).removeprefix("::ffff:")


def _visitor(address: str, secured: ssl.SSLSocket) -> Visitor:
    """With the client's certificate; without one when TLS is not mutual."""
    shown = secured.getpeercert(binary_form=True) or b""
    return Visitor(address, hashlib.sha256(shown).hexdigest() if shown else "", shown)
