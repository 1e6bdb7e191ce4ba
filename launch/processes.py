"""Processes as /proc shows them. A pid names nobody: it is held together with its start time."""

import contextlib
import os
import select
import signal
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Identity:
    """One process and no later one with the same pid."""

    pid: int
    started: int  # clock ticks after boot: field 22 of /proc/PID/stat

    @property
    def alive(self) -> bool:
        return identify(self.pid) == self


def identify(pid: int) -> Identity | None:
    """The process that has this pid now; None when there is none or only its zombie."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The command name is in brackets and may hold blanks and brackets itself.
    state, *rest = text.rpartition(")")[2].split()
    return None if state in "ZX" else Identity(pid, int(rest[18]))


def everyone() -> Iterator[int]:
    return (int(entry) for entry in os.listdir(PROC) if entry.isdigit())


def carrying(mark: str) -> list[Identity]:
    """Every process started with this NAME=value in its environment, by whatever ancestor."""
    wanted = mark.encode()
    found = []
    for pid in everyone():
        with contextlib.suppress(OSError):
            if wanted in (PROC / str(pid) / "environ").read_bytes().split(b"\0"):
                found.append(identify(pid))
    return [identity for identity in found if identity is not None and identity.pid != os.getpid()]


def working_directory(pid: int) -> Path | None:
    try:
        return Path(os.readlink(PROC / str(pid) / "cwd"))
    except OSError:
        return None


def await_end(identity: Identity, seconds: float) -> bool:
    """Wait for any process, a child or not, to end; True when it did."""
    try:
        descriptor = os.pidfd_open(identity.pid)
    except ProcessLookupError:
        return True
    try:
        if not identity.alive:
            return True
        return bool(select.select([descriptor], [], [], max(0.0, seconds))[0])
    finally:
        os.close(descriptor)


def send(identity: Identity, number: signal.Signals) -> None:
    if identity.alive:
        with contextlib.suppress(ProcessLookupError):
            os.kill(identity.pid, number)


def send_group(leader: int, number: signal.Signals) -> None:
    """Signal a whole process group; the number cannot be reused while a member lives."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def end(identities: Collection[Identity], grace: float) -> None:
    """Ask all to end, wait for them together, then kill who is left."""
    for identity in identities:
        send(identity, signal.SIGTERM)
    each = grace / max(1, len(identities))
    for identity in identities:
        if not await_end(identity, each):
            send(identity, signal.SIGKILL)
            await_end(identity, 1.0)
