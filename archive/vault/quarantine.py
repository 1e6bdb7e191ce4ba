"""What was set aside, to be looked at by people: never read as the object again."""

from collections.abc import Collection, Iterator

from archive import stores
from archive.values import uuid7
from archive.vault.incoming import DATA_OFFSET, key_of

HEAD = DATA_OFFSET + (64 << 10)  # bytes in which what an object says of itself usually ends


def set_aside(environment: str, digest: bytes) -> bool:
    """Take damaged bytes out of the way, to be looked at; they are never read as the object again.
    Whether there were any.
    """
    key = key_of(environment, digest)
    aside = f"{environment}/quarantine/{digest.hex()}.{uuid7().hex}.dcm"
    return any([store.move(key, aside) for store in stores.configured().values()])


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
