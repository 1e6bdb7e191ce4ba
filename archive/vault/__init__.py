"""DICOM bytes: written once, hashed, verified, destroyed on order.

An object is a Part 10 file addressed by the digest of its data set, in a folder of its environment.
The data set begins at a fixed offset, so that the prefix can be written when the register is known.
A peer's UID never names a file. Where the bytes stand is `archive.stores`' business.
"""

import errno
import mmap
import os
import re
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, cast

from archive import config, stores
from archive.errors import BytesDamaged, InstanceUnknown
from archive.objects import header, part10
from archive.objects.header import Header
from archive.stores import files
from archive.values import uuid7
from archive.vault import digests
from archive.vault.digests import ALGORITHM, READ_CHUNK
from archive.vault.incoming import DATA_OFFSET, SPILL, Incoming, Kept, key_of, path_of
from archive.vault.quarantine import set_aside_files
from archive.vault.records import (
    Record,
    check_record,
    find_record,
    has_record,
    keep_record,
    read_record,
    record_key,
    record_keys,
    records_behind,
    study_record_key,
    unsealed,
)

__all__ = [
    "ALGORITHM",
    "DATA_OFFSET",
    "FOLDERS",
    "READ_CHUNK",
    "SPILL",
    "Held",
    "Incoming",
    "Kept",
    "Record",
    "check_record",
    "doubt",
    "doubted",
    "every_object",
    "find_record",
    "has_record",
    "hold",
    "is_lasting",
    "is_named",
    "is_whole",
    "keep",
    "keep_record",
    "key_of",
    "listed",
    "path_of",
    "read",
    "read_file",
    "read_header",
    "read_meta",
    "read_record",
    "record_key",
    "record_keys",
    "records_behind",
    "remove",
    "remove_set_aside",
    "require_all",
    "set_aside",
    "set_aside_files",
    "settle_doubt",
    "size_of",
    "study_record_key",
    "sweep_incoming",
    "unsealed",
    "where",
]

FOLDERS = tuple(f"{number:02x}" for number in range(256))  # of an environment
HEAD = 64 << 10  # bytes in which a header usually ends
_OBJECT = re.compile(r"^[a-z]+/[0-9a-f]{2}/[0-9a-f]{64}\.dcm$")


def read(environment: str, digest: bytes, store: str = "") -> bytes:
    """The data set as received, its digest checked. Raises InstanceUnknown, BytesDamaged."""
    with hold(environment, digest, 0, store) as held:
        return held.data()


class Held:
    """Bytes on their way out, their digest checked: in memory while they are few, else in an open
    file. To be closed.
    """

    def __init__(
        self, pieces: Sequence[bytes | memoryview] = (), file: BinaryIO | None = None
    ) -> None:
        self._pieces = pieces
        self._file = file

    def pieces(self) -> Iterator[bytes | memoryview]:
        """The data set; may be asked for again."""
        if self._file is None:
            yield from self._pieces
            return
        self._file.seek(DATA_OFFSET)
        while chunk := self._file.read(READ_CHUNK):
            yield chunk

    def data(self) -> bytes:
        return b"".join(self.pieces())

    @contextmanager
    def view(self) -> Iterator[memoryview]:
        """The data set to walk over, without reading a large one into memory. No slice of it may
        outlive it.
        """
        if self._file is None:
            with memoryview(self.data()) as whole:
                yield whole
            return
        with (
            mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
            memoryview(mapped) as file,
        ):
            with file[DATA_OFFSET:] as whole:
                yield whole

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> "Held":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def hold(environment: str, digest: bytes, size: int, store: str = "") -> Held:
    """The data set as received, of `size` bytes. Raises InstanceUnknown, BytesDamaged."""
    if size <= SPILL:
        with _past_prefix(environment, digest, store) as small:
            data = small.read()
        if not digests.is_of(digest, data):
            raise BytesDamaged(facts={"digest": digest.hex()})
        return Held([data])
    file = _seekable(_open(environment, digest, store))
    if not digests.is_of_file(digest, lambda: _again(file)):
        file.close()
        raise BytesDamaged(facts={"digest": digest.hex()})
    return Held(file=file)


def _seekable(file: BinaryIO) -> BinaryIO:
    """Object storage gives bytes once, and here they are read twice: first for their digest."""
    if file.seekable():
        return file
    root = config.settings().vault_dir
    folder = root / "outgoing"
    files.require_set_up(root)
    files.make_folder(folder)
    copy = cast(BinaryIO, tempfile.TemporaryFile(dir=folder))
    with file:
        shutil.copyfileobj(file, copy, READ_CHUNK)
    return copy


@contextmanager
def _again(file: BinaryIO) -> Iterator[BinaryIO]:
    """Its data set from the beginning; it stays open."""
    file.seek(DATA_OFFSET)
    yield file


def is_named(digest: bytes, file: bytes) -> bool:
    """Whether a whole Part 10 file of ours is the digest's."""
    return digests.is_of(digest, memoryview(file)[DATA_OFFSET:])


def read_file(environment: str, digest: bytes, store: str = "") -> bytes:
    """The whole Part 10 file. Raises InstanceUnknown."""
    with _open(environment, digest, store) as file:
        return file.read()


def read_meta(environment: str, digest: bytes, store: str = "") -> part10.FileMeta:
    """What the file says of itself. Raises InstanceUnknown, DatasetUnreadable."""
    with _open(environment, digest, store, DATA_OFFSET) as file:
        return part10.read_prefix(file.read(DATA_OFFSET))


def read_header(
    environment: str, digest: bytes, transfer_syntax_uid: str, store: str = ""
) -> Header:
    """What the index needs, from the first bytes where those reach far enough; the digest is not
    read again. Raises InstanceUnknown, DatasetUnreadable.
    """
    with _past_prefix(environment, digest, store, DATA_OFFSET + HEAD) as file:
        head = header.read_header(file.read(HEAD), transfer_syntax_uid, whole=False)
    if head.complete:
        return head
    with _past_prefix(environment, digest, store) as file:
        return header.read_header(file.read(), transfer_syntax_uid)


def is_whole(environment: str, digest: bytes, store: str = "") -> bool:
    """Whether the bytes are there and match their digest; reads them all, in bounded memory."""
    try:
        return digests.is_of_file(digest, lambda: _past_prefix(environment, digest, store))
    except InstanceUnknown:
        return False
    except OSError as error:
        if error.errno == errno.EIO:  # the medium cannot give them back
            return False
        raise


def _past_prefix(
    environment: str, digest: bytes, store: str, length: int | None = None
) -> BinaryIO:
    """At the data set. Raises InstanceUnknown."""
    file = _open(environment, digest, store, length)
    if file.seekable():
        file.seek(DATA_OFFSET)
    else:
        file.read(DATA_OFFSET)
    return file


def size_of(environment: str, digest: bytes, store: str = "") -> int:
    """Bytes of the data set. Raises InstanceUnknown."""
    key = key_of(environment, digest)
    return stores.holding(key, store).size(key) - DATA_OFFSET


def where(environment: str, digest: bytes, store: str = "") -> str:
    """The store that has bytes under the digest, empty for none; they are not read."""
    try:
        return stores.holding(key_of(environment, digest), store).name
    except InstanceUnknown:
        return ""


def _open(environment: str, digest: bytes, store: str = "", length: int | None = None) -> BinaryIO:
    """Raises InstanceUnknown, StorageGone."""
    known = stores.configured()
    hinted = [known[store]] if store in known else []
    for each in (*hinted, *known.values()):
        try:
            return each.open(key_of(environment, digest), length)
        except FileNotFoundError:
            continue
    files.require_set_up(config.settings().vault_dir / environment)
    raise InstanceUnknown("the vault has no such object")


def keep(environment: str, data: bytes, meta: part10.FileMeta) -> Kept:
    """Store an object of our own making."""
    with Incoming(environment) as incoming:
        incoming.write(data)
        return incoming.keep(meta)


def doubt(environment: str, digest: bytes, sop_instance_uid: str) -> None:
    """Note bytes that a refused object left. Another association may be about to name them, so they
    are not removed at once: `doubted` gives them when they are old enough to be judged.
    """
    root = config.settings().vault_dir
    folder = root / environment / "doubted"
    files.make_room(root, folder)
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
        remove(environment, digest)
    (config.settings().vault_dir / environment / "doubted" / digest.hex()).unlink(missing_ok=True)


def remove(environment: str, digest: bytes) -> None:
    """Remove bytes for ever, durable on return: of what nothing names, or on order. What is gone
    already stays so.
    """
    for store in stores.configured().values():
        store.remove(key_of(environment, digest))


# --- what is not an object ------------------------------------------------------------------------


def set_aside(environment: str, digest: bytes) -> bool:
    """Take damaged bytes out of the way, to be looked at; they are never read as the object again.
    Whether there were any.
    """
    key = key_of(environment, digest)
    aside = f"{environment}/quarantine/{digest.hex()}.{uuid7().hex}.dcm"
    return any([store.move(key, aside) for store in stores.configured().values()])


def remove_set_aside(environment: str, digests: Collection[bytes]) -> None:
    """What was set aside under these digests goes too."""
    named = {digest.hex() for digest in digests}
    for store in stores.configured().values():
        for key, _ in list(store.keys(f"{environment}/quarantine")):
            if key.rsplit("/", 1)[-1].split(".")[0] in named:
                store.remove(key)


def every_object(environment: str) -> Iterator[tuple[bytes, str]]:
    """All digests, with where they stand."""
    for store in stores.configured().values():
        for key, _ in store.keys(environment):
            if _OBJECT.match(key):
                yield bytes.fromhex(Path(key).stem), store.name


def is_lasting(key: str) -> bool:
    """Whether an object or a record stands there; not what is coming in or was set aside."""
    return bool(_OBJECT.match(key)) or key.split("/")[1] == "records"


def listed(environment: str, folder: str) -> Iterator[tuple[bytes, datetime, str]]:
    """The digests in one of the 256 folders, with when they were written and where they stand."""
    for store in stores.configured().values():
        for key, at in store.keys(f"{environment}/{folder}"):
            with suppress(ValueError):  # somebody's file, not ours
                yield bytes.fromhex(Path(key).stem), at, store.name


def unwritable(environments: Collection[str]) -> list[str]:
    """For health: of which of these the vault takes no bytes, or has no room for them."""
    root = config.settings().vault_dir
    return [
        each
        for each in environments
        if not (_takes(root) and _takes(root / each) and _has_room(root / each))
    ]


def _takes(folder: Path) -> bool:
    return files.is_set_up(folder) and os.access(folder, os.W_OK)


def _has_room(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free > config.settings().free_bytes_floor
    except OSError:
        return False


def require_all(environments: Collection[str]) -> None:
    """Raises StorageGone when the folder of one is not there."""
    for each in environments:
        files.require_set_up(config.settings().vault_dir / each)


def rooms(environments: Collection[str]) -> list[files.Room]:
    """For new objects, by disk, the fullest first; none without an end. Raises StorageGone."""
    return stores.default().rooms(environments)


def sweep_incoming() -> int:
    """Remove what killed receivers left half-written; only safe before any receiver runs. Returns
    how many.
    """
    count = 0
    for left in config.settings().vault_dir.glob(f"*/{files.INCOMING}/*"):
        left.unlink(missing_ok=True)
        count += 1
    return count
