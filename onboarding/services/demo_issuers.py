"""An issuer of assertions for each environment of the demo world, so that consumers can sign."""

import os
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from archive.actors import SYSTEM
from archive.models import Environment, TrustedIssuer
from archive.models.dated import valid_on
from archive.services import trust
from archive.values import now, today

ENTITY = "urn:example:kuva:demo-issuer"
LASTS = timedelta(days=3_650)


def make(folder: Path, environment: Environment) -> dict[str, str]:
    """The issuer's name and the file with its key and certificate; both made once."""
    path = folder / f"issuer-{environment.value}.pem"
    entity_id = f"{ENTITY}:{environment.value}"
    if not path.is_file():
        _write(path, key_and_certificate(entity_id))
    pem = path.read_text("ascii")
    certificate = pem[pem.index("-----BEGIN CERTIFICATE") :]
    trust.add(SYSTEM, environment, entity_id, certificate, reason="demo")
    return {"issuer": entity_id, "key_file": str(path)}


def believed() -> list[str]:
    """Demo issuers that are in the trust store: outside demo mode there may be none."""
    rows = TrustedIssuer.objects.filter(valid_on(today()), entity_id__startswith=ENTITY)
    return list(rows.values_list("entity_id", flat=True))


def key_and_certificate(name: str) -> bytes:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(
        subject_name=subject,
        issuer_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now() - timedelta(days=1),
        not_valid_after=now() + LASTS,
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return secret + builder.sign(key, SHA256()).public_bytes(serialization.Encoding.PEM)


def _write(path: Path, content: bytes) -> None:
    """Mode 600 from the first byte, and never half a file under its name."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    fresh.rename(path)
