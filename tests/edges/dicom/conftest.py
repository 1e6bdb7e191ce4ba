"""A real listener with a database: of the test's own, or shared by tests of a module that look at
nothing but what they sent.
"""

from collections.abc import Callable, Iterator

import pytest

from tests.edges import commands
from tests.edges.dicom.listening import Listening, listening

Listen = Callable[..., Listening]


@pytest.fixture
def start() -> commands.Start:
    return commands.Fork


@pytest.fixture
def listen(fresh_database: str, free_port: int, start: commands.Start) -> Iterator[Listen]:
    """Starts listeners with settings of the test's choice; they end with the test."""
    started: list[Listening] = []

    def listen(**variables: str) -> Listening:
        started.append(listening(free_port, variables, start))
        return started[-1]

    yield listen
    for one in started:
        one.stop()
        print(one.log.read_text())  # pytest shows it when the test fails


@pytest.fixture
def listener(listen: Listen) -> Listening:
    return listen()


@pytest.fixture(scope="module")
def lasting_listener(shared_database: str, pick_port: Callable[[], int]) -> Iterator[Listening]:
    found = listening(pick_port(), {})
    yield found
    found.stop()
    print(found.log.read_text())


@pytest.fixture
def shared(lasting_listener: Listening) -> Iterator[Listening]:
    """The module's listener, which no test of it ends."""
    yield lasting_listener
    for connection in lasting_listener.opened:
        connection.close()
    lasting_listener.opened.clear()
    assert lasting_listener.process.poll() is None, lasting_listener.log.read_text()
