"""Citizens of the demo world: what some patients have said, and the key of the citizen service."""

import os
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from archive.actors import SYSTEM
from archive.models import (
    ApiClient,
    DisclosurePermission,
    Environment,
    Informing,
    Organisation,
    Prohibition,
    ProhibitionScope,
    WishSource,
)
from archive.models.dated import valid_on
from archive.queries import wishes as queries
from archive.rules.wishes import Wanted
from archive.services import api_clients, wishes
from archive.services.wishes import Saying, Whose
from archive.values import HETU_ROOT, PatientIdentifier, PersonId, now, today

ISSUER = "urn:example:kuva:citizen-service"
SAID = timedelta(days=30)  # ago
TEXT = "2023-11-30"  # the informing text in force since that day
EVENT = "1.2.246.10.90000011.14.2026.1"  # a service event of Mallila's
# The others have said nothing: they are not informed.
PERMITTED = PersonId("020516C903K")
EVENT_PROHIBITED = PersonId("150470-911B")
PROVIDER_PROHIBITED = PersonId("120305A910T")
SPOKEN = frozenset((PERMITTED, EVENT_PROHIBITED, PROVIDER_PROHIBITED))


def make(folder: Path, environment: Environment) -> None:
    """Both are made once."""
    key = signing_key(folder, environment)
    api_clients.add(
        SYSTEM,
        environment=environment,
        name="MyKanta (demo)",
        issuer=issuer(environment),
        public_key=api_clients.pem_of(key.public_key()),
        reason="demo",
        is_demo=True,
    )
    esimerkkila = Organisation.objects.get(business_id="9000000-3")
    event = Wanted(ProhibitionScope.SERVICE_EVENT, service_event=EVENT, emergency_exception=True)
    provider = Wanted(
        ProhibitionScope.PROVIDER, named=True, provider=queries.as_provider(esimerkkila)
    )
    for code, wanted in (
        (PERMITTED, None),
        (EVENT_PROHIBITED, event),
        (PROVIDER_PROHIBITED, provider),
    ):
        _say(Whose(environment, PatientIdentifier(code, HETU_ROOT)), wanted)


def _say(whose: Whose, wanted: Wanted | None) -> None:
    """Informed and permitted, perhaps something prohibited; nothing of who has spoken before."""
    person = {
        "patient__environment": whose.environment,
        "patient__identifier": whose.identifier.value,
        "patient__issuer": whose.identifier.issuer,
    }
    spoken = (Informing, DisclosurePermission, Prohibition)
    if any(model._default_manager.filter(**person).exists() for model in spoken):
        return
    saying = Saying(WishSource.CITIZEN, effective_at=now() - SAID)
    wishes.inform(SYSTEM, whose, saying, text_version=TEXT)
    wishes.permit(SYSTEM, whose, saying, given=True)
    if wanted is not None:
        wishes.prohibit(SYSTEM, whose, saying, wanted)


# --- the key --------------------------------------------------------------------------------------


def issuer(environment: str) -> str:
    return f"{ISSUER}:{environment}"


def key_path(folder: Path, environment: str) -> Path:
    return folder / f"citizen-{environment}.pem"


def signing_key(folder: Path, environment: Environment) -> ec.EllipticCurvePrivateKey:
    path = key_path(folder, environment.value)
    if not path.is_file():
        _write(path, ec.generate_private_key(ec.SECP256R1()))
    return read_key(path)


def read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    found = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{path} holds no key for ES256")
    return found


def _write(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Mode 600 from the first byte, and never half a file under its name."""
    content = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    fresh.rename(path)


def believed() -> list[str]:
    """Demo clients whose keys are in use: outside demo mode there may be none."""
    rows = ApiClient.objects.filter(valid_on(today()), is_demo=True)
    return list(rows.values_list("issuer", flat=True))
