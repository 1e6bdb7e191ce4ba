"""The servers of a test session: started once, when the first test wants them."""

import fcntl
import gc
import json
import os
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import django
import redis
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management import call_command
from django.db import connections

from launch.broker import Broker
from launch.plan import ROOT
from launch.postgres import Cluster

TEMPLATE = "idr_template"
# As `migrate` leaves an empty database, which nobody writes to; and what it said meanwhile.
MIGRATED, MIGRATIONS = "idr_migrated", "migrations"
# Of password hashing: people of tests are made by the hundred, and each costs half a second else.
QUICK_ROUNDS = 1000


@cache
def cluster(folder: Path) -> Cluster:
    """Kept: to find its programs, a process is started each time as the user that runs them."""
    kept = json.loads((folder / "secrets.json").read_text())
    return Cluster(folder / "postgres", kept, log=folder / "postgres.log", hurried=True)


@cache
def broker(folder: Path) -> Broker:
    return Broker(folder / "postgres", log=folder / "redis.log")


def start(folder: Path) -> None:
    """The first caller starts the servers, the others wait for it; a failure is told to all."""
    told = folder / "told"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            done = subprocess.run(
                [sys.executable, "-m", "tests.stage", str(folder)],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=300,
            )
            told.write_text(done.stdout if done.returncode else "")
    if told.read_text():
        raise RuntimeError(f"The test database could not be made:\n{told.read_text()[-4000:]}")


def stop(folder: Path) -> None:
    if not (folder / "secrets.json").is_file():
        return
    server, queue = cluster(folder), broker(folder)
    server.clear()
    with suppress(redis.RedisError), queue.client() as client:
        client.shutdown(nosave=True)
    queue.socket.unlink(missing_ok=True)
    with suppress(OSError):
        server.socket.rmdir()


def prepare(folder: Path) -> None:
    """A database with the demo world in it, from which every worker's is copied."""
    server = cluster(folder)
    server.start()
    broker(folder).start()
    server.create_database(TEMPLATE)
    data = folder / "template"
    data.mkdir(mode=0o700)
    (data / "secrets").mkdir(mode=0o700)
    os.environ |= {
        "DATA_DIR": str(data),
        "DATABASE_URL": server.url("app", TEMPLATE),
        "DATABASE_OWNER_URL": server.url("owner", TEMPLATE),
    }
    subprocess.run([sys.executable, "-m", "launch.translations"], cwd=ROOT, check=True)
    _migrate(folder)
    server.create_database(MIGRATED, template=TEMPLATE)
    _fill()
    (data / "static").rename(folder / "static")


def _migrate(folder: Path) -> None:
    """With it begin the steps of `./run`, in one process, which reads the product once."""
    # Django renders some 1,500 historical models on the way: much time would go into looking for
    # garbage among them.
    gc.disable()
    django.setup()
    PBKDF2PasswordHasher.iterations = QUICK_ROUNDS
    with (folder / MIGRATIONS).open("w") as said:
        call_command("migrate", database="owner", interactive=False, no_color=True, stdout=said)
    connections.close_all()  # nobody may be in a database that is copied


def _fill() -> None:
    call_command("load_demo")
    _deliver()
    call_command("collectstatic", interactive=False, verbosity=0)
    connections.close_all()


def _deliver() -> None:
    """The mails of the demo world have gone, as they soon have in any."""
    from tests import post_office

    post_office.deliver()


if __name__ == "__main__":
    prepare(Path(sys.argv[1]))
    # Only the servers stay; their Popen objects must not wait for them.
    sys.stdout.flush()
    os._exit(0)
