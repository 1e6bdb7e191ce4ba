"""The MLLP listener's door in this process, or `manage.py listen_hl7` in its own; and talking to
either.
"""

import os
import signal
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from archive.config import settings
from archive.edges.edge import close_connections
from archive.edges.hl7.mllp import frame
from archive.edges.hl7.server import Door, Terms
from archive.edges.limits import Associations
from tests.edges import commands
from tests.edges.dicom.listening import PATIENCE, await_start

MOST_CONNECTIONS = 50


@dataclass(slots=True)
class Peer:
    """One connection."""

    socket: socket.socket
    held: bytes = b""

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.socket.sendall(part)

    def ask(self, message: bytes) -> bytes:
        """Send a message; the answer."""
        self.send(frame(message))
        return self.answer()

    def answer(self) -> bytes:
        """The next answer; empty when the listener has closed."""
        while b"\x1c\r" not in self.held:
            try:
                part = self.socket.recv(65_536)
            except ConnectionResetError:
                return b""
            if not part:
                return b""
            self.held += part
        content, self.held = self.held.split(b"\x1c\r", 1)
        assert content.startswith(b"\x0b")
        return content[1:]


@dataclass(slots=True)
class Talking:
    """Somebody listens at the port."""

    port: int
    opened: list[socket.socket] = field(default_factory=list)

    def connect(self, tls: ssl.SSLContext | None = None) -> Peer:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        if tls is not None:
            connection = tls.wrap_socket(connection)
        self.opened.append(connection)
        return Peer(connection)

    def ask(self, message: bytes) -> bytes:
        return self.connect().ask(message)

    def hang_up(self) -> None:
        for connection in self.opened:
            connection.close()


class OpenDoor(Talking):
    """The door itself behind a real socket; a thread for each connection."""

    def __init__(
        self,
        *,
        most_bytes: int = 1 << 20,
        whole_within: float = PATIENCE,
        idle: float = PATIENCE,
        most_connections: int = MOST_CONNECTIONS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        super().__init__(self.server.getsockname()[1])
        self.stopping = threading.Event()
        terms = Terms(most_bytes, whole_within, idle)
        self.tls = tls
        self.door = Door(0, Associations(1, most_connections), self.stopping, terms)
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.server.accept()
                thread = threading.Thread(target=self._answer, args=(connection,))
                self.threads.append(thread)
                thread.start()

    def _answer(self, connection: socket.socket) -> None:
        try:
            self.door.answer(connection, self.tls)
        finally:
            close_connections()

    def close(self) -> None:
        self.stopping.set()
        self.hang_up()
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        for thread in self.threads:
            while thread.is_alive():
                self.door.wake_idle()
                thread.join(0.05)


@dataclass(slots=True, kw_only=True)
class Listening(Talking):
    """A running listener."""

    process: commands.Process
    log: Path

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def stop(self) -> int:
        self.hang_up()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


def listening(port: int, variables: Mapping[str, str]) -> Listening:
    """Start a listener and wait until it accepts."""
    log = settings().data_dir / f"hl7-listener-{port}.log"
    environment = {**os.environ, "HL7_PORT": str(port), "HL7_PROCESSES": "2", **variables}
    process = commands.Fork("listen_hl7", environment, log)
    started = Listening(port, process=process, log=log)
    await_start(process, lambda: commands.has_children(process) and _accepts(port))
    assert process.poll() is None, log.read_text()
    return started


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
