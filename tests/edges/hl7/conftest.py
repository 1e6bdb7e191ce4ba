"""The MLLP listener, in this process or in its own, with a database of the test's own."""

from collections.abc import Callable, Iterator

import pytest

from tests.edges.hl7.talking import Listening, OpenDoor, listening

OpenADoor = Callable[..., OpenDoor]


@pytest.fixture
def open_door(fresh_database: str) -> Iterator[OpenADoor]:
    """Opens doors on terms of the test's choice."""
    opened: list[OpenDoor] = []

    def start(**terms: object) -> OpenDoor:
        opened.append(OpenDoor(**terms))  # type: ignore[arg-type]
        return opened[-1]

    yield start
    for one in opened:
        one.close()


@pytest.fixture
def door(open_door: OpenADoor) -> OpenDoor:
    return open_door()


@pytest.fixture
def listener(fresh_database: str, free_port: int) -> Iterator[Listening]:
    """`manage.py listen_hl7` with two processes."""
    started = listening(free_port, {})
    yield started
    started.stop()
    print(started.log.read_text())  # pytest shows it when the test fails
