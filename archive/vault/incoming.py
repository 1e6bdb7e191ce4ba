"""An object on its way into the vault, and where it comes to stand."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType

from archive import config, stores
from archive.objects import part10
from archive.objects.gathering import viewed
from archive.stores import folders, writing
from archive.vault import digests
from archive.vault.digests import ALGORITHM

DATA_OFFSET = part10.PREFIX_LENGTH
SPILL = 8 << 20  # an object up to this size is held in memory until it is admitted
ASKED_EVERY = 64 << 20  # bytes of a larger one, between two questions for free space


@dataclass(frozen=True, slots=True)
class Kept:
    """Where an object stands."""

    digest: bytes
    digest_algorithm: str
    size: int  # of the data set
    store: str = "files"


Standing = Callable[[Kept, bool], None]  # and whether it landed (`archive.stores.landing`)


def key_of(environment: str, digest: bytes) -> str:
    name = digest.hex()
    return f"{environment}/{name[:2]}/{name}.dcm"


class Incoming:
    """An object on its way in: memory first, a temporary file when it grows."""

    def __init__(self, environment: str) -> None:
        self.environment = environment
        self.size = 0
        self.head = bytearray()
        self._hash = digests.start()
        self._file: int | None = None
        self._path: Path | None = None
        self._asked_at = 0  # its size when there was room

    def __enter__(self) -> "Incoming":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.discard()

    @property
    def spilled(self) -> bool:
        return self._file is not None

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Take the next bytes of the data set. Raises StorageFull, StorageGone."""
        self._hash.update(chunk)
        self.size += len(chunk)
        if self._file is None and self.size > SPILL:
            self._spill()
        if self._file is None:
            self.head += chunk
            return
        if self.size - self._asked_at >= ASKED_EVERY:
            writing.require_room(self._file)
            self._asked_at = self.size
        writing.write_all(self._file, chunk)

    def digest(self, algorithm: str = ALGORITHM) -> bytes:
        if algorithm == ALGORITHM:
            return self._hash.digest()
        with self.view() as whole:
            return digests.of(whole, algorithm)

    def digests(self) -> tuple[bytes, ...]:
        """All that the same data set may be archived under."""
        return tuple(self.digest(algorithm) for algorithm in digests.ALGORITHMS)

    def algorithm_of(self, digest: bytes) -> str:
        """By which the digest is the data set's; empty when it is another's."""
        return next((each for each in digests.ALGORITHMS if self.digest(each) == digest), "")

    @contextmanager
    def view(self) -> Iterator[memoryview]:
        """The whole data set to walk over, without reading it into memory."""
        if self._file is None:
            with memoryview(self.head) as whole:
                yield whole
            return
        with viewed(self._file, DATA_OFFSET) as whole:
            yield whole

    def keep(self, meta: part10.FileMeta, standing: Standing = lambda kept, landed: None) -> Kept:
        """Make the bytes durable under their digest. `standing` is told once they can be read
        there, which may be before that. Raises StorageFull, StorageGone.
        """
        digest = self.digest(meta.digest_algorithm)
        store, key = stores.default(), key_of(self.environment, digest)
        kept = Kept(digest, meta.digest_algorithm, self.size, store.name)
        if self._file is None:
            store.put(key, (part10.prefix(meta), self.head), None, partial(standing, kept))
        else:
            with folders.telling():
                os.pwrite(self._file, part10.prefix(meta), 0)
            store.put(key, (), self._path, partial(standing, kept))
        self.discard()
        return kept

    def discard(self) -> None:
        """Forget the bytes; nothing of a refused object stays."""
        file, self._file, path, self._path = self._file, None, self._path, None
        if file is not None:
            os.close(file)
        if path is not None:
            with suppress(OSError):  # what is left is swept at the next start
                path.unlink()
        self.head = bytearray()

    def _spill(self) -> None:
        root = str(config.settings().vault_dir)
        self._file, name = writing.temporary(root, self.environment, self.size)
        self._asked_at = self.size
        self._path = Path(name)
        writing.write_all(self._file, bytes(DATA_OFFSET), self.head)
