"""TLS for associations, PS3.15 annex B: both sides show a certificate of a trusted issuer.

An AE title is bound to one certificate by its SHA-256. No host names are compared: the certificate
itself is.
"""

import hashlib
import ssl

from archive.config import settings
from archive.edges import encryption
from archive.errors import PeerUnreachable


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
    encryption.harden(context)
    context.load_cert_chain(config.dicom_tls_certificate, config.dicom_tls_key or None)
    context.load_verify_locations(config.dicom_tls_ca)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def fingerprint(connection: ssl.SSLSocket) -> str:
    """SHA-256 of the other side's certificate, as hexadecimal digits."""
    return hashlib.sha256(connection.getpeercert(binary_form=True) or b"").hexdigest()


class _PinnedSocket(ssl.SSLSocket):
    """Nothing is said to a system with another certificate, though its issuer be trusted."""

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        if fingerprint(self) != self.context.wanted:  # type: ignore[attr-defined]
            raise ssl.SSLCertVerificationError(
                ssl.SSL_ERROR_SSL, "certificate is not the registered one"
            )


class _Pinning(ssl.SSLContext):
    wanted = ""
    sslsocket_class = _PinnedSocket
