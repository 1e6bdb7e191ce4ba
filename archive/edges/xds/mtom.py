"""MTOM with XOP 1.0: a SOAP envelope and the documents it includes, in one multipart message (ITI
TF-2 Appendix V.3.6).
"""

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any
from urllib.parse import quote, unquote
from uuid import uuid4

from django.utils.http import parse_header_parameters
from lxml import etree

from archive.config import settings
from archive.errors import Malformed
from archive.objects.multipart import Limits, Outgoing, Part, Read, Reader, written

MEDIA_TYPE = "multipart/related"
ROOT_TYPE = "application/xop+xml"
SOAP_TYPE = "application/soap+xml"  # what the root part is before XOP
INCLUDE = "{http://www.w3.org/2004/08/xop/include}Include"
SPILL = 1 << 20  # a part up to this size is held in memory
STEP = 1 << 20
MAX_ROOT_BYTES = 10 << 20
UNKNOWN_TYPE = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")  # RFC 6838 section 4.2
_UNENCODED = ("", "binary", "8bit", "7bit")


class Attachment:
    """A part that was received, in memory while it is small."""

    def __init__(self, folder: str) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(SPILL, dir=folder)
        self.size = 0

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self.size += len(chunk)

    def chunks(self) -> Iterator[bytes]:
        self._file.seek(0)
        while chunk := self._file.read(STEP):
            yield chunk

    def read(self) -> bytes:
        return b"".join(self.chunks())

    def close(self) -> None:
        self._file.close()


class Received:
    """A message as it came: its envelope, and the other parts by their Content-ID."""

    def __init__(self) -> None:
        self.root = b""
        self.attachments: dict[str, Attachment] = {}
        self._opened = ExitStack()

    def __enter__(self) -> "Received":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._opened.close()

    def keep(self, part: Part, name: str) -> None:
        attachment = Attachment(str(settings().data_dir))
        self._opened.callback(attachment.close)
        for chunk in part.content:
            attachment.write(chunk)
        self.attachments[name] = attachment

    def resolve(self, element: etree._Element) -> Attachment | None:
        """What an element includes; None where its content stands in it. Raises Malformed."""
        included = element.find(INCLUDE)
        if included is None:
            return None
        href = included.get("href", "")
        found = self.attachments.get(unquote(href.removeprefix("cid:")))
        if not href.startswith("cid:") or found is None or len(element) != 1:
            raise Malformed("an Include refers to no part of the message")
        return found


def receive(read: Read, parameters: Mapping[str, str], limits: Limits) -> Received:
    """A whole message, its documents on disk when they are long. `parameters` are those of its
    content type. Raises Malformed, MessageTooLong.
    """
    if parameters.get("type", ROOT_TYPE).lower() != ROOT_TYPE:
        raise Malformed("the multipart message is not MTOM")
    start = parameters.get("start", "").removeprefix("<").removesuffix(">")
    received, found = Received(), False
    try:
        for number, part in enumerate(Reader(read, parameters.get("boundary", ""), limits).parts()):
            _require_unencoded(part)
            if part.content_id == start if start else number == 0:
                received.root, found = _root(part), True
            elif not part.content_id or part.content_id in received.attachments:
                raise Malformed("a part of the message has no Content-ID of its own")
            else:
                received.keep(part, part.content_id)
        if not found:
            raise Malformed("the multipart message has no root part")
    except BaseException:
        received.close()
        raise
    return received


def _require_unencoded(part: Part) -> None:
    if part.headers.get("content-transfer-encoding", "").lower() not in _UNENCODED:
        raise Malformed("Content-Transfer-Encoding of a part must be binary")


def _root(part: Part) -> bytes:
    media_type, parameters = parse_header_parameters(part.headers.get("content-type", ""))
    charset = parameters.get("charset", "utf-8").lower()
    if media_type != ROOT_TYPE or charset not in ("utf-8", "utf8"):
        raise Malformed("the root part is not XOP in UTF-8")
    content = bytearray()
    for chunk in part.content:
        content += chunk
        if len(content) > MAX_ROOT_BYTES:
            raise Malformed("the root part is too long")
    return bytes(content)


# --- writing --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Included:
    """A document on its way out; `content` is begun when its turn comes."""

    content_id: str
    media_type: str
    content: Callable[[], Iterable[bytes]]


def new_content_id() -> str:
    return f"{uuid4()}@idr"


def include(parent: etree._Element, content_id: str) -> None:
    """Say in the envelope that a part stands here."""
    etree.SubElement(parent, INCLUDE, href=f"cid:{quote(content_id)}")


def content_type(boundary: str, root_id: str, action: str) -> str:
    """RFC 2387 and XOP 1.0 section 4.1."""
    return (
        f'{MEDIA_TYPE}; boundary="{boundary}"; type="{ROOT_TYPE}"; start="<{root_id}>"; '
        f'start-info="{SOAP_TYPE}"; action="{action}"'
    )


def message(
    boundary: str, root_id: str, envelope: bytes, documents: Iterable[Included]
) -> Iterator[bytes]:
    """The whole message, document after document."""
    root = f'{ROOT_TYPE}; charset=UTF-8; type="{SOAP_TYPE}"'
    return written(
        boundary, [_part(root_id, root, lambda: (envelope,)), *map(_document, documents)]
    )


def _document(each: Included) -> Outgoing:
    """A type that is none, as it was registered, is no header of ours."""
    known = _MEDIA_TYPE.fullmatch(each.media_type)
    return _part(each.content_id, each.media_type if known else UNKNOWN_TYPE, each.content)


def _part(content_id: str, media_type: str, content: Callable[[], Iterable[bytes]]) -> Outgoing:
    headers: dict[str, Any] = {
        "Content-Type": media_type,
        "Content-Transfer-Encoding": "binary",
        "Content-ID": f"<{content_id}>",
    }
    return Outgoing(headers, content)
