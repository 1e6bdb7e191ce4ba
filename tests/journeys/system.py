"""The running system as an operator and its clients see it: run.json, manage.py, its processes."""

import email
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg

from archive.simulation.modules import Order
from archive.simulation.orders import ORDERS
from archive.simulation.scenes import Run as Orders
from archive.simulation.sender import Peer
from archive.simulation.world import PRODUCTION, Customer, World
from launch import keys
from launch.plan import ROOT
from onboarding.services import demo_citizens
from tests.journeys.customer import Listener
from tests.launch.running import Run, clean_environment

SOON = 20.0  # seconds for what takes one or two when the machine has nothing else to do
PATIENCE = 60.0
POLL = 0.1


def eventually(condition: Callable[[], object], seconds: float = PATIENCE, what: str = "") -> float:
    """Seconds until it holds; fails when time is up."""
    began, never = time.monotonic(), threading.Event()
    while not condition():
        assert time.monotonic() - began < seconds, f"not within {seconds} s: {what or condition}"
        never.wait(POLL)
    return time.monotonic() - began


@dataclass
class System:
    """`./run`, started for real; each test leaves it as it was: ready, nothing stopped."""

    run: Run
    world: World
    listeners: dict[str, Listener]
    orders: Orders = field(init=False)

    def __post_init__(self) -> None:
        self.orders = Orders(self.world)

    @property
    def file(self) -> dict[str, Any]:
        return self.run.file

    @property
    def vault(self) -> Path:
        return self.run.data / "vault"

    # Customers

    def customer(self, aet: str = "ESIM_PACS") -> Customer:
        return self.world.customer(aet)

    def order(self, aet: str = "ESIM_PACS") -> Order:
        """A new examination: its identifiers are nobody else's, and its patient has permitted and
        forbidden nothing and is in no authorisation, so that nobody else sees it.
        """
        ordered = {each.patient for each in ORDERS}
        while True:
            made = self.orders.order(self.customer(aet))
            place = self.world.patients.index(made.patient)
            if made.patient.id not in demo_citizens.SPOKEN and place not in ordered:
                return made

    def peer(self, aet: str = "ESIM_PACS", environment: str = PRODUCTION) -> Peer:
        calling = self.customer(aet).calling(environment)
        called = self.world.called(environment)
        return Peer(self.world.dicom_host, self.world.dicom_port, calling, called)

    # Commands

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**clean_environment(), **self.file["env"]},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def call(self, task: str) -> None:
        """Have a task run now that the clock would run within the minute."""
        subprocess.run(
            [sys.executable, "-m", "celery", "-A", "portal.celery", "call", task],
            cwd=ROOT,
            env={**clean_environment(), **self.file["env"]},
            capture_output=True,
            check=True,
            timeout=PATIENCE,
        )

    def mails(self) -> list[EmailMessage]:
        """What has been sent, the latest first."""
        files = (self.run.data / "mail").iterdir()
        newest = sorted(files, key=lambda each: each.stat().st_mtime_ns, reverse=True)
        return [
            email.message_from_bytes(each.read_bytes(), policy=policy.default) for each in newest
        ]

    def trace(self, key: str) -> dict[str, Any]:
        done = self.manage("trace", key, "--json")
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def verdict(self) -> dict[str, Any]:
        """What `manage.py verify_ledger` says, and its exit code."""
        done = self.manage("verify_ledger", "--json")
        return {**json.loads(done.stdout), "code": done.returncode}

    # The database, for polling without a process for each look

    def sql(self, query: str, *values: object, role: str = "DATABASE_URL") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.file["env"][role], autocommit=True) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def one(self, query: str, *values: object) -> Any:
        ((value,),) = self.sql(query, *values)
        return value

    @contextmanager
    def superuser(self) -> Iterator[psycopg.Connection]:
        """Beside the product's database, so that it can be closed."""
        folder = parse_qs(urlsplit(self.file["env"]["DATABASE_URL"]).query)["host"][0]
        with psycopg.connect(
            host=folder,
            user="postgres",
            dbname="postgres",
            password=keys.load(self.run.data / "secrets")["postgres_password"],
            autocommit=True,
        ) as connection:
            yield connection

    def state(self, study_uid: str, environment: str = PRODUCTION) -> str | None:
        query = "SELECT state FROM archive_study WHERE study_instance_uid = %s AND environment = %s"
        rows = self.sql(query, study_uid, environment)
        return rows[0][0] if rows else None

    def await_state(
        self, study_uid: str, state: str, seconds: float = SOON, environment: str = PRODUCTION
    ) -> float:
        what = f"{study_uid} {state}"
        return eventually(lambda: self.state(study_uid, environment) == state, seconds, what)

    # Processes

    def child(self, name: str) -> int:
        """Of ./run: web, dicom, worker, caller, beat, redis, postgres; it leads its group."""
        return self.run.children[name].pid

    def kill(self, name: str) -> None:
        """kill -9 of the program and of all it has started."""
        os.killpg(self.child(name), signal.SIGKILL)

    @contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        """The program hangs: it holds its sockets and answers nothing."""
        leader = self.child(name)
        os.killpg(leader, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(leader, signal.SIGCONT)

    def await_ready(self) -> None:
        self.run.await_that(self.run.healthy, PATIENCE)
