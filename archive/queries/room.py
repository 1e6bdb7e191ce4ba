"""Room on the disks: the vault's, and the database's where that is this machine's (NF-5)."""

import os
import shutil

from archive import vault
from archive.config import settings
from archive.errors import StorageGone
from archive.models import Environment
from archive.stores.files import Room


def of_database() -> Room | None:
    """None for a server elsewhere, and for a folder that is not ours to look at."""
    folder = settings().database_dir
    try:
        return Room(shutil.disk_usage(folder).free, (), os.stat(folder).st_dev) if folder else None
    except OSError:
        return None


def of_database_alone() -> Room | None:
    """None as well where it is a disk of the vault, of which is told already."""
    found = of_database()
    if found is None:
        return None
    return None if found.device in {room.device for room in of_vault()} else found


def of_vault() -> list[Room]:
    """Of the disks that are there."""
    lost = vault.out_of_reach(Environment.values)
    try:
        return vault.rooms([each for each in Environment.values if each not in lost])
    except StorageGone:
        return []


def free() -> dict[str, int]:
    """Bytes by whose they are: an environment's, the database's."""
    found = {each: room.size for room in of_vault() for each in room.environments}
    database = of_database()
    return {**found, **({"database": database.size} if database else {})}
