"""Tokens and calls for tests of the API."""

import json
from collections.abc import Iterable
from typing import Any

from django.test import Client

from archive.actors import SYSTEM
from archive.models import ApiScope, Environment, Role, User
from archive.services import api_tokens
from archive.services.api_tokens import Holder
from tests.cast import organisation

CLIENT = Client()  # one for all calls: each that is made looks through every static file


def personal(login: str, scopes: Iterable[ApiScope] = tuple(ApiScope)) -> str:
    """A token of a person of the cast."""
    holder = Holder(user=User.objects.get(username=login))
    return api_tokens.make(SYSTEM, holder, name="test", scopes=scopes, days=30)[1]


def systems(
    business_id: str,
    role: Role = Role.CUSTOMER_TECHNICAL,
    environment: Environment = Environment.PRODUCTION,
    scopes: Iterable[ApiScope] = tuple(ApiScope),
) -> str:
    """A token of a customer's system."""
    holder = Holder(organisation=organisation(business_id), role=role, environment=environment)
    return api_tokens.make(SYSTEM, holder, name="system", scopes=scopes, days=30)[1]


def call(token: str, path: str, body: Any = None, *, key: str = "", method: str = "") -> Any:
    """GET, or POST with a body."""
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    if key:
        headers["Idempotency-Key"] = key
    CLIENT.cookies.clear()
    return CLIENT.generic(
        method or ("GET" if body is None else "POST"),
        path,
        b"" if body is None else json.dumps(body).encode(),
        content_type="application/json",
        headers=headers,
    )
