"""A listener: a parent that binds its ports once, and forked processes that accept on them.

Never SO_REUSEPORT: two archives would share a port unseen. A dead child is forked again. When the
parent dies, however it does, its children see the end of a pipe and go too.
"""

import gc
import logging
import os
import selectors
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from django.db import connections

from archive import tracing
from archive.edges.edge import close_connections, exchange
from archive.edges.limits import Counts
from archive.edges.workers import Workers
from archive.errors import ArchiveError
from archive.services import heartbeats

log = logging.getLogger(__name__)

BACKLOG = 256
BIND_PATIENCE = 4.0  # seconds for the children of a killed parent to let go of the port
DRAIN = 5.0  # seconds for what is being received, once stopping
BEAT = 5.0
GIVE_WAY = 0.005  # seconds in which a process with fewer connections may take the next
SIGNALS = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT)


class PortTaken(Exception):
    """Somebody else listens there."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """A listening socket, and how what comes there is encrypted."""

    socket: socket.socket
    tls: ssl.SSLContext | None = None


class Door(Protocol):
    """What a process does with its connections."""

    def answer(self, connection: socket.socket, context: ssl.SSLContext | None) -> None:
        """Serve one connection to its end, encrypted when there is a context for it."""

    def wake_idle(self) -> None:
        """At stopping: end the waiting of those that are between two messages."""


@dataclass(frozen=True, slots=True)
class Trade:
    """What a listener's processes have in common, by protocol."""

    kind: str  # of the heartbeat
    threads: int  # of a process
    open_door: Callable[[int, threading.Event], Door]  # in each process, by its index
    facts: Callable[[int], Mapping[str, object]]  # of a process, for its heartbeat
    forget: Callable[[int], None]  # what a process that has died had counted
    begin: Callable[[], None] = lambda: None  # in each process
    live: Callable[[], None] = lambda: None  # at each heartbeat


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


class Parent:
    """It owns the sockets and its children, and touches nothing else."""

    def __init__(self, entrances: Sequence[Entrance], processes: int, trade: Trade) -> None:
        self.entrances = entrances
        self.processes = processes
        self.trade = trade
        self.children: dict[int, int] = {}  # index by process id
        self.load = Counts(processes)  # connections that are served
        self.lifeline, self._held = os.pipe()

    def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
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
        self.trade.forget(index)
        self.load.clear(index)
        pid = os.fork()
        if pid:
            self.children[pid] = index
            return
        code = 1
        try:
            os.close(self._held)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            Child(self.entrances, index, self.trade, self.lifeline, self.load).run()
            code = 0
        except BaseException as raised:
            log.error("listener process %s: %s", index, type(raised).__name__)
        finally:
            tracing.end()
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
        self._reap()
        while self.children and (left := patience - time.monotonic()) > 0:
            signal.sigtimedwait((signal.SIGCHLD,), left)
            self._reap()
        for pid in self.children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


@dataclass(slots=True)
class Control:
    """What wakes the accepting loop: the parent's end, or a signal."""

    lifeline: int
    signalled: int
    orphaned: bool = False


def _give_way() -> None:
    time.sleep(GIVE_WAY)


class Child:
    """One listener process."""

    def __init__(
        self,
        entrances: Sequence[Entrance],
        index: int,
        trade: Trade,
        lifeline: int,
        load: Counts,
        give_way: Callable[[], None] = _give_way,
    ) -> None:
        self.entrances = entrances
        self.index = index
        self.trade = trade
        self.load = load
        self.give_way = give_way
        self.stopping = threading.Event()
        self.door = trade.open_door(index, self.stopping)
        self.workers = Workers(trade.threads)
        self._woken, self._wake = os.pipe()
        self.control = Control(lifeline, self._woken)

    def run(self) -> None:
        """Accept until told to stop; then let what is being received finish."""
        self.trade.begin()
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        threading.Thread(target=self._beat, daemon=True, name="heartbeat").start()
        with selectors.DefaultSelector() as selector:
            for entrance in self.entrances:
                accept = partial(self.accept, entrance)
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
        """The door turns new connections away meanwhile."""
        patience = time.monotonic() + DRAIN
        while self.workers.busy() and time.monotonic() < patience:
            self.door.wake_idle()
            _dispatch(selector, 0.05)

    def accept(self, entrance: Entrance) -> None:
        """All processes are woken by a connection; the one that serves the fewest goes first, for
        those of one process share its interpreter.
        """
        if self.load.of(self.index) > min(self.load.all()):
            self.give_way()
        try:
            connection, _ = entrance.socket.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # another process has it, or the peer has gone
        self.load.add(self.index, 1)
        if not self.workers.start(partial(self._serve, connection, entrance.tls)):
            self.load.add(self.index, -1)
            connection.close()

    def _serve(self, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
        try:
            self.door.answer(connection, tls)
        finally:
            self.load.add(self.index, -1)

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
            self.trade.live()
            try:
                with exchange():
                    heartbeats.beat(kind=self.trade.kind, facts=self.trade.facts(self.index))
            except ArchiveError as error:
                log.warning("no heartbeat: %s", error.detail)
            if self.stopping.wait(BEAT):
                close_connections()
                return


def _dispatch(selector: selectors.BaseSelector, timeout: float | None) -> None:
    for key, _ in selector.select(timeout):
        handle: Callable[[], None] = key.data
        handle()
