"""A real listener on a port of the test's own, with a database of its own."""

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
