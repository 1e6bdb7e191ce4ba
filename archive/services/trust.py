"""The store of issuers whose assertions are believed, one for each environment (XD-4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from django.db import transaction

from archive import ledger
from archive.actors import Actor
from archive.errors import CertificateInvalid
from archive.models import Connection, Environment, TrustedIssuer
from archive.models.dated import valid_on
from archive.services import roles
from archive.values import now, today

MAX_PEM = 32_768
LEAST_RSA, LEAST_CURVE = 2_048, 256  # bits


def certificates(environment: str, entity_id: str) -> Iterator[str]:
    """The certificates (PEM) with which this issuer may sign today, the newest first."""
    rows = TrustedIssuer.objects.filter(
        valid_on(today()), environment=environment, entity_id=entity_id
    )
    yield from rows.order_by("-valid_from", "-id").values_list("certificate", flat=True)


def add(
    actor: Actor, environment: Environment, entity_id: str, pem: str, *, reason: str
) -> TrustedIssuer:
    """Believe an issuer's assertions from today on; one that was retired is believed again.

    Raises StaffRoleUnfit, CertificateInvalid.
    """
    roles.require_administrator(actor)
    found = _read(pem)
    sha256 = found.fingerprint(SHA256()).hex()
    with transaction.atomic():
        row, made = TrustedIssuer.objects.get_or_create(
            environment=environment,
            entity_id=entity_id.strip(),
            certificate_sha256=sha256,
            defaults={
                "certificate": pem.strip(),
                "certificate_subject": found.subject.rfc4514_string()[:300],
                "certificate_until": found.not_valid_after_utc,
                "valid_from": today(),
            },
        )
        if not made and row.is_valid_on(today()):
            return row
        if not made:
            row.valid_from, row.valid_until = today(), None
            row.save(update_fields=["valid_from", "valid_until"])
        _record(actor, row, "issuer trusted", reason)
    return row


def retire(actor: Actor, row: TrustedIssuer, *, reason: str) -> None:
    """Believe it no longer, from this second on. Raises StaffRoleUnfit."""
    roles.require_administrator(actor)
    with transaction.atomic():
        day = today() - timedelta(days=1)
        live = TrustedIssuer.objects.filter(id=row.id).exclude(valid_until__lte=day)
        if live.update(valid_until=day):
            _record(actor, row, "issuer retired", reason)


@dataclass(frozen=True, slots=True)
class Hanging:
    """What hangs on a certificate in its environment."""

    others: int  # of the same issuer, believed as well
    needing: int  # open connections that are not heard without an assertion, of whatever issuer


def hanging_on(row: TrustedIssuer) -> Hanging:
    same = TrustedIssuer.objects.filter(
        valid_on(today()), environment=row.environment, entity_id=row.entity_id
    )
    needing = Connection.objects.filter(
        valid_on(today()), environment=row.environment, xua_required=True
    )
    return Hanging(same.exclude(id=row.id).count(), needing.count())


def _read(pem: str) -> x509.Certificate:
    """One certificate, valid today, with a key that is long enough. Raises CertificateInvalid."""
    if len(pem) > MAX_PEM or "PRIVATE KEY" in pem:
        raise CertificateInvalid(facts={"field": "certificate"})
    try:
        found = x509.load_pem_x509_certificate(pem.strip().encode("ascii"))
        key = found.public_key()
    except (ValueError, UnicodeEncodeError):
        raise CertificateInvalid(facts={"field": "certificate"}) from None
    fits = (isinstance(key, RSAPublicKey) and key.key_size >= LEAST_RSA) or (
        isinstance(key, EllipticCurvePublicKey) and key.key_size >= LEAST_CURVE
    )
    if not fits or not found.not_valid_before_utc <= now() <= found.not_valid_after_utc:
        raise CertificateInvalid(facts={"field": "certificate"})
    return found


def _record(actor: Actor, row: TrustedIssuer, what: str, reason: str) -> None:
    about = ledger.About(environment=row.environment, subject_id=row.id)
    facts = {
        "what": what,
        "issuer": row.entity_id,
        "certificate": row.certificate_sha256,
        "reason": reason,
    }
    ledger.record(ledger.Kind.TRUST_CHANGED, about, facts, actor=actor)
