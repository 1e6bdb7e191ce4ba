"""The provider's public keys (RFC 7517), fetched when they are needed and kept for a while. No
database here.
"""

import json
import threading
import time
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from jwt import PyJWK, PyJWTError

from archive.config import settings
from archive.errors.api import IssuerUnreachable

TIMEOUT = 5.0  # seconds, for connecting and for each answer
MOST_BYTES = 1 << 18
GOOD_FOR = 600.0  # seconds after which keys are asked for anew
REST = 15.0  # seconds between two questions: a made-up key id must not cause one each
DISCOVERY = "/.well-known/openid-configuration"
# Signatures that only the provider can make; no shared secrets.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")


class Keys:
    """By key id. What was fetched last holds while the provider does not answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, PyJWK] = {}
        self._asked_at = self._had_at = float("-inf")
        self._address = ""

    def find(self, key_id: str) -> PyJWK | None:
        """None when the provider has no such key. Raises IssuerUnreachable."""
        with self._lock:
            at = time.monotonic()
            if self._address != settings().oidc_api_issuer:
                self._keys, self._asked_at = {}, float("-inf")
            lacking = key_id not in self._keys or at - self._had_at > GOOD_FOR
            if lacking and at - self._asked_at > REST:
                self._ask(at)
            if not self._keys:
                raise IssuerUnreachable()
            return self._keys.get(key_id)

    def _ask(self, at: float) -> None:
        self._asked_at, self._address = at, settings().oidc_api_issuer
        try:
            self._keys = _fetched()
        except (URLError, HTTPException, OSError, ValueError):
            return
        self._had_at = at


def _fetched() -> dict[str, PyJWK]:
    """Raises URLError, HTTPException, OSError, ValueError."""
    config = settings()
    address = config.oidc_api_keys
    if not address:
        address = str(_read(config.oidc_api_issuer.rstrip("/") + DISCOVERY).get("jwks_uri", ""))
    found = {}
    for each in _read(address).get("keys", []):
        try:
            key = PyJWK(each)
        except (PyJWTError, TypeError, AttributeError):
            continue  # of a kind that we do not know, for another purpose
        if key.key_id and key.algorithm_name in ALGORITHMS:
            found[key.key_id] = key
    return found


def _read(address: str) -> dict[str, Any]:
    if not address.startswith(("https://", "http://")):
        raise ValueError("no address of a web server")
    with build_opener(ProxyHandler({})).open(address, timeout=TIMEOUT) as answer:
        told = json.loads(answer.read(MOST_BYTES))
    if not isinstance(told, dict):
        raise ValueError("no JSON object")
    return told


KEYS = Keys()
