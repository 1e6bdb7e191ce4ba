"""Each test begins with unspent rate limits."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def unspent_limits() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()
