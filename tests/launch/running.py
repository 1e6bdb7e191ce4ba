"""`./run` as a test starts it: for real, on free ports, in a folder of its own."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from launch import health, processes
from launch.plan import ROOT
from tests import environment

READY_SECONDS = 300.0  # patience: the machine may be busy with other tests


def clean_environment() -> dict[str, str]:
    """As a newcomer's shell: nothing of this test session's in it."""
    ours = {*environment.variables(), environment.FOLDER} - {"PATH"}
    known = {name: value for name, value in os.environ.items() if name not in ours}
    return {name: value for name, value in known.items() if not name.startswith("PYTEST_")}


@dataclass
class Run:
    data: Path
    process: subprocess.Popen[bytes]
    output: Path
    said_before: int = field(default=0)

    @property
    def said(self) -> str:
        return self.output.read_text()

    @property
    def file(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.data / "run.json").read_text())
        return content

    @property
    def children(self) -> dict[str, processes.Identity]:
        kept = json.loads((self.data / "children.json").read_text())["children"]
        return {name: processes.Identity(*identity) for name, identity in kept.items()}

    @property
    def mark(self) -> str:
        mark: str = json.loads((self.data / "children.json").read_text())["mark"]
        return mark

    def await_that(self, condition: Callable[[], bool], seconds: float) -> float:
        """Seconds until it holds; fails when ./run ends meanwhile or time is up."""
        began = time.monotonic()
        while not condition():
            waited = time.monotonic() - began
            assert waited < seconds, f"not within {seconds} s:\n{self.said}"
            assert not self.ended(0.1), f"./run ended with {self.process.returncode}:\n{self.said}"
        return time.monotonic() - began

    def ended(self, seconds: float) -> bool:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def await_ready(self) -> float:
        return self.await_that(lambda: "Ctrl-C ends everything" in self.said, READY_SECONDS)

    def healthy(self) -> bool:
        return not health.missing(self.file["web"])

    def stop(self) -> float:
        """Ask it to end; seconds until it has."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        return time.monotonic() - began


class Ports:
    """Three ports for one ./run, the same at each start."""

    def __init__(self, pick_port: Callable[[], int]) -> None:
        self.web, self.dicom, self.hl7 = pick_port(), pick_port(), pick_port()

    @property
    def flags(self) -> list[str]:
        named = {"--port": self.web, "--dicom-port": self.dicom, "--hl7-port": self.hl7}
        return [text for flag, port in named.items() for text in (flag, str(port))]


def run_to_its_end(*flags: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "run"), *flags],
        cwd="/",
        env={**clean_environment(), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@contextmanager
def started(data: Path, ports: Ports, *flags: str, **variables: str) -> Iterator[Run]:
    """Started, not waited for; ended in the end whatever happens."""
    output = data.with_suffix(".out")
    with output.open("wb") as file:
        process = subprocess.Popen(
            [str(ROOT / "run"), "--data", str(data), *ports.flags, *flags],
            cwd="/",
            env={**clean_environment(), **variables},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Run(data, process, output)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
