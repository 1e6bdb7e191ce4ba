"""Certificates by when they expire: those of customers' systems, as they were shown or loaded,
those of trusted issuers, and the service's own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography import x509

from archive.config import settings
from archive.models import Connection, SeenCertificate, TrustedIssuer
from archive.models.dated import not_ended_on, valid_on
from archive.values import now, today

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Certificate:
    """`what` is a stable word: system, issuer, or the interface of one of our own."""

    what: str
    name: str
    environment: str
    until: datetime
    key: str
    organisation_id: UUID | None = None

    @property
    def days_left(self) -> float:
        return (self.until - now()) / ONE_DAY


def certificates() -> list[Certificate]:
    """The next to expire first."""
    return sorted([*_of_systems(), *_of_issuers(), *_own()], key=lambda each: each.until)


def _of_systems() -> list[Certificate]:
    """Of connections in force. One that was neither shown nor loaded is not known."""
    live = Connection.objects.filter(not_ended_on(today()))
    named = list(live.exclude(certificate_sha256="").select_related("organisation"))
    seen = SeenCertificate.objects.in_bulk([row.certificate_sha256 for row in named])
    return [
        Certificate(
            "system",
            f"{row.organisation.name}: {row}",
            row.environment,
            seen[row.certificate_sha256].until,
            f"{row.id} {row.certificate_sha256}",
            row.organisation_id,
        )
        for row in named
        if row.certificate_sha256 in seen
    ]


def _of_issuers() -> list[Certificate]:
    """One that is followed by another of the same issuer is not missed when it expires."""
    live = TrustedIssuer.objects.filter(valid_on(today()))
    newest: dict[tuple[str, str], TrustedIssuer] = {}
    for row in live.order_by("certificate_until"):
        newest[row.environment, row.entity_id] = row
    return [
        Certificate("issuer", row.entity_id, row.environment, row.certificate_until, str(row.id))
        for row in newest.values()
    ]


def _own() -> list[Certificate]:
    known = settings()
    files = {
        "dicom": known.dicom_tls_certificate,
        "hl7": known.hl7_certificate,
        "audit": known.atna_cert,
    }
    found = []
    for what, file in files.items():
        for first in in_file(file)[:1]:
            name = first.subject.rfc4514_string()
            found.append(Certificate(what, name, "", first.not_valid_after_utc, what))
    return found


def in_file(file: str) -> list[x509.Certificate]:
    """Those of a PEM file of the settings. None where it is not set or cannot be read: that is the
    trouble of whoever listens or calls with it, and said there.
    """
    if not file:
        return []
    try:
        return x509.load_pem_x509_certificates(Path(file).read_bytes())
    except (OSError, ValueError):
        return []
