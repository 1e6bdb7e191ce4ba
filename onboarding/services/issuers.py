"""Whose certificates our listeners let in, by the files of the settings, and what is judged by them
(ON-3).
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from archive.config import settings
from archive.models import ConnectionKind
from archive.queries import certificates as files
from onboarding.rules import certificates
from onboarding.rules.certificates import Certificate

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Use:
    """What a system's certificate is for: `host` where it must name it, and whether the system
    speaks TLS alone. A DICOM system is then called by TLS, for commitment reports, confirmations
    and what is fetched.
    """

    kind: str
    host: str
    tls: bool

    @property
    def is_called(self) -> bool:
        return self.tls and self.kind == ConnectionKind.DICOM


def judge(certificate: Certificate, use: Use, at: datetime) -> None:
    """Raises CertificateExpired, CertificateEarly, CertificateOtherName, CertificateOtherUse,
    CertificateUntrusted, CertificateNotCalled.
    """
    certificates.require_fit(certificate, use.host, at)
    if issuers := trusted(use.kind):
        certificates.require_admitted(certificate, issuers, at)
        if use.is_called:
            certificates.require_callable(certificate, issuers, at)


def trusted(kind: str) -> list[x509.Certificate]:
    """By the listener for connections of this kind. None where it asks for no certificate, or where
    the portal cannot read its file: then the first handshake tells.
    """
    config = settings()
    named = {ConnectionKind.DICOM: config.dicom_tls_ca, ConnectionKind.HL7: config.hl7_client_ca}
    file = named.get(ConnectionKind(kind), "")
    found = files.in_file(file)
    if file and not found:
        log.warning("the trusted issuers of %s connections cannot be read", kind)
    return found
