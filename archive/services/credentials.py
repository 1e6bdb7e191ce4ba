"""Who an XDS peer is: the credentials of its connection, until assertions and mutual TLS come."""

import base64
import binascii
import hashlib
import hmac
from datetime import date

from archive.actors import Actor, connection_actor
from archive.errors import PeerEnded, PeerUnknown
from archive.models import Connection, ConnectionKind, CustomerState, Environment

_NOBODY = bytes(32)


def basic(header: str) -> tuple[str, str]:
    """User and secret of an Authorization header, RFC 7617, or empty."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, secret


def identify(user: str, secret: str, today: date) -> Actor:
    """The connection these credentials belong to; production or test follows from it.

    The secret is random, 128 bits or more, so a plain SHA-256 is no weakness.
    Raises PeerUnknown, PeerEnded.
    """
    rows = Connection.objects.select_related("organisation").filter(kind=ConnectionKind.XDS)
    found = rows.filter(xds_user=user).first() if user and "\0" not in user else None
    stored = bytes(found.xds_secret_sha256 or _NOBODY) if found else _NOBODY
    # Compared also when nobody has that name: the time taken tells nothing.
    fits = hmac.compare_digest(hashlib.sha256(secret.encode()).digest(), stored)
    if found is None or not fits:
        # A name nobody has is not repeated: it may be anything, also somebody's personal code.
        raise PeerUnknown("credentials are nobody's here", facts={"user": user} if found else None)
    owner = found.organisation
    if not found.is_valid_on(today) or owner.has_left(today):
        raise PeerEnded(facts={"user": user})
    joined = owner.is_operator or owner.state == CustomerState.IN_PRODUCTION
    if found.environment == Environment.PRODUCTION and not joined:
        raise PeerUnknown("customer is not in production", facts={"user": user})
    return connection_actor(
        connection_id=found.id,
        name=found.name or found.xds_user,
        organisation_id=found.organisation_id,
        environment=found.environment,
    )
