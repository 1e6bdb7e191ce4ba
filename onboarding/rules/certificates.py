"""What a TLS certificate says, whether it serves for a host, whether a listener will let it in, and
whether its system can be called by TLS. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from archive.values import civil_day
from onboarding.errors import (
    CertificateEarly,
    CertificateExpired,
    CertificateNotCalled,
    CertificateOtherName,
    CertificateOtherUse,
    CertificateUnreadable,
    CertificateUntrusted,
)

FIELD = {"field": "certificate"}
# What an extended key usage must hold for either side, as OpenSSL sees it: of servers also the two
# old ones for strong ciphers (Microsoft's and Netscape's).
CALLS = frozenset({ExtendedKeyUsageOID.CLIENT_AUTH})
IS_CALLED = frozenset(
    {
        ExtendedKeyUsageOID.SERVER_AUTH,
        x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.3"),
        x509.ObjectIdentifier("2.16.840.1.113730.4.1"),
    }
)
Uses = frozenset[x509.ObjectIdentifier]
Extension = TypeVar("Extension", bound=x509.ExtensionType)
MAX_PEM = 32_768


@dataclass(frozen=True, slots=True)
class Certificate:
    """`names` are DNS names and addresses, lower case; `above` what was given behind the leaf."""

    leaf: x509.Certificate
    above: tuple[x509.Certificate, ...]
    subject: str
    issuer: str
    sha256: str
    valid_from: datetime
    valid_until: datetime
    names: tuple[str, ...]


def read(pem: str) -> Certificate:
    """The first certificate of a PEM text, with those behind it. Raises CertificateUnreadable, also
    for a private key: that must not be given to anybody.
    """
    if len(pem) > MAX_PEM or "PRIVATE KEY" in pem:
        raise CertificateUnreadable(facts=FIELD)
    try:
        leaf, *above = x509.load_pem_x509_certificates(pem.encode("ascii"))
        names = _names(leaf)
        for each in above:
            _ = each.extensions  # read when first asked for
    except (ValueError, UnicodeEncodeError, x509.DuplicateExtension):
        raise CertificateUnreadable(facts=FIELD) from None
    return Certificate(
        leaf=leaf,
        above=tuple(above),
        subject=leaf.subject.rfc4514_string()[:300],
        issuer=leaf.issuer.rfc4514_string()[:300],
        sha256=leaf.fingerprint(SHA256()).hex(),
        valid_from=leaf.not_valid_before_utc,
        valid_until=leaf.not_valid_after_utc,
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
    """Raises CertificateExpired, CertificateEarly, CertificateOtherName."""
    if at > certificate.valid_until:
        facts = {**FIELD, "until": civil_day(certificate.valid_until).isoformat()}
        raise CertificateExpired(facts=facts)
    if at < certificate.valid_from:
        facts = {**FIELD, "since": civil_day(certificate.valid_from).isoformat()}
        raise CertificateEarly(facts=facts)
    if host and not any(_covers(name, host.lower()) for name in certificate.names):
        facts = {**FIELD, "names": ", ".join(certificate.names)[:200], "host": host}
        raise CertificateOtherName(facts=facts)


def require_admitted(
    certificate: Certificate, trusted: Sequence[x509.Certificate], at: datetime
) -> None:
    """That a listener with these issuers lets the certificate in, as OpenSSL judges it: the way up
    ends in a self-signed certificate of theirs, by others of theirs or of the text. What OpenSSL
    would accept must not be refused here: `cryptography.x509.verification` is stricter.

    Raises CertificateOtherUse, CertificateUntrusted.
    """
    leaf = certificate.leaf
    if not (_is_for(leaf, CALLS) and _may_sign(leaf)):
        raise CertificateOtherUse(facts=FIELD)
    if not _is_believed(certificate, trusted, at, CALLS):
        is_own = leaf.issuer == leaf.subject
        issuer = "" if is_own else leaf.issuer.rfc4514_string()[:200]
        raise CertificateUntrusted(facts={**FIELD, "issuer": issuer})


def require_callable(
    certificate: Certificate, trusted: Sequence[x509.Certificate], at: datetime
) -> None:
    """That our calls by TLS go through to a system that shows the certificate; a listener with the
    same issuers lets it in. Raises CertificateNotCalled.
    """
    is_for = _is_for(certificate.leaf, IS_CALLED)
    if not (is_for and _is_believed(certificate, trusted, at, IS_CALLED)):
        raise CertificateNotCalled(facts=FIELD)


def _is_believed(
    certificate: Certificate, trusted: Sequence[x509.Certificate], at: datetime, uses: Uses
) -> bool:
    """What an issuer says of its own use holds for all below it."""
    roots = [each for each in trusted if each.issuer == each.subject and _is_valid(each, at)]
    issuers = [
        each
        for each in (*trusted, *certificate.above)
        if _is_valid(each, at) and _is_for(each, uses)
    ]
    return _leads_to([each for each in roots if _is_for(each, uses)], certificate.leaf, issuers)


def _is_for(certificate: x509.Certificate, uses: Uses) -> bool:
    """Where it says for what it is (RFC 5280 4.2.1.12)."""
    said = _extension(certificate, x509.ExtendedKeyUsage)
    return said is None or any(each in uses for each in said)


def _may_sign(certificate: x509.Certificate) -> bool:
    """As who calls must (RFC 5280 4.2.1.3)."""
    said = _extension(certificate, x509.KeyUsage)
    return said is None or said.digital_signature or said.key_agreement


def _extension(certificate: x509.Certificate, kind: type[Extension]) -> Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _is_valid(certificate: x509.Certificate, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _leads_to(
    roots: Sequence[x509.Certificate],
    leaf: x509.Certificate,
    issuers: Sequence[x509.Certificate],
) -> bool:
    """Each is looked at once, however they have certified one another."""
    reached, left = {leaf}, [leaf]
    while left:
        certificate = left.pop()
        if certificate in roots:
            return True
        above = {each for each in issuers if each not in reached and _has_issued(each, certificate)}
        reached |= above
        left += above
    return False


def _has_issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    if not _may_issue(issuer):
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    except UnsupportedAlgorithm:  # of the right name; the listener will see
        return True
    return True


def _may_issue(certificate: x509.Certificate) -> bool:
    """Those of X.509 version 1 cannot say so."""
    said = _extension(certificate, x509.BasicConstraints)
    return certificate.version is x509.Version.v1 if said is None else said.ca


def _names(found: x509.Certificate) -> tuple[str, ...]:
    """Subject alternative names; the common name only where there is none (RFC 6125 6.4.4)."""
    alternative = _extension(found, x509.SubjectAlternativeName)
    if alternative is None:
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
