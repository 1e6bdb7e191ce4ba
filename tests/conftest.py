"""Fixtures for all tests: the worker's database, fresh databases, free ports, one
browser.
"""

import gc
import itertools
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import BaseServer
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connections
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser
from pytest_django.plugin import DjangoDbBlocker
from whitenoise import WhiteNoise

from archive import config
from tests import environment, stage
from tests.browsing import CHROMIUM, Chromium
from tests.configuring import configure, own_vault
from tests.kept import Kept, keeping
from tests.launch.whole import run_data, run_ports, running

__all__ = ["configure", "own_vault", "run_data", "run_ports", "running"]
DATABASE_NUMBERS = itertools.count(1)
# How long one example takes says how busy the machine is, and nothing of the product.
settings.register_profile("idr", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("idr")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that end the whole system (tests.launch.whole) come after all others that use it; the
    longest of all first, for at the end nobody would have anything beside it.
    """
    order = {"test_migrations_squashed.py": -1, "test_run_ends.py": 1}
    items.sort(key=lambda item: order.get(item.path.name, 0))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: who looks for garbage need not look at it each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)  # templates and addresses, read later, are looked at seldom


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """In place of pytest-django's: the worker's database, copied from the template."""
    stage.start(environment.folder())
    name = f"idr_{environment.worker()}"
    stage.cluster(environment.folder()).create_database(name, template=stage.TEMPLATE)


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PBKDF2PasswordHasher, "iterations", stage.QUICK_ROUNDS)
        yield


@pytest.fixture(scope="session", autouse=True)
def servers_end_at_once() -> Iterator[None]:
    """Those in a thread of the test look twice a second whether they should, unless told."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseServer.serve_forever, "__defaults__", (0.02,))
        yield


@pytest.fixture(scope="session", autouse=True)
def static_files_read_once() -> Iterator[None]:
    """Every client of a test makes the middleware anew, which looks through all static files."""
    read: dict[tuple[str, str], dict[str, Any]] = {}
    look_through = WhiteNoise.update_files_dictionary

    def look_through_once(self: WhiteNoise, root: str, prefix: str) -> None:
        if (root, prefix) not in read:
            before = set(self.files)
            look_through(self, root, prefix)
            found = {url: each for url, each in self.files.items() if url not in before}
            if found:  # else the test database is yet to be made, and they with it
                read[root, prefix] = found
        self.files.update(read.get((root, prefix), {}))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoise, "update_files_dictionary", look_through_once)
        yield


@pytest.fixture
def transactional_db() -> None:
    pytest.fail("The ledger refuses TRUNCATE: use the fixture fresh_database.")


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Kept]:
    """Builds what all tests of a module begin with."""
    with keeping(django_db_blocker) as build:
        yield build


@pytest.fixture
def fresh_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A database of this test's own, for real commits by several processes; gone afterwards."""
    with _own_database(django_db_blocker) as name:
        yield name


@pytest.fixture(scope="module")
def shared_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The same for tests of a module that look for nothing but what is their own."""
    with _own_database(django_db_blocker) as name:
        yield name


@contextmanager
def _own_database(blocker: DjangoDbBlocker) -> Iterator[str]:
    cluster = stage.cluster(environment.folder())
    name = f"idr_{environment.worker()}_{next(DATABASE_NUMBERS)}"
    cluster.create_database(name, template=stage.TEMPLATE)
    # A database takes in what landed and it does not know: not what another test's has known.
    for landed in config.settings().vault_dir.glob("*/landing"):
        shutil.rmtree(landed)
    with pytest.MonkeyPatch.context() as patch:
        # What a process that the test starts reads, and what threads and forks of this one read.
        patch.setenv("DATABASE_URL", cluster.url("app", name))
        patch.setenv("DATABASE_OWNER_URL", cluster.url("owner", name))
        connections.close_all()
        for alias in ("default", "owner"):
            patch.setitem(connections.settings[alias], "NAME", name)
            patch.setitem(connections[alias].settings_dict, "NAME", name)
        with stage.broker(environment.folder()).client(environment.worker_number()) as client:
            client.flushdb()
        with blocker.unblock():
            yield name
            connections.close_all()
    cluster.drop_database(name)


@pytest.fixture(scope="session")
def demo() -> dict[str, Any]:
    """What `manage.py load_demo` told: logins, customers, pdr, test_pdr, patients."""
    stage.start(environment.folder())
    path = environment.folder() / "template/secrets/demo.json"
    content: dict[str, Any] = json.loads(path.read_text())
    return content


@pytest.fixture(scope="session")
def pick_port() -> Callable[[], int]:
    """Gives a port that nobody listens on, another one each time."""
    ports = environment.free_ports()
    return lambda: next(ports)


@pytest.fixture
def free_port(pick_port: Callable[[], int]) -> int:
    return pick_port()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Debian's chromium")
    with Chromium.started() as started:
        yield started


@pytest.fixture
def browser(chromium: Chromium) -> Iterator[Browser]:
    with chromium.at_hand() as started:
        yield started
