"""Access tokens of the OpenID provider (RFC 9068): read, proven, and what of them counts here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt

from archive.config import settings
from archive.edges.issuer.client import ALGORITHMS, KEYS
from archive.errors.api import AccessTokenRefused

MOST_CHARACTERS = 16_384
SKEW = 30  # seconds that the provider's clock and ours may differ
REQUIRED = ["iss", "aud", "exp", "sub"]
# What is wrong, by what PyJWT raises; its own texts may repeat values.
WRONG: Mapping[type[Exception], str] = {
    jwt.ExpiredSignatureError: "the token has expired",
    jwt.ImmatureSignatureError: "the token is not valid yet",
    jwt.InvalidAudienceError: "the token is for another audience",
    jwt.InvalidIssuerError: "the token is of another issuer",
    jwt.InvalidAlgorithmError: "the token is signed by another algorithm than its key's",
    jwt.InvalidSignatureError: "the token's signature is not the issuer's",
    jwt.MissingRequiredClaimError: "the token lacks a required claim",
}


@dataclass(frozen=True, slots=True)
class Claims:
    """`email` only if the provider has verified it; `roles` None when roles are not asked for."""

    subject: str
    client: str
    email: str
    scopes: frozenset[str]
    roles: frozenset[str] | None
    until: datetime


def looks_like_one(secret: str) -> bool:
    return bool(settings().oidc_api_issuer) and secret.count(".") == 2


def read(token: str) -> Claims:
    """Raises AccessTokenRefused, IssuerUnreachable."""
    claims = _proven(token)
    email = claims.get("email")
    is_verified = claims.get("email_verified") is True and isinstance(email, str)
    return Claims(
        subject=_word(claims.get("sub")),
        client=_word(claims.get("client_id") or claims.get("azp")),
        email=str(email) if is_verified else "",
        scopes=_words(claims.get("scope", claims.get("scp"))),
        roles=_roles(claims),
        until=datetime.fromtimestamp(claims["exp"], UTC),
    )


def _proven(token: str) -> dict[str, Any]:
    config = settings()
    if len(token) > MOST_CHARACTERS:
        raise AccessTokenRefused("the token is too long")
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
    except (jwt.PyJWTError, UnicodeError):
        raise AccessTokenRefused("the token cannot be read") from None
    key = KEYS.find(key_id) if isinstance(key_id, str) else None
    if key is None:
        raise AccessTokenRefused("the token is signed by no key of the issuer")
    try:
        told: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(ALGORITHMS),
            audience=config.oidc_api_audience,
            issuer=config.oidc_api_issuer,
            leeway=SKEW,
            options={"require": REQUIRED},
        )
    except (jwt.PyJWTError, UnicodeError, OverflowError) as raised:
        words = next((WRONG[kind] for kind in type(raised).__mro__ if kind in WRONG), "")
        raise AccessTokenRefused(words or "the token cannot be read") from None
    return told


def _word(claim: Any) -> str:
    """A claim that names somebody. Raises AccessTokenRefused."""
    word = claim if isinstance(claim, str) else ""
    if len(word) > 200 or not word.isprintable():
        raise AccessTokenRefused("the token names nobody that could be known here")
    return word


def _words(claim: Any) -> frozenset[str]:
    """Of a list, or of one text with blanks."""
    if isinstance(claim, str):
        return frozenset(claim.split())
    return frozenset(each for each in claim or () if isinstance(each, str))


def _roles(claims: Mapping[str, Any]) -> frozenset[str] | None:
    """Of the claim that the settings name; dots lead inside."""
    path = settings().oidc_api_roles
    if not path:
        return None
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return _words(found if isinstance(found, (str, list)) else None)
