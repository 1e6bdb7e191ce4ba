"""Small objects that landed a moment ago, and are given files of their own."""

import logging
from functools import partial
from pathlib import PurePath

from archive import stores
from archive.vault.quarantine import aside_key
from archive.vault.reading import is_named

log = logging.getLogger(__name__)


def without_files(environment: str) -> int:
    """How many have none yet."""
    return sum(store.landed(environment) for store in stores.configured().values())


def give_files(environment: str, quiet_seconds: float) -> int:
    """To what came longer ago than that; how many. What is not as its digest says is set aside: a
    power cut in the middle of its coming, or a disk, has harmed it. Raises StorageFull,
    StorageGone.
    """
    judge = partial(_key_for, environment)
    return sum(
        store.give_files(environment, judge, quiet_seconds)
        for store in stores.configured().values()
    )


def _key_for(environment: str, key: str, file: bytes) -> str:
    digest = bytes.fromhex(PurePath(key).stem)
    if is_named(digest, file):
        return key
    log.error("set aside, not as its digest says: an object that landed, %s", key)
    return aside_key(environment, digest, of=file)  # it may be given again, and again
