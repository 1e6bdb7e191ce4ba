"""The end of an association of ours, as a peer sees it."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from archive.edges.dicom.calling import Calling
from archive.edges.dicom.upper_layer import ABORT, RELEASE_RP, RELEASE_RQ, Wire, ending

PATIENCE = 10.0


@pytest.fixture
def ends() -> Iterator[tuple[Calling, Wire]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname(), PATIENCE)
        theirs, _ = listener.accept()
    with ours, theirs:
        yield Calling(Wire(ours, PATIENCE), {}, 0), Wire(theirs, PATIENCE)


def kind_of_next(peer: Wire) -> int:
    return peer.read_pdu(16)[0]


@contextmanager
def released(ends: tuple[Calling, Wire]) -> Iterator[Wire]:
    """Our side asks for the release, the peer's answers stand in the body, and both are done."""
    calling, peer = ends
    with ThreadPoolExecutor() as threads:
        done = threads.submit(calling.release)
        assert kind_of_next(peer) == RELEASE_RQ
        yield peer
        done.result(PATIENCE)
    assert not peer.connection.recv(1)


def test_a_release_is_waited_for(ends: tuple[Calling, Wire]) -> None:
    with released(ends) as peer:
        peer.send(ending(RELEASE_RP))


def test_a_peer_that_asks_at_the_same_moment_is_answered_first(
    ends: tuple[Calling, Wire],
) -> None:
    """PS3.8 7.2.2.7: of a collision the requestor answers first."""
    with released(ends) as peer:
        peer.send(ending(RELEASE_RQ))
        assert kind_of_next(peer) == RELEASE_RP
        peer.send(ending(RELEASE_RP))


def test_a_peer_that_aborts_instead_ends_it(ends: tuple[Calling, Wire]) -> None:
    with released(ends) as peer:
        peer.send(ending(ABORT))
        peer.connection.shutdown(socket.SHUT_WR)
