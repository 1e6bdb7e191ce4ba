"""How `./run` begins, ends, and begins again."""

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from launch import clusters, processes
from tests.launch.running import READY_SECONDS, Ports, run_to_its_end, started

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]


def test_sigterm_ends_every_child(data: Path, ports: Ports) -> None:
    with started(data, ports) as run:
        run.await_ready()
        children, mark = run.children, run.mark
        run.stop()
        assert run.process.returncode == 0
    cluster = (data / "postgres").resolve()
    assert len(children) >= 6
    assert not [name for name, identity in children.items() if identity.alive]
    assert not processes.carrying(mark)
    assert clusters.running(cluster) is None
    assert not (data / "run.json").exists()
    assert not (data / "children.json").exists()


def test_after_a_kill_the_next_one_clears_and_resumes(data: Path, ports: Ports) -> None:
    with started(data, ports) as first:
        first.await_ready()
        children, logins = first.children, first.file["logins"]
        first.process.kill()
        first.process.wait(5)
    assert [name for name, identity in children.items() if identity.alive]
    with started(data, ports) as second:
        second.await_ready()
        assert not [name for name, identity in children.items() if identity.alive]
        assert second.file["logins"] == logins
        second.await_that(second.healthy, READY_SECONDS)


def test_a_warm_start_repeats_no_step(used_data: Path, ports: Ports) -> None:
    with started(used_data, ports) as run:
        run.await_ready()
        assert "bringing the database up to date" not in run.said
        assert "collecting static files" not in run.said


def test_demo_accounts_keep_it_from_starting_outside_demo_mode(
    used_data: Path, ports: Ports
) -> None:
    done = run_to_its_end("--data", str(used_data), *ports.flags, "--no-demo")
    assert done.returncode != 0
    assert "demo account" in done.stdout
    assert not (used_data / "run.json").exists()
    assert clusters.running((used_data / "postgres").resolve()) is None


def test_secrets_are_made_once(used_data: Path) -> None:
    kept = json.loads((used_data / "secrets/core.json").read_text())
    assert set(kept) == {
        *("secret_key", "postgres_password", "owner_password", "app_password"),
        "pdr_secret",
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
    tmp_path: Path, pick_port: Callable[[], int]
) -> None:
    nowhere = "postgresql://nobody@/nothing?host=/nonexistent"
    flags = ["--data", str(tmp_path / "data"), *Ports(pick_port).flags]
    done = run_to_its_end(*flags, DATABASE_URL=nowhere)
    assert done.returncode != 0
    assert "bringing the database up to date" in done.stdout
    assert "/nonexistent" in done.stdout
    assert not processes.carrying(f"DATA_DIR={tmp_path / 'data'}")
    assert not (tmp_path / "data/run.json").exists()
