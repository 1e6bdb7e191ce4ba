"""Set-up steps: skipped while a stamp says that their inputs and outputs are as they were left."""

import hashlib
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from launch import processes
from launch.attention import Attention
from launch.children import Say, Supervisor
from launch.errors import LaunchError, StopRequested
from launch.plan import ROOT

SHOWN_LINES = 25


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    says: str
    arguments: Sequence[str]  # for our Python
    remedy: str
    inputs: Sequence[str] | None = None  # patterns below ROOT; None: never skipped
    outputs: Sequence[Path] = ()
    also: str = ""  # what else the result depends on


def digest(paths: Iterable[Path], also: str = "") -> str:
    sum_ = hashlib.sha256(also.encode())
    for path in sorted(set(paths)):
        sum_.update(str(path).encode())
        sum_.update(path.read_bytes() if path.is_file() else b"-")
    return sum_.hexdigest()


class Steps:
    def __init__(self, data: Path, supervisor: Supervisor, attention: Attention, say: Say) -> None:
        self.stamps = data / "stamps"
        self.log = data / "log/setup.log"
        self.supervisor = supervisor
        self.attention = attention
        self.say = say

    def run(self, step: Step, environment: Mapping[str, str]) -> None:
        """Raises LaunchError with the tail of what the step said."""
        stamp = self.stamps / step.name
        if stamp.is_file() and stamp.read_text() == self._state(step):
            return
        self.say(f"• {step.says}")
        stamp.unlink(missing_ok=True)
        begun_at = self.log.stat().st_size if self.log.exists() else 0
        code = self._finish([sys.executable, *step.arguments], environment)
        if code:
            with self.log.open("rb") as log:
                log.seek(begun_at)
                said = log.read().decode(errors="replace").strip().splitlines()
            tail = "\n".join(f"    {line}" for line in said[-SHOWN_LINES:])
            raise LaunchError(
                f"The step “{step.says}” failed:\n{tail}\n{step.remedy} (all of it: {self.log})"
            )
        if step.inputs is not None:
            stamp.write_text(self._state(step))

    def _state(self, step: Step) -> str:
        if step.inputs is None:
            return ""
        inputs = [path for pattern in step.inputs for path in ROOT.glob(pattern)]
        return digest([*inputs, *step.outputs], step.also)

    def _finish(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        process = self.supervisor.program("setup", command, environment)
        try:
            while process.poll() is None:
                self.attention.pause(0.1)
        except StopRequested:
            processes.send_group(process.pid, signal.SIGKILL)
            process.wait()
            raise
        return process.returncode
