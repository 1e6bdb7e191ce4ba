"""What deploy/back-up brings from the data folder into a copy, without the database (NF-4)."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from launch.plan import ROOT

OBJECT = "vault/production/ab/abcd.dcm"
WHOLE, HALF, ROTTEN = "a whole object", "a wh", "a whole 0bject"
EARLIER = 1_700_000_000  # when an object came, seconds

pytestmark = pytest.mark.skipif(
    shutil.which("rsync") is None, reason="rsync is not installed: ./test as root installs it"
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """That of an archive whose database is a server elsewhere."""
    folder = tmp_path / "data"
    put(folder / OBJECT, WHOLE, at=EARLIER)
    put(folder / "vault/production/incoming/1", "on its way")
    put(folder / "secrets/core.json", "{}")
    served(folder, "postgresql://idr_app:secret@database.example.invalid:5432/idr")
    return folder


def put(path: Path, content: str, *, at: int | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    if at is not None:
        os.utime(path, (at, at))


def served(data: Path, database: str) -> None:
    put(data / "run.json", json.dumps({"env": {"DATABASE_URL": database}}))


def back_up(data: Path, copy: Path, path: str = os.defpath) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "deploy/back-up", copy],
        env={"DATA_DIR": str(data), "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def copied(data: Path, path: str = os.defpath) -> Path:
    copy = data.with_name("copy")
    done = back_up(data, copy, path)
    assert done.returncode == 0, done.stderr
    return copy


@pytest.mark.parametrize("missing", ["no run.json", "a copy within the data"])
def test_a_copy_is_refused_where_it_would_be_none(data: Path, missing: str) -> None:
    if missing == "no run.json":
        (data / "run.json").unlink()
    inside = missing != "no run.json"
    done = back_up(data, data / "copy" if inside else data.with_name("copy"))
    assert done.returncode == 1 and done.stderr


def test_what_was_answered_is_copied_and_what_is_on_its_way_is_not(data: Path) -> None:
    copy = copied(data)
    assert (copy / OBJECT).read_text() == WHOLE
    assert (copy / "secrets/core.json").exists()
    assert not (copy / "vault/production/incoming").exists()


def test_an_object_that_is_given_its_file_meanwhile_is_in_the_copy(
    data: Path, tmp_path: Path
) -> None:
    """It is, at the moment when its own folder has been copied and where it landed has not."""
    landed = data / "vault/production/landing/00"
    put(landed, "a small object")
    real, bin_ = shutil.which("rsync"), tmp_path / "bin"
    meanwhile = f"if ls {data.with_name('copy')}/vault/production/ab 2>&-; then rm {landed}; fi"
    put(bin_ / "rsync", f'#!/bin/sh\n{real} "$@"; told=$?\n{meanwhile}\nexit $told\n')
    (bin_ / "rsync").chmod(0o755)
    copy = copied(data, path=f"{bin_}:{os.defpath}")
    assert not landed.exists()
    assert (copy / "vault/production/landing/00").read_text() == "a small object"


def test_an_object_that_was_written_anew_takes_the_place_of_its_copy(data: Path) -> None:
    """A power cut leaves half of one, or a customer sends once more what had been damaged."""
    put(data / OBJECT, HALF, at=EARLIER)
    assert (copied(data) / OBJECT).read_text() == HALF
    put(data / OBJECT, WHOLE, at=EARLIER + 1)
    copy = copied(data)
    assert (copy / OBJECT).read_text() == WHOLE
    assert (copy / "replaced" / OBJECT).read_text() == HALF


def test_a_whole_copy_outlives_an_original_that_rots(data: Path) -> None:
    copied(data)
    put(data / OBJECT, ROTTEN, at=EARLIER)  # a disk that forgets changes neither length nor time
    assert (copied(data) / OBJECT).read_text() == WHOLE


def test_a_whole_copy_of_what_was_overwritten_is_kept_aside(data: Path) -> None:
    copied(data)
    put(data / OBJECT, HALF, at=EARLIER + 1)
    assert (copied(data) / "replaced" / OBJECT).read_text() == WHOLE


@pytest.mark.parametrize("part", ["vault", "vault/production", "secrets"])
def test_what_lies_behind_a_link_is_copied_and_not_the_link(data: Path, part: str) -> None:
    disk = data.with_name("disk")
    (data / part).rename(disk)
    (data / part).symlink_to(disk)
    copy = copied(data)
    shutil.rmtree(disk)
    assert (copy / OBJECT).read_text() == WHOLE
    assert (copy / "secrets/core.json").read_text() == "{}"
    assert not (copy / part).is_symlink()


@pytest.mark.parametrize("part", ["vault", "vault/production", "secrets"])
def test_a_link_to_a_lost_disk_is_no_copy(data: Path, part: str) -> None:
    shutil.rmtree(data / part)
    (data / part).symlink_to(data.with_name("lost"))
    done = back_up(data, data.with_name("copy"))
    assert done.returncode not in (0, None) and part in done.stderr
    assert "copied to" not in done.stdout


@pytest.mark.parametrize(
    "where", ["@database.example.invalid:5432/idr", "@/idr?host=/run/postgresql"]
)
def test_the_database_that_was_moved_to_a_server_leaves_the_rest_to_be_copied(
    data: Path, where: str
) -> None:
    served(data, f"postgresql://idr_app:secret{where}")
    put(data / "postgres/PG_VERSION", "18")  # what the move has left
    done = back_up(data, copy := data.with_name("copy"))
    assert done.returncode == 0 and "secret" not in done.stdout + done.stderr
    assert "server of your own" in done.stderr
    assert (copy / OBJECT).exists() and not (copy / "postgres").exists()
