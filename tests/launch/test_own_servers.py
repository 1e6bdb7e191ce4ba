"""Servers of the operator's that are away or let nobody in: one sentence says so (NF-4, NF-5)."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive import reaching
from launch import keys, own_servers
from launch.broker import DATABASES, Broker
from launch.errors import LaunchError
from launch.plan import ROOT
from launch.postgres import ROLES, Cluster
from tests import environment, stage
from tests.launch.running import Ports, run_to_its_end

PASSWORD = "mellon"
NOBODY = f"postgresql://idr_app:{PASSWORD}@127.0.0.1:1/idr"


@pytest.fixture
def flags(tmp_path: Path, pick_port: Callable[[], int]) -> list[str]:
    return ["--data", str(tmp_path / "data"), *Ports(pick_port).flags]


@pytest.fixture
def cluster(django_db_setup: None) -> Cluster:
    return stage.cluster(environment.folder())


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path, log=tmp_path / "redis.log")
    made.start()
    yield made
    made.stop()
    made.forget_socket()


def test_a_database_that_is_away_ends_the_start_in_one_sentence(flags: list[str]) -> None:
    done = run_to_its_end(*flags, DATABASE_URL=NOBODY)
    assert done.returncode == 1
    assert "refused" in done.stdout and "mend the address" in done.stdout
    assert len(done.stdout.splitlines()) == 1, done.stdout
    assert PASSWORD not in done.stdout


def test_a_password_that_is_not_taken_is_told_of_by_its_key(
    flags: list[str], cluster: Cluster
) -> None:
    right = cluster.url("app", stage.TEMPLATE)
    wrong = cluster.url("owner").replace(cluster.secrets["owner_password"], PASSWORD)
    for given in ({"DATABASE_URL": wrong}, {"DATABASE_URL": right, "DATABASE_OWNER_URL": wrong}):
        done = run_to_its_end(*flags, **given)
        assert done.returncode == 1
        assert f"Cannot start: {list(given)[-1]} does not" in done.stdout
        assert f'password authentication failed for user "{ROLES["owner"]}"' in done.stdout
        assert len(done.stdout.splitlines()) == 1, done.stdout


def test_a_disk_that_cannot_be_looked_at_ends_the_start(flags: list[str]) -> None:
    """It would count as watched."""
    done = run_to_its_end(*flags, DATABASE_URL=NOBODY, DATABASE_DIR="/nonexistent/folder")
    assert done.returncode == 1
    assert "DATABASE_DIR: /nonexistent/folder cannot be looked at" in done.stdout


def test_a_broker_that_is_away_does_not_keep_objects_from_coming() -> None:
    said = own_servers.check_broker(f"redis://:{PASSWORD}@127.0.0.1:1/0")
    assert "does not answer" in said and "refused" in said and PASSWORD not in said


def test_a_broker_that_will_never_do_ends_the_start(broker: Broker) -> None:
    assert own_servers.check_broker(broker.url()) == ""
    with pytest.raises(LaunchError, match=r"CELERY_BROKER_URL.*out of range"):
        own_servers.check_broker(broker.url(DATABASES))
    with broker.client() as client:
        client.config_set("requirepass", PASSWORD)
    with pytest.raises(LaunchError, match=r"CELERY_BROKER_URL.*Authentication required"):
        own_servers.check_broker(broker.url())


def command(**variables: str) -> subprocess.CompletedProcess[str]:
    known = {**os.environ, **variables}
    return subprocess.run(
        [sys.executable, "manage.py", "trace", "1"],
        cwd=ROOT,
        env={name: value for name, value in known.items() if value},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_command_says_that_nobody_is_there_and_what_to_do() -> None:
    done = command(DATABASE_URL=NOBODY)
    assert done.returncode == 1
    assert "refused" in done.stderr and "start the system with ./run" in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert PASSWORD not in done.stderr


def test_a_command_says_what_its_role_may_not_do(cluster: Cluster) -> None:
    name = f"idr_barred_{environment.worker()}"
    cluster.create_database(name)
    try:
        url = cluster.url("app", name)
        done = subprocess.run(
            [sys.executable, "manage.py", "migrate", "--skip-checks"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url, "DATABASE_OWNER_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        cluster.drop_database(name)
    assert done.returncode == 1
    assert "permission denied" in done.stderr and "deploy/database.sql" in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


def test_what_is_wrong_in_a_statement_is_no_matter_of_reaching() -> None:
    assert reaching.refusal(ValueError("x")) == ""


@pytest.mark.parametrize("content", ["", '{"env', "[]", None])
def test_a_run_file_that_cannot_be_read_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "run.json"
    file.mkdir() if content is None else file.write_text(content)
    done = command(DATA_DIR=str(tmp_path), DATABASE_URL="")
    assert done.returncode == 1
    assert done.stderr.startswith(f"{file} "), done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


def test_secrets_that_cannot_be_read_end_the_start(tmp_path: Path) -> None:
    (tmp_path / keys.CORE).write_text('{"secret')
    with pytest.raises(LaunchError, match=keys.CORE):
        keys.load(tmp_path)
