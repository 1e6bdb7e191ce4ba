"""Calls made up from the published schema: none is a fault of ours, and every answer is one that
the schema tells of. One that fits the schema and one that does not for each operation.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as pace
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import HypothesisProvider
from hypothesis.internal.constants_ast import Constants
from pytest_django.plugin import DjangoDbBlocker
from schemathesis import checks
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as openapi

from archive.models import Role
from tests import builders
from tests.cast import ESIMERKKILA
from tests.portal.api.calling import personal, systems

# On one worker: reading the schema, and what Hypothesis knows of letters, take as long as half of
# the calls.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("schemathesis")]

CHECKS = [
    checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
]
SIGNALS = (signals.request_started, signals.request_finished)


@contextmanager
def outliving() -> Iterator[None]:
    """As Django's own test client: a connection, and its transaction, outlives each request."""
    for signal in SIGNALS:
        signal.disconnect(close_old_connections)
    yield
    for signal in SIGNALS:
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def one_transaction() -> Iterator[None]:
    with outliving():
        yield


@pytest.fixture(scope="module")
def published(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Any:
    with outliving(), django_db_blocker.unblock():
        schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", WSGIHandler())
    # To read the constants of the product for values, and to weave them in, takes a fifth of it.
    schema.config.analysis.constants.enabled = False
    return schema


@pytest.fixture(autouse=True)
def no_constants(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypothesis reads them a second time, on its own."""
    monkeypatch.setattr(HypothesisProvider, "_local_constants", Constants())


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_no_call_breaks_the_api_or_the_promise(
    mode: GenerationMode, published: Any, demo: dict[str, Any]
) -> None:
    builders.event(builders.case())
    builders.study()
    desk = f"Bearer {personal('support')}"
    customer = f"Bearer {systems(ESIMERKKILA, Role.CUSTOMER_ADMIN)}"
    callers = {"token": desk, "connection": basic(demo["customers"][0]["xds"])}
    for found in published.get_all_operations():
        operation = found.ok()
        (known_by,) = next(iter(operation.definition.raw.get("security", [{}]))) or [""]
        caller = customer if "reply" in operation.path else callers.get(known_by, "")
        _try(operation, mode, caller)


def basic(known: dict[str, str]) -> str:
    text = f"{known['user']}:{known['password']}".encode()
    return f"Basic {base64.b64encode(text).decode()}"


def _try(operation: Any, mode: GenerationMode, caller: str) -> None:
    cases = operation.as_strategy(generation_mode=mode)

    @seed(1)
    @given(is_made_up=st.booleans(), data=st.data())
    @pace(
        max_examples=2,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def once(is_made_up: bool, data: st.DataObject) -> None:
        # Hypothesis begins with the least of everything: empty calls, which `test_operations` makes
        # of every operation, and which take as long to think out as any other.
        if is_made_up:
            case = data.draw(cases)
            case.call_and_validate(headers={"Authorization": caller}, checks=CHECKS)
            made.append(case)

    made: list[Any] = []
    once()
    assert made, operation.label
