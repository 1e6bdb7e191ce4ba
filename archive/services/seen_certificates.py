"""Certificates that customers' systems showed or that were loaded for them, so that it is known
when they expire. A connection names its certificate by digest alone.
"""

import hashlib
from datetime import datetime

from cryptography import x509

from archive.models import SeenCertificate

_noted: set[str] = set()  # by this process: each costs one statement, once


def note(der: bytes) -> None:
    """After its owner was let in. What cannot be read has no end that could be watched."""
    digest = hashlib.sha256(der).hexdigest()
    if not der or digest in _noted:
        return
    try:
        read = x509.load_der_x509_certificate(der)
        subject, until = read.subject.rfc4514_string(), read.not_valid_after_utc
    except ValueError:
        return
    know(digest, subject, until)
    _noted.add(digest)


def know(sha256: str, subject: str, until: datetime) -> None:
    """Also before it was ever shown."""
    made = SeenCertificate(sha256=sha256, subject=subject[:300], until=until)
    SeenCertificate.objects.bulk_create([made], ignore_conflicts=True)
