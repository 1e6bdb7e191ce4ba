"""Services that may ask with signed assertions, and their keys (AC-6)."""

import base64
import hashlib
import json
from datetime import timedelta

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.db import transaction
from jwt import PyJWK
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.exceptions import PyJWTError

from archive import ledger
from archive.actors import Actor
from archive.errors.wishes import KeyUnfit, ValueUnfit
from archive.models import ApiClient, ApiClientKind, Environment
from archive.models.dated import valid_on
from archive.services import roles
from archive.values import today

PublicKey = RSAPublicKey | EllipticCurvePublicKey
MAX_KEY = 16_384  # characters
LEAST_RSA = 2_048  # bits, RFC 7518 3.3


def live(issuer: str) -> list[ApiClient]:
    """The keys with which this issuer may sign today, the newest first."""
    rows = ApiClient.objects.filter(valid_on(today()), issuer=issuer)
    return list(rows.order_by("-valid_from", "-id"))


def read_key(text: str) -> PublicKey:
    """A public key for RS256 or ES256, as PEM or JWK. Raises KeyUnfit."""
    stripped = text.strip()
    if len(stripped) > MAX_KEY or "PRIVATE KEY" in stripped:
        raise KeyUnfit(facts={"field": "public_key"})
    try:
        key = _of_jwk(stripped) if stripped.startswith("{") else _of_pem(stripped)
    except (ValueError, TypeError, UnsupportedAlgorithm, PyJWTError):
        raise KeyUnfit(facts={"field": "public_key"}) from None
    if isinstance(key, RSAPublicKey) and key.key_size >= LEAST_RSA:
        return key
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key
    raise KeyUnfit(facts={"field": "public_key"})


def _of_pem(text: str) -> object:
    return serialization.load_pem_public_key(text.encode("ascii"))


def _of_jwk(text: str) -> object:
    found = json.loads(text)
    if "d" in found:
        raise ValueError("a private key")
    key: object = PyJWK(found, algorithm="RS256" if found.get("kty") == "RSA" else "ES256").key
    return key


def algorithm_of(key: PublicKey) -> str:
    """The one with which this key signs, whatever a header says."""
    return "RS256" if isinstance(key, RSAPublicKey) else "ES256"


def pem_of(key: PublicKey) -> str:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode("ascii")


def thumbprint(key: PublicKey) -> str:
    """RFC 7638: the digest of the key's required members in their order."""
    if isinstance(key, RSAPublicKey):
        public = RSAAlgorithm.to_jwk(key, as_dict=True)
    else:
        public = ECAlgorithm.to_jwk(key, as_dict=True)
    members = {name: public[name] for name in ("crv", "e", "kty", "n", "x", "y") if name in public}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


# --- by the staff ---------------------------------------------------------------------------------


def add(
    actor: Actor,
    *,
    environment: Environment,
    name: str,
    issuer: str,
    public_key: str,
    reason: str,
    calls_a_minute: int = 600,
    is_demo: bool = False,
) -> ApiClient:
    """Take a key into use from today on; one that was retired is taken again.

    Raises StaffRoleUnfit, KeyUnfit, ValueUnfit.
    """
    roles.require_administrator(actor)
    key = read_key(public_key)
    if ApiClient.objects.filter(issuer=issuer).exclude(environment=environment).exists():
        raise ValueUnfit("issuer is of the other environment", facts={"field": "issuer"})
    with transaction.atomic():
        row, made = ApiClient.objects.get_or_create(
            issuer=issuer,
            key_id=thumbprint(key),
            defaults={
                "environment": environment,
                "kind": ApiClientKind.CITIZEN_SERVICE,
                "name": name,
                "public_key": pem_of(key),
                "calls_a_minute": calls_a_minute,
                "is_demo": is_demo,
                "valid_from": today(),
            },
        )
        if not made and row.is_valid_on(today()):
            return row
        if not made:
            row.valid_from, row.valid_until = today(), None
            row.save(update_fields=["valid_from", "valid_until"])
        _record(actor, row, "key added", reason)
    return row


def retire(actor: Actor, row: ApiClient, *, reason: str) -> None:
    """Take a key out of use, from this second on. Raises StaffRoleUnfit."""
    roles.require_administrator(actor)
    with transaction.atomic():
        yesterday = today() - timedelta(days=1)
        live_rows = ApiClient.objects.filter(id=row.id).exclude(valid_until__lte=yesterday)
        if live_rows.update(valid_until=yesterday):
            _record(actor, row, "key retired", reason)


def _record(actor: Actor, row: ApiClient, what: str, reason: str) -> None:
    about = ledger.About(environment=row.environment, subject_id=row.id)
    facts = {"what": what, "issuer": row.issuer, "key": row.key_id, "reason": reason}
    ledger.record(ledger.Kind.CLIENT_CHANGED, about, facts, actor=actor)
