"""Starting `manage.py listen_dicom`, and talking to it."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, build_context
from pynetdicom.association import Association

from archive.config import settings
from archive.edges.dicom.checkpoint import steady
from tests import cast
from tests.edges import commands
from tests.edges.commands import Process

PATIENCE = 60.0
STORE_CONTEXTS = ((cast.CT, cast.EXPLICIT),)


def dcmtk(program: str, port: int, *options: str | Path) -> subprocess.CompletedProcess[str]:
    """One of Debian's dcmtk; pynetdicom's applications of the same names come first in PATH."""
    path = shutil.which(program, path="/usr/bin:/usr/local/bin")
    if path is None:
        pytest.skip(f"{program} is not installed")
    command = [path, "-aet", "ESIM_PACS", "-aec", "KANTA", "127.0.0.1", str(port), *options]
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=60, check=False
    )


def eventually(condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait for what another process is about to do."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        threading.Event().wait(0.02)


START = 90.0  # seconds: a process that has been given no turn on a busy machine is not at fault


def await_start(process: Process, accepts: Callable[[], object]) -> None:
    """Until it accepts or has ended; one that does neither is not left behind."""
    try:
        eventually(lambda: process.poll() is not None or accepts(), START)
    except BaseException:
        process.kill()
        process.wait()
        raise


@dataclass(slots=True)
class Listening:
    """A running listener."""

    port: int
    process: Process
    log: Path
    opened: list[socket.socket] = field(default_factory=list)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        for connection in self.opened:
            connection.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            for child in self.children():
                child.kill()
            self.process.kill()
            raise

    def connect(self) -> socket.socket:
        """Closed at the latest when the test ends."""
        self.opened.append(socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE))
        return self.opened[-1]

    @contextmanager
    def associate(
        self,
        *contexts: tuple[str, str],
        calling: str = "ESIM_PACS",
        called: str = "KANTA",
        **options: object,
    ) -> Iterator[Association]:
        """pynetdicom as the sender."""
        assoc = self.request(*contexts, calling=calling, called=called, **options)
        assert assoc.is_established
        try:
            yield assoc
        finally:
            if assoc.is_established:
                assoc.release()

    def request(
        self,
        *contexts: tuple[str, str],
        calling: str = "ESIM_PACS",
        called: str = "KANTA",
        port: int = 0,
        **options: object,
    ) -> Association:
        """At the port without TLS, unless another is said."""
        ae = AE(ae_title=calling)
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = PATIENCE
        wanted = [build_context(abstract, transfer) for abstract, transfer in contexts]
        wanted = wanted or [build_context(*STORE_CONTEXTS[0])]
        assoc = ae.associate("127.0.0.1", port or self.port, wanted, ae_title=called, **options)
        if assoc.is_established:
            steady(assoc, PATIENCE)  # else an answer may get lost on a busy machine
        # pynetdicom forgets to close a socket whose other end has gone already.
        if assoc.dul.socket is not None and assoc.dul.socket.socket is not None:
            self.opened.append(assoc.dul.socket.socket)
        return assoc

    def echoes(self) -> bool:
        with self.associate((VERIFICATION, cast.IMPLICIT)) as assoc:
            return bool(assoc.send_c_echo().get("Status") == 0)


VERIFICATION = "1.2.840.10008.1.1"
COMMITMENT = "1.2.840.10008.1.20.1"


def listening(
    port: int, variables: Mapping[str, str], start: commands.Start = commands.Fork
) -> Listening:
    """Start a listener and wait until all its processes accept."""
    log = settings().data_dir / f"listener-{port}.log"
    environment = {**os.environ, "DICOM_PORT": str(port), "DICOM_PROCESSES": "2", **variables}
    process = start("listen_dicom", environment, log)
    started = Listening(port, process, log)
    # Its processes are forked once the port is its own: what accepts is no orphan of another.
    await_start(process, lambda: commands.has_children(process) and _accepts(port))
    assert process.poll() is None, log.read_text()
    return started


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def send(assoc: Association, made: Dataset, transfer_syntax: str = cast.EXPLICIT) -> Dataset:
    """C-STORE; the response."""
    made.file_meta = Dataset()
    made.file_meta.TransferSyntaxUID = transfer_syntax
    return assoc.send_c_store(made)
