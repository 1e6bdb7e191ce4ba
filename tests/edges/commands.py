"""Commands of `manage.py` in processes of their own.

To read the product takes an interpreter two seconds, a test of a listener well below one. So a
process that has read it waits, and each command is a fork of that; what the environment says is
read anew in the fork.
"""

import importlib
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Protocol

from archive.config import ROOT

# Kept by what is imported before the fork, the Celery application: the same for all its forks.
OF_THE_WORKER = ("DATA_DIR", "CELERY_BROKER_URL", "SECRET_KEY")


class Process(Protocol):
    """What of `subprocess.Popen` the tests of listeners need."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...

    def kill(self) -> None: ...


Start = Callable[[str, Mapping[str, str], Path], Process]


def started(command: str, environment: Mapping[str, str], log: Path) -> Process:
    """By an interpreter of its own, as an operator or `./run` starts it."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "manage.py", command],
            cwd=ROOT,
            env=dict(environment),
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def has_children(process: Process) -> bool:
    """Asked of the process itself: psutil looks through all that run, each time."""
    try:
        return bool(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return False  # it has ended


class Fork:
    """By a fork of the process that waits."""

    def __init__(self, command: str, environment: Mapping[str, str], log: Path) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.edges.product_read"])
        self._process: ForkServerProcess = context.Process(
            target=_run, args=(command, dict(environment), log)
        )
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid
        self._args = ["manage.py", command]

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(self._args, timeout or 0)
        return code

    def send_signal(self, sig: int) -> None:
        os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _run(command: str, environment: dict[str, str], log: Path) -> None:
    """In the fork: to its end what `python manage.py COMMAND` does."""
    import django.conf
    from django.db import connections

    from archive import config
    from portal import settings

    kept = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for output in (1, 2):
        os.dup2(kept, output)
    os.close(kept)
    os.chdir(ROOT)
    assert all(environment[name] == os.environ[name] for name in OF_THE_WORKER)
    os.environ.clear()
    os.environ.update(environment)
    config.settings.cache_clear()
    importlib.reload(settings)
    django.conf.settings._wrapped = django.conf.empty
    # As Django's own tests do for caches. No connection was ever opened here.
    connections._settings = connections.settings = connections.configure_settings(None)
    sys.argv = ["manage.py", command]
    runpy.run_path("manage.py", run_name="__main__")
