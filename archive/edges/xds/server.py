"""The registry's address: POST /xds/registry, SOAP 1.2 in and out (XD-1, XD-2)."""

import logging
from uuid import UUID

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.http import parse_header_parameters
from django.views.decorators.csrf import csrf_exempt
from lxml import etree

from archive.actors import Actor
from archive.edges.edge import as_archive_error, exchange
from archive.edges.xds import codec, security, soap, wsdl
from archive.edges.xds.handlers import HANDLERS, Call, refusal
from archive.errors import ArchiveError, Busy, Malformed, PeerEnded, PeerUnknown
from archive.models import Environment
from archive.services import assertions, credentials, error_desk
from archive.values import today

log = logging.getLogger(__name__)

MAX_BYTES = 10 << 20  # some hundreds of entries
REALM = 'Basic realm="XDS", charset="UTF-8"'
RETRY_AFTER = "5"  # seconds
STEPS = {soap.REGISTER: "register", soap.STORED_QUERY: "query"}


@csrf_exempt
def registry(request: HttpRequest) -> HttpResponse:
    """ITI-42 and ITI-18. Credentials are judged before a byte of the message is read."""
    if wsdl.asked_for(request):
        return wsdl.answer(request, "registry")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        with exchange() as correlation_id:
            return _receive(request, _identify(request, correlation_id), correlation_id)
    except (PeerUnknown, PeerEnded):
        return HttpResponse(status=401, headers={"WWW-Authenticate": REALM})
    except Busy:
        return HttpResponse(status=503, headers={"Retry-After": RETRY_AFTER})
    except ArchiveError:
        return HttpResponse(status=500)


def _identify(request: HttpRequest, correlation_id: UUID) -> Actor:
    """Raises PeerUnknown, PeerEnded."""
    user, secret = credentials.basic(request.headers.get("Authorization", ""))
    try:
        return credentials.identify(user, secret, today())
    except (PeerUnknown, PeerEnded) as error:
        _report(error, "sign-in", None, correlation_id)
        raise


def _receive(request: HttpRequest, actor: Actor, correlation_id: UUID) -> HttpResponse:
    media_type, parameters = parse_header_parameters(request.headers.get("Content-Type", ""))
    charset = parameters.get("charset", "utf-8").lower()
    encoded = request.headers.get("Content-Encoding", "identity").lower() != "identity"
    if media_type != soap.MEDIA_TYPE or charset not in ("utf-8", "utf8") or encoded:
        problem = Malformed("Content-Type is not SOAP 1.2 in UTF-8")
        _report(problem, "envelope", actor, correlation_id)
        return HttpResponse(status=415, headers={"Accept": f"{soap.MEDIA_TYPE}; charset=UTF-8"})
    content = request.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        _report(Malformed("message is too long"), "envelope", actor, correlation_id)
        return HttpResponse(status=413)
    try:
        message = soap.decode(content, parameters.get("action", ""))
    except soap.Fault as fault:
        _report(Malformed(fault.reason), "envelope", actor, correlation_id)
        return _fault(fault)
    address = request.build_absolute_uri(request.path)
    try:
        body = _handle(_established(actor, message, address, correlation_id))
    except soap.Fault as fault:
        return _fault(fault)
    return _soap(soap.encode(body, action=message.action, relates_to=message.message_id), 200)


def _established(actor: Actor, message: soap.Message, address: str, correlation_id: UUID) -> Call:
    """The call, once it is known who asks. Raises Fault."""
    try:
        asker = assertions.establish(actor, security.presented(message, address))
    except Exception as raised:
        error = as_archive_error(raised)
        _report(error, "assertion", actor, correlation_id)
        fault = security.fault(error, message.message_id) or soap.receiver_fault(
            message.message_id, busy=isinstance(error, Busy)
        )
        raise fault from None
    return Call(asker, message, correlation_id)


def _handle(call: Call) -> etree._Element:
    """The handler's answer, or the refusal its error stands for; a refusal is a case as well.
    Raises Fault where the assertion does not cover what was asked.
    """
    action = call.message.action
    try:
        return HANDLERS[action](call)
    except Exception as raised:
        error = as_archive_error(raised)
        _report(error, STEPS[action], call.actor, call.correlation_id, body=call.message.body)
        fault = security.fault(error, call.message.message_id)
        if fault is not None:
            raise fault from None
        return refusal(action, error)


def _fault(fault: soap.Fault) -> HttpResponse:
    response = _soap(soap.encode_fault(fault), fault.http_status)
    if fault.busy:
        response.headers["Retry-After"] = RETRY_AFTER
    return response


def _soap(content: bytes, status: int) -> HttpResponse:
    return HttpResponse(content, content_type=f"{soap.MEDIA_TYPE}; charset=UTF-8", status=status)


def _report(
    error: ArchiveError,
    step: str,
    actor: Actor | None,
    correlation_id: UUID,
    *,
    body: etree._Element | None = None,
) -> None:
    """Put it on the desk, under the ids by which people look for it; the answer goes out anyhow."""
    log.warning("xds %s refused: %s, exchange %s", step, error.reason(), correlation_id)
    accession, study_uid = codec.mentioned(body) if body is not None else ("", "")
    try:
        error_desk.report(
            error,
            # Credentials that are nobody's belong to no environment; production's desk is watched.
            environment=actor.environment if actor else Environment.PRODUCTION.value,
            place=error_desk.Place("xds", step),
            who=error_desk.Who(actor.organisation_id, actor.id) if actor else None,
            what=error_desk.What(
                accession_number=accession,
                study_instance_uid=study_uid,
                correlation_id=correlation_id,
            ),
        )
    except DatabaseError:
        log.exception("the desk cannot be reached, exchange %s", correlation_id)
