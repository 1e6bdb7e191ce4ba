"""For tests of signing in: unspent rate limits; for those with a browser: one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache

from tests.browsing import CHROMIUM, Chromium


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Debian's chromium")
    with Chromium.started() as started:
        yield started


@pytest.fixture
def unspent_limits() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()
