"""The data folder: ours alone, locked by one, its logs kept short."""

import resource
from pathlib import Path

import pytest

from launch import datafolder, keys
from launch.errors import LaunchError
from launch.plan import ROOT


@pytest.mark.parametrize("path", [Path("/tmp"), Path("/"), ROOT, ROOT.parent, Path.home()])
def test_a_folder_that_is_meant_for_something_else_is_refused(path: Path) -> None:
    before = path.stat().st_mode
    with pytest.raises(LaunchError, match="--data"):
        datafolder.prepare(path)
    assert path.stat().st_mode == before


def test_an_open_folder_is_closed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    datafolder.prepare(data)
    assert {path.stat().st_mode & 0o777 for path in [data, *data.iterdir()]} == {0o700}


def test_a_copy_that_was_put_back_too_deep_is_not_passed_by(tmp_path: Path) -> None:
    copy = tmp_path / "data/copy"
    keys.load(_made(copy / "secrets"))
    with pytest.raises(LaunchError, match=str(copy)):
        datafolder.prepare(tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == [copy]
    datafolder.prepare(copy)


def test_an_archive_that_holds_a_copy_of_another_starts(tmp_path: Path) -> None:
    keys.load(_made(tmp_path / "data/secrets"))
    keys.load(_made(tmp_path / "data/copy/secrets"))
    datafolder.prepare(tmp_path / "data")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def test_only_one_may_hold_the_lock(tmp_path: Path) -> None:
    with datafolder.lock(tmp_path):
        with pytest.raises(LaunchError, match="already working"):
            datafolder.lock(tmp_path)
    datafolder.lock(tmp_path).close()


def test_a_writer_goes_on_after_its_log_was_set_aside(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("a", buffering=1) as writer:
        for line in ("first", "second", "third"):
            writer.write(f"{line}\n")
            datafolder.turn_logs(tmp_path, longest=3)
        writer.write("last\n")
    assert log.read_text() == "last\n"
    assert (tmp_path / "web.log.1").read_text() == "third\n"
    assert (tmp_path / "web.log.2").read_text() == "second\n"


def test_a_log_for_which_there_is_no_room_stays_as_it_is(tmp_path: Path) -> None:
    log, older = tmp_path / "web.log", tmp_path / "web.log.1"
    log.write_text("a line that is too long\n")
    older.write_text("older\n")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5, hard))
    try:
        datafolder.turn_logs(tmp_path, longest=3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert log.read_text() == "a line that is too long\n"
    assert older.read_text() == "older\n"
    assert set(tmp_path.iterdir()) == {log, older}
