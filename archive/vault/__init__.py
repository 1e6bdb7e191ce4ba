"""DICOM bytes: written once, hashed, verified, destroyed on order.

An object is a Part 10 file addressed by the digest of its data set, in a folder of its environment.
The data set begins at a fixed offset, so that the prefix can be written when the register is known.
A peer's UID never names a file. Where the bytes stand is `archive.stores`' business.
"""

import os
import re
import shutil
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from archive import config, stores
from archive.objects import part10
from archive.stores import folders
from archive.stores.files import Room
from archive.vault.digests import ALGORITHM, READ_CHUNK
from archive.vault.doubts import (
    doubt,
    doubted,
    forget,
    is_doubted,
    is_in_doubt_here,
    put_back,
    take_away,
    whose_doubt,
)
from archive.vault.incoming import DATA_OFFSET, SPILL, Incoming, Kept, key_of
from archive.vault.landed import Landed, all_landed, give_files, without_files
from archive.vault.quarantine import (
    remove_set_aside,
    set_aside,
    set_aside_files,
    set_damaged_aside,
)
from archive.vault.reading import (
    Held,
    hold,
    is_named,
    is_named_file,
    is_whole,
    make_durable,
    read,
    read_file,
    read_header,
    read_meta,
    read_series_facts,
    size_of,
    view,
    where,
)
from archive.vault.records import (
    Record,
    check_record,
    find_record,
    has_record,
    keep_record,
    moment_of,
    read_record,
    record_key,
    record_keys,
    records_behind,
    study_record_key,
    unsealed,
)

UNFINISHED_SECONDS = 6 * 3600.0  # longer than any object takes to come in and be stored

__all__ = [
    "ALGORITHM",
    "DATA_OFFSET",
    "FOLDERS",
    "READ_CHUNK",
    "SPILL",
    "Held",
    "Incoming",
    "Kept",
    "Landed",
    "Record",
    "all_landed",
    "check_record",
    "doubt",
    "doubted",
    "every_object",
    "find_record",
    "forget",
    "give_files",
    "has_record",
    "hold",
    "is_doubted",
    "is_in_doubt_here",
    "is_lasting",
    "is_named",
    "is_named_file",
    "is_whole",
    "keep",
    "keep_record",
    "key_of",
    "listed",
    "make_durable",
    "moment_of",
    "out_of_reach",
    "put_back",
    "read",
    "read_file",
    "read_header",
    "read_meta",
    "read_record",
    "read_series_facts",
    "record_key",
    "record_keys",
    "records_behind",
    "remove",
    "remove_set_aside",
    "require_stores",
    "set_aside",
    "set_aside_files",
    "set_damaged_aside",
    "size_of",
    "study_record_key",
    "sweep_incoming",
    "take_away",
    "unsealed",
    "view",
    "where",
    "whose_doubt",
    "without_files",
    "write_head",
]

FOLDERS = tuple(f"{number:02x}" for number in range(256))  # of an environment
_OBJECT = re.compile(r"^[a-z]+/[0-9a-f]{2}/[0-9a-f]{64}\.dcm$")


def keep(environment: str, data: bytes, meta: part10.FileMeta) -> Kept:
    """Store an object of our own making."""
    with Incoming(environment) as incoming:
        incoming.write(data)
        return incoming.keep(meta)


def write_head(meta: part10.FileMeta, digest: bytes) -> bool:
    """What the file of an object says of itself, anew and durable on return; False where it stands
    nowhere that can be written over. Raises StorageFull, StorageGone.
    """
    key, head = key_of(meta.environment, digest), part10.prefix(meta)
    return any([store.write_head(key, head) for store in stores.configured().values()])


def remove(environment: str, digest: bytes) -> None:
    """Remove bytes for ever, durable on return: of what nothing names, or on order. What is gone
    already stays so.
    """
    for store in stores.configured().values():
        store.remove(key_of(environment, digest))


# --- what is not an object ------------------------------------------------------------------------


def every_object(environment: str) -> Iterator[tuple[bytes, str]]:
    """All digests, with where they stand."""
    for store in stores.configured().values():
        for key, _ in store.keys(environment):
            if _OBJECT.match(key):
                yield bytes.fromhex(Path(key).stem), store.name


def is_lasting(key: str) -> bool:
    """Whether an object or a record stands there; not what is coming in or was set aside."""
    return bool(_OBJECT.match(key)) or key.split("/")[1] == "records"


def listed(environment: str, folder: str) -> Iterator[tuple[bytes, datetime, str]]:
    """The digests in one of the 256 folders, with when they were written and where they stand."""
    for store in stores.configured().values():
        for key, at in store.keys(f"{environment}/{folder}"):
            with suppress(ValueError):  # somebody's file, not ours
                yield bytes.fromhex(Path(key).stem), at, store.name


def unwritable(environments: Collection[str]) -> list[str]:
    """For health: of which of these the vault takes no bytes, or has no room for them."""
    root = config.settings().vault_dir
    return [
        each
        for each in environments
        if not (_takes(root) and _takes(root / each) and _has_room(root / each))
    ]


def _takes(folder: Path) -> bool:
    return folders.is_set_up(folder) and os.access(folder, os.W_OK)


def _has_room(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free > config.settings().free_bytes_floor
    except OSError:
        return False


def out_of_reach(environments: Collection[str]) -> list[str]:
    """Whose folder is not there."""
    root = config.settings().vault_dir
    return [each for each in environments if not folders.is_set_up(root / each)]


def require_stores(environments: Collection[str], named: Iterable[str] = ()) -> None:
    """Whether all of them answer, and those that rows name are among them. Raises StorageGone."""
    for each in named:
        stores.require_named(each)
    for each in environments:
        folders.require_set_up(config.settings().vault_dir / each)
        for store in stores.configured().values():
            store.has(f"{each}/{folders.MARK}")


def rooms(environments: Collection[str]) -> list[Room]:
    """For new objects, by disk, the fullest first; none without an end. Raises StorageGone."""
    return stores.default().rooms(environments)


def sweep_incoming() -> int:
    """Remove what killed receivers left half-written: files that nobody has written to for longer
    than any object takes, since other receivers, of other machines too, are at work. How many.
    """
    count, before = 0, time.time() - UNFINISHED_SECONDS
    for left in config.settings().vault_dir.glob(f"*/{folders.INCOMING}/*"):
        with suppress(FileNotFoundError):  # it got its name meanwhile, or was refused
            if left.stat().st_mtime < before:
                left.unlink()
                count += 1
    return count
