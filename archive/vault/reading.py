"""Objects on their way out: found in a store, their digest checked, as a whole or from the first
bytes alone.
"""

import errno
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import BinaryIO, cast

from archive import config, stores
from archive.errors import BytesDamaged, InstanceUnknown
from archive.objects import header, part10, series_facts
from archive.objects.gathering import gathered, viewed
from archive.objects.header import Header
from archive.objects.series_facts import SeriesFacts
from archive.stores import Store, folders
from archive.vault import digests
from archive.vault.digests import READ_CHUNK
from archive.vault.incoming import DATA_OFFSET, SPILL, key_of

# The medium, or the file system, cannot give the bytes back.
UNREADABLE = (errno.EIO, errno.EUCLEAN, errno.EBADMSG)
HEAD = 64 << 10  # bytes in which a header usually ends
LONG_HEAD = 4 << 20  # the same with what makers write into private elements


def read(environment: str, digest: bytes, store: str = "") -> bytes:
    """The data set as received, its digest checked. Raises InstanceUnknown, BytesDamaged."""
    with hold(environment, digest, 0, store) as held:
        return held.data()


class Held:
    """Bytes on their way out, their digest checked: in memory while they are few, else in an open
    file. To be closed.
    """

    def __init__(
        self,
        pieces: Sequence[bytes | memoryview] = (),
        file: BinaryIO | None = None,
        start: int = DATA_OFFSET,
    ) -> None:
        """The pieces, and behind them the file from `start` on."""
        self._pieces = pieces
        self._file = file
        self._start = start

    def behind(self, head: bytes | memoryview, rest: int) -> "Held":
        """The data set from its byte `rest` on, and in front of that another beginning. It is
        closed in place of this one.
        """
        if self._file is None:
            return Held((head, memoryview(self.data())[rest:]))
        return Held((head,), self._file, DATA_OFFSET + rest)

    def pieces(self) -> Iterator[bytes | memoryview]:
        """The data set; may be asked for again."""
        for piece in self._pieces:
            if len(piece) <= SPILL:
                yield piece
                continue
            for start in range(0, len(piece), READ_CHUNK):
                yield piece[start : start + READ_CHUNK]
        if self._file is None:
            return
        self._file.seek(self._start)
        while chunk := self._file.read(READ_CHUNK):
            yield chunk

    def data(self) -> bytes:
        return b"".join(self.pieces())

    @contextmanager
    def view(self) -> Iterator[memoryview]:
        """The data set to walk over, without reading a large one into memory. Raises StorageFull,
        StorageGone of one with another beginning, which is written down anew for it.
        """
        if self._file is not None and not self._pieces:
            with viewed(self._file.fileno(), DATA_OFFSET) as whole:
                yield whole
        else:
            yield memoryview(gathered(self.pieces()))

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
    folders.require_set_up(root)
    folders.make_folder(folder)
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


def is_named_file(digest: bytes, open_: Callable[[], BinaryIO]) -> bool:
    """The same of one that is read in bounded memory; each opening gives it from its beginning."""
    return digests.is_of_file(digest, lambda: past_prefix(open_()))


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
    with view(environment, digest, store) as whole:
        return header.read_header(whole, transfer_syntax_uid)


@contextmanager
def view(environment: str, digest: bytes, store: str = "") -> Iterator[bytes | memoryview]:
    """The data set to walk over, a large one without reading it into memory; the digest is not read
    again. Raises InstanceUnknown.
    """
    if size_of(environment, digest, store) <= SPILL:
        with _past_prefix(environment, digest, store) as file:
            yield file.read()
        return
    with Held(file=_seekable(_open(environment, digest, store))) as held:
        for _ in held.pieces():  # what a disk cannot read would end the process from a mapping
            pass
        with held.view() as whole:
            yield whole


def read_series_facts(
    environment: str, digest: bytes, transfer_syntax_uid: str, store: str = ""
) -> SeriesFacts:
    """What stands behind the header, from the first bytes; nothing where those do not reach so far.
    The digest is not read again. Raises InstanceUnknown, DatasetUnreadable.
    """
    for size in (HEAD, LONG_HEAD):
        with _past_prefix(environment, digest, store, DATA_OFFSET + size + 1) as file:
            data = file.read(size + 1)
        found = series_facts.read(data[:size], transfer_syntax_uid, whole=len(data) <= size)
        if found is not None:
            return found
    return SeriesFacts()


def is_whole(environment: str, digest: bytes, store: str = "") -> bool:
    """Whether the bytes are there and match their digest; reads them all, in bounded memory."""
    try:
        return digests.is_of_file(digest, lambda: _past_prefix(environment, digest, store))
    except InstanceUnknown:
        return False
    except OSError as error:
        if error.errno in UNREADABLE:
            return False
        raise


def make_durable(environment: str, digest: bytes, store: str = "") -> bool:
    """What stands may still be on its way to the disk: another association's row is written while
    its bytes are being synced. False if nothing stands. Raises StorageFull, StorageGone.
    """
    for each in _asked(store):
        try:
            each.sync(key_of(environment, digest))
        except FileNotFoundError:
            continue
        return True
    stores.require_named(store)
    return False


def _past_prefix(
    environment: str, digest: bytes, store: str, length: int | None = None
) -> BinaryIO:
    """At the data set. Raises InstanceUnknown."""
    return past_prefix(_open(environment, digest, store, length))


def past_prefix(file: BinaryIO) -> BinaryIO:
    """The same file, from its data set on."""
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


def _asked(hint: str) -> list[Store]:
    """In their order: the one that had it when its row was read, then all."""
    known = stores.configured()
    return [*([known[hint]] if hint in known else []), *known.values()]


def _open(environment: str, digest: bytes, store: str = "", length: int | None = None) -> BinaryIO:
    """Raises InstanceUnknown, StorageGone."""
    for each in _asked(store):
        try:
            return each.open(key_of(environment, digest), length)
        except FileNotFoundError:
            continue
    stores.require_named(store)
    folders.require_set_up(config.settings().vault_dir / environment)
    raise InstanceUnknown("the vault has no such object")
