"""Whose certificates our listeners let in, by the files of the settings (ON-3)."""

import logging

from cryptography import x509

from archive.config import settings
from archive.models import ConnectionKind
from archive.queries import certificates

log = logging.getLogger(__name__)


def trusted(kind: ConnectionKind) -> list[x509.Certificate]:
    """By the listener for connections of this kind. None where it asks for no certificate, or where
    the portal cannot read its file: then the first handshake tells.
    """
    config = settings()
    files = {ConnectionKind.DICOM: config.dicom_tls_ca, ConnectionKind.HL7: config.hl7_client_ca}
    file = files.get(kind, "")
    found = certificates.in_file(file)
    if file and not found:
        log.warning("the trusted issuers of %s connections cannot be read", kind.value)
    return found
