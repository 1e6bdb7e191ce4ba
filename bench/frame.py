"""What the commands share: flags, the folder, saying what goes on, and an orderly end."""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import TypeVar

from archive.values import now
from bench import machine
from bench.dcmtk import ClientFailed
from bench.servers import BenchError, Server

S = TypeVar("S", bound=Server)


def flags(program: str, description: str, *, rounds: int = 5) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, description=description)
    add = parser.add_argument
    add("--rounds", type=int, default=rounds, help="how often all is measured (%(default)s)")
    add("--data", type=Path, metavar="DIR", help="where to work; kept, else a folder that goes")
    return parser


def main(act: Callable[[argparse.Namespace, Path], None], parser: argparse.ArgumentParser) -> int:
    """Run to the end, or say what stood in the way; nothing is left running."""
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with folder(asked.data) as data:
            say(f"• {now().astimezone(UTC):%Y-%m-%d %H:%M} UTC, {machine.describe()}")
            act(asked, data)
    except (BenchError, ClientFailed) as problem:
        say(f"Cannot go on: {problem}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


@contextmanager
def folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given.resolve()
        return
    made = Path(tempfile.mkdtemp(prefix="idr-bench-"))
    made.chmod(0o711)  # the database's user passes through
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def say(line: str) -> None:
    print(line, flush=True)


def note(line: str) -> None:
    """Progress, beside the results."""
    print(line, file=sys.stderr, flush=True)


def turned(servers: Sequence[S], number: int) -> list[S]:
    """Another one first in each round."""
    place = number % len(servers)
    return [*servers[place:], *servers[:place]]


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether it came to hold in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True
