"""`./run` as a newcomer and an operator meet it while it runs."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from launch.plan import ROOT
from tests.launch.running import Ports, Run, clean_environment, run_to_its_end

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]

RESTART_SECONDS = 60.0  # patience: it takes one or two when nothing else is to do
LOGINS = {"admin", "onboarding", "archivist", "support", "logreview", "esim", "malli", "rontgen"}


@pytest.fixture
def run(running: Run) -> Run:
    """Ready when a test begins."""
    running.await_that(running.healthy, RESTART_SECONDS)
    return running


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_tells_newcomers_and_programs_where_everything_is(run: Run, run_ports: Ports) -> None:
    told = run.file
    assert told["web"] == f"http://127.0.0.1:{run_ports.web}"
    assert told["dicom"] == {
        **{"host": "127.0.0.1", "port": run_ports.dicom},
        **{"aet": "KANTA", "test_aet": "KANTATEST"},
    }
    assert told["hl7"] == {
        **{"host": "127.0.0.1", "port": run_ports.hl7},
        **{"application": "KANTA", "test_application": "KANTATEST", "facility": "KELA"},
    }
    assert told["customers"][0]["hl7"] == {"application": "ESIM_RIS", "facility": "ESIM"}
    assert told["customers"][0]["test_hl7"] == {"application": "ESIM_TEST_RIS", "facility": "ESIM"}
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
    assert Path(told["env"]["DATABASE_DIR"]).is_dir(), "its disk is watched"
    assert {"pdr", "test_pdr", "patients"} <= set(told)


def test_only_the_owner_may_read_what_it_keeps(run: Run, run_data: Path) -> None:
    assert mode(run_data) == 0o700
    assert {mode(run_data / name) for name in ("vault", "mail", "log", "secrets")} == {0o700}
    assert mode((run_data / "postgres").resolve()) == 0o700
    assert mode(run_data / "run.json") == 0o600
    assert {mode(path) for path in (run_data / "secrets").iterdir()} == {0o600}


def test_folders_above_the_data_stay_closed(run: Run, run_data: Path) -> None:
    assert mode(run_data.parent.parent) == 0o700


def test_a_command_joins_the_running_system_by_its_data_folder(run: Run, run_data: Path) -> None:
    script = "from archive.models import User; print(User.objects.filter(username='admin').count())"
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", script],
        cwd=ROOT,
        env={**clean_environment(), "DATA_DIR": str(run_data)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.strip() == "1", done.stderr


def test_a_second_one_on_the_same_data_is_refused(
    run: Run, run_data: Path, pick_port: Callable[[], int]
) -> None:
    done = run_to_its_end("--data", str(run_data), *Ports(pick_port).flags)
    assert done.returncode != 0
    assert f"process {run.process.pid}" in done.stdout
    assert run.healthy()
    assert run.file


CHILDREN = ("web", "dicom", "hl7", "worker", "caller", "beat", "pdr", "redis", "postgres")


def test_the_stand_in_for_the_repository_is_where_the_table_says(run: Run) -> None:
    address = run.file["env"]["PDR_URL"].removesuffix("production")
    assert address in run.said and run.file["env"]["TEST_PDR_URL"] == f"{address}test"


@pytest.mark.parametrize("name", CHILDREN)
def test_a_child_that_dies_is_back(run: Run, name: str) -> None:
    killed = run.children[name]
    os.kill(killed.pid, signal.SIGKILL)

    def is_back() -> bool:
        now = run.children.get(name)
        return now is not None and now != killed and now.alive

    run.await_that(is_back, RESTART_SECONDS)
    run.await_that(run.healthy, 60)
