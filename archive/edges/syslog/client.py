"""Sending to the receiver over TLS, a connection a batch.

Syslog has no acknowledgement, so one is made of how a connection ends. First the receiver's machine
must have taken every byte; then we close our side and wait for the receiver to close its own. A
program that closes a connection without having read all of it makes its machine send a reset, which
is a failure here; an orderly end says that it has read everything.
"""

import fcntl
import select
import socket
import ssl
import struct
import termios
import time
from collections.abc import Iterable
from dataclasses import dataclass

from archive.config import settings
from archive.edges.syslog import codec
from archive.errors import Broken, PeerAborted, PeerRejected, PeerSilent, PeerUnreachable
from archive.objects.audit import Message

TIMEOUT = 20.0  # seconds for each wait
LOOK_AGAIN = 0.01


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where to, and by which files the two know each other."""

    host: str
    port: int
    ca: str = ""
    certificate: str = ""
    key: str = ""


def receiver() -> Receiver | None:
    """The receiver of the settings, or None when none is set."""
    known = settings()
    if not known.atna_host:
        return None
    return Receiver(
        known.atna_host, known.atna_port, known.atna_ca, known.atna_cert, known.atna_key
    )


def send(to: Receiver, messages: Iterable[Message]) -> None:
    """Returns when the receiver has read all of them.

    Raises PeerUnreachable, PeerRejected, PeerAborted, PeerSilent, Broken.
    """
    context = _context(to)
    try:
        plain = socket.create_connection((to.host, to.port), TIMEOUT)
    except OSError as error:
        raise PeerUnreachable(_said("audit receiver cannot be reached", error)) from error
    with plain:
        try:
            secured = context.wrap_socket(plain, server_hostname=to.host)
        except OSError as error:
            raise PeerRejected(_said("no TLS with the audit receiver", error)) from error
        with secured:
            _transfer(secured, messages)


def _context(to: Receiver) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=to.ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if to.certificate:
            context.load_cert_chain(to.certificate, to.key or None)
    except OSError as error:
        raise Broken(_said("ATNA_CA, ATNA_CERT or ATNA_KEY cannot be used", error)) from error
    return context


def _transfer(secured: ssl.SSLSocket, messages: Iterable[Message]) -> None:
    try:
        for message in messages:
            secured.sendall(codec.frame(message))
        _drain(secured)
        _end(secured)
    except TimeoutError as error:
        raise PeerSilent("audit receiver did not take the messages in time") from error
    except OSError as error:
        raise PeerAborted(_said("audit receiver broke off", error)) from error


def _drain(secured: ssl.SSLSocket) -> None:
    """Wait until the receiver's machine has taken every byte."""
    deadline = time.monotonic() + TIMEOUT
    while _unacknowledged(secured):
        if secured.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise ConnectionResetError
        if time.monotonic() > deadline:
            raise TimeoutError
        select.select([], [], [], LOOK_AGAIN)
    if secured.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise ConnectionResetError


def _unacknowledged(secured: ssl.SSLSocket) -> int:
    """Bytes that TCP has not seen acknowledged (tcp(7), SIOCOUTQ)."""
    waiting = fcntl.ioctl(secured.fileno(), termios.TIOCOUTQ, struct.pack("i", 0))
    count: int = struct.unpack("i", waiting)[0]
    return count


def _end(secured: ssl.SSLSocket) -> None:
    """Say that nothing more comes, and wait for the receiver's own end; a reset raises."""
    try:
        plain = secured.unwrap()
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        return  # it closed its socket without a close_notify
    with plain:
        plain.shutdown(socket.SHUT_WR)
        while plain.recv(4096):
            pass


def _said(what: str, error: OSError) -> str:
    return f"{what}: {type(error).__name__}"
