"""Small objects that landed a moment ago, and are given files of their own."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import PurePath
from typing import NamedTuple

from archive import stores
from archive.errors import DatasetUnreadable
from archive.objects import part10
from archive.vault.incoming import DATA_OFFSET
from archive.vault.quarantine import aside_key
from archive.vault.reading import is_named

log = logging.getLogger(__name__)


class Landed(NamedTuple):
    """An object without a file; its UID is empty, and its time the first, where its head cannot be
    read.
    """

    digest: bytes
    sop_instance_uid: str
    received_at: datetime


Looking = Callable[[Sequence[Landed]], None]


def without_files(environment: str) -> int:
    """How many have none yet."""
    return sum(store.landed(environment) for store in stores.configured().values())


def all_landed(environment: str) -> list[Landed]:
    """All of them. Raises StorageGone."""
    found = stores.configured().values()
    return [each for store in found for each in _told(store.each_landed(environment))]


def give_files(
    environment: str, quiet_seconds: float, before: Looking = lambda landed: None
) -> int:
    """To what came longer ago than that; how many. What is not as its digest says is set aside: a
    power cut in the middle of its coming, or a disk, has harmed it. `before` sees each batch, and
    ends the turn by raising something. Raises StorageFull, StorageGone.
    """
    judge = partial(_key_for, environment)
    return sum(
        store.give_files(environment, judge, quiet_seconds, lambda batch: before(_told(batch)))
        for store in stores.configured().values()
    )


def _told(landed: Iterable[tuple[str, bytes]]) -> list[Landed]:
    return [Landed(_digest_of(key), *_said_by(file)) for key, file in landed]


def _digest_of(key: str) -> bytes:
    return bytes.fromhex(PurePath(key).stem)


def _said_by(file: bytes) -> tuple[str, datetime]:
    try:
        meta = part10.read_prefix(file[:DATA_OFFSET])
    except DatasetUnreadable:
        return "", datetime.min.replace(tzinfo=UTC)
    return meta.sop_instance_uid, meta.received_at


def _key_for(environment: str, key: str, file: bytes) -> str:
    digest = _digest_of(key)
    if is_named(digest, file):
        return key
    log.error("set aside, not as its digest says: an object that landed, %s", key)
    return aside_key(environment, digest, of=file)  # it may be given again, and again
