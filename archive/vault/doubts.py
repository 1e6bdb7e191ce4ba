"""Bytes that a refused object left: noted beside them, and taken away in two steps. The note may be
of one machine and judged by another.

Another association may be about to name them, so they are not removed at once, and never between
two looks at the database: they are out of the way first, and go when nobody has come to name them
since.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from archive import stores
from archive.errors import DatasetUnreadable, StorageGone
from archive.objects import part10
from archive.values import now
from archive.vault.incoming import DATA_OFFSET, key_of

DOUBTED = "doubted"  # folder of the notes


def doubt(environment: str, digest: bytes, sop_instance_uid: str) -> None:
    """Note them; `doubted` gives them when they are old enough to be judged."""
    stores.default().note(_note(environment, digest), sop_instance_uid)


def is_doubted(environment: str, digest: bytes) -> bool:
    """Whether they may be what a refused object left. What was taken since is told apart by its row
    alone, until `put_back`.
    """
    note = _note(environment, digest)
    return any(store.has(note) for store in stores.configured().values())


def is_in_doubt_here(environment: str, digest: bytes) -> bool:
    """The same of what has just come: only where that stands is asked."""
    return stores.default().has(_note(environment, digest))


def doubted(environment: str, older_than: float) -> list[bytes]:
    """Digests noted more than `older_than` seconds ago."""
    return list(_old(environment, timedelta(seconds=older_than)))


def _old(environment: str, age: timedelta) -> Iterator[bytes]:
    before = now() - age
    for store in stores.configured().values():
        noted: list[tuple[str, datetime]] = []
        with suppress(StorageGone):  # then those there are judged another time
            noted.extend(store.keys(f"{environment}/{DOUBTED}"))
        for key, at in noted:
            if at < before:
                with suppress(ValueError):  # somebody's file, not ours
                    yield bytes.fromhex(key.rpartition("/")[2])


def whose_doubt(environment: str, digest: bytes) -> str | None:
    """The SOP Instance UID of the bytes, as they say themselves: a note is not synced, and one that
    a power cut has torn may name nobody. Of what is not there, as the note says. None: settled
    meanwhile.
    """
    for store in stores.configured().values():
        for key in (key_of(environment, digest), _away(environment, digest)):
            with suppress(FileNotFoundError, DatasetUnreadable), store.open(key, DATA_OFFSET) as it:
                return part10.read_prefix(it.read(DATA_OFFSET)).sop_instance_uid
    for store in stores.configured().values():
        with suppress(FileNotFoundError), store.open(_note(environment, digest)) as note:
            return note.read().decode(errors="replace")
    return None


def take_away(environment: str, digest: bytes, sop_instance_uid: str) -> bool:
    """Out of the way for now: they are judged once more, as late as if they were noted today. False
    when nothing is left to take.
    """
    note = _note(environment, digest)
    for store in stores.configured().values():
        if store.has(note):
            store.note(note, sop_instance_uid)
    moved = [
        store.move(key_of(environment, digest), _away(environment, digest))
        for store in stores.configured().values()
    ]
    return any(moved)


def put_back(environment: str, digest: bytes) -> None:
    """They are somebody's. What has come under their digest meanwhile stays."""
    for store in stores.configured().values():
        key, away = key_of(environment, digest), _away(environment, digest)
        if not store.has(away):
            continue
        if any(each.has(key) for each in stores.configured().values()):
            store.remove(away)
        else:
            store.move(away, key)
    _forget_note(environment, digest)


def forget(environment: str, digest: bytes) -> None:
    """Those that were taken away are removed, durable on return."""
    for store in stores.configured().values():
        store.remove(_away(environment, digest))
    _forget_note(environment, digest)


def _forget_note(environment: str, digest: bytes) -> None:
    for store in stores.configured().values():
        store.remove(_note(environment, digest))


def _note(environment: str, digest: bytes) -> str:
    return f"{environment}/{DOUBTED}/{digest.hex()}"


def _away(environment: str, digest: bytes) -> str:
    return f"{environment}/taken-away/{digest.hex()}.dcm"
