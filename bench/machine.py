"""What processes have cost, read from /proc, and what the machine is."""

import mmap
import os
import platform
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from launch.processes import PROC, everyone

TOUCHED = 6 << 30  # bytes
TICKS = os.sysconf("SC_CLK_TCK")


def tree(root: int) -> set[int]:
    """A process and all it has started that live."""
    children: dict[int, list[int]] = defaultdict(list)
    for pid in everyone():
        with suppress(OSError):
            children[_parent(pid)].append(pid)
    found, left = set(), [root]
    while left:
        pid = left.pop()
        found.add(pid)
        left += children[pid]
    return found


def cpu_seconds(roots: Iterable[int]) -> float:
    """Of processes and all they have started, those that ended and were waited for included."""
    ticks = 0
    for root in roots:
        for pid in tree(root):
            with suppress(OSError):
                ticks += sum(map(int, _stat(pid)[11:15]))  # utime, stime, cutime, cstime
    return ticks / TICKS


def peak_memory(root: int) -> int:
    """The most bytes that one process below this one, or itself, has held at a time."""
    return max((_peak(pid) for pid in tree(root)), default=0)


def touch_memory() -> None:
    """More than a turn fills, written to once and given back. The host of a virtual machine backs
    memory when it is first touched, which can cost as much as all else of an object measured.
    """
    free = int(_told("MemFree")) * 1024
    with mmap.mmap(-1, min(TOUCHED, free * 9 // 10)) as held:
        for start in range(0, len(held), mmap.PAGESIZE):
            held[start] = 1


def _told(name: str) -> str:
    """Of /proc/meminfo, without its unit."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith(f"{name}:"))


def describe() -> str:
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return f"{os.cpu_count()} × {_model()}, {platform.release()}, load before: {load}"


def _model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state (3) on; the name before it may hold anything."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def _peak(pid: int) -> int:
    with suppress(OSError):
        for line in (PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024
    return 0
