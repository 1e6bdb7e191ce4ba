"""Calls made up from the published schema: none is a fault of ours, and every answer is one that
the schema tells of.
"""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as pace
from schemathesis import checks
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as openapi

from archive.models import Role
from tests import builders
from tests.cast import ESIMERKKILA
from tests.portal.api.calling import personal, systems

pytestmark = pytest.mark.django_db

CHECKS = [
    checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
]
SIGNALS = (signals.request_started, signals.request_finished)


@pytest.fixture(autouse=True)
def one_transaction() -> Iterator[None]:
    """As Django's own test client: the test's transaction outlives each request."""
    for signal in SIGNALS:
        signal.disconnect(close_old_connections)
    yield
    for signal in SIGNALS:
        signal.connect(close_old_connections)


CALLS = 2  # of each kind for each operation


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_no_call_breaks_the_api_or_the_promise(
    mode: GenerationMode, settings: Any, demo: dict[str, Any]
) -> None:
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if "whitenoise" not in each]
    builders.event(builders.case())
    builders.study()
    desk = f"Bearer {personal('support')}"
    customer = f"Bearer {systems(ESIMERKKILA, Role.CUSTOMER_ADMIN)}"
    callers = {"token": desk, "connection": basic(demo["customers"][0]["xds"])}
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", WSGIHandler())
    # To read the constants of the product for values, and to weave them in, takes a fifth of it.
    schema.config.analysis.constants.enabled = False
    for found in schema.get_all_operations():
        operation = found.ok()
        (known_by,) = next(iter(operation.definition.raw.get("security", [{}]))) or [""]
        caller = customer if "reply" in operation.path else callers.get(known_by, "")
        _try(operation, mode, caller)


def basic(known: dict[str, str]) -> str:
    text = f"{known['user']}:{known['password']}".encode()
    return f"Basic {base64.b64encode(text).decode()}"


def _try(operation: Any, mode: GenerationMode, caller: str) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @pace(
        max_examples=CALLS,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def once(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": caller}, checks=CHECKS)

    once()
