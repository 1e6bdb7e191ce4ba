"""The running system (tests.launch.whole), its demo customers on ports of our own."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, sync_playwright

from archive.simulation import world
from tests.journeys.customer import Listener
from tests.journeys.system import System
from tests.launch.running import Run

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--no-first-run"),
]


@pytest.fixture(scope="package")
def whole_system(running: Run, pick_port: Callable[[], int]) -> Iterator[System]:
    ports = {customer["aet"]: pick_port() for customer in running.file["customers"]}
    move_customers(running, ports)
    listeners = {aet: Listener(aet, port) for aet, port in ports.items()}
    with ExitStack() as stack:
        for listener in listeners.values():
            listener.open()
            stack.callback(listener.close)
        yield System(running, world.read(running.data / "run.json"), listeners)


@pytest.fixture
def system(whole_system: System) -> System:
    """Ready when a test begins, whatever the one before did to it."""
    whole_system.await_ready()
    return whole_system


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Kept open: each visit is a context of its own, which knows nothing of the others."""
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is not installed: apt-get install chromium")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


def move_customers(run: Run, ports: dict[str, int]) -> None:
    """Nothing of ours listens on the customers' usual ports; run.json says where they are now."""
    told = run.file
    with psycopg.connect(told["env"]["DATABASE_URL"]) as connection:
        for customer in told["customers"]:
            customer["port"] = ports[customer["aet"]]
            connection.execute(
                "UPDATE archive_connection SET port = %s WHERE aet = ANY(%s)",
                [customer["port"], [customer["aet"], customer["test_aet"]]],
            )
    (run.data / "run.json").write_text(json.dumps(told))
