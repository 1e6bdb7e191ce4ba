"""Where a data folder's database lies, and when one is removed."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from launch import clusters, places
from launch.errors import LaunchError

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the database as another")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setattr(places, "HOME", folder)
    for path in [tmp_path, *tmp_path.parents]:
        if path.stat().st_uid == 0 and path != Path("/") and "pytest-of" in str(path):
            path.chmod(0o711)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    yield folder


def settle(data: Path, *, demo: bool = True) -> Path:
    return clusters.settle(data, places.server_account(), demo=demo)


def test_it_lies_in_the_data_folder_where_that_can_be_reached(data: Path) -> None:
    data.chmod(0o711)
    assert settle(data) == data / "postgres"
    assert not (data / "postgres").is_symlink()


def test_it_lies_elsewhere_when_the_data_folder_is_closed(data: Path, home: Path) -> None:
    cluster = settle(data)
    assert cluster.is_relative_to(home)
    assert (data / "postgres").resolve() == cluster
    assert data.stat().st_mode & 0o777 == 0o700
    assert cluster.stat().st_uid != 0


def test_it_is_found_again(data: Path) -> None:
    assert settle(data) == settle(data)


def test_a_moved_data_folder_keeps_its_cluster(data: Path) -> None:
    cluster = settle(data)
    moved = data.rename(data.with_name("moved"))
    assert settle(moved) == cluster
    clusters.sweep()
    assert cluster.is_dir()


def test_a_copied_data_folder_does_not_share_it(data: Path) -> None:
    settle(data)
    copy = data.with_name("copy")
    shutil.copytree(data, copy, symlinks=True)
    with pytest.raises(LaunchError, match="is a copy of"):
        settle(copy)


@pytest.mark.parametrize("owner", ["root", "server"])  # by deploy/back-up, or of a stopped one
def test_one_that_root_put_back_from_a_copy_is_the_servers(
    data: Path, home: Path, owner: str
) -> None:
    account = places.server_account()
    (data / "postgres/base").mkdir(parents=True)
    (data / "postgres/base/1").write_text("rows")
    if owner == "server":
        for path in (data / "postgres", *(data / "postgres").rglob("*")):
            os.chown(path, account.uid, account.gid)
    cluster = settle(data, demo=False)
    assert cluster.is_relative_to(home) and (data / "postgres").resolve() == cluster
    assert (cluster / "base/1").read_text() == "rows"
    owners = {path.stat().st_uid for path in (cluster, *cluster.rglob("*"))}
    assert owners == {account.uid} and account.may("w", cluster / "base/1")
    assert list(data.iterdir()) == [data / "postgres"]
    assert settle(data, demo=False) == cluster


def test_one_that_was_put_back_is_not_lost_when_a_start_is_broken_off(data: Path) -> None:
    (data / ".postgres-put-back").mkdir()
    (data / ".postgres-put-back/PG_VERSION").write_text("18")
    assert (settle(data, demo=False) / "PG_VERSION").read_text() == "18"
    assert list(data.iterdir()) == [data / "postgres"]


def test_a_lost_cluster_is_not_replaced_by_an_empty_one(data: Path) -> None:
    shutil.rmtree(settle(data))
    with pytest.raises(LaunchError, match="which is gone"):
        settle(data)


def test_a_demo_cluster_goes_with_its_data_folder(data: Path) -> None:
    cluster = settle(data)
    shutil.rmtree(data)
    clusters.sweep()
    assert not cluster.exists()


def test_a_real_cluster_stays_when_its_data_folder_is_away(data: Path) -> None:
    cluster = settle(data, demo=False)
    shutil.rmtree(data)
    clusters.sweep()
    assert cluster.is_dir()


def test_only_use_outside_demo_mode_makes_it_a_real_one(data: Path) -> None:
    cluster = settle(data)
    settle(data, demo=False)  # refused later, since there are demo accounts
    shutil.rmtree(data)
    clusters.sweep()
    assert not cluster.exists()


def test_a_cluster_in_use_outside_demo_mode_is_a_real_one(data: Path) -> None:
    cluster = settle(data)
    clusters.note_use(cluster, data, demo=False)
    shutil.rmtree(data)
    clusters.sweep()
    assert cluster.is_dir()
