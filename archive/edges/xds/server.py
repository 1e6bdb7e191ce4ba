"""The services' addresses: SOAP 1.2 in and out, with MTOM where documents go (XD-1, XD-2, XD-3)."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_header_parameters
from django.views.decorators.csrf import csrf_exempt
from lxml import etree

from archive.actors import Actor
from archive.edges import desk
from archive.edges.body import body_of
from archive.edges.edge import as_archive_error, exchange
from archive.edges.xds import codec, giving, handlers, mtom, security, soap, wsdl
from archive.edges.xds.giving import Answer
from archive.edges.xds.handlers import Call
from archive.edges.xds.images import BrokenOff
from archive.edges.xds.keeping import Heard, Talk
from archive.edges.xds.mtom import Received
from archive.edges.xds.replies import SECURITY
from archive.errors import ArchiveError, Busy, Malformed, PeerEnded, PeerUnknown
from archive.errors.retrieval import MultipartTooLong
from archive.errors.web import ClientCertificateWrong, ProxyUntrusted
from archive.objects.multipart import Limits, Read, new_boundary
from archive.objects.retrieving import Problem, Unmade, WantedObject
from archive.services import assertions, callers
from archive.services.callers import Caller
from archive.services.error_desk import Place, What
from archive.services.registry_messages import KEPT_BYTES

log = logging.getLogger(__name__)

MAX_BYTES = 10 << 20  # of an envelope: some hundreds of entries
REQUEST = Limits(parts=2, part_bytes=MAX_BYTES, total_bytes=2 * MAX_BYTES)
DOCUMENTS = Limits(parts=101, part_bytes=20 << 20, total_bytes=100 << 20)
REALM = 'Basic realm="XDS", charset="UTF-8"'
RETRY_AFTER = "5"  # seconds
STEPS = {
    soap.REGISTER: "register",
    soap.STORED_QUERY: "query",
    soap.MULTI_PATIENT_QUERY: "query",
    soap.GATEWAY_QUERY: "query",
    soap.UPDATE: "update",
    soap.REMOVE: "remove",
    soap.PROVIDE: "provide",
    soap.RETRIEVE: "retrieve",
    soap.GATEWAY_RETRIEVE: "retrieve",
    soap.RETRIEVE_IMAGES: "retrieve",
    soap.GATEWAY_IMAGES: "retrieve",
    soap.REMOVE_DOCUMENTS: "remove",
}


@dataclass(frozen=True, slots=True)
class Service:
    """One address: its description's name and the messages it takes, those of MTOM with limits."""

    name: str
    bodies: Mapping[str, str]
    limits: Limits | None = None


REGISTRY = Service("registry", soap.BODIES)
REPOSITORY = Service("repository", soap.REPOSITORY_BODIES, DOCUMENTS)
IMAGING = Service("imaging", soap.IMAGING_BODIES, REQUEST)
GATEWAY_QUERY = Service("gateway_query", soap.GATEWAY_QUERY_BODIES)
GATEWAY_RETRIEVE = Service("gateway_retrieve", soap.GATEWAY_RETRIEVE_BODIES, REQUEST)
GATEWAY_IMAGING = Service("gateway_imaging", soap.GATEWAY_IMAGING_BODIES, REQUEST)


@csrf_exempt
def registry(request: HttpRequest) -> HttpResponseBase:
    """ITI-42, 18, 51, 57 and 62."""
    return _serve(REGISTRY, request)


@csrf_exempt
def repository(request: HttpRequest) -> HttpResponseBase:
    """ITI-41 with RAD-68, ITI-43 and 86."""
    return _serve(REPOSITORY, request)


@csrf_exempt
def imaging(request: HttpRequest) -> HttpResponseBase:
    """RAD-69."""
    return _serve(IMAGING, request)


@csrf_exempt
def gateway_query(request: HttpRequest) -> HttpResponseBase:
    """ITI-38."""
    return _serve(GATEWAY_QUERY, request)


@csrf_exempt
def gateway_retrieve(request: HttpRequest) -> HttpResponseBase:
    """ITI-39."""
    return _serve(GATEWAY_RETRIEVE, request)


@csrf_exempt
def gateway_imaging(request: HttpRequest) -> HttpResponseBase:
    """RAD-75."""
    return _serve(GATEWAY_IMAGING, request)


def _serve(service: Service, request: HttpRequest) -> HttpResponseBase:
    """Credentials are judged before a byte of the message is read."""
    if wsdl.asked_for(request):
        return wsdl.answer(request, service.name)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        with exchange() as correlation_id:
            actor = _identify(request, correlation_id)
            heard = Heard(body_of(request))
            incoming = _Incoming(service, request, actor, correlation_id, heard)
            response = _receive(incoming)
            incoming.keep(response)
            return response
    except (PeerUnknown, PeerEnded):
        return HttpResponse(status=401, headers={"WWW-Authenticate": REALM})
    except (ProxyUntrusted, ClientCertificateWrong):
        return HttpResponse(status=403)
    except Busy:
        return HttpResponse(status=503, headers={"Retry-After": RETRY_AFTER})
    except ArchiveError:
        return HttpResponse(status=500)


def _identify(request: HttpRequest, correlation_id: UUID) -> Actor:
    """Raises PeerUnknown, PeerEnded, ProxyUntrusted, ClientCertificateWrong."""
    try:
        return callers.identify(Caller.of(request.META))
    except (PeerUnknown, PeerEnded, ProxyUntrusted, ClientCertificateWrong) as error:
        told = "HTTP 401" if isinstance(error, (PeerUnknown, PeerEnded)) else "HTTP 403"
        _report(error, "sign-in", None, correlation_id, answered=told)
        raise


def _receive(incoming: "_Incoming") -> HttpResponseBase:
    content = _Content.of(incoming.request, incoming.heard)
    if not content.is_spoken(incoming.service):
        incoming.report(Malformed("Content-Type is not SOAP 1.2 in UTF-8"), answered="HTTP 415")
        content.body(KEPT_BYTES + 1)
        return HttpResponse(status=415, headers={"Accept": f"{soap.MEDIA_TYPE}; charset=UTF-8"})
    try:
        received = content.read(incoming.service)
    except MultipartTooLong as error:
        incoming.report(error, answered="HTTP 413")
        return HttpResponse(status=413)
    except Malformed as error:
        fault = soap.Fault(error.detail)
        incoming.report(error, answered=fault.word)
        content.body(KEPT_BYTES + 1)
        return _fault(fault)
    with received:
        try:
            return _answered(incoming, received, content.parameters.get("action", ""))
        except soap.Fault as fault:
            return _fault(fault)


@dataclass(frozen=True, slots=True)
class _Incoming:
    """A request of a known peer."""

    service: Service
    request: HttpRequest
    actor: Actor
    correlation_id: UUID
    heard: Heard
    talk: Talk = field(default_factory=Talk)

    def keep(self, response: HttpResponseBase) -> None:
        if not self.talk.request:
            shown = self.heard.shown(self.request.headers.get("Content-Encoding", ""))
            self.talk.request, self.talk.is_whole = shown or b"", shown is not None
        if isinstance(response, HttpResponse):
            self.talk.answer = response.content
        self.talk.keep(self.actor, response.status_code, self.correlation_id)

    def report(self, error: ArchiveError, step: str = "envelope", answered: str = "") -> None:
        _report(error, step, self.actor, self.correlation_id, answered=answered)


@dataclass(frozen=True, slots=True)
class _Content:
    """The body of a request, before it is read."""

    media_type: str
    parameters: Mapping[str, str]
    is_encoded: bool
    body: Read

    @classmethod
    def of(cls, request: HttpRequest, body: Read) -> "_Content":
        media_type, parameters = parse_header_parameters(request.headers.get("Content-Type", ""))
        encoded = request.headers.get("Content-Encoding", "identity").lower() != "identity"
        return cls(media_type, parameters, encoded, body)

    def is_spoken(self, service: Service) -> bool:
        if self.is_encoded:
            return False
        if self.media_type == mtom.MEDIA_TYPE:
            return service.limits is not None
        charset = self.parameters.get("charset", "utf-8").lower()
        return self.media_type == soap.MEDIA_TYPE and charset in ("utf-8", "utf8")

    def read(self, service: Service) -> Received:
        """MTOM, or an envelope alone. Raises Malformed, MultipartTooLong."""
        if self.media_type == mtom.MEDIA_TYPE and service.limits is not None:
            return mtom.receive(self.body, self.parameters, service.limits)
        received = Received()
        received.root = self.body(MAX_BYTES + 1)
        if len(received.root) > MAX_BYTES:
            raise MultipartTooLong()
        return received


def _answered(incoming: _Incoming, received: Received, content_action: str) -> HttpResponseBase:
    """Raises Fault."""
    service, talk = incoming.service, incoming.talk
    talk.request = received.root
    try:
        message = soap.decode(received.root, content_action, service.bodies)
    except soap.Fault as fault:
        incoming.report(Malformed(fault.reason), answered=fault.word)
        talk.message_id = fault.relates_to
        raise
    talk.action, talk.message_id = message.action, message.message_id
    call = _established(incoming, message, received)
    answer = _handle(call)
    envelope = soap.encode(answer.body, action=message.action, relates_to=message.message_id)
    talk.answer, talk.status = envelope, codec.status_of(answer.body)
    return _soap(envelope, 200) if service.limits is None else _multipart(call, answer, envelope)


def _established(incoming: _Incoming, message: soap.Message, received: Received) -> Call:
    """The call, once it is known who asks. Raises Fault."""
    address = incoming.request.build_absolute_uri(incoming.request.path)
    try:
        asker = assertions.establish(incoming.actor, security.presented(message, address))
    except Exception as raised:
        error = as_archive_error(raised)
        fault = security.fault(error, message.message_id) or soap.receiver_fault(
            message.message_id, busy=isinstance(error, Busy)
        )
        incoming.report(error, "assertion", fault.word)
        raise fault from None
    return Call(asker, message, incoming.correlation_id, received)


def _handle(call: Call) -> Answer:
    """The handler's answer, or the refusal its error stands for; a refusal is a case as well, and
    so is what an answer leaves out. Raises Fault where the assertion does not cover what was asked.
    """
    action = call.message.action
    try:
        answer = _act(call)
    except Exception as raised:
        error = as_archive_error(raised)
        _report_of(call, error)
        fault = security.fault(error, call.message.message_id)
        if fault is not None:
            raise fault from None
        if action in handlers.HANDLERS:
            return Answer(handlers.refusal(action, error))
        return giving.refusal(call, error)
    for problem in _unlike(answer.problems):
        _report_of(call, problem.error, problem)
    return answer


def _unlike(problems: Iterable[Problem]) -> Iterable[Problem]:
    """The first of those of one kind, and of one study where the desk can be told which."""
    found: dict[tuple[str, str], Problem] = {}
    for each in problems:
        found.setdefault((each.error.reason(), _object_of(each)[0]), each)
    return found.values()


def _object_of(problem: Problem | None) -> tuple[str, str]:
    """Study and object, where it is one that is here."""
    wanted = problem.wanted if isinstance(problem, Unmade) else None
    return (wanted.study_uid, wanted.unique_id) if isinstance(wanted, WantedObject) else ("", "")


def _act(call: Call) -> Answer:
    action = call.message.action
    if action in handlers.HANDLERS:
        return Answer(handlers.HANDLERS[action](call))
    return giving.HANDLERS[action](call)


# --- sending --------------------------------------------------------------------------------------


def _fault(fault: soap.Fault) -> HttpResponse:
    response = _soap(soap.encode_fault(fault), fault.http_status)
    if fault.busy:
        response.headers["Retry-After"] = RETRY_AFTER
    return response


def _soap(content: bytes, status: int) -> HttpResponse:
    return HttpResponse(content, content_type=f"{soap.MEDIA_TYPE}; charset=UTF-8", status=status)


def _multipart(call: Call, answer: Answer, envelope: bytes) -> HttpResponseBase:
    """Document after document, as the peer takes them."""
    boundary, root_id = new_boundary(), mtom.new_content_id()
    action = soap.answer_action(call.message.action)
    stream = _Stream(
        mtom.message(boundary, root_id, envelope, answer.documents),
        answer.close,
        partial(_report_of, call),
    )
    content_type = mtom.content_type(boundary, root_id, action)
    return StreamingHttpResponse(stream, content_type=content_type)


@dataclass(slots=True)
class _Stream:
    """An answer under way. What fails in the middle breaks it off before its last boundary, so that
    nothing half passes for whole.
    """

    pieces: Iterator[bytes]
    finish: Callable[[], None]
    report: Callable[[ArchiveError, Problem | None], None]
    closed: bool = field(default=False)

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self.pieces
        except Exception as raised:
            problem = raised.problem if isinstance(raised, BrokenOff) else None
            error = problem.error if problem is not None else as_archive_error(raised)
            with exchange():
                self.report(error, problem)
            raise error from None

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.finish()


# --- telling --------------------------------------------------------------------------------------


def _report_of(call: Call, error: ArchiveError, problem: Problem | None = None) -> None:
    """With the code that the peer is told: theirs differ from transaction to transaction."""
    action = call.message.action
    told = handlers if action in handlers.HANDLERS else giving
    _report(
        error,
        STEPS[action],
        call.actor,
        call.correlation_id,
        body=call.message.body,
        problem=problem,
        answered="" if type(error) in SECURITY else told.code_of(action, error),
    )


def _report(
    error: ArchiveError,
    step: str,
    actor: Actor | None,
    correlation_id: UUID,
    *,
    body: etree._Element | None = None,
    problem: Problem | None = None,
    answered: str = "",
) -> None:
    """Put it on the desk, under the ids by which people look for it."""
    log.warning("xds %s refused: %s, exchange %s", step, error.reason(), correlation_id)
    accession, mentioned = codec.mentioned(body) if body is not None else ("", "")
    study_uid, object_uid = _object_of(problem)
    what = What(
        accession_number=accession,
        study_instance_uid=study_uid or mentioned,
        sop_instance_uid=object_uid,
        correlation_id=correlation_id,
    )
    desk.tell(error, Place("xds", step), actor, what, answered=answered)
