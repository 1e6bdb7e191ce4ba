"""Whose certificates our listeners let in, by the files of the settings (ON-3)."""

import logging
from pathlib import Path

from cryptography import x509

from archive.config import settings
from archive.models import ConnectionKind

log = logging.getLogger(__name__)


def trusted(kind: ConnectionKind) -> list[x509.Certificate]:
    """By the listener for connections of this kind. None where it asks for no certificate, or where
    the portal cannot read its file: then the first handshake tells.
    """
    config = settings()
    files = {ConnectionKind.DICOM: config.dicom_tls_ca, ConnectionKind.HL7: config.hl7_client_ca}
    file = files.get(kind, "")
    if not file:
        return []
    try:
        return x509.load_pem_x509_certificates(Path(file).read_bytes())
    except (OSError, ValueError):
        log.warning("the trusted issuers of %s connections cannot be read", kind.value)
        return []
