"""What an object is addressed by: a digest of its data set, 32 bytes.

BLAKE3 costs a quarter of SHA-256 and is as hard to forge. What came in before keeps its SHA-256
and is verified by it; a row says which of the two its digest is.
"""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import BinaryIO, Protocol

from blake3 import blake3

from archive.objects.gathering import FEW, let_go

ALGORITHM = "blake3"  # of what comes in
READ_CHUNK = 1 << 20

Data = bytes | bytearray | memoryview


Opening = Callable[[], AbstractContextManager[BinaryIO]]


class Hasher(Protocol):
    def update(self, data: Data, /) -> object: ...

    def digest(self) -> bytes: ...


_START: dict[str, Callable[[], Hasher]] = {
    ALGORITHM: blake3,
    "sha256": hashlib.sha256,
}
ALGORITHMS = tuple(_START)


def start(algorithm: str = ALGORITHM) -> Hasher:
    return _START[algorithm]()


def of(data: Data, algorithm: str = ALGORITHM) -> bytes:
    running = start(algorithm)
    if len(data) <= FEW:
        running.update(data)
        return running.digest()
    for place in range(0, len(data), READ_CHUNK):
        running.update(data[place : place + READ_CHUNK])
        let_go(data)
    return running.digest()


def is_of(digest: bytes, data: Data) -> bool:
    """Whether the data set is the digest's."""
    return any(of(data, algorithm) == digest for algorithm in ALGORITHMS)


def is_of_file(digest: bytes, open_: Opening) -> bool:
    """Whether a data set is the digest's, in bounded memory. Each opening gives it once, from its
    beginning.
    """
    return any(_of_file(open_, algorithm) == digest for algorithm in ALGORITHMS)


def _of_file(open_: Opening, algorithm: str) -> bytes:
    running = start(algorithm)
    with open_() as file:
        while chunk := file.read(READ_CHUNK):
            running.update(chunk)
    return running.digest()
