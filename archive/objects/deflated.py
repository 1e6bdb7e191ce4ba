"""Deflated data sets, PS3.5 A.5. A few kilobytes of one can become gigabytes, so none is inflated
further than the settings allow, and none that becomes large is held in memory.
"""

import zlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import NoReturn

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from archive.config import settings
from archive.errors import DatasetUnreadable, InflatesTooFar
from archive.objects import elements
from archive.objects.elements import Bytes
from archive.objects.gathering import FEW, gathered, let_go, reading

PIECE = 1 << 20


def plain(data: Bytes, transfer_syntax_uid: str, *, most: int | None = None) -> Bytes:
    """The data set inflated, to `most` bytes if the settings allow as many; as it is when it is not
    deflated. Raises DatasetUnreadable, InflatesTooFar, StorageFull, StorageGone.
    """
    if not elements.is_deflated(transfer_syntax_uid):
        return data
    return gathered(_inflated(data, _limit(most)))


def dataset(
    data: Bytes,
    transfer_syntax_uid: str,
    *,
    most: int | None = None,
    only: Collection[int] = (),
) -> Dataset:
    """The same as pydicom reads it; if any are named, of a large one `only` these elements. Raises
    DatasetUnreadable, InflatesTooFar, StorageFull, StorageGone, elements.TooMany, and on broken
    bytes what pydicom raises.
    """
    encoding = elements.encoding_of(transfer_syntax_uid)
    data = plain(data, transfer_syntax_uid, most=most)
    elements.require_few(data, encoding)
    if only and len(data) > FEW:
        with suppress(elements.Odd, elements.Truncated):  # pydicom may understand more of it
            data = elements.chosen(data, encoding, only.__contains__)
    return read_dataset(reading(data), not encoding.explicit, encoding.little)


def require_whole(data: Bytes, transfer_syntax_uid: str) -> None:
    """It can be inflated, and not too far: found out a piece at a time. Raises DatasetUnreadable,
    InflatesTooFar.
    """
    if not elements.is_deflated(transfer_syntax_uid):
        return
    for _ in _inflated(data, _limit()):
        pass


def _inflated(data: Bytes, limit: int) -> Iterator[bytes]:
    """A piece at a time. Raises DatasetUnreadable, InflatesTooFar."""
    stream, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    try:
        for start in range(0, len(data), PIECE):
            left: Bytes = data[start : start + PIECE]
            # One byte more than may come tells whether any does; the end itself needs no byte.
            while not stream.eof and (
                more := stream.decompress(left, min(PIECE, limit - size + 1))
            ):
                size += len(more)
                if size > limit:
                    _refuse(size, limit)
                yield more
                left = stream.unconsumed_tail
            let_go(data)
    except zlib.error:
        raise DatasetUnreadable("deflated data set is damaged") from None
    if not stream.eof:
        _refuse(size, limit)


def _limit(most: int | None = None) -> int:
    allowed = settings().inflated_max_bytes
    return allowed if most is None else min(allowed, most)


def _refuse(size: int, limit: int) -> NoReturn:
    if size >= limit:
        raise InflatesTooFar(facts={"limit": str(limit)})
    raise DatasetUnreadable("deflated data set ends too early")
