"""Children are held whatever becomes of the notes about them."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from launch import processes
from launch.attention import STOPPING, Attention
from launch.children import Child, Process, Supervisor


@pytest.fixture
def attention() -> Iterator[Attention]:
    """It takes signals, which are given back."""
    before = {number: signal.getsignal(number) for number in (*STOPPING, signal.SIGCHLD)}
    waker = signal.set_wakeup_fd(-1)
    yield Attention()
    signal.set_wakeup_fd(waker)
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_full_disk_leaves_no_child_without_its_keeper(
    tmp_path: Path, attention: Attention
) -> None:
    """Else a further one would be started every three seconds, and nobody would end any."""
    data = tmp_path / "data"
    data.mkdir()
    began: list[Process] = []

    def spawn() -> Process:
        began.append(subprocess.Popen(["sleep", "600"], start_new_session=True))
        return began[-1]

    supervisor = Supervisor(data, attention, lambda line: None)
    child = Child("beat", spawn, tmp_path / "beat.log")
    supervisor.start(child)
    shutil.rmtree(data)  # from here on no note can be written
    try:
        began[0].kill()
        began[0].wait()
        child.due = 0.0
        for _ in range(3):
            supervisor.tick()
            child.due = 0.0
        assert len(began) == 2
        assert child.process is began[1]
        assert child.identity == processes.identify(began[1].pid)
    finally:
        supervisor.stop(())
    assert began[1].returncode is not None
