"""What an object says of the step and the orders that its series answers, PS3.3 tables C.7-5a and
10-9. It lies behind what is read of an object at receipt.
"""

from collections.abc import Iterator
from typing import NamedTuple

from archive.errors import DatasetUnreadable
from archive.objects import charsets, elements
from archive.objects.elements import Bytes, Element, Encoding, Odd, Truncated

CHARACTER_SET = 0x00080005
STEP_DATE, STEP_TIME, REQUESTS = 0x00400244, 0x00400245, 0x00400275
STEP_ID, PROCEDURE_ID = 0x00400009, 0x00401001
MOST_REQUESTS = 100  # of one series
INFLATED = 4 << 20


class Request(NamedTuple):
    step_id: str = ""
    procedure_id: str = ""


class SeriesFacts(NamedTuple):
    """Texts as sent, DICOM padding off; empty where absent."""

    step_date: str = ""
    step_time: str = ""
    requests: tuple[Request, ...] = ()


def read(data: Bytes, transfer_syntax_uid: str, *, whole: bool) -> SeriesFacts | None:
    """Of a data set, or of its first bytes; None when those do not reach far enough. Raises
    DatasetUnreadable.
    """
    if elements.is_deflated(transfer_syntax_uid):
        data, _ = elements.inflate(data, INFLATED)
    encoding = elements.encoding_of(transfer_syntax_uid)
    try:
        found, is_behind = _walk(data, encoding)
        return _facts(data, found) if is_behind or whole else None
    except Truncated:
        if not whole:
            return None
        raise DatasetUnreadable("data set ends inside an element") from None
    except Odd:
        raise DatasetUnreadable from None


def _walk(data: Bytes, encoding: Encoding) -> tuple[dict[int, Element], bool]:
    """What is wanted, and whether an element behind it has begun: that one, often the pixels, need
    not end in what is at hand. Raises Odd, Truncated.
    """
    found: dict[int, Element] = {}
    position, stop = 0, len(data)
    while position < stop:
        tag, vr, length, start = elements.read_head(data, position, stop, encoding)
        if tag > REQUESTS or not tag:  # zeros are padding
            return found, True
        inner = elements.inner_encoding(vr, encoding)
        undefined = length == elements.UNDEFINED
        end = elements.end_of_undefined(data, start, stop, inner) if undefined else start + length
        position = end + 8 if undefined else end
        if position > stop:
            raise Truncated
        if tag in (CHARACTER_SET, STEP_DATE, STEP_TIME, REQUESTS):
            found[tag] = Element(tag, vr, start, end, undefined, inner)
    return found, False


def _facts(data: Bytes, found: dict[int, Element]) -> SeriesFacts:
    """Raises Odd, Truncated."""
    codecs = charsets.codecs_of(_raw(data, found.get(CHARACTER_SET)))
    date, time = (_text(data, found.get(tag), codecs) for tag in (STEP_DATE, STEP_TIME))
    requests = found.get(REQUESTS)
    items = () if requests is None else tuple(_requests(data, requests, codecs))
    return SeriesFacts(date, time, items)


def _requests(data: Bytes, of: Element, codecs: tuple[str, ...]) -> Iterator[Request]:
    spans = elements.items(data, of.start, of.stop, of.inner)
    for (start, stop), _ in zip(spans, range(MOST_REQUESTS), strict=False):
        inner = {each.tag: each for each in elements.elements(data, start, stop, of.inner)}
        told = Request(*(_text(data, inner.get(tag), codecs) for tag in (STEP_ID, PROCEDURE_ID)))
        if any(told):
            yield told


def _raw(data: Bytes, element: Element | None) -> bytes:
    return b"" if element is None else bytes(data[element.start : element.stop])


def _text(data: Bytes, element: Element | None, codecs: tuple[str, ...]) -> str:
    text = charsets.decode(_raw(data, element), codecs)
    return text.strip(" \0").replace("\0", "")
