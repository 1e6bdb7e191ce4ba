"""Room for what comes, watched; and objects moved from one store to another (AR-10, NF-4)."""

import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

from archive import stores, vault
from archive.config import settings
from archive.errors import ArchiveError, StorageFull, StorageGone
from archive.models import Environment, Instance, InstanceVersion, StudyState
from archive.objects import part10
from archive.queries import room
from archive.services import error_desk, landed, tombstones
from archive.services.error_desk import Place, What
from archive.stores import FILES, Store, folders, writing
from archive.stores.files import Room
from archive.stores.keys import is_object

log = logging.getLogger(__name__)

ROOM, DATABASE_ROOM = Place("job", "storage"), Place("job", "database-room")
# One event stands open at a time, for each environment.
SUBJECTS = {
    Environment.PRODUCTION: uuid5(UUID(int=0), "free space of the vault"),
    Environment.TEST: uuid5(UUID(int=0), "free space of the vault, test"),
}
DATABASE = uuid5(UUID(int=0), "free space of the database")


def watch() -> bool:
    """Say so on the desk before objects must be refused; whether there is room.

    An environment whose folder is a disk of its own has its own case; where they share one, it is
    production's.
    """
    lost = vault.out_of_reach(Environment.values)
    wrong = {**_full(lost), **_gone(lost)}
    for environment, subject in SUBJECTS.items():
        if error := wrong.get(environment):
            what = What(subject_id=subject)
            error_desk.watched(error, environment=environment, place=ROOM, what=what)
        else:
            error_desk.settle(subject, ROOM.step)
    return watch_database() and not wrong


def watch_database() -> bool:
    """The same of its disk. Where that is another machine's, or one of the vault's, there is
    nothing to say: another worker may know.
    """
    found = room.of_database_alone()
    if found is None:
        return True
    if found.size >= settings().free_bytes_warning:
        error_desk.settle(DATABASE, DATABASE_ROOM.step)
        return True
    error = _filling(found)
    what = What(subject_id=DATABASE)
    error_desk.watched(error, environment=Environment.PRODUCTION, place=DATABASE_ROOM, what=what)
    return False


def _gone(lost: list[str]) -> dict[str, ArchiveError]:
    """Where the vault itself is lost, that is one case, not one for each environment."""
    if lost and not folders.is_set_up(settings().vault_dir):
        return {lost[0]: StorageGone(facts={"environments": ",".join(lost)})}
    return {each: StorageGone(facts={"environments": each}) for each in lost}


def _full(lost: list[str]) -> dict[str, ArchiveError]:
    try:
        rooms = vault.rooms([each for each in Environment.values if each not in lost])
    except StorageGone as gone:  # object storage, or lost in this moment
        return {Environment.PRODUCTION: gone}
    return {
        each.environments[0]: _filling(each, environments=",".join(each.environments))
        for each in rooms
        if each.size < settings().free_bytes_warning
    }


def _filling(found: Room, **facts: str) -> StorageFull:
    facts = {"free": f"{found.size >> 20} MiB", **facts}
    return StorageFull("free space is running out", facts=facts)


def set_up() -> None:
    """Mark the vault and the folder of each environment, when that holds something or the archive
    has nothing there yet; what never had the mark is else taken for a mount point without its file
    system.

    Raises StorageGone.
    """
    root = settings().vault_dir
    missing = [each for each in Environment.values if not folders.is_set_up(root / each)]
    for environment in missing:
        if _is_awaited(environment) and not _holds_something(root / environment):
            facts = {"folder": str(root / environment)}
            raise StorageGone("the folder is empty, and objects are awaited there", facts=facts)
    for folder in (*(root / each for each in missing), root):
        if not folders.is_set_up(folder):
            folders.set_up(folder)


def _is_awaited(environment: str) -> bool:
    here = Instance.objects.kept().filter(environment=environment, store=FILES)
    versions = InstanceVersion.objects.exclude(instance__study__state=StudyState.DESTROYED)
    earlier = versions.filter(instance__environment=environment, store=FILES)
    return here.exists() or earlier.exists()


def _holds_something(folder: Path) -> bool:
    """Beside what was coming in: that is made beneath a mount point, too."""
    return folder.is_dir() and any(each.name != folders.INCOMING for each in folder.iterdir())


@dataclass(slots=True)
class Moved:
    """How far a move has come."""

    files: int = 0
    size: int = 0
    left: int = 0  # damaged: they stay where they are


def move(to: str, tell: Callable[[Moved], None], *, most: int, per_second: int) -> Moved:
    """Empty the other stores into this one while the archive works: each file is copied, read
    again, named by its row, and only then removed. May be stopped and begun anew at any time.

    Raises StorageGone, StorageFull.
    """
    landed.take_in_forgotten()  # from where it landed alone its row is made again
    moved, began = Moved(), time.monotonic()
    for origin, key in _elsewhere(to):
        if moved.files >= most:
            break
        _move(origin, stores.configured()[to], key, moved)
        tell(moved)
        time.sleep(max(0.0, moved.size / per_second - (time.monotonic() - began)))
    return moved


def _elsewhere(to: str) -> Iterator[tuple[Store, str]]:
    for origin in stores.configured().values():
        if origin.name == to:
            continue
        for environment in Environment.values:
            for key, _ in origin.keys(environment):
                if vault.is_lasting(key):
                    yield origin, key


def _move(origin: Store, target: Store, key: str, moved: Moved) -> None:
    """What is destroyed or set aside meanwhile has nothing left to move."""
    try:
        _carry(origin, target, key, moved)
    except FileNotFoundError:
        log.info("%s was removed while it was moved", key)


def _carry(origin: Store, target: Store, key: str, moved: Moved) -> None:
    """Raises FileNotFoundError."""
    is_large = is_object(key) and origin.size(key) > vault.DATA_OFFSET + vault.SPILL
    copied = (_copy_large if is_large else _copy)(origin, target, key)
    if copied is None:
        moved.left += 1
        return
    head, size = copied
    _name(key, head, target.name)
    if _is_destroyed(key, head):  # while it was on its way: it was brought back
        target.remove(key)
        return
    origin.remove(key)
    moved.files, moved.size = moved.files + 1, moved.size + size


def _copy(origin: Store, target: Store, key: str) -> tuple[bytes, int] | None:
    """Its first bytes and size, or None when it is damaged, before it can take the place of a whole
    one, or did not arrive whole.
    """
    with origin.open(key) as file:
        content = file.read()
    if not _says_its_name(key, content):
        return None
    target.put(key, (content,), None)
    with target.open(key) as file:
        arrived = file.read()
    if not _is_the_same(key, arrived, content):
        return None
    return content[: vault.DATA_OFFSET], len(content)


def _copy_large(origin: Store, target: Store, key: str) -> tuple[bytes, int] | None:
    """The same of an object that is not to be held in memory, nor can go up in one piece."""
    digest, environment = bytes.fromhex(Path(key).stem), key.partition("/")[0]
    size = origin.size(key)
    number, name = writing.temporary(str(settings().vault_dir), environment, size)
    spilled = Path(name)
    try:
        with os.fdopen(number, "wb") as copy, origin.open(key) as file, folders.telling():
            shutil.copyfileobj(file, copy, vault.READ_CHUNK)
        if not vault.is_named_file(digest, lambda: spilled.open("rb")):
            return None
        with spilled.open("rb") as copied:
            head = copied.read(vault.DATA_OFFSET)
        target.put(key, (), spilled)
    finally:
        spilled.unlink(missing_ok=True)
    return (head, size) if vault.is_named_file(digest, lambda: target.open(key)) else None


def _is_destroyed(key: str, head: bytes) -> bool:
    """Whether it is of a study that was condemned; what is condemned later is removed later."""
    if not is_object(key):
        return False
    digest = bytes.fromhex(Path(key).stem)
    meta = part10.read_prefix(head)
    return tombstones.is_left(meta.environment, digest, meta.sop_instance_uid)


def _is_the_same(key: str, arrived: bytes, content: bytes) -> bool:
    """An object that was there already keeps its own head."""
    return _says_its_name(key, arrived) if is_object(key) else arrived == content


def _says_its_name(key: str, content: bytes) -> bool:
    """An object's name is the digest of its data set; a record holds its own."""
    if is_object(key):
        return vault.is_named(bytes.fromhex(Path(key).stem), content)
    try:
        return bool(vault.unsealed(content))
    except ValueError:
        return False


def _name(key: str, head: bytes, store: str) -> None:
    """The rows that know where their bytes stand; the others look."""
    if not is_object(key):
        return
    digest = bytes.fromhex(Path(key).stem)
    meta = part10.read_prefix(head)
    rows = Instance.objects.filter(
        environment=meta.environment, sop_instance_uid=meta.sop_instance_uid
    )
    InstanceVersion.objects.filter(instance__in=rows, digest=digest).update(store=store)
    rows.filter(digest=digest).update(store=store)
