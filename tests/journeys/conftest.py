"""The running system (tests.launch.whole), its demo customers on ports of our own."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest

from archive.simulation import world
from tests.journeys.customer import Listener
from tests.journeys.system import System
from tests.launch.running import Run


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
