"""The listener: a parent that binds its ports once, and forked processes that accept on them.

Never SO_REUSEPORT: two archives would share a port unseen. A dead child is forked again. When the
parent dies,
however it does, its children see the end of a pipe and go too.
"""

import gc
import logging
import os
import selectors
import shutil
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.db import connections

from archive.config import settings
from archive.edges.dicom import handlers
from archive.edges.dicom.door import Door
from archive.edges.dicom.limits import Associations, Customers
from archive.edges.dicom.quiet import keep_identifiers_out_of_logs
from archive.edges.dicom.workers import Workers
from archive.edges.edge import close_connections, exchange
from archive.errors import ArchiveError
from archive.services import heartbeats

log = logging.getLogger(__name__)

BACKLOG = 256
BIND_PATIENCE = 4.0  # seconds for the children of a killed parent to let go of the port
DRAIN = 5.0  # seconds for running objects, once stopping
BEAT = 5.0
SPARE_THREADS = 64  # for connections that have not been counted as associations yet
SIGNALS = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT)


class PortTaken(Exception):
    """Somebody else listens there."""


def listen(host: str, port: int) -> socket.socket:
    """The one listening socket. Raises PortTaken, OSError."""
    family, _, _, _, address = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    patience = time.monotonic() + BIND_PATIENCE
    while True:
        try:
            listener.bind(address)
            listener.listen(BACKLOG)
            listener.setblocking(False)
            return listener
        except OSError as error:
            if time.monotonic() >= patience:
                listener.close()
                raise PortTaken(f"{host}:{port}: {error.strerror}") from error
            time.sleep(0.1)


@dataclass(frozen=True, slots=True)
class Entrance:
    """A listening socket, and how what comes there is encrypted."""

    socket: socket.socket
    tls: ssl.SSLContext | None = None


class Listener:
    """The parent: it owns the sockets and its children, and touches nothing else."""

    def __init__(self, entrances: Sequence[Entrance], processes: int) -> None:
        self.entrances = entrances
        self.processes = processes
        self.limit = Associations(processes, settings().dicom_max_associations)
        self.customers = Customers(processes)
        self.children: dict[int, int] = {}  # index by process id
        self.lifeline, self._held = os.pipe()

    def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        _empty_folder(incoming_folder())
        connections.close_all()
        gc.collect()
        gc.freeze()  # what is loaded stays shared between the processes
        for index in range(self.processes):
            self._fork(index)
        while signal.sigwait(SIGNALS) == signal.SIGCHLD:
            for index in self._reap():
                log.error("listener process %s died and is started again", index)
                time.sleep(0.2)
                self._fork(index)
        self._stop()

    def _fork(self, index: int) -> None:
        self.limit.clear(index)
        self.customers.clear(index)
        pid = os.fork()
        if pid:
            self.children[pid] = index
            return
        code = 1
        try:
            os.close(self._held)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            door = Door(index, self.limit, self.customers, threading.Event())
            Child(self.entrances, door, self.lifeline).run()
            code = 0
        except BaseException as raised:
            log.error("listener process %s: %s", index, type(raised).__name__)
        finally:
            # Threads that wait for a silent peer must not hold the process.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _reap(self) -> list[int]:
        """The indexes of the children that have ended."""
        ended = []
        while self.children:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            if pid in self.children:
                ended.append(self.children.pop(pid))
        return ended

    def _stop(self) -> None:
        for entrance in self.entrances:
            entrance.socket.close()
        for pid in self.children:
            os.kill(pid, signal.SIGTERM)
        patience = time.monotonic() + DRAIN + 1.5
        while self.children and time.monotonic() < patience:
            self._reap()
            time.sleep(0.05)
        for pid in self.children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


@dataclass(slots=True)
class Control:
    """What wakes the accepting loop: the parent's end, or a signal."""

    lifeline: int
    signalled: int
    orphaned: bool = False


class Child:
    """One listener process."""

    def __init__(self, entrances: Sequence[Entrance], door: Door, lifeline: int) -> None:
        self.entrances = entrances
        self.door = door
        self.stopping = door.stopping
        self.workers = Workers(settings().dicom_max_associations + SPARE_THREADS)
        self._woken, self._wake = os.pipe()
        self.control = Control(lifeline, self._woken)

    def run(self) -> None:
        """Accept until told to stop; then let running objects finish."""
        keep_identifiers_out_of_logs()
        handlers.receive_into(incoming_folder())
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        threading.Thread(target=self._beat, daemon=True, name="heartbeat").start()
        with selectors.DefaultSelector() as selector:
            for entrance in self.entrances:
                accept = partial(self._accept, entrance)
                selector.register(entrance.socket, selectors.EVENT_READ, accept)
            selector.register(self.control.lifeline, selectors.EVENT_READ, self._orphan)
            selector.register(self.control.signalled, selectors.EVENT_READ, self._woke)
            while not self.stopping.is_set():
                _dispatch(selector, None)
            selector.unregister(self.control.lifeline)
            if self.control.orphaned:  # the next parent wants the port at once
                for entrance in self.entrances:
                    selector.unregister(entrance.socket)
                    entrance.socket.close()
            self._drain(selector)

    def _drain(self, selector: selectors.BaseSelector) -> None:
        """New associations are answered 2/3/1 meanwhile."""
        patience = time.monotonic() + DRAIN
        while self.workers.busy() and time.monotonic() < patience:
            self.door.wake_idle()
            _dispatch(selector, 0.05)

    def _accept(self, entrance: Entrance) -> None:
        try:
            connection, _ = entrance.socket.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # another process has it, or the peer has gone
        if not self.workers.start(partial(self.door.answer, connection, entrance.tls)):
            connection.close()

    def _orphan(self) -> None:
        self.control.orphaned = True
        self.stopping.set()

    def _woke(self) -> None:
        os.read(self._woken, 64)
        self.stopping.set()

    def _on_signal(self, number: int, frame: object) -> None:
        os.write(self._wake, b".")

    def _beat(self) -> None:
        """A row that says this process lives; none while the database does not answer."""
        while True:
            try:
                with exchange():
                    heartbeats.beat(
                        kind="dicom",
                        instance=f"{socket.gethostname()}:{os.getpid()}",
                        facts={
                            "port": settings().dicom_port,
                            "associations": self.door.limit.of(self.door.index),
                        },
                    )
            except ArchiveError as error:
                log.warning("no heartbeat: %s", error.detail)
            if self.stopping.wait(BEAT):
                close_connections()
                return


def _dispatch(selector: selectors.BaseSelector, timeout: float | None) -> None:
    for key, _ in selector.select(timeout):
        handle: Callable[[], None] = key.data
        handle()


def incoming_folder() -> Path:
    """Where pynetdicom keeps an object while it comes; patient data, so ours alone."""
    return settings().data_dir / "incoming-dicom"


def _empty_folder(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
