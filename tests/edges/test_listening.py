"""Which of a listener's processes takes a connection."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from archive.edges.limits import Counts
from archive.edges.listening import Child, Entrance, Trade, listen

THIS, OTHER = 0, 1


class Holding:
    """A door that keeps each connection until it is told to let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.took = threading.Semaphore(0)

    def answer(self, connection: socket.socket, context: ssl.SSLContext | None) -> None:
        with connection:
            self.took.release()
            self.let_go.wait()

    def wake_idle(self) -> None:
        self.let_go.set()


@pytest.fixture
def entrance() -> Iterator[Entrance]:
    with listen("127.0.0.1", 0) as listener:
        yield Entrance(listener)


@pytest.fixture
def door() -> Iterator[Holding]:
    door = Holding()
    yield door
    door.let_go.set()


@pytest.fixture
def callers(entrance: Entrance) -> Iterator[Callable[[], None]]:
    with ExitStack() as kept:

        def call() -> None:
            kept.enter_context(socket.create_connection(entrance.socket.getsockname(), 10))

        yield call


def child(entrance: Entrance, door: Holding, load: Counts, give_way: Callable[[], None]) -> Child:
    trade = Trade(
        kind="test",
        threads=4,
        open_door=lambda index, stopping: door,
        facts=lambda index: {},
        forget=load.clear,
    )
    return Child([entrance], THIS, trade, 0, load, give_way)


def never() -> None:
    raise AssertionError("gave way to nobody")


def test_a_process_with_fewest_connections_takes_the_next_at_once(
    entrance: Entrance, door: Holding, callers: Callable[[], None]
) -> None:
    load = Counts(2)
    load.add(OTHER, 1)
    process = child(entrance, door, load, never)
    callers()
    process.accept(entrance)
    assert door.took.acquire(timeout=10)
    assert load.all() == [1, 1]


def test_a_process_with_more_lets_another_take_it(
    entrance: Entrance, door: Holding, callers: Callable[[], None]
) -> None:
    load = Counts(2)
    load.add(THIS, 1)
    taken: list[socket.socket] = []
    process = child(entrance, door, load, lambda: taken.append(entrance.socket.accept()[0]))
    callers()
    process.accept(entrance)
    assert len(taken) == 1
    assert load.all() == [1, 0]
    taken[0].close()


def test_a_process_with_more_takes_what_nobody_else_does(
    entrance: Entrance, door: Holding, callers: Callable[[], None]
) -> None:
    load = Counts(2)
    load.add(THIS, 1)
    gave_way: list[bool] = []
    process = child(entrance, door, load, lambda: gave_way.append(True))
    callers()
    process.accept(entrance)
    assert door.took.acquire(timeout=10)
    assert gave_way == [True]
    assert load.all() == [2, 0]


class Watched(Counts):
    def __init__(self, processes: int) -> None:
        super().__init__(processes)
        self.fell = threading.Event()

    def add(self, index: int, change: int) -> None:
        super().add(index, change)
        if change < 0:
            self.fell.set()


def test_a_connection_that_ended_counts_no_more(
    entrance: Entrance, door: Holding, callers: Callable[[], None]
) -> None:
    load = Watched(2)
    process = child(entrance, door, load, never)
    callers()
    process.accept(entrance)
    assert door.took.acquire(timeout=10)
    assert load.all() == [1, 0]
    door.let_go.set()
    assert load.fell.wait(10)
    assert load.all() == [0, 0]
