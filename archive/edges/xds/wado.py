"""WADO-URI, RAD-55 and PS3.18 section 9: one object by GET; an assertion comes in a header."""

import logging
from collections.abc import Iterator
from uuid import UUID

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from archive.actors import Actor
from archive.config import settings
from archive.edges.edge import as_archive_error, exchange, reply_for
from archive.errors import (
    ArchiveError,
    Broken,
    Busy,
    Malformed,
    NotFound,
    PeerEnded,
    PeerUnknown,
    Refused,
    Unsupported,
)
from archive.models import Environment
from archive.objects.retrieving import ImageRequest, WantedObject
from archive.services import assertions, callers, error_desk, images_given, objects_out
from archive.services.asking import Asking
from archive.services.callers import Caller
from archive.services.images_given import Chosen
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
# Would change the object: not done here.
_NOT_DONE = ("anonymize", "annotation", "rows", "columns", "region", "windowCenter", "frameNumber")


@csrf_exempt
def retrieve(request: HttpRequest) -> HttpResponseBase:
    """The object, as it is stored or in the wanted transfer syntax."""
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    actor = None
    try:
        with exchange() as correlation_id:
            try:
                actor = _identify(request)
                asking = Asking(actor, "WADO", correlation_id.urn, correlation_id)
                return _given(asking, _one(asking, request))
            except Exception as raised:
                error = as_archive_error(raised)
                _report(error, actor, correlation_id, request.GET.get("studyUID", ""))
                raise error from None
    except ArchiveError as error:
        status = reply_for(STATUSES, error)
        headers = {"WWW-Authenticate": REALM} if status == 401 else {}
        return HttpResponse(status=status, headers=headers)


def _identify(request: HttpRequest) -> Actor:
    """Raises PeerUnknown, PeerEnded, ProxyUntrusted, ClientCertificateWrong, and what
    `assertions.establish` raises.
    """
    caller = Caller.of(request.META)
    actor = callers.identify(caller)
    address = request.build_absolute_uri(request.path)
    return assertions.establish(actor, caller.presented(uuid7().urn, address)).actor


def _one(asking: Asking, request: HttpRequest) -> Chosen:
    """Raises Malformed, Unsupported, DocumentUnknown, SyntaxUnavailable."""
    chosen, problems = images_given.choose(asking, _wanted(request))
    going, withdrawn = images_given.release(asking, chosen)
    for problem in (*problems, *withdrawn):
        raise problem.error
    return going[0]


def _wanted(request: HttpRequest) -> ImageRequest:
    """PS3.18 9.1.2. Raises Malformed, Unsupported."""
    given = request.GET
    if given.get("requestType") != "WADO":
        raise Malformed("requestType must be WADO")
    try:
        study, series, uid = (
            Uid(given.get(f"{name}UID", "")) for name in ("study", "series", "object")
        )
    except ValueError:
        raise Malformed("studyUID, seriesUID and objectUID must be UIDs") from None
    if any(name in given for name in _NOT_DONE):
        raise Unsupported("objects are given whole and unchanged")
    types = [each.split(";")[0].strip() for each in given.get("contentType", DICOM).split(",")]
    if not {DICOM, "*/*", "application/*"} & set(types):
        raise Unsupported("objects are given as application/dicom only")
    syntax = given.get("transferSyntax", "").strip()
    named = WantedObject(settings().imaging_source, uid, "", study, series)
    return ImageRequest((named,), (syntax,) if syntax else ())


def _given(asking: Asking, chosen: Chosen) -> HttpResponseBase:
    pieces = objects_out.file(chosen.held, chosen.transfer_syntax_uid)
    return StreamingHttpResponse(_sending(asking, chosen, pieces), content_type=DICOM)


def _sending(asking: Asking, chosen: Chosen, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """What fails in the middle breaks the answer off."""
    try:
        yield from pieces
    except Exception as raised:
        error = as_archive_error(raised)
        with exchange():
            uid = chosen.study.study_instance_uid
            _report(error, asking.actor, asking.correlation_id, uid)
        raise error from None


def _report(
    error: ArchiveError, actor: Actor | None, correlation_id: UUID | None, study_uid: str
) -> None:
    """Put it on the desk; the answer goes out anyhow."""
    log.warning("wado refused: %s, exchange %s", error.reason(), correlation_id)
    try:
        error_desk.report(
            error,
            environment=actor.environment if actor else Environment.PRODUCTION.value,
            place=error_desk.Place("xds", "retrieve" if actor else "sign-in"),
            who=error_desk.Who(actor.organisation_id, actor.id) if actor else None,
            what=error_desk.What(study_instance_uid=study_uid[:64], correlation_id=correlation_id),
        )
    except DatabaseError:
        log.exception("the desk cannot be reached, exchange %s", correlation_id)
