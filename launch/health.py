"""Asking the portal whether the system is ready."""

import json
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit


def missing(address: str, seconds: float = 2.0) -> str:
    """Empty when everything is ready, else what is not."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)
    try:
        # As a proxy with TLS would say it; without this an HTTPS set-up answers with a redirect.
        connection.request("GET", "/health/ready", headers={"X-Forwarded-Proto": "https"})
        answer = connection.getresponse()
        body = answer.read(10_000)
    except (OSError, HTTPException):
        return "the portal does not answer yet"
    finally:
        connection.close()
    if answer.status == 200:
        return ""
    try:
        parts = json.loads(body)["parts"].items()
        return ", ".join(f"{name} ({state})" for name, state in parts if state != "ok")
    except (ValueError, KeyError, AttributeError):
        return f"the portal answers with status {answer.status}"
