"""pynetdicom's reactor stands still for as long as a caller holds it."""

import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from archive.edges.dicom.checkpoint import Checkpoint


class Reactor:
    """The rounds of `Association._run_reactor`, counted."""

    def __init__(self) -> None:
        self.state: Any = SimpleNamespace(_is_paused=False)
        self.checkpoint = Checkpoint(self.state)
        self.rounds = 0
        self.ended = False

    def run(self) -> None:
        while not self.ended:
            self.state._is_paused = True
            self.checkpoint.wait()
            self.state._is_paused = False
            self.rounds += 1


@pytest.fixture
def reactor() -> Iterator[Reactor]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # as on a busy machine: threads change at every step
    made = Reactor()
    thread = threading.Thread(target=made.run)
    thread.start()
    yield made
    made.ended = True
    made.checkpoint.set()
    thread.join()
    sys.setswitchinterval(interval)


def test_nothing_passes_between_closing_and_opening(reactor: Reactor) -> None:
    never = threading.Event()
    for _ in range(200):
        reactor.checkpoint.set()
        reactor.checkpoint.clear()
        while not reactor.state._is_paused:
            never.wait(0.0001)
        before = reactor.rounds
        never.wait(0.001)  # time enough for one that slipped through
        assert reactor.state._is_paused and reactor.rounds == before


def test_holding_says_when_the_reactor_stands(reactor: Reactor) -> None:
    reactor.checkpoint.set()
    assert reactor.checkpoint.hold(10)
    assert reactor.checkpoint.parked.is_set() and reactor.state._is_paused


def test_holding_a_reactor_that_is_gone_is_given_up() -> None:
    assert not Reactor().checkpoint.hold(0.01)
