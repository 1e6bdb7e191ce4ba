"""Processes are known by pid and start time, and found by what their environment carries."""

import os
import secrets
import subprocess
import sys

from launch import processes

SLEEPER = "import signal; print(flush=True); signal.pause()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEPER!r}])"


def test_a_reused_pid_is_somebody_else() -> None:
    ours = processes.identify(os.getpid())
    assert ours is not None and ours.alive
    assert not processes.Identity(ours.pid, ours.started - 1).alive


def test_a_zombie_is_nobody() -> None:
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert processes.identify(child.pid) is None
    child.wait()


def test_grandchildren_are_found_and_ended() -> None:
    mark = f"MARK={secrets.token_hex(8)}"
    name, value = mark.split("=")
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        env={**os.environ, name: value},
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()  # the grandchild is there
        found = processes.carrying(mark)
        assert len(found) == 2
        processes.end(found, 5.0)
        parent.wait(5)
    assert not processes.carrying(mark)


def test_the_end_of_a_stranger_is_noticed() -> None:
    child = subprocess.Popen(["sleep", "60"])
    identity = processes.identify(child.pid)
    assert identity is not None
    assert not processes.await_end(identity, 0.05)
    child.kill()
    assert processes.await_end(identity, 5.0)
    child.wait()
