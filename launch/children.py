"""Our processes: started, started again when they die, ended together."""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from launch import processes
from launch.attention import Attention
from launch.keys import write_private
from launch.plan import ROOT

MARK = "IDR_RUN"  # in the environment of every child: found again whatever became of its parents
SETTLED = 20.0  # a child that lived as long begins with the shortest delay again
DELAYS = (0.2, 1.0, 2.0, 3.0)
GRACE = 4.5
Process = subprocess.Popen[bytes]
Say = Callable[[str], None]


@dataclass
class Child:
    name: str
    spawn: Callable[[], Process]
    log: Path
    stops: Sequence[tuple[signal.Signals, float]] = ((signal.SIGTERM, GRACE),)
    ended: Callable[[int], None] | None = None  # for one that runs once
    process: Process | None = None
    began: float = 0.0
    due: float = 0.0
    failures: int = 0
    identity: processes.Identity | None = field(default=None)


class Supervisor:
    def __init__(self, data: Path, attention: Attention, say: Say) -> None:
        self.state = data / "children.json"
        self.log_folder = data / "log"
        self.attention = attention
        self.say = say
        self.mark = f"{MARK}={secrets.token_hex(16)}"
        self.children: list[Child] = []

    # What an earlier one left

    def clear(self) -> None:
        """End the children of a ./run that was killed; PostgreSQL is cleared by its cluster."""
        try:
            kept = json.loads(self.state.read_text())
        except (OSError, ValueError):
            kept = {"mark": self.mark, "children": {}}
        recorded = [
            processes.Identity(*identity)
            for name, identity in kept["children"].items()
            if name != "postgres"
        ]
        left = {*filter(lambda one: one.alive, recorded), *processes.carrying(kept["mark"])}
        if left:
            self.say(f"• ending {len(left)} processes that a killed ./run left")
            processes.end(left, GRACE)
        self._note()

    # Starting

    def start(self, child: Child) -> None:
        self.children.append(child)
        self._spawn(child)

    def program(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Process:
        """Start a program of ours in a session of its own, its output in its log."""
        name_of_mark, value = self.mark.split("=")
        with (self.log_folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env={**environment, name_of_mark: value},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _spawn(self, child: Child) -> None:
        child.process = child.spawn()
        child.began = time.monotonic()
        child.identity = processes.identify(child.process.pid)
        with contextlib.suppress(OSError):  # a full disk: its mark finds it all the same
            self._note()

    def _note(self) -> None:
        alive = {child.name: child.identity for child in self.children if child.identity}
        recorded = {name: [identity.pid, identity.started] for name, identity in alive.items()}
        write_private(self.state, {"mark": self.mark, "children": recorded})

    # Watching

    def tick(self) -> None:
        """Notice who ended, and start again who is due."""
        for child in list(self.children):
            if child.process is not None and child.process.poll() is not None:
                self._mourn(child, child.process)
            if child.process is None and child in self.children and time.monotonic() >= child.due:
                self._spawn_again(child)

    def _spawn_again(self, child: Child) -> None:
        try:
            self._spawn(child)
        except OSError as error:  # out of memory or processes, or files are being replaced
            child.process = None
            child.due = time.monotonic() + DELAYS[-1]
            self.say(f"! {child.name} cannot be started ({error.strerror}); trying again")

    def _mourn(self, child: Child, process: Process) -> None:
        code = process.returncode
        processes.send_group(process.pid, signal.SIGKILL)  # what it left of its group
        child.process = child.identity = None
        if child.ended is not None:
            self.children.remove(child)
            child.ended(code)
            return
        lived = time.monotonic() - child.began
        child.failures = 0 if lived > SETTLED else child.failures + 1
        child.due = time.monotonic() + DELAYS[min(child.failures, len(DELAYS) - 1)]
        again = (
            f" for the {child.failures}. time soon after its start" if child.failures > 1 else ""
        )
        self.say(
            f"! {child.name} ended ({_ending(code)}){again}; starting it again. See {child.log}"
        )

    # Stopping

    def stop(self, servers: Sequence[str]) -> None:
        """Everybody else first, together; then the servers, one after the other."""
        self._end([child for child in self.children if child.name not in servers])
        own = {child.identity for child in self.children if child.name in servers}
        strays = [one for one in processes.carrying(self.mark) if one not in own]
        processes.end(strays, 0.5)
        for name in servers:
            self._end([child for child in self.children if child.name == name])
        self.children.clear()
        self.state.unlink(missing_ok=True)

    def _end(self, children: Sequence[Child]) -> None:
        for stage in range(max((len(child.stops) for child in children), default=0)):
            seconds = 0.0
            for child in children:
                if stage < len(child.stops) and child.identity is not None:
                    processes.send(child.identity, child.stops[stage][0])
                    seconds = max(seconds, child.stops[stage][1])
            self._await(children, seconds)
        for child in children:
            if child.process is not None:
                processes.send_group(child.process.pid, signal.SIGKILL)
        self._await(children, 1.0)

    def _await(self, children: Sequence[Child], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if all(child.process is None or child.process.poll() is not None for child in children):
                return
            self.attention.rest(0.05)


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def without(environment: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in names}


def search_path(environment: Mapping[str, str], programs: Path) -> str:
    return os.pathsep.join((str(programs), environment.get("PATH", os.defpath)))
