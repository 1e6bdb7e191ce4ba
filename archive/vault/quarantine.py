"""What was set aside, to be looked at by people: never read as the object again."""

from collections.abc import Collection, Iterator
from functools import partial
from typing import BinaryIO

from archive import stores
from archive.values import uuid7
from archive.vault import digests
from archive.vault.incoming import DATA_OFFSET, key_of
from archive.vault.reading import past_prefix

HEAD = DATA_OFFSET + (64 << 10)  # bytes in which what an object says of itself usually ends


def set_aside(environment: str, digest: bytes) -> None:
    """Take bytes out of the way, to be looked at; they are never read as the object again."""
    for store in stores.configured().values():
        store.move(key_of(environment, digest), aside_key(environment, digest))


def set_damaged_aside(environment: str, digest: bytes) -> bool:
    """The same, but what is whole after all stands again: whoever sends an object that is damaged
    heals it, and may have done so since it was read. False then.
    """
    key, is_damaged = key_of(environment, digest), True
    for store in stores.configured().values():
        aside = aside_key(environment, digest)
        if store.move(key, aside) and digests.is_of_file(digest, partial(_data_set, store, aside)):
            store.move(aside, key)
            is_damaged = False
    return is_damaged


def aside_key(environment: str, digest: bytes, *, of: bytes = b"") -> str:
    """One of its own; that of these bytes, so that what is set aside again is so once."""
    each = digests.of(of).hex()[:32] if of else uuid7().hex
    return f"{environment}/quarantine/{digest.hex()}.{each}.dcm"


def _data_set(store: stores.Store, key: str) -> BinaryIO:
    return past_prefix(store.open(key))


def set_aside_files(environment: str) -> Iterator[tuple[bytes, bytes]]:
    """Each digest, with the first bytes of its file."""
    for store in stores.configured().values():
        for key, _ in list(store.keys(f"{environment}/quarantine")):
            try:
                digest = bytes.fromhex(key.rsplit("/", 1)[-1].split(".")[0])
                with store.open(key, HEAD) as file:
                    yield digest, file.read(HEAD)
            except (FileNotFoundError, ValueError):  # removed a moment ago; somebody's file
                continue


def remove_set_aside(environment: str, digests: Collection[bytes]) -> None:
    """What was set aside under these digests goes too."""
    named = {digest.hex() for digest in digests}
    for store in stores.configured().values():
        for key, _ in list(store.keys(f"{environment}/quarantine")):
            if key.rsplit("/", 1)[-1].split(".")[0] in named:
                store.remove(key)
