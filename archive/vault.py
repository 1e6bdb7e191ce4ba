"""DICOM bytes: written once, hashed, verified, destroyed on order.

An object is a Part 10 file addressed by the digest of its data set, in a folder of its environment.
The data set begins at a fixed offset, so that the prefix can be written when the register is known.
A peer's UID never names a file.
"""

import errno
import hashlib
import mmap
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from archive import config
from archive.errors import BytesDamaged, InstanceUnknown, StorageFull
from archive.objects import part10
from archive.values import uuid7

ALGORITHM = "sha256"
DATA_OFFSET = part10.PREFIX_LENGTH
SPILL = 8 << 20  # an object up to this size is held in memory until it is admitted
READ_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """Where an object stands."""

    digest: bytes
    size: int  # of the data set


def path_of(environment: str, digest: bytes) -> Path:
    name = digest.hex()
    return config.settings().vault_dir / environment / name[:2] / f"{name}.dcm"


class Incoming:
    """An object on its way in: memory first, a temporary file when it grows."""

    def __init__(self, environment: str) -> None:
        self.environment = environment
        self.size = 0
        self.head = bytearray()
        self._hash = hashlib.new(ALGORITHM)
        self._file: int | None = None
        self._path: Path | None = None

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
        """Take the next bytes of the data set. Raises StorageFull."""
        self._hash.update(chunk)
        self.size += len(chunk)
        if self._file is None and self.size > SPILL:
            self._spill()
        if self._file is None:
            self.head += chunk
        else:
            _write_all(self._file, chunk)

    def digest(self) -> bytes:
        return self._hash.digest()

    @contextmanager
    def view(self) -> Iterator[memoryview]:
        """The whole data set to walk over, without reading it into memory."""
        if self._file is None:
            with memoryview(self.head) as whole:
                yield whole
            return
        with (
            mmap.mmap(self._file, 0, access=mmap.ACCESS_READ) as mapped,
            memoryview(mapped) as file,
        ):
            with file[DATA_OFFSET:] as whole:
                yield whole

    def data(self) -> bytes | bytearray:
        """The whole data set again, for a comparison with what is archived."""
        if self._path is None:
            return self.head
        return self._path.read_bytes()[DATA_OFFSET:]

    def keep(self, meta: part10.FileMeta) -> Kept:
        """Make the bytes durable under their digest: written, synced, renamed, folder synced.
        Raises StorageFull.
        """
        digest = self.digest()
        target = path_of(self.environment, digest)
        if target.exists():
            self.discard()
        else:
            file, path = self._put_down(meta)
            _sync_data(file)
            _make_folder(target.parent)
            os.rename(path, target)
            os.close(file)
            self._file = self._path = None
        _sync_folder(target.parent)  # also of a file that another has renamed a moment ago
        return Kept(digest, self.size)

    def _put_down(self, meta: part10.FileMeta) -> tuple[int, Path]:
        """The whole Part 10 file under its temporary name."""
        if self._file is not None and self._path is not None:
            os.pwrite(self._file, part10.prefix(meta), 0)
            return self._file, self._path
        file, path = self._open()
        _write_all(file, part10.prefix(meta), self.head)
        return file, path

    def discard(self) -> None:
        """Forget the bytes; nothing of a refused object stays."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None
        self.head = bytearray()

    def _open(self) -> tuple[int, Path]:
        folder = config.settings().vault_dir / self.environment / "incoming"
        _make_folder(folder)
        if shutil.disk_usage(folder).free < config.settings().free_bytes_floor + self.size:
            raise StorageFull("less free space than the floor that is kept")
        self._path = folder / uuid7().hex
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC
        self._file = os.open(self._path, flags, 0o600)
        return self._file, self._path

    def _spill(self) -> None:
        file, _ = self._open()
        _write_all(file, bytes(DATA_OFFSET), self.head)


def read(environment: str, digest: bytes) -> bytes:
    """The data set as received, its digest checked. Raises InstanceUnknown, BytesDamaged."""
    try:
        data = path_of(environment, digest).read_bytes()[DATA_OFFSET:]
    except FileNotFoundError:
        raise InstanceUnknown("the vault has no such object") from None
    if hashlib.new(ALGORITHM, data).digest() != digest:
        raise BytesDamaged(facts={"digest": digest.hex()})
    return data


def read_file(environment: str, digest: bytes) -> bytes:
    """The whole Part 10 file. Raises InstanceUnknown."""
    try:
        return path_of(environment, digest).read_bytes()
    except FileNotFoundError:
        raise InstanceUnknown("the vault has no such object") from None


def is_whole(environment: str, digest: bytes) -> bool:
    """Whether the bytes are there and match their digest; reads them all, in bounded memory."""
    found = hashlib.new(ALGORITHM)
    try:
        with path_of(environment, digest).open("rb") as file:
            file.seek(DATA_OFFSET)
            while chunk := file.read(READ_CHUNK):
                found.update(chunk)
    except FileNotFoundError:
        return False
    return found.digest() == digest


def keep(environment: str, data: bytes, meta: part10.FileMeta) -> Kept:
    """Store an object of our own making."""
    with Incoming(environment) as incoming:
        incoming.write(data)
        return incoming.keep(meta)


def doubt(environment: str, digest: bytes, sop_instance_uid: str) -> None:
    """Note bytes that a refused object left. Another association may be about to name them, so they
    are not removed at once: `doubted` gives them when they are old enough to be judged.
    """
    folder = config.settings().vault_dir / environment / "doubted"
    _make_folder(folder)
    (folder / digest.hex()).write_text(sop_instance_uid)


def doubted(environment: str, older_than: float) -> list[tuple[bytes, str]]:
    """Digests noted more than `older_than` seconds ago, each with its SOP Instance UID."""
    folder = config.settings().vault_dir / environment / "doubted"
    if not folder.is_dir():
        return []
    before = time.time() - older_than
    notes = [note for note in folder.iterdir() if note.stat().st_mtime < before]
    return [(bytes.fromhex(note.name), note.read_text()) for note in notes]


def settle_doubt(environment: str, digest: bytes, *, forget: bool) -> None:
    """The bytes are somebody's, or are removed."""
    if forget:
        path_of(environment, digest).unlink(missing_ok=True)
    (config.settings().vault_dir / environment / "doubted" / digest.hex()).unlink(missing_ok=True)


def remove(environment: str, digest: bytes) -> None:
    """Remove bytes for ever, on order only; durable on return. What is gone already stays so."""
    path = path_of(environment, digest)
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        _sync_folder(path.parent)


def is_writable() -> bool:
    """For health: whether the vault takes bytes and has room."""
    folder = config.settings().vault_dir
    try:
        _make_folder(folder)
        return (
            os.access(folder, os.W_OK)
            and shutil.disk_usage(folder).free > config.settings().free_bytes_floor
        )
    except OSError:
        return False


def sweep_incoming() -> int:
    """Remove what killed receivers left half-written; only safe before any receiver runs. Returns
    how many.
    """
    count = 0
    for left in config.settings().vault_dir.glob("*/incoming/*"):
        left.unlink(missing_ok=True)
        count += 1
    return count


def _write_all(file: int, *parts: bytes | bytearray | memoryview) -> None:
    try:
        wanted = sum(len(part) for part in parts)
        written = os.writev(file, parts)
        if written < wanted:
            rest = memoryview(b"".join(parts))[written:]
            while rest:
                rest = rest[os.write(file, rest) :]
    except OSError as error:
        raise _full(error) from error


def _sync_data(file: int) -> None:
    try:
        os.fdatasync(file)
    except OSError as error:
        raise _full(error) from error


def _full(error: OSError) -> Exception:
    return (
        StorageFull("no space left on the vault")
        if error.errno in (errno.ENOSPC, errno.EDQUOT)
        else error
    )


_known_folders: set[Path] = set()


def _make_folder(folder: Path) -> None:
    """Make a folder and its parents, mode 700, each synced into its parent; remembered by this
    process.
    """
    if folder in _known_folders and folder.is_dir():
        return
    if not folder.is_dir():
        if not folder.parent.is_dir():
            _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)
    _known_folders.add(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
