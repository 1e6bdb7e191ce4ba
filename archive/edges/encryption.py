"""TLS of the listeners and of our calls: what is agreed to, and what becomes of a handshake that
fails (RFC 9325, BCP 195).
"""

import socket
import ssl
import time
from contextlib import suppress

PARTING = 1.0  # seconds for a refused caller to read why
# Of TLS 1.2: who gets hold of a key some day must not read what was sent before, so no transport of
# keys by RSA; and no SHA-1. Those of TLS 1.3 are all such.
CIPHERS = (
    "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:DHE+AES"
    ":!SHA1:!AESCCM:!aNULL:!aDSS"
)


def harden(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)


def accept(connection: socket.socket, context: ssl.SSLContext, timeout: float) -> ssl.SSLSocket:
    """The same connection, encrypted; the one given is used up. Raises OSError."""
    connection.settimeout(timeout)
    secured = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
    try:
        secured.do_handshake()
    except BaseException as raised:
        if isinstance(raised, ssl.SSLError):
            _be_read(secured)
        secured.close()
        raise
    return secured


def _be_read(refused: ssl.SSLSocket) -> None:
    """An alert says why. To close at once, with bytes of the caller's unread, could destroy it."""
    until = time.monotonic() + PARTING
    with suppress(OSError):
        refused.settimeout(PARTING)
        # The plain socket's own: there is no cipher to go through.
        socket.socket.shutdown(refused, socket.SHUT_WR)
        while time.monotonic() < until and socket.socket.recv(refused, 4096):
            continue


def why(error: OSError) -> str:
    """Why there is no TLS; empty when the caller only went away, as whoever looks for an open port
    does.
    """
    if not isinstance(error, ssl.SSLError) or isinstance(
        error, ssl.SSLEOFError | ssl.SSLZeroReturnError
    ):
        return ""
    told = (getattr(error, name, None) for name in ("reason", "verify_message"))
    return ": ".join(str(each) for each in told if each) or str(error)
