"""TLS for associations, PS3.15 annex B: both sides show a certificate of a trusted issuer.

An AE title is bound to one certificate by its SHA-256. No host names are compared: the certificate
itself is.
"""

import hashlib
import socket
import ssl
import time
from contextlib import suppress

from archive.config import settings
from archive.errors import PeerUnreachable

PARTING = 1.0  # seconds for a refused caller to read why


def is_configured() -> bool:
    return bool(settings().dicom_tls_certificate)


def server_context() -> ssl.SSLContext:
    """Raises OSError, when a file of the settings cannot be read."""
    return _with_our_files(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))


def client_context(certificate_sha256: str) -> ssl.SSLContext:
    """For calling one system: no other certificate will do. Raises PeerUnreachable."""
    if not is_configured():
        raise PeerUnreachable("encryption is wanted, and the archive has no certificate of its own")
    context = _Pinning(ssl.PROTOCOL_TLS_CLIENT)
    context.wanted = certificate_sha256
    context.check_hostname = False
    try:
        return _with_our_files(context)
    except OSError:
        raise PeerUnreachable("the archive's certificate or key cannot be read") from None


def _with_our_files(context: ssl.SSLContext) -> ssl.SSLContext:
    config = settings()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(config.dicom_tls_certificate, config.dicom_tls_key or None)
    context.load_verify_locations(config.dicom_tls_ca)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


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


def fingerprint(connection: ssl.SSLSocket) -> str:
    """SHA-256 of the other side's certificate, as hexadecimal digits."""
    return hashlib.sha256(connection.getpeercert(binary_form=True) or b"").hexdigest()


class _PinnedSocket(ssl.SSLSocket):
    """Nothing is said to a system with another certificate, though its issuer be trusted."""

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        if fingerprint(self) != self.context.wanted:  # type: ignore[attr-defined]
            raise ssl.SSLCertVerificationError("certificate is not the registered one")


class _Pinning(ssl.SSLContext):
    wanted = ""
    sslsocket_class = _PinnedSocket
