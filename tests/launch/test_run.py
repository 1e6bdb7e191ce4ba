"""`./run` as a newcomer and an operator meet it."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launch import clusters, processes
from launch.plan import ROOT
from tests.launch.running import Ports, Run, clean_environment, run_to_its_end, started

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("run")]

STOP_SECONDS = 10.0
RESTART_SECONDS = 5.0
WARM_SECONDS = 15.0
LOGINS = {"admin", "onboarding", "archivist", "support", "logreview", "esim", "malli", "rontgen"}


@pytest.fixture(scope="module")
def ports(pick_port: Callable[[], int]) -> Ports:
    return Ports(pick_port)


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A data folder below one of mode 700, and with a path too long for a socket's address."""
    above = Path(tempfile.mkdtemp(prefix="idr-run-"))
    yield above / ("long-" * 25) / "data"
    shutil.rmtree(above, ignore_errors=True)
    clusters.sweep()


@pytest.fixture
def run(data: Path, ports: Ports) -> Iterator[Run]:
    with started(data, ports) as running:
        running.await_ready()
        yield running


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_tells_newcomers_and_programs_where_everything_is(run: Run, ports: Ports) -> None:
    told = run.file
    assert told["web"] == f"http://127.0.0.1:{ports.web}"
    assert told["dicom"] == {
        **{"host": "127.0.0.1", "port": ports.dicom},
        **{"aet": "KANTA", "test_aet": "KANTATEST"},
    }
    assert told["hl7"] is None
    assert set(told["logins"]) == LOGINS
    assert all(value["password"] in run.said for value in told["logins"].values())
    assert run.said.count("┌") == 1
    assert {customer["aet"] for customer in told["customers"]} == {
        *("ESIM_PACS", "MALLI_PACS", "RONTGEN_PACS")
    }
    assert set(told["oids"]) == {
        *("home", "document_repository", "manifest_repository", "imaging_source")
    }
    assert all(isinstance(value, str) for value in told["env"].values())
    assert {"pdr", "test_pdr", "patients"} <= set(told)


def test_only_the_owner_may_read_what_it_keeps(run: Run, data: Path) -> None:
    assert mode(data) == 0o700
    assert {mode(data / name) for name in ("vault", "mail", "log", "secrets")} == {0o700}
    assert mode((data / "postgres").resolve()) == 0o700
    assert mode(data / "run.json") == 0o600
    assert {mode(path) for path in (data / "secrets").iterdir()} == {0o600}


def test_folders_above_the_data_stay_closed(run: Run, data: Path) -> None:
    assert mode(data.parent.parent) == 0o700


def test_a_command_joins_the_running_system_by_its_data_folder(run: Run, data: Path) -> None:
    script = "from archive.models import User; print(User.objects.filter(username='admin').count())"
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", script],
        cwd=ROOT,
        env={**clean_environment(), "DATA_DIR": str(data)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.strip() == "1", done.stderr


def test_a_second_one_on_the_same_data_is_refused(run: Run, data: Path, pick_port) -> None:
    done = run_to_its_end("--data", str(data), *Ports(pick_port).flags)
    assert done.returncode != 0
    assert f"process {run.process.pid}" in done.stdout
    assert run.healthy()
    assert run.file


@pytest.mark.parametrize("name", ["web", "dicom", "worker", "beat", "redis", "postgres"])
def test_a_child_that_dies_is_back_soon(run: Run, name: str) -> None:
    killed = run.children[name]
    os.kill(killed.pid, signal.SIGKILL)

    def is_back() -> bool:
        now = run.children.get(name)
        return now is not None and now != killed and now.alive

    assert run.await_that(is_back, RESTART_SECONDS + 5) < RESTART_SECONDS
    run.await_that(run.healthy, 60)


def test_sigterm_ends_every_child_in_time(run: Run, data: Path) -> None:
    children, mark = run.children, run.mark
    cluster = (data / "postgres").resolve()
    assert len(children) >= 6
    assert run.stop() < STOP_SECONDS
    assert run.process.returncode == 0
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
    began = time.monotonic()
    with started(data, ports) as second:
        second.await_ready()
        took = time.monotonic() - began
        assert not [name for name, identity in children.items() if identity.alive]
        assert second.file["logins"] == logins
        assert second.healthy()
        assert took < WARM_SECONDS + STOP_SECONDS


def test_a_warm_start_is_quick_and_repeats_no_step(data: Path, ports: Ports) -> None:
    with started(data, ports) as run:
        assert run.await_ready() < WARM_SECONDS
        assert "bringing the database up to date" not in run.said
        assert "collecting static files" not in run.said


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


def test_demo_accounts_keep_it_from_starting_outside_demo_mode(data: Path, ports: Ports) -> None:
    done = run_to_its_end("--data", str(data), *ports.flags, "--no-demo")
    assert done.returncode != 0
    assert "demo account" in done.stdout
    assert not (data / "run.json").exists()
    assert clusters.running((data / "postgres").resolve()) is None


def test_secrets_are_made_once(data: Path) -> None:
    kept = json.loads((data / "secrets/core.json").read_text())
    assert set(kept) == {"secret_key", "postgres_password", "owner_password", "app_password"}
    assert all(len(value) >= 32 for value in kept.values())
