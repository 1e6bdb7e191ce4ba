"""For tests of signing in: unspent rate limits."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache


@pytest.fixture
def unspent_limits() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()
