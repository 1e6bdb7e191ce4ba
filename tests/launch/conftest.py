"""One data folder for all tests that start `./run`: the first start is the slow one."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launch import clusters
from tests.launch.running import Ports, started


@pytest.fixture(scope="session")
def ports(pick_port: Callable[[], int]) -> Ports:
    return Ports(pick_port)


@pytest.fixture(scope="session")
def data() -> Iterator[Path]:
    """Below a folder of mode 700, and with a path too long for a socket's address."""
    above = Path(tempfile.mkdtemp(prefix="idr-run-"))
    folder = above / ("long-" * 25) / "data"
    folder.parent.mkdir()
    yield folder
    shutil.rmtree(above, ignore_errors=True)
    clusters.sweep()


@pytest.fixture
def used_data(data: Path, ports: Ports) -> Path:
    """The same, after at least one start in demo mode."""
    if not (data / "secrets/demo.json").exists():
        with started(data, ports) as run:
            run.await_ready()
    return data
