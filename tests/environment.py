"""The variables of test processes, set before Django's settings are read (`-p tests.environment`).

The controller makes one folder; nothing is started until a test asks for the database (see stage).
Each worker has its own PostgreSQL database, Redis database, data folder and ports.
"""

import json
import os
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from launch import keys, processes
from tests import stage

FOLDER = "IDR_TESTS"
MEMORY = Path("/dev/shm")
ROOM = 4 << 30  # bytes: databases of 20 MB come and go, and the log of their changes stays


def _temporary() -> Path:
    """In memory where there is room. A database is 1,400 files, and hundreds are made and dropped:
    ext4 passes over inodes that were freed in the last minutes, and looks at each of them."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM:
        return MEMORY
    return Path(tempfile.gettempdir())


TEMPORARY = _temporary()


def worker() -> str:
    """gw0, gw1 ...; `main` in the controller and without xdist."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def worker_number() -> int:
    return 0 if worker() == "main" else int(worker().removeprefix("gw")) + 1


def folder() -> Path:
    return Path(os.environ[FOLDER])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    # Around pytest-django's own, which imports the settings.
    if worker() == "main":
        _sweep()
        _make_folder()
    os.environ.update(variables())
    return (yield)


def pytest_unconfigure(config: pytest.Config) -> None:
    if worker() == "main" and FOLDER in os.environ:
        stage.stop(folder())
        shutil.rmtree(os.environ.pop(FOLDER), ignore_errors=True)


def _make_folder() -> None:
    made = Path(tempfile.mkdtemp(prefix=f"idr-tests-{os.getpid()}-", dir=TEMPORARY))
    made.chmod(0o711)  # the database's user passes through
    keys.write_private(made / "secrets.json", keys.made())
    os.environ[FOLDER] = str(made)


def _sweep() -> None:
    """End and remove what a killed test session left."""
    for left in TEMPORARY.glob("idr-tests-*"):
        pid = left.name.split("-")[2]
        if pid.isdecimal() and processes.identify(int(pid)) is None:
            with suppress(OSError, ValueError):
                stage.stop(left)
            shutil.rmtree(left, ignore_errors=True)


def variables() -> dict[str, str]:
    """Named as in `archive.config`."""
    data = folder() / worker()
    data.mkdir(mode=0o700, exist_ok=True)
    for name in ("vault", "mail", "log", "secrets"):
        (data / name).mkdir(mode=0o700, exist_ok=True)
    for marked in ("vault", "vault/production", "vault/test"):
        (data / marked).mkdir(mode=0o700, exist_ok=True)
        (data / marked / ".vault").touch(mode=0o600)
    if not (data / "static").is_symlink():
        (data / "static").symlink_to(folder() / "static")
    cluster, broker = stage.cluster(folder()), stage.broker(folder())
    ports = free_ports()
    return {
        "DATA_DIR": str(data),
        "DATABASE_URL": cluster.url("app", f"idr_{worker()}"),
        "DATABASE_OWNER_URL": cluster.url("owner", f"idr_{worker()}"),
        "CELERY_BROKER_URL": broker.url(worker_number()),
        "SECRET_KEY": json.loads((folder() / "secrets.json").read_text())["secret_key"],
        "DEMO": "1",
        "WEB_HOST": "127.0.0.1",
        "WEB_PORT": str(next(ports)),
        "DICOM_HOST": "127.0.0.1",
        "DICOM_PORT": str(next(ports)),
        "HL7_PORT": str(next(ports)),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
    }


def free_ports() -> Iterator[int]:
    """Ports below the ephemeral range, where no outgoing connection of anybody's takes them."""
    session = int(folder().name.split("-")[2])
    block = (session * 31 + worker_number()) % 23
    start = 20_000 + 500 * block + secrets.randbelow(200)
    for port in range(start, start + 12_000):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
        yield port
