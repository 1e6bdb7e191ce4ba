"""What was set aside, to be looked at by people: never read as the object again."""

from collections.abc import Iterator

from archive import stores
from archive.vault.incoming import DATA_OFFSET

HEAD = DATA_OFFSET + (64 << 10)  # bytes in which what an object says of itself usually ends


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
