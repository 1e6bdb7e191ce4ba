"""Certificates of an issuer that both sides trust, as PEM files; and of one that nobody does."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its key."""

    certificate: Path
    key: Path
    sha256: str


class Authority:
    """Issues certificates into a folder."""

    def __init__(self, folder: Path, name: str = "trusted") -> None:
        self.folder = folder
        self.name = name
        self._key = _key(name, "")
        self._certificate = self._sign(name, self._key, is_issuer=True)
        self.file = folder / f"{name}-issuer.pem"
        self.file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, days: int = 30) -> Identity:
        """Valid for so many days from now; with less than none it has expired."""
        key = _key(self.name, name)
        made = self._sign(name, key, is_issuer=False, days=days)
        certificate, key_file = (
            self.folder / f"{self.name}-{name}.{kind}" for kind in ("pem", "key")
        )
        certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )
        return Identity(certificate, key_file, made.fingerprint(hashes.SHA256()).hex())

    def client(self, identity: Identity | None) -> ssl.SSLContext:
        """How a customer's system calls; without an identity it shows no certificate."""
        context = ssl.create_default_context(cafile=str(self.file))
        context.check_hostname = False
        if identity is not None:
            context.load_cert_chain(identity.certificate, identity.key)
        return context

    def server(self, identity: Identity) -> ssl.SSLContext:
        """How a customer's system is called: our certificate is demanded."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity.certificate, identity.key)
        context.load_verify_locations(self.file)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _sign(
        self, name: str, key: rsa.RSAPrivateKey, *, is_issuer: bool, days: int = 30
    ) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        at = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - timedelta(days=9))
            .not_valid_after(at + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=is_issuer, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )


@cache
def _key(authority: str, name: str) -> rsa.RSAPrivateKey:
    """Of that name in every test: what is told apart is certificates."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
