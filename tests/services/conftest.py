"""What the tests of several services begin with."""

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from launch.postgres import Cluster
from tests import clusters


@pytest.fixture
def forgetful(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cluster]:
    """A database that breaks down, and all that is asked goes there."""
    with django_db_blocker.unblock(), clusters.forgetful(monkeypatch) as made:
        yield made
