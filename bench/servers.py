"""What is measured: an archive that is started, asked over DICOM, and ended."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from archive.simulation.sender import Peer
from bench import machine

DESTINATION = "ESIM_PACS"  # the demo customer: it stores, asks, and is moved to


class BenchError(Exception):
    """What keeps a measurement from being made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Web:
    """Where DICOMweb is served, and as whom it is asked; nobody in particular when empty."""

    root: str
    user: str = ""
    password: str = field(default="", repr=False)


class Server(Protocol):
    name: str

    def start(self) -> None:
        """Ready on return, with what it kept from earlier starts."""

    def stop(self) -> None: ...

    @property
    def peer(self) -> Peer:
        """Whom to call, as whom."""

    @property
    def web(self) -> Web:
        """Where its DICOMweb is."""

    @property
    def receiver(self) -> int:
        """The process that takes objects; those it has forked are below it."""

    @property
    def workers(self) -> Sequence[int]:
        """The processes whose CPU time counts: those that answer, and their database."""


@contextmanager
def running(server: Server) -> Iterator[None]:
    """One at a time, so that nobody's work behind the scenes costs another; on memory that is the
    machine's own.
    """
    machine.touch_memory()
    try:
        server.start()
        yield
    finally:
        server.stop()
