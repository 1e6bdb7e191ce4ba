"""The data folder: only for us, and for one ./run at a time."""

import fcntl
import os
import shutil
import stat
from pathlib import Path
from typing import TextIO

from launch import keys
from launch.errors import LaunchError
from launch.plan import ROOT

PARTS = ("vault", "mail", "log", "secrets", "stamps")  # mode 700, as the folder itself
LONGEST_LOG = 20 << 20


def prepare(data: Path) -> None:
    """Raises LaunchError for a folder that is plainly meant for something else."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LaunchError(
            f"{data} cannot be made: {error.strerror}. Choose another with --data"
        ) from None
    found = data.stat()
    shared = found.st_uid != os.geteuid() or found.st_mode & stat.S_ISVTX
    if shared or ROOT.is_relative_to(data) or data == Path.home():
        raise LaunchError(
            f"{data} is not ours alone (another's, a home, or shared by all): "
            f"give a folder of its own with --data"
        )
    _refuse_around_another(data)
    data.chmod(0o700)
    for name in PARTS:
        (data / name).mkdir(mode=0o700, exist_ok=True)
        (data / name).chmod(0o700)


def _refuse_around_another(data: Path) -> None:
    """A copy that was put into the folder, not in its place, would be passed by: an empty archive
    would begin beside it, and answer customers.
    """
    if (data / "secrets" / keys.CORE).exists():
        return
    for found in data.glob(f"*/secrets/{keys.CORE}"):
        raise LaunchError(
            f"{data} holds no archive, but {found.parent.parent} does: was a copy put back one "
            f"folder too deep? Move what is in it to {data}, or give that folder with --data"
        )


def lock(data: Path) -> TextIO:
    """Held as long as the file is open, and by us only: children do not inherit it."""
    file = (data / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        pid = file.read().strip() or "unknown"
        file.close()
        raise LaunchError(
            f"./run is already working on {data} (process {pid}). End that one first, "
            f"or give this one a folder of its own with --data"
        ) from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def turn_logs(folder: Path, longest: int = LONGEST_LOG) -> None:
    """Set long logs aside while their writers go on appending; two generations are kept."""
    for log in folder.glob("*.log"):
        if log.stat().st_size > longest:
            fresh, older = log.with_suffix(".log.0"), log.with_suffix(".log.1")
            try:
                shutil.copyfile(log, fresh)
            except OSError:  # a full disk, say: it stays as it is until there is room
                fresh.unlink(missing_ok=True)
                continue
            if older.exists():
                older.replace(log.with_suffix(".log.2"))
            fresh.replace(older)
            os.truncate(log, 0)
