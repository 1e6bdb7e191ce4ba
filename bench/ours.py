"""This archive, as `./run` starts it: all of it, with its demo world."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from archive.simulation import world
from archive.simulation.sender import Peer
from archive.simulation.world import PRODUCTION, World
from bench.corpus import Maker
from bench.servers import DESTINATION, BenchError, Web, running
from launch import health
from launch.plan import ROOT, free_port

READY_SECONDS = 900.0  # the first start makes everything
END_SECONDS = 60.0


class Archive:
    """`destination_port` is where the demo customer listens, for C-MOVE."""

    def __init__(self, data: Path, name: str = "this archive", destination_port: int = 0) -> None:
        self.name = name
        self.data = data
        self.destination_port = destination_port
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        stamps = self.data / "stamps"
        stamps.mkdir(parents=True, exist_ok=True)
        (stamps / "first-screen").touch()  # nothing is sent but what is measured
        ports = [str(free_port()) for _ in range(3)]
        flags = ["--port", ports[0], "--dicom-port", ports[1], "--hl7-port", ports[2]]
        with self.data.with_suffix(".log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "launch", "--data", str(self.data), *flags],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._await_ready(f"http://127.0.0.1:{ports[0]}")
        if self.destination_port:
            self._move_customer()

    def _await_ready(self, address: str) -> None:
        assert self.process is not None
        deadline = time.monotonic() + READY_SECONDS
        while health.missing(address) or not (self.data / "run.json").exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise BenchError(f"the archive did not start: {self.data.with_suffix('.log')}")
            time.sleep(0.2)

    def _move_customer(self) -> None:
        with self.database() as connection:
            connection.execute(
                "UPDATE archive_connection SET port = %s WHERE aet = %s",
                [self.destination_port, DESTINATION],
            )

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(END_SECONDS)
            self.process = None

    @property
    def told(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.data / "run.json").read_text())
        return content

    @property
    def world(self) -> World:
        return world.read(self.data / "run.json")

    def database(self, role: str = "DATABASE_URL") -> psycopg.Connection:
        return psycopg.connect(self.told["env"][role], autocommit=True)

    @property
    def peer(self) -> Peer:
        found = self.world
        return Peer(found.dicom_host, found.dicom_port, DESTINATION, found.called(PRODUCTION))

    @property
    def web(self) -> Web:
        login = self.world.customer(DESTINATION).consumer(PRODUCTION)
        return Web(f"{self.told['web']}/dicomweb", login.user, login.password)

    @property
    def receiver(self) -> int:
        return self._child("dicom")

    @property
    def workers(self) -> Sequence[int]:
        return self._child("dicom"), self._child("postgres"), self._child("web")

    def _child(self, name: str) -> int:
        kept = json.loads((self.data / "children.json").read_text())
        pid, _ = kept["children"][name]
        return int(pid)


def maker(archive: Archive) -> Maker:
    """Of objects that the demo customer may store. Starts the archive, to ask it who that is."""
    with running(archive):
        found = archive.world
    return Maker(found.customer(DESTINATION), found.patients[0])
