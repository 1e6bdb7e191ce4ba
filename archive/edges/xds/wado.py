"""WADO-URI, RAD-55 and PS3.18 section 9: one object by GET, as it is or as a picture; an assertion
comes in a header.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from uuid import UUID

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    QueryDict,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from archive import conversation
from archive.actors import Actor
from archive.config import settings
from archive.edges import desk, problem
from archive.edges.edge import as_archive_error, exchange, reply_for
from archive.errors import (
    ArchiveError,
    Broken,
    Busy,
    BytesDamaged,
    Malformed,
    NotFound,
    PeerEnded,
    PeerUnknown,
    Refused,
    Unsupported,
)
from archive.errors.web import NotAcceptable, RequestUnclear
from archive.objects.rendering import Region, Window
from archive.objects.retrieving import ImageRequest, WantedObject
from archive.services import (
    assertions,
    callers,
    images_given,
    objects_out,
    pictures,
)
from archive.services.asking import Asking
from archive.services.callers import Caller
from archive.services.error_desk import Place, What
from archive.services.images_given import Chosen
from archive.services.pictures import LARGEST, Look
from archive.values import Uid, uuid7

log = logging.getLogger(__name__)

DICOM = "application/dicom"
REALM = 'Basic realm="WADO", charset="UTF-8"'
# PS3.18 9.1.3: what is not there and what may not be seen have the same status.
STATUSES: dict[type[ArchiveError], int] = {
    Malformed: 400,
    PeerUnknown: 401,
    PeerEnded: 401,
    Refused: 403,
    NotFound: 404,
    Unsupported: 406,
    Busy: 503,
    Broken: 500,
}
_OF_PICTURES = (  # PS3.18 9.1.2.2: not for a whole object
    *("rows", "columns", "region", "windowCenter", "windowWidth", "imageQuality", "frameNumber"),
)
_NOT_DONE = ("anonymize", "annotation", "presentationUID", "presentationSeriesUID")


@csrf_exempt
def retrieve(request: HttpRequest) -> HttpResponseBase:
    """The object, as it is stored or in the wanted transfer syntax, or one frame of it to see.

    It is asked for anew each time: an answer that was kept would pass the gate and the log by.
    """
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    response = _answer(request)
    response.headers["Cache-Control"] = "no-store"
    return response


def _answer(request: HttpRequest) -> HttpResponseBase:
    actor, step, correlation_id = None, "sign-in", conversation.this_id()
    try:
        with exchange(correlation_id):
            try:
                caller = Caller.of(request.META)
                actor, step = callers.identify(caller), "assertion"
                asker, step = _professional(request, caller, actor), "retrieve"
                asking = Asking(asker, "WADO", correlation_id.urn, correlation_id)
                return _given(asking, _Asked.read(request))
            except Exception as raised:
                error = as_archive_error(raised)
                _report(error, step, actor, correlation_id, request.GET.get("studyUID", ""))
                raise error from None
    except ArchiveError as error:
        status = reply_for(STATUSES, error)
        headers = {"WWW-Authenticate": REALM} if status == 401 else {}
        body = problem.body(error, status, correlation_id)
        return HttpResponse(body, problem.MEDIA_TYPE, status, headers=headers)


def _professional(request: HttpRequest, caller: Caller, actor: Actor) -> Actor:
    """The system with who is behind it. Raises what `assertions.establish` raises."""
    address = request.build_absolute_uri(request.path)
    return assertions.establish(actor, caller.presented(uuid7().urn, address)).actor


@dataclass(frozen=True, slots=True)
class _Asked:
    """PS3.18 9.1.2."""

    images: ImageRequest
    media_types: Sequence[str]  # the dearest first
    look: Look
    frame: int
    is_of_picture: bool  # by its other parameters
    is_of_object: bool

    @classmethod
    def read(cls, request: HttpRequest) -> "_Asked":
        """Raises Malformed, Unsupported."""
        given = request.GET
        if given.get("requestType") != "WADO":
            raise RequestUnclear("requestType must be WADO", facts={"field": "requestType"})
        study, series, uid = (_uid(given, f"{name}UID") for name in ("study", "series", "object"))
        if any(name in given for name in _NOT_DONE):
            raise Unsupported("nothing is anonymized, annotated or shown by a presentation state")
        types = given.get("contentType") or DICOM
        syntax = given.get("transferSyntax", "").strip()
        named = WantedObject(settings().imaging_source, uid, "", study, series)
        return cls(
            ImageRequest((named,), (syntax,) if syntax else ()),
            [each.split(";")[0].strip().lower() for each in types.split(",")],
            _look(given),
            pictures.number(given.get("frameNumber", ""), "frameNumber", most=999_999) or 1,
            any(name in given for name in _OF_PICTURES),
            bool(syntax),
        )

    def fitting(self, sop_class_uid: str) -> list[str]:
        """The dearest first. Raises NotAcceptable, RequestUnclear."""
        offered = (DICOM, *pictures.media_types(sop_class_uid))
        found = [
            media_type
            for each in self.media_types
            for media_type in offered
            if each in (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
        ]
        if not found:
            raise NotAcceptable(f"the object is given as {', '.join(offered)}")
        fits = [media_type for media_type in found if not self._misfit(media_type)]
        if not fits:
            raise RequestUnclear(self._misfit(found[0]))
        return fits

    def _misfit(self, media_type: str) -> str:
        """Why another parameter does not go with it; empty: all do."""
        if self.is_of_picture and media_type == DICOM:
            return "a whole object has no size, window, region or frame"
        if self.is_of_object and media_type != DICOM:
            return "transferSyntax is for application/dicom"
        return ""


def _uid(given: QueryDict, name: str) -> Uid:
    """Raises RequestUnclear."""
    try:
        return Uid(given.get(name, ""))
    except ValueError:
        raise RequestUnclear(f"{name} must be a UID", facts={"field": name}) from None


def _look(given: QueryDict) -> Look:
    """Raises RequestUnclear."""
    rows, columns = (pictures.number(given.get(name, ""), name) for name in ("rows", "columns"))
    return Look(
        (columns or LARGEST, rows or LARGEST),
        pictures.number(given.get("imageQuality", ""), "imageQuality", most=100),
        _window(given.get("windowCenter", ""), given.get("windowWidth", "")),
        _region(given.get("region", "")),
    )


def _window(center: str, width: str) -> Window | None:
    if not center and not width:
        return None
    found = pictures.window(center, width)
    if found is None:
        raise RequestUnclear("not a center and a width", facts={"field": "windowCenter"})
    return found


def _region(text: str) -> Region | None:
    if not text:
        return None
    try:
        left, top, right, bottom = map(float, text.split(","))
        found = Region(left, top, right, bottom)
    except ValueError:
        found = Region(0, 0, 0, 0)
    if not found.is_possible:
        raise RequestUnclear("not four shares of the picture", facts={"field": "region"})
    return found


def _given(asking: Asking, asked: _Asked) -> HttpResponseBase:
    """Raises DocumentUnknown, SyntaxUnavailable, BytesDamaged, and why it cannot be made so."""
    chosen, problems = images_given.choose(asking, asked.images)
    for each in problems:
        raise each.error
    media_type, picture = _seen(chosen[0], asked)
    with ExitStack() as begun:
        if picture is None:
            file = objects_out.file(chosen[0].held, chosen[0].transfer_syntax_uid)
            begun.enter_context(closing(file))
            # Known to be whole, and to go so, before it is written down as given.
            first = next(file)
        going, withdrawn = images_given.release(asking, chosen)
        for each in withdrawn:
            raise each.error
        if picture is not None:
            return HttpResponse(picture, content_type=media_type)
        begun.pop_all()
        pieces = _sending(asking, going[0], first, file)
        return StreamingHttpResponse(pieces, content_type=DICOM)


def _seen(chosen: Chosen, asked: _Asked) -> tuple[str, bytes | None]:
    """The first type in which the object can be given, with its picture: what has none may be
    wanted whole instead.
    """
    *others, last = asked.fitting(chosen.held.sop_class_uid)
    for media_type in others:
        with suppress(Unsupported):
            return media_type, _picture(chosen, media_type, asked)
    return last, _picture(chosen, last, asked)


def _picture(chosen: Chosen, media_type: str, asked: _Asked) -> bytes | None:
    """Made before it is written down as given; None: the whole object. Raises BytesDamaged,
    NotFound, Unsupported.
    """
    if media_type == DICOM:
        return None
    try:
        held = chosen.held.hold()
    except BytesDamaged:
        chosen.held.damaged()
        raise
    with held:
        return pictures.seen_once(chosen.held, held, media_type, asked.frame, asked.look)


def _sending(
    asking: Asking, chosen: Chosen, first: bytes, pieces: Iterator[bytes]
) -> Iterator[bytes]:
    """What fails in the middle breaks the answer off."""
    try:
        yield first
        yield from pieces
    except Exception as raised:
        error = as_archive_error(raised)
        with exchange():
            uid = chosen.study.study_instance_uid
            _report(error, "retrieve", asking.actor, asking.correlation_id, uid)
        raise error from None


def _report(
    error: ArchiveError,
    step: str,
    actor: Actor | None,
    correlation_id: UUID | None,
    study_uid: str,
) -> None:
    log.warning("wado refused: %s, exchange %s", error.reason(), correlation_id)
    what = What(study_instance_uid=study_uid[:64], correlation_id=correlation_id)
    desk.tell(error, Place("xds", step), actor, what)
