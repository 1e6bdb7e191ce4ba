"""The citizen service of the tests: its key, its assertions, its calls."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.test import Client

from archive.actors import SYSTEM
from archive.models import ApiClient, Environment
from archive.services import api_clients
from archive.values import uuid7
from tests.wishes import AINO

AUDIENCE = "urn:idr:citizen-api"
ISSUER = "urn:test:mykanta"
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def take_into_use(
    key: PrivateKey, environment: str = "production", issuer: str = ISSUER, **columns: Any
) -> ApiClient:
    return api_clients.add(
        SYSTEM,
        environment=Environment(environment),
        name="MyKanta",
        issuer=issuer,
        public_key=api_clients.pem_of(key.public_key()),
        reason="agreed",
        **columns,
    )


def claims(**other: Any) -> dict[str, Any]:
    """None takes a claim away."""
    at = int(time.time())
    made = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": at,
        "exp": at + 60,
        "jti": uuid7().hex,
        "person": AINO,
        **other,
    }
    return {name: value for name, value in made.items() if value is not None}


@dataclass
class CitizenService:
    key: PrivateKey = field(default_factory=new_key)
    http: Client = field(default_factory=Client)

    def assertion(self, *, algorithm: str = "ES256", **other: Any) -> str:
        """Signed whatever it says: the library's own encoder refuses what is not in order."""
        return jwt.PyJWS().encode(
            json.dumps(claims(**other)).encode(), self.key, algorithm=algorithm
        )

    def get(self, path: str, *, token: str = "", **other: Any) -> Any:
        return self.http.get(f"/api/citizen/{path}", headers=self._headers(token, other))

    def post(self, path: str, body: Any = None, *, token: str = "", **other: Any) -> Any:
        return self.http.post(
            f"/api/citizen/{path}",
            json.dumps(body or {}),
            content_type="application/json",
            headers=self._headers(token, other),
        )

    def _headers(self, token: str, other: dict[str, Any]) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {token or self.assertion(**other)}",
            "Accept-Language": "en",
        }
