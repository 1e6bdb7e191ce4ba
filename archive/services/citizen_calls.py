"""Who calls for a citizen: a service known by its key, in a signed assertion that names the person
(AC-6; RFC 7523 in kind). Each assertion serves for one call.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from django.db import connection

from archive.actors import Actor, ActorKind, Citizen
from archive.config import settings
from archive.errors import EnvironmentMismatch, RealPatientRequired
from archive.errors.wishes import ClientAssertionRefused
from archive.models import ActingGround, ApiClient, Environment
from archive.queries import standing
from archive.rules import acting
from archive.services import api_clients, filing
from archive.services.wishes import Whose
from archive.values import HETU_ROOT, PatientIdentifier, PersonId, now, today

MAX_TOKEN = 8_192
MINUTE = timedelta(minutes=1)
REQUIRED = ["iss", "aud", "exp", "iat", "jti", "person"]
_JTI = re.compile(r"^[A-Za-z0-9._~-]{16,128}\Z")
# What is wrong, by what PyJWT raises; its own texts may repeat values.
WRONG: Mapping[type[Exception], str] = {
    jwt.ExpiredSignatureError: "assertion has expired",
    jwt.ImmatureSignatureError: "assertion is not valid yet",
    jwt.InvalidAudienceError: "audience is another",
    jwt.InvalidAlgorithmError: "algorithm is not that of the key",
    jwt.InvalidSignatureError: "signature is not the client's",
    jwt.MissingRequiredClaimError: "a required claim is missing",
}


@dataclass(frozen=True, slots=True)
class CitizenCall:
    """A call whose assertion holds. `whose` is the person it is about, known here or not."""

    actor: Actor
    whose: Whose
    client: ApiClient


def identify(token: str) -> CitizenCall:
    """The caller behind an assertion, which is spent by it. Raises ClientAssertionRefused."""
    if len(token) > MAX_TOKEN:
        raise ClientAssertionRefused("assertion is too long")
    client, claims = _verified(token)
    about = {"client": client.name}
    try:
        call = _call(client, claims)
    except ValueError as problem:
        raise ClientAssertionRefused(str(problem), facts=about) from None
    except (EnvironmentMismatch, RealPatientRequired):
        raise ClientAssertionRefused("person is of the other environment", facts=about) from None
    _spend(client, claims)
    return call


def seconds_to_wait(client: ApiClient) -> float | None:
    """How long until the client may call again; None when it may now. Counted by spent assertions,
    so over all processes.
    """
    since = now() - MINUTE
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT spent_at FROM archive_spentassertion WHERE client_id = %s AND spent_at > %s"
            " ORDER BY spent_at DESC OFFSET %s LIMIT 1",
            [client.id, since, client.calls_a_minute],
        )
        row = cursor.fetchone()
    return None if row is None else max((row[0] - since).total_seconds(), 0.0)


# --- the assertion --------------------------------------------------------------------------------


def _verified(token: str) -> tuple[ApiClient, dict[str, Any]]:
    """The client whose key signed it, and what it claims. Raises ClientAssertionRefused."""
    try:
        unproven = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.PyJWTError, UnicodeError):
        raise ClientAssertionRefused("assertion cannot be read") from None
    issuer, key_id = unproven["payload"].get("iss"), unproven["header"].get("kid")
    clients = api_clients.live(issuer) if isinstance(issuer, str) and "\0" not in issuer else []
    if isinstance(key_id, str):
        clients = [client for client in clients if client.key_id == key_id]
    if not clients:
        raise ClientAssertionRefused("issuer or its key is not known here")
    return _by_one_of(clients, token)


def _by_one_of(clients: Sequence[ApiClient], token: str) -> tuple[ApiClient, dict[str, Any]]:
    """While a service changes its key, either may have signed."""
    for client in clients:
        try:
            return client, _decoded(client, token)
        except jwt.InvalidSignatureError as raised:
            if client is clients[-1]:
                raise _refusal(client, raised) from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as raised:
            raise _refusal(client, raised) from None
    raise ClientAssertionRefused("issuer or its key is not known here")


def _refusal(client: ApiClient, raised: Exception) -> ClientAssertionRefused:
    problem = next(
        (WRONG[kind] for kind in type(raised).__mro__ if kind in WRONG), "assertion is not in order"
    )
    return ClientAssertionRefused(problem, facts={"client": client.name})


def _decoded(client: ApiClient, token: str) -> dict[str, Any]:
    key = api_clients.read_key(client.public_key)
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=[api_clients.algorithm_of(key)],
        audience=settings().citizen_audience,
        leeway=settings().citizen_skew_seconds,
        options={"require": REQUIRED},
    )
    return claims


def _call(client: ApiClient, claims: Mapping[str, Any]) -> CitizenCall:
    """Raises ValueError, EnvironmentMismatch, RealPatientRequired."""
    if not all(isinstance(claims[name], int | float) for name in ("exp", "iat")):
        raise ValueError("a time is no number")
    if claims["exp"] - claims["iat"] > settings().citizen_assertion_seconds:
        raise ValueError("assertion is valid for too long")
    if not isinstance(claims["jti"], str) or not _JTI.match(claims["jti"]):
        raise ValueError("jti must be 16 to 128 unreserved characters")
    environment = Environment(client.environment)
    who = _person(claims["person"], environment)
    whom, ground = who, ""
    if "acting_for" in claims or "acting_ground" in claims:
        whom = _person(claims.get("acting_for"), environment)
        ground = _ground(claims.get("acting_ground"))
        if whom == who:
            raise ValueError("nobody acts for oneself")
        acting.check(ground, PersonId(who.value), PersonId(whom.value), today())
    citizen = Citizen(_known(whom, environment), ground, claims["jti"])
    actor = Actor(
        ActorKind.CITIZEN,
        client.name,
        _known(who, environment),
        environment=client.environment,
        citizen=citizen,
    )
    return CitizenCall(actor, Whose(environment, whom), client)


def _person(code: object, environment: Environment) -> PatientIdentifier:
    """Raises ValueError, EnvironmentMismatch, RealPatientRequired."""
    if not isinstance(code, str):
        raise ValueError("person is no personal identity code")
    identifier = PatientIdentifier(PersonId(code), HETU_ROOT)
    filing.require_environment(identifier, environment)
    return identifier


def _ground(word: object) -> str:
    if word not in ActingGround.values:
        raise ValueError("acting_ground is none that is known here")
    return str(word)


def _known(identifier: PatientIdentifier, environment: Environment) -> UUID | None:
    """The person's id here; None while nothing is known of the person."""
    found = filing.find_patient(environment, identifier)
    return standing.person_id(found) if found else None


def _spend(client: ApiClient, claims: Mapping[str, Any]) -> None:
    """Kept until it could not come again; what has expired goes. Raises ClientAssertionRefused."""
    at = now()
    digest = hashlib.sha256(f"{client.issuer}\n{claims['jti']}".encode()).digest()
    skew = timedelta(seconds=settings().citizen_skew_seconds)
    expires = max(datetime.fromtimestamp(claims["exp"], UTC) + skew, at + MINUTE)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO archive_spentassertion (digest, client_id, spent_at, expires_at)"
            " VALUES (%s, %s, %s, %s) ON CONFLICT (digest) DO NOTHING",
            [digest, client.id, at, expires],
        )
        if not cursor.rowcount:
            raise ClientAssertionRefused(
                "assertion has been used before", facts={"client": client.name}
            )
        cursor.execute(
            "DELETE FROM archive_spentassertion WHERE digest IN (SELECT digest"
            " FROM archive_spentassertion WHERE expires_at < %s LIMIT 100 FOR UPDATE SKIP LOCKED)",
            [at],
        )
