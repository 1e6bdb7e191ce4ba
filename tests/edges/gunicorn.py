"""The web server as it runs, for clients over real sockets."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from launch.plan import ROOT
from launch.programs import SERVED
from tests.edges.dicom.listening import eventually


@contextmanager
def serving(port: int, folder: Path) -> Iterator[str]:
    """The address of a gunicorn, with one process so that all of it is waited for."""
    where = f"127.0.0.1:{port}"
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", where, *SERVED]
    log = folder / "gunicorn.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)
    try:
        eventually(lambda: _lives(where), patience=60)
        yield f"http://{where}"
    finally:
        process.terminate()
        process.wait(20)
        print(log.read_text())  # pytest shows it when the test fails


def _lives(where: str) -> bool:
    try:
        return requests.get(f"http://{where}/health/live", timeout=5).ok
    except requests.RequestException:
        return False
