"""How `./run` begins, ends, and begins again."""

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from launch import clusters, processes
from tests import environment, stage
from tests.launch.running import READY_SECONDS, Ports, Run, run_to_its_end, started

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]


@dataclass(frozen=True)
class Left:
    """What a `./run` was, and what it left."""

    children: dict[str, processes.Identity]
    mark: str
    logins: dict[str, Any]
    code: int
    alive: list[str]


def left(run: Run, end: Callable[[], object]) -> Left:
    children, mark, logins = run.children, run.mark, run.file["logins"]
    end()
    code = run.process.wait(5)
    alive = [name for name, identity in children.items() if identity.alive]
    return Left(children, mark, logins, code, alive)


@pytest.fixture(scope="module")
def killed(running: Run) -> Left:
    """The system of all tests before, by kill -9."""
    return left(running, running.process.kill)


@pytest.fixture(scope="module")
def again(killed: Left, run_data: Path, run_ports: Ports) -> Iterator[Run]:
    """The next one; the first screen was not played yet."""
    (run_data / "stamps/first-screen").unlink(missing_ok=True)
    with started(run_data, run_ports) as run:
        run.await_ready()
        yield run


@pytest.fixture(scope="module")
def ended(again: Run) -> Left:
    """The next one after SIGTERM."""
    return left(again, again.stop)


def test_after_a_kill_the_next_one_clears_and_resumes(killed: Left, again: Run) -> None:
    assert killed.alive
    assert not [name for name, identity in killed.children.items() if identity.alive]
    assert again.file["logins"] == killed.logins
    again.await_that(again.healthy, READY_SECONDS)


def test_a_warm_start_repeats_no_step(again: Run) -> None:
    assert "bringing the database up to date" not in again.said
    assert "collecting static files" not in again.said


def test_the_first_screen_is_played_by_itself(again: Run) -> None:
    log = again.data / "log/first-screen.log"
    again.await_that(lambda: log.exists() and " objects: " in log.read_text(), READY_SECONDS)


def test_sigterm_ends_every_child(ended: Left, run_data: Path) -> None:
    assert ended.code == 0
    assert len(ended.children) >= 6
    assert not ended.alive
    assert not processes.carrying(ended.mark)
    assert clusters.running((run_data / "postgres").resolve()) is None
    assert not (run_data / "run.json").exists()
    assert not (run_data / "children.json").exists()


def test_demo_accounts_keep_it_from_starting_outside_demo_mode(
    ended: Left, run_data: Path, run_ports: Ports
) -> None:
    done = run_to_its_end("--data", str(run_data), *run_ports.flags, "--no-demo")
    assert done.returncode != 0
    assert "demo account" in done.stdout
    assert not (run_data / "run.json").exists()
    assert clusters.running((run_data / "postgres").resolve()) is None


def test_secrets_are_made_once(ended: Left, run_data: Path) -> None:
    kept = json.loads((run_data / "secrets/core.json").read_text())
    assert set(kept) == {
        *("secret_key", "postgres_password", "owner_password", "app_password"),
        *("pdr_secret", "machine"),
    }
    assert all(len(value) >= 32 for value in kept.values())


def test_a_taken_port_is_named_with_the_flag_that_changes_it(
    tmp_path: Path, pick_port: Callable[[], int]
) -> None:
    for flag in ("--port", "--dicom-port", "--hl7-port"):
        with socket.socket() as other:
            ports = Ports(pick_port)
            taken = int(ports.flags[ports.flags.index(flag) + 1])
            other.bind(("127.0.0.1", taken))
            other.listen()
            done = run_to_its_end("--data", str(tmp_path / "data"), *ports.flags)
        assert done.returncode != 0
        assert str(taken) in done.stdout and flag in done.stdout
        assert not (tmp_path / "data/postgres").exists()
        assert not (tmp_path / "data/run.json").exists()


def test_a_failing_step_is_shown_and_leaves_nothing_running(
    tmp_path: Path, pick_port: Callable[[], int], django_db_setup: None
) -> None:
    cluster, name = stage.cluster(environment.folder()), f"idr_bare_{environment.worker()}"
    cluster.create_database(name)  # in which its application makes no table
    flags = ["--data", str(tmp_path / "data"), *Ports(pick_port).flags]
    done = run_to_its_end(*flags, DATABASE_URL=cluster.url("app", name))
    cluster.drop_database(name)
    assert done.returncode != 0
    assert "bringing the database up to date" in done.stdout
    assert "permission denied" in done.stdout and "deploy/database.sql" in done.stdout
    assert not processes.carrying(f"DATA_DIR={tmp_path / 'data'}")
    assert not (tmp_path / "data/run.json").exists()
