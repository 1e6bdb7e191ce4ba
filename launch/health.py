"""Asking the portal whether the system is ready."""

import json
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit


def a_name(allowed: Sequence[str]) -> str:
    """By which the portal lets itself be called; empty when by any, as by its own address."""
    first = allowed[0] if allowed else "*"
    return "" if first == "*" else first.removeprefix(".")


def missing(address: str, host: str = "", seconds: float = 2.0) -> str:
    """Empty when everything is ready, else what is not."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)
    try:
        connection.request("GET", "/health/ready", headers={"Host": host or parts.netloc})
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
