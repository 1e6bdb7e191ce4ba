"""A PostgreSQL of a test's own, that breaks down."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connections

from launch import postgres, processes
from launch.postgres import DATABASE, SUPERUSER, Cluster
from tests import environment, stage

# Commits are written at once, what is not synced with the next of another: nobody else writes.
FORGETFUL = {
    "synchronous_commit": "on",
    "fsync": "off",
    "wal_writer_delay": "10s",
    "bgwriter_lru_maxpages": "0",
    "autovacuum": "off",
}
SECONDS = 30.0


def crash(cluster: Cluster) -> None:
    """As a machine does: what was in memory alone is gone. It is back on return."""
    assert cluster.process is not None
    pid = cluster.process.pid
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = [processes.identify(each) for each in (pid, *map(int, told))]
    for each in filter(None, found):
        processes.send(each, signal.SIGKILL)
    cluster.process.wait()
    for each in filter(None, found):  # else the memory that they share is still in use
        assert processes.await_end(each, SECONDS)
    cluster.spawn()
    cluster.await_ready()
    connections.close_all()


@contextmanager
def forgetful(patch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """With the demo world in it, and all that this process asks goes there."""
    patch.setattr(postgres, "SETTINGS", postgres.SETTINGS | FORGETFUL)
    shared = stage.cluster(environment.folder())
    folder = environment.folder() / f"forgetful-{environment.worker()}"
    made = Cluster(folder, shared.secrets)
    try:
        made.start()
        copy(shared, made)
        turn_to(made, patch)
        yield made
    finally:
        connections.close_all()
        made.stop()
        made.forget_socket()
        shutil.rmtree(folder)
        made.log.unlink()


def copy(shared: Cluster, made: Cluster) -> None:
    def command(program: str, cluster: Cluster, name: str) -> list[str]:
        said = ["-h", str(cluster.socket), "-p", str(postgres.PORT), "-U", SUPERUSER, "-d", name]
        return [str(cluster.programs / program), *said]

    known = {"PGPASSWORD": shared.secrets["postgres_password"]}
    dumped = subprocess.run(
        command("pg_dump", shared, stage.TEMPLATE), env=known, capture_output=True, check=True
    )
    subprocess.run(
        [*command("psql", made, DATABASE), "-q", "-v", "ON_ERROR_STOP=1"],
        env=known,
        input=dumped.stdout,
        capture_output=True,
        check=True,
    )


def turn_to(made: Cluster, patch: pytest.MonkeyPatch) -> None:
    connections.close_all()
    patch.setenv("DATABASE_URL", made.url("app"))
    patch.setenv("DATABASE_OWNER_URL", made.url("owner"))
    for alias in ("default", "owner"):
        for name, value in (("NAME", DATABASE), ("HOST", str(made.socket))):
            patch.setitem(connections.settings[alias], name, value)
            patch.setitem(connections[alias].settings_dict, name, value)
