"""A set-up step is done again only when something that it depends on has changed."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from launch import steps
from launch.attention import STOPPING, Attention
from launch.children import Supervisor
from launch.errors import LaunchError
from launch.steps import Step, Steps


@pytest.fixture
def attention() -> Iterator[Attention]:
    kept = {number: signal.getsignal(number) for number in (*STOPPING, signal.SIGCHLD)}
    descriptor = signal.set_wakeup_fd(-1)
    yield Attention()
    signal.set_wakeup_fd(descriptor)
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def runner(
    tmp_path: Path, attention: Attention, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> Steps:
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    for name in ("log", "stamps"):
        (tmp_path / name).mkdir()
    (tmp_path / "input").write_text("one")
    supervisor = Supervisor(tmp_path, attention, said.append)
    return Steps(tmp_path, supervisor, attention, said.append)


def copy_step(folder: Path) -> Step:
    script = f"open({str(folder / 'output')!r}, 'w').write(open({str(folder / 'input')!r}).read())"
    return Step(
        name="copy",
        says="copying",
        arguments=("-c", script),
        remedy="Look at it.",
        inputs=("input",),
        outputs=(folder / "output",),
    )


def test_it_is_skipped_the_second_time(runner: Steps, said: list[str], tmp_path: Path) -> None:
    for _ in range(2):
        runner.run(copy_step(tmp_path), os.environ)
    assert said == ["• copying"]


def test_a_changed_input_repeats_it(runner: Steps, said: list[str], tmp_path: Path) -> None:
    runner.run(copy_step(tmp_path), os.environ)
    (tmp_path / "input").write_text("two")
    runner.run(copy_step(tmp_path), os.environ)
    assert said == ["• copying", "• copying"]
    assert (tmp_path / "output").read_text() == "two"


def test_a_lost_output_repeats_it(runner: Steps, tmp_path: Path) -> None:
    runner.run(copy_step(tmp_path), os.environ)
    (tmp_path / "output").unlink()
    runner.run(copy_step(tmp_path), os.environ)
    assert (tmp_path / "output").exists()


def test_a_failure_shows_what_it_said_and_leaves_no_stamp(runner: Steps, tmp_path: Path) -> None:
    (tmp_path / "input").unlink()
    with pytest.raises(LaunchError, match=r"copying(.|\n)*FileNotFoundError(.|\n)*Look at it"):
        runner.run(copy_step(tmp_path), os.environ)
    assert not list((tmp_path / "stamps").iterdir())
