"""What a TLS certificate says, and whether it serves for a host. Pure."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from onboarding.errors import CertificateExpired, CertificateOtherName, CertificateUnreadable

FIELD = {"field": "certificate"}
MAX_PEM = 32_768


@dataclass(frozen=True, slots=True)
class Certificate:
    """`names` are DNS names and addresses, lower case."""

    subject: str
    issuer: str
    sha256: str
    valid_from: datetime
    valid_until: datetime
    names: tuple[str, ...]


def read(pem: str) -> Certificate:
    """The first certificate of a PEM text. Raises CertificateUnreadable, also for a private key:
    that must not be given to anybody.
    """
    if len(pem) > MAX_PEM or "PRIVATE KEY" in pem:
        raise CertificateUnreadable(facts=FIELD)
    try:
        found = x509.load_pem_x509_certificate(pem.encode("ascii"))
        names = _names(found)
    except (ValueError, UnicodeEncodeError, x509.DuplicateExtension):
        raise CertificateUnreadable(facts=FIELD) from None
    return Certificate(
        subject=found.subject.rfc4514_string()[:300],
        issuer=found.issuer.rfc4514_string()[:300],
        sha256=found.fingerprint(SHA256()).hex(),
        valid_from=found.not_valid_before_utc,
        valid_until=found.not_valid_after_utc,
        names=names,
    )


def as_pem(content: bytes) -> str:
    """A file's content, in PEM or DER form. Raises CertificateUnreadable."""
    try:
        if b"-----BEGIN" in content:
            return content.decode("ascii").strip()
        found = x509.load_der_x509_certificate(content)
    except ValueError:
        raise CertificateUnreadable(facts=FIELD) from None
    return found.public_bytes(Encoding.PEM).decode("ascii")


def require_fit(certificate: Certificate, host: str, at: datetime) -> None:
    """Raises CertificateExpired (also before its time), CertificateOtherName."""
    if not certificate.valid_from <= at <= certificate.valid_until:
        facts = {**FIELD, "until": certificate.valid_until.date().isoformat()}
        raise CertificateExpired(facts=facts)
    if host and not any(_covers(name, host.lower()) for name in certificate.names):
        facts = {**FIELD, "names": ", ".join(certificate.names)[:200], "host": host}
        raise CertificateOtherName(facts=facts)


def _names(found: x509.Certificate) -> tuple[str, ...]:
    """Subject alternative names; the common name only where there is none (RFC 6125 6.4.4)."""
    try:
        alternative = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        common = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return tuple(str(each.value).lower() for each in common)
    named = alternative.get_values_for_type(x509.DNSName)
    addresses = alternative.get_values_for_type(x509.IPAddress)
    return (*(name.lower() for name in named), *(str(address) for address in addresses))


def _covers(name: str, host: str) -> bool:
    """A wildcard stands for one leftmost label (RFC 6125 6.4.3); never for a part of an address."""
    if name == host:
        return True
    try:
        ip_address(host)
    except ValueError:
        first, _dot, rest = host.partition(".")
        return bool(first) and "." in rest and name == f"*.{rest}"
    return False
