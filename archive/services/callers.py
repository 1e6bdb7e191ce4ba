"""Which system calls over HTTP: by its credentials and, behind a proxy that ends TLS, by the
certificate it showed there (XD-4).

The proxy tells the certificate in a header. It is believed from the proxy's address alone, and only
where a proxy is configured; from anywhere else it is an attempt to pass for somebody.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import unquote

from archive import conversation
from archive.actors import Actor
from archive.config import settings
from archive.errors import AssertionUnreadable
from archive.errors.web import ClientCertificateWrong, ProxyUntrusted
from archive.models import Connection
from archive.services import credentials, seen_certificates
from archive.services.assertions import Presented
from archive.values import today

MAX_ASSERTION = 32 << 10  # of its base64 form
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Caller:
    """What a request brings for knowing who sends it."""

    authorization: str
    address: str  # of whoever is connected to us
    fingerprint: str = ""  # SHA-256 of the certificate, in hexadecimal
    certificate: str = ""  # or the certificate: PEM, escaped as in a URL
    assertion: str = ""  # of the professional, base64url of SAML 2.0

    @classmethod
    def of(cls, environ: Mapping[str, Any]) -> "Caller":
        """From the names that WSGI gives a request's headers."""
        return cls(
            *(
                str(environ.get(name, "")).strip()
                for name in (
                    "HTTP_AUTHORIZATION",
                    "REMOTE_ADDR",
                    "HTTP_X_SSL_CLIENT_SHA256",
                    "HTTP_X_SSL_CLIENT_CERT",
                    "HTTP_X_XUA_ASSERTION",
                )
            )
        )

    def presented(self, message_id: str, address: str) -> Presented:
        """For requests that are no SOAP message. Raises AssertionUnreadable."""
        if not self.assertion:
            return Presented(None, message_id, address)
        if len(self.assertion) > MAX_ASSERTION:
            raise AssertionUnreadable("the assertion is too long")
        text = self.assertion.rstrip("=").translate(str.maketrans("+/", "-_"))
        try:
            token = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise AssertionUnreadable("the header holds no base64") from None
        return Presented(token, message_id, address)


def identify(caller: Caller) -> Actor:
    """The connection behind a request. Raises PeerUnknown, PeerEnded, ProxyUntrusted,
    ClientCertificateWrong.
    """
    user, secret = credentials.basic(caller.authorization)
    shown = _shown(caller)
    actor = credentials.identify(user, secret, today())
    if settings().client_certificate_proxies:
        _require_certificate(actor, shown)
        if caller.certificate and not caller.fingerprint:
            seen_certificates.note(_der(unquote(caller.certificate)))
    conversation.known(connection=actor.connection_id, organisation=actor.organisation_id)
    return actor


def _shown(caller: Caller) -> str:
    """The fingerprint of the certificate that the proxy saw; empty: none. Without a proxy the
    headers mean nothing. Raises ProxyUntrusted, ClientCertificateWrong.
    """
    proxies = settings().client_certificate_proxies
    if not proxies or not (caller.fingerprint or caller.certificate):
        return ""
    if not _is_of(caller.address, proxies):
        raise ProxyUntrusted(facts={"address": caller.address})
    if caller.fingerprint:
        return caller.fingerprint.replace(":", "").lower()
    return hashlib.sha256(_der(unquote(caller.certificate))).hexdigest()


def _is_of(address: str, proxies: tuple[str, ...]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in ip_network(each) for each in proxies)


def _der(pem: str) -> bytes:
    """Raises ClientCertificateWrong."""
    body = pem.partition(_BEGIN)[2].partition(_END)[0]
    try:
        der = base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        der = b""
    if not der:
        raise ClientCertificateWrong("the proxy's header holds no certificate")
    return der


def _require_certificate(actor: Actor, shown: str) -> None:
    """A connection that has a certificate shows that one; one without shows nobody else's. Raises
    ClientCertificateWrong.
    """
    pinned = Connection.objects.values_list("certificate_sha256", flat=True).get(
        id=actor.connection_id
    )
    if pinned:
        if shown != pinned:
            raise ClientCertificateWrong()
        return
    others = Connection.objects.filter(certificate_sha256=shown).exclude(
        organisation_id=actor.customer_id
    )
    if shown and others.exists():
        raise ClientCertificateWrong("the certificate is another organisation's")
