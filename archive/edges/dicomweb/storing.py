"""STOW-RS, PS3.18 section 10.5: the objects of one request, each taken as a C-STORE would be.

The body is read as a stream; each object is durable before the next one is looked at.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.utils.http import parse_header_parameters

from archive.config import settings
from archive.edges.body import body_of
from archive.edges.dicomweb import accept, places, replies
from archive.edges.dicomweb.call import Call
from archive.edges.edge import as_archive_error, exchange
from archive.errors import (
    ArchiveError,
    Busy,
    CustomerTooFast,
    DatasetUnreadable,
    Unacceptable,
    Unsupported,
)
from archive.errors.web import MediaTypeUnsupported, MultipartBroken, RequestTooLarge
from archive.objects import json_model, part10
from archive.objects.header import Header
from archive.objects.json_model import Model
from archive.objects.multipart import Limits, Part, Reader
from archive.objects.transfer_syntaxes import ARCHIVED
from archive.services import ingest, querying
from archive.services.error_desk import STORE
from archive.services.ingest import Receipt
from archive.services.sessions import Session

log = logging.getLogger(__name__)

MAX_OBJECTS = 10_000  # in one request
LARGEST_META = 64 << 10  # of an object: what its file says before its data set begins
# PS3.3 table C.12-1 and section C.14, PS3.18 annex I.
RETRIEVE_URL, FAILED, STORED, OTHERS = "00081190", "00081198", "00081199", "0008119A"
CLASS, INSTANCE, REASON, COMMENT = "00081150", "00081155", "00081197", "00000902"


def store(call: Call) -> HttpResponse:
    """Raises ArchiveError when there is nothing to answer for object by object."""
    media_type = accept.structured(call.accept)
    with _on_the_desk(call):
        body = Body(call)
        boundary = _boundary(call.request.headers.get("Content-Type", ""))
        most = settings().stow_max_request_bytes
        reader = Reader(body.read, boundary, Limits(MAX_OBJECTS + 1, most, most))
    with exchange(call.correlation_id):
        pace = partial(places.one_object, call.peer)
        storing = Storing(call, Session(call.peer, pace))
    try:
        with _on_the_desk(call):
            storing.take_all(reader)
    finally:
        storing.close()
    return storing.answer(media_type)


@contextmanager
def _on_the_desk(call: Call) -> Iterator[None]:
    """What is wrong with a request as a whole."""
    try:
        yield
    except (MultipartBroken, MediaTypeUnsupported, RequestTooLarge) as error:
        with exchange(call.correlation_id):
            querying.report(call.peer, error, STORE)
        raise


def _boundary(content_type: str) -> str:
    """Raises MediaTypeUnsupported: objects come as files, not as metadata with bulk data."""
    media_type, parameters = parse_header_parameters(content_type)
    inner = parameters.get("type", accept.DICOM).strip('"').lower()
    if media_type != "multipart/related" or inner != accept.DICOM:
        raise MediaTypeUnsupported(facts={"field": "Content-Type"})
    return parameters.get("boundary", "")


class Body:
    """A request's body, also of one that does not say how long it is."""

    def __init__(self, call: Call) -> None:
        """Raises MediaTypeUnsupported, RequestTooLarge."""
        request = call.request
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise MediaTypeUnsupported("a content encoding is not taken")
        self._limit = settings().stow_max_request_bytes
        length = request.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > self._limit:
            raise RequestTooLarge()
        self._read = body_of(request)
        self._size = 0

    def read(self, size: int) -> bytes:
        """Raises MultipartBroken, RequestTooLarge."""
        try:
            chunk = self._read(size)
        except OSError:
            raise MultipartBroken("sender broke off in the middle of its request") from None
        self._size += len(chunk)
        if self._size > self._limit:
            raise RequestTooLarge()
        return chunk


class Named(NamedTuple):
    """An object's UIDs, of its study and series where those are known."""

    sop_class_uid: str
    sop_instance_uid: str
    header: Header | None = None


@dataclass(slots=True)
class Storing:
    """One request, and what became of its objects."""

    call: Call
    session: Session
    stored: list[Named] = field(default_factory=list)
    failed: list[tuple[Named, ArchiveError]] = field(default_factory=list)
    others: list[ArchiveError] = field(default_factory=list)  # of parts that name no object

    def take_all(self, reader: Reader) -> None:
        """Raises MultipartBroken, RequestTooLarge when nothing has been taken before."""
        try:
            for number, part in enumerate(reader.parts()):
                if number == MAX_OBJECTS:
                    raise RequestTooLarge(f"more than {MAX_OBJECTS} objects")
                self._take(part)
        except (MultipartBroken, RequestTooLarge) as error:
            if not (self.stored or self.failed or self.others):
                raise
            self.others.append(error)
        if not (self.stored or self.failed or self.others):
            raise MultipartBroken("there is no object in the body")

    def _take(self, part: Part) -> None:
        """One object, answered for whatever becomes of it. Raises MultipartBroken,
        RequestTooLarge.
        """
        try:
            meta, rest = _opened(part)
        except (MultipartBroken, RequestTooLarge):
            raise
        except ArchiveError as error:
            self.others.append(error)
            with suppress(CustomerTooFast):
                self._refuse(self._begin("", "", ""), error)
            return
        named = Named(meta.sop_class_uid, meta.sop_instance_uid)
        try:
            receipt = self._begin(*meta[:3])
            self._write(receipt, rest)
            self._finish(receipt)
        except (MultipartBroken, RequestTooLarge) as error:
            self.failed.append((named, error))
            raise
        except ArchiveError as error:
            self.failed.append((named, error))
        else:
            self.stored.append(named._replace(header=receipt.header))

    def _begin(
        self, sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str
    ) -> Receipt:
        """Raises CustomerTooFast."""
        try:
            return ingest.begin(
                self.session,
                sop_class_uid=sop_class_uid,
                sop_instance_uid=sop_instance_uid,
                transfer_syntax_uid=transfer_syntax_uid,
                study_instance_uid=self.call.target.study,
            )
        except CustomerTooFast as error:
            with exchange(self.call.correlation_id):
                self.session.too_fast(error)
            raise

    def _write(self, receipt: Receipt, rest: Iterator[bytes]) -> None:
        """Raises ArchiveError; it is on the desk then."""
        size = 0
        try:
            if receipt.transfer_syntax_uid not in ARCHIVED:
                raise Unsupported("transfer syntax is not archived")
            for chunk in rest:
                size += len(chunk)
                if size > settings().dicom_max_object_bytes:
                    raise Unacceptable("object is larger than is taken")
                receipt.write(chunk)
        except (MultipartBroken, RequestTooLarge):
            with exchange(self.call.correlation_id):
                receipt.abandon()
            raise
        except Exception as raised:
            error = as_archive_error(raised)
            self._refuse(receipt, error)
            raise error from None

    def _finish(self, receipt: Receipt) -> None:
        """Raises ArchiveError; it is on the desk then, if that can be reached."""
        try:
            with exchange(self.call.correlation_id):
                receipt.finish()
        except ArchiveError as error:
            if not receipt.is_on_desk:  # nobody foresaw it, or the database broke it off
                with suppress(ArchiveError):
                    self._refuse(receipt, error)
            raise

    def _refuse(self, receipt: Receipt, error: ArchiveError) -> None:
        with exchange(self.call.correlation_id):
            receipt.fail(error)

    def close(self) -> None:
        try:
            with exchange(self.call.correlation_id):
                self.session.close()
        except ArchiveError as error:
            log.error("storing is not written down: %s", error.detail)

    # --- the answer -------------------------------------------------------------------------------

    def answer(self, media_type: str) -> HttpResponse:
        """The Store Instances Response Module, PS3.18 section I.2."""
        model = self._model()
        as_json = media_type == accept.JSON
        content = json.dumps(model).encode() if as_json else json_model.xml(model)
        response = HttpResponse(content, content_type=media_type, status=self._status())
        if response.status_code == 503:
            response.headers["Retry-After"] = replies.RETRY_AFTER
        return response

    def _status(self) -> int:
        """PS3.18 table 10.5.3-1; when all may be sent again as they are, 503."""
        errors = [error for _, error in self.failed] + self.others
        if not errors:
            return 200
        if self.stored:
            return 202
        return 503 if all(isinstance(error, Busy) for error in errors) else 409

    def _model(self) -> Model:
        model: Model = {}
        studies = {each.header.study_instance_uid for each in self.stored if each.header}
        if len(studies) == 1:
            model[RETRIEVE_URL] = _told("UR", self.call.address(*studies))
        sequences: Mapping[str, list[Model]] = {
            FAILED: [{**_named(each), **_why(error)} for each, error in self.failed],
            STORED: [{**_named(each), **self._where(each)} for each in self.stored],
            OTHERS: [_why(error) for error in self.others],
        }
        return model | {tag: _told("SQ", *items) for tag, items in sequences.items() if items}

    def _where(self, stored: Named) -> Model:
        header = stored.header
        if header is None:
            return {}
        uids = header.study_instance_uid, header.series_instance_uid, stored.sop_instance_uid
        return {RETRIEVE_URL: _told("UR", self.call.address(*uids))}


def _named(each: Named) -> Model:
    return {CLASS: _told("UI", each.sop_class_uid), INSTANCE: _told("UI", each.sop_instance_uid)}


def _why(error: ArchiveError) -> Model:
    """With Error Comment, as a C-STORE response has it: the reason in words."""
    reason = _told("US", replies.failure_reason(error))
    return {COMMENT: _told("LO", error.error_comment), REASON: reason}


def _told(vr: str, *values: Any) -> Model:
    return {"vr": vr, "Value": list(values)}


# --- one object -----------------------------------------------------------------------------------


def _opened(part: Part) -> tuple[part10.Incoming, Iterator[bytes]]:
    """What its file says of it, and its data set. Raises ArchiveError."""
    media_type, _ = parse_header_parameters(part.headers.get("content-type", ""))
    if media_type not in ("", accept.DICOM):
        raise MediaTypeUnsupported("a part is no application/dicom")
    head, meta = bytearray(), None
    for chunk in part.content:
        head += chunk
        meta = part10.read_incoming(head)
        if meta is not None:
            break
        if len(head) > LARGEST_META:
            raise DatasetUnreadable("file meta information is too long")
    if meta is None or not all(meta[:3]):
        raise DatasetUnreadable("file meta information is missing, or ends too early")
    return meta, _rest(bytes(head[meta.offset :]), part.content)


def _rest(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from chunks
