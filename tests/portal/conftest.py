"""For tests of signing in: unspent rate limits; for those that destroy: a vault of their own."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from tests.services.conftest import configure, own_vault

__all__ = ["configure", "own_vault"]


@pytest.fixture
def unspent_limits() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()
