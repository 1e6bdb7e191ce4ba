"""The citizen service of the demo world: it signs with the demo key and asks the API exactly as a
service outside would, through the whole of this application. In demo mode only.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import jwt
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from archive.config import settings
from archive.models import Environment
from archive.values import now, uuid7
from onboarding.services import demo_citizens

LASTS = 60  # seconds
# Of the outer request: where it came in is where the inner one goes.
SAME_PLACE = (
    *("SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "REMOTE_ADDR", "HTTP_HOST"),
    *("HTTP_X_FORWARDED_PROTO", "wsgi.url_scheme"),
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is signed in to the citizen service, and for whom that person acts."""

    person: str
    acting_for: str = ""
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer. Neither holds a personal identity code: it is in the assertion."""

    method: str
    path: str
    asked: Mapping[str, Any] | None
    status: int
    answer: Any

    @property
    def succeeded(self) -> bool:
        return self.status < 300

    @property
    def title(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def text(self) -> str:
        asked = f"\n{_pretty(self.asked)}" if self.asked is not None else ""
        return f"{self.title}{asked}\n\n{self.status}\n{_pretty(self.answer)}"


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


@cache
def _application() -> WSGIHandler:
    return WSGIHandler()


def assertion(caller: Caller, environment: str = Environment.PRODUCTION.value) -> str:
    """For one call."""
    at = int(now().timestamp())
    claims: dict[str, Any] = {
        "iss": demo_citizens.issuer(environment),
        "aud": settings().citizen_audience,
        "iat": at,
        "exp": at + LASTS,
        "jti": uuid7().hex,
        "person": caller.person,
    }
    if caller.acting_for:
        claims |= {"acting_for": caller.acting_for, "acting_ground": caller.ground}
    folder = settings().data_dir / "secrets"
    key = demo_citizens.read_key(demo_citizens.key_path(folder, environment))
    return jwt.encode(claims, key, algorithm="ES256")


def call(
    request: HttpRequest,
    caller: Caller,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
) -> Exchange:
    """Ask `/api/citizen/` below this address; the answer, whatever it is."""
    content = json.dumps(body).encode() if body is not None else b""
    parts = urlsplit(f"/api/citizen/{path}")
    environ = {
        **{name: request.META[name] for name in SAME_PLACE if name in request.META},
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
        "CONTENT_TYPE": "application/json" if body is not None else "",
        "CONTENT_LENGTH": str(len(content)),
        "HTTP_AUTHORIZATION": f"Bearer {assertion(caller)}",
        "HTTP_ACCEPT_LANGUAGE": translation.get_language() or "fi",
        "wsgi.input": io.BytesIO(content),
    }
    status, answer = _answered(environ)
    return Exchange(method, f"{parts.path}{parts.query and '?'}{parts.query}", body, status, answer)


def _answered(environ: dict[str, Any]) -> tuple[int, Any]:
    """Every middleware and the view, as for a request from outside; the signals of a request's
    begin and end are the outer one's.
    """
    inner = WSGIRequest(environ)
    # The inner request settles a language of its own.
    with translation.override(translation.get_language()):
        response = _application().get_response(inner)
    inner.close()
    content = response.content if isinstance(response, HttpResponse) else b""
    return response.status_code, json.loads(content or b"null")
