"""One `./run` for all tests that need the whole system: its first start is the slow one.

The journeys have it first, then the tests of how it runs (tests.launch.test_run), and last those of
how it ends and begins again (tests.launch.test_run_ends), which leave it stopped.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launch import clusters
from tests.launch.running import Ports, Run, started

NOTICE_TRIES = "3"  # as many as a test has patience for


@pytest.fixture(scope="session")
def run_ports(pick_port: Callable[[], int]) -> Ports:
    return Ports(pick_port)


@pytest.fixture(scope="session")
def run_data() -> Iterator[Path]:
    """Below a folder of mode 700, and with a path too long for a socket's address."""
    above = Path(tempfile.mkdtemp(prefix="idr-run-"))
    data = above / ("long-" * 25) / "data"
    # The first screen plays customers at their usual ports, which may be anybody's here.
    (data / "stamps").mkdir(parents=True)
    (data / "stamps/first-screen").touch()
    # As an operator has it whose vault is a disk of its own.
    (above / "disk").mkdir()
    (data / "vault").symlink_to(above / "disk")
    yield data
    shutil.rmtree(above, ignore_errors=True)
    clusters.sweep()


@pytest.fixture(scope="session")
def running(run_data: Path, run_ports: Ports) -> Iterator[Run]:
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("NOTICE_TRIES", NOTICE_TRIES)
        with started(run_data, run_ports) as run:
            run.await_ready()
            yield run
