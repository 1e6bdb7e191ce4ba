"""Sending to the receiver over TLS, a connection a batch.

Syslog has no acknowledgement. A batch counts as sent when the receiver has read to its end: we
close our side (close_notify) and wait until it has closed its own.
"""

import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from archive.config import settings
from archive.edges.syslog import codec
from archive.errors import Broken, PeerAborted, PeerRejected, PeerUnreachable
from archive.objects.audit import Message

TIMEOUT = 20.0  # seconds for each wait


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

    Raises PeerUnreachable, PeerRejected, PeerAborted, Broken.
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
        _end(secured)
    except OSError as error:
        raise PeerAborted(_said("audit receiver broke off", error)) from error


def _end(secured: ssl.SSLSocket) -> None:
    """Say that nothing more comes, and wait for the receiver to have come that far.

    One that only closes its socket, without a close_notify of its own, has read everything too.
    """
    try:
        plain = secured.unwrap()
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        return
    with suppress(OSError):  # it has answered: what becomes of the socket is all the same
        plain.close()


def _said(what: str, error: OSError) -> str:
    return f"{what}: {type(error).__name__}"
