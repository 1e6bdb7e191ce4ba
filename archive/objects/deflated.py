"""Deflated data sets, PS3.5 A.5. A few kilobytes of one can become gigabytes, so none is inflated
further than the settings allow.
"""

import zlib
from io import BytesIO

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from archive.config import settings
from archive.errors import DatasetUnreadable, InflatesTooFar
from archive.objects import elements
from archive.objects.elements import Bytes

PIECE = 1 << 20


def plain(data: Bytes, transfer_syntax_uid: str, *, most: int | None = None) -> Bytes:
    """The data set inflated, to `most` bytes if the settings allow as many; as it is when it is not
    deflated. Raises DatasetUnreadable, InflatesTooFar.
    """
    if not elements.is_deflated(transfer_syntax_uid):
        return data
    limit = _limit(most)
    inflated, ended = elements.inflate(data, limit)
    if not ended:
        _refuse(len(inflated), limit)
    return inflated


def dataset(data: Bytes, transfer_syntax_uid: str, *, most: int | None = None) -> Dataset:
    """The same as pydicom reads it. Raises DatasetUnreadable, InflatesTooFar, elements.TooMany, and
    on broken bytes what pydicom raises.
    """
    encoding = elements.encoding_of(transfer_syntax_uid)
    data = plain(data, transfer_syntax_uid, most=most)
    elements.require_few(data, encoding)
    return read_dataset(BytesIO(data), not encoding.explicit, encoding.little)


def require_whole(data: Bytes, transfer_syntax_uid: str) -> None:
    """It can be inflated, and not too far: found out a piece at a time. Raises DatasetUnreadable,
    InflatesTooFar.
    """
    if not elements.is_deflated(transfer_syntax_uid):
        return
    limit, size = _limit(), 0
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for start in range(0, len(data), PIECE):
            left: Bytes = data[start : start + PIECE]
            while not stream.eof and size < limit and (more := stream.decompress(left, PIECE)):
                size += len(more)
                left = stream.unconsumed_tail
    except zlib.error:
        raise DatasetUnreadable("deflated data set is damaged") from None
    if not stream.eof:
        _refuse(size, limit)


def _limit(most: int | None = None) -> int:
    allowed = settings().inflated_max_bytes
    return allowed if most is None else min(allowed, most)


def _refuse(size: int, limit: int) -> None:
    if size >= limit:
        raise InflatesTooFar(facts={"limit": str(limit)})
    raise DatasetUnreadable("deflated data set ends too early")
