"""Where a data folder's database cluster lies: in it, or below places.HOME with a link to it."""

import json
import os
import secrets
import shutil
from pathlib import Path

from launch import places, processes
from launch.errors import LaunchError
from launch.places import Account


def running(cluster: Path) -> processes.Identity | None:
    """The postmaster that works on this folder now, by its pid file and working directory."""
    try:
        pid = int((cluster / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    if processes.working_directory(pid) != cluster.resolve():
        return None
    return processes.identify(pid)


def settle(data: Path, account: Account, *, demo: bool) -> Path:
    """The cluster of a data folder; a lost one is never replaced by an empty one."""
    link = data / "postgres"
    _resume(link)
    if not link.is_symlink():
        if link.is_dir():
            if _is_put_back(link, account):
                return _bring_outside(link, account, demo=demo)
            return _reached(link, account)
        if account.ours or account.may("x", data):
            account.make_folder(link, 0o700)
            return link
        return _place_outside(link, account, demo=demo)
    cluster = link.resolve()
    if not cluster.is_dir():
        raise LaunchError(
            f"{link} points to {cluster}, which is gone: bring the database back from a backup, "
            f"or remove the link to begin with an empty one."
        )
    _claim(cluster.parent, data)
    return _reached(cluster, account)


def _reached(cluster: Path, account: Account) -> Path:
    if cluster.stat().st_uid != account.uid or not account.may("w", cluster):
        raise LaunchError(
            f"The database in {cluster} belongs to another user or cannot be reached "
            f"by uid {account.uid}: start ./run as the user who made it."
        )
    return cluster


def _place_outside(link: Path, account: Account, *, demo: bool) -> Path:
    with places.home() as folder:  # nobody sweeps before the link is there
        cluster = _place(folder / "clusters", link.parent, account, demo=demo)
        link.symlink_to(cluster)
    return cluster


def _is_put_back(cluster: Path, account: Account) -> bool:
    """By root, from a copy: it is root's, or lies where no server of root's may pass."""
    owners = (os.geteuid(), account.uid)
    put_back = not account.ours and cluster.stat().st_uid in owners
    return put_back and not account.may("w", cluster)


def _bring_outside(link: Path, account: Account, *, demo: bool) -> Path:
    with places.home() as folder:
        cluster = _place(folder / "clusters", link.parent, account, demo=demo)
        shutil.copytree(link, cluster, symlinks=True, dirs_exist_ok=True)
        for path in (cluster, *cluster.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
        os.sync()
        link.rename(_aside(link))
        link.symlink_to(cluster)
    _resume(link)
    return cluster


def _place(outer: Path, data: Path, account: Account, *, demo: bool) -> Path:
    outer.mkdir(mode=0o711, exist_ok=True)
    outer.chmod(0o711)
    place = outer / secrets.token_hex(8)
    place.mkdir(mode=0o711)
    place.chmod(0o711)
    _write_owner(place, data, demo=demo)
    account.make_folder(place / "postgres", 0o700)
    return place / "postgres"


def _aside(link: Path) -> Path:
    return link.with_name(f".{link.name}-put-back")


def _resume(link: Path) -> None:
    """What was put back goes when the link is in its place; a start may be broken off before."""
    aside = _aside(link)
    if link.is_symlink():
        shutil.rmtree(aside, ignore_errors=True)
    elif aside.is_dir() and not link.exists():
        aside.rename(link)


def _write_owner(place: Path, data: Path, *, demo: bool) -> None:
    owner = place / "owner"
    owner.touch(mode=0o600)
    owner.write_text(json.dumps({"data": str(data), "demo": demo}))


def _owner(place: Path) -> tuple[Path, bool] | None:
    try:
        kept = json.loads((place / "owner").read_text())
    except (OSError, ValueError):
        return None
    return Path(kept["data"]), bool(kept["demo"])


def _links_to(data: Path, place: Path) -> bool:
    link = data / "postgres"
    return link.is_symlink() and link.resolve() == (place / "postgres").resolve()


def _claim(place: Path, data: Path) -> None:
    """A data folder that was moved keeps its cluster; one that was copied may not share it."""
    owner = _owner(place)
    if owner is None:
        return  # not made by us: whoever linked it knows why
    if owner[0] != data and _links_to(owner[0], place):
        raise LaunchError(f"{data} is a copy of {owner[0]}: the database is still that one's.")
    if owner[0] != data:
        _write_owner(place, data, demo=owner[1])


def note_use(cluster: Path, data: Path, *, demo: bool) -> None:
    """Once a system really runs on it outside demo mode, a cluster is never swept."""
    owner = _owner(cluster.parent)
    if owner is not None and owner != (data, demo):
        _write_owner(cluster.parent, data, demo=demo)


def sweep() -> None:
    """Remove clusters of demo systems whose data folder is gone.

    Never another's: a data folder may be away only because its disk is not mounted.
    """
    outer = places.HOME / "clusters"
    if not outer.is_dir():
        return
    with places.home():
        for place in outer.iterdir():
            owner = _owner(place)
            if owner is None or not owner[1] or _links_to(owner[0], place):
                continue
            if running(place / "postgres") is None:
                shutil.rmtree(place, ignore_errors=True)
