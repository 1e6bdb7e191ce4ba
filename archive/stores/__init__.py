"""Where the vault's bytes stand: a file system, object storage, or both while they are moved.

A key is a path below the store's root; the vault makes the keys. What is written is durable on
return, may be read a moment before, and is never overwritten, but for the head of an object's file.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import BinaryIO, Protocol

from archive.config import settings
from archive.errors import InstanceUnknown, StorageGone
from archive.stores.files import FileStore, Room
from archive.stores.folders import home_of, require_set_up
from archive.stores.keys import Looking, Naming, Standing, unseen, untold
from archive.stores.s3 import ObjectStore

FILES, OBJECTS = "files", "s3"


class Store(Protocol):
    name: str

    def has(self, key: str) -> bool: ...

    def size(self, key: str) -> int: ...

    def put(
        self,
        key: str,
        parts: Sequence[bytes | bytearray],
        spilled: Path | None,
        standing: Standing = untold,
    ) -> None:
        """Write the parts, or take over the file `spilled`. `standing` is told once it can be
        read under its key, which may be before it is durable. Raises StorageFull, StorageGone.
        """

    def note(self, key: str, text: str) -> None:
        """Written anew, with the time of now; a power cut may lose it. Raises StorageGone."""

    def write_head(self, key: str, head: bytes) -> bool:
        """Over what an object's file begins with, durable on return; False where it has none that
        can be written over. Raises StorageFull, StorageGone.
        """

    def sync(self, key: str) -> None:
        """Make what stands there durable. Raises FileNotFoundError, StorageFull, StorageGone."""

    def open(self, key: str, length: int | None = None) -> BinaryIO:
        """To read from the beginning, or its first bytes. Raises FileNotFoundError, StorageGone."""

    def move(self, key: str, to: str) -> bool:
        """Whether it was there."""

    def remove(self, key: str) -> None: ...

    def landed(self, environment: str) -> int:
        """How many objects have no file of their own yet."""

    def each_landed(self, environment: str) -> Iterator[tuple[str, bytes]]:
        """Those, with their content. Nobody can write where one stands until the next is asked for.
        Raises StorageGone.
        """

    def give_files(
        self, environment: str, key_for: Naming, quiet_seconds: float, before: Looking = unseen
    ) -> int:
        """To those, except where something came as lately as that; how many. `before` sees each
        batch. Raises StorageFull, StorageGone.
        """

    def keys(self, prefix: str, after: str = "") -> Iterator[tuple[str, datetime]]:
        """Keys below a folder and behind that one, with when they were written, in their order."""

    def rooms(self, environments: Iterable[str]) -> list[Room]:
        """How much can still be written for these, the disk with least first; none where that has
        no end. Raises StorageGone.
        """


@cache
def configured() -> dict[str, Store]:
    """All that may hold something, the one that is written to first."""
    stores: list[Store] = [FileStore(settings().vault_dir)]
    if settings().s3_bucket:
        stores.append(ObjectStore())
    stores.sort(key=lambda store: store.name != settings().vault_store)
    return {store.name: store for store in stores}


def require_named(name: str) -> None:
    """A store that a row names and no setting is out of reach: what stands there is not lost.
    Raises StorageGone.
    """
    if name and name not in configured():
        raise StorageGone(f"bytes stand in a store that no setting names: {name}")


def default() -> Store:
    """The one that is written to."""
    return next(iter(configured().values()))


def holding(key: str, hint: str = "") -> Store:
    """The one that has the key; `hint` is asked first. Raises InstanceUnknown, StorageGone."""
    found = configured()
    order = [found[hint]] if hint in found else []
    for store in [*order, *found.values()]:
        if store.has(key):
            return store
    require_named(hint)
    require_set_up(home_of(settings().vault_dir, key))
    raise InstanceUnknown("the vault has no such object")
