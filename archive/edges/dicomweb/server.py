"""The addresses below /dicomweb: who asks is established before anything is read (PS3.18)."""

import logging
from collections.abc import Callable
from contextlib import ExitStack, suppress
from uuid import UUID

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from archive import conversation
from archive.edges.dicomweb import places, replies
from archive.edges.dicomweb.call import Call
from archive.edges.dicomweb.codec import Target
from archive.edges.edge import as_archive_error, exchange
from archive.errors import ArchiveError, CustomerTooBusy, TooManyAssociations
from archive.services import querying, web_peers
from archive.services.associations import Peer
from archive.services.callers import Caller

log = logging.getLogger(__name__)

Handler = Callable[..., HttpResponseBase]  # a call, and what of the address is no UID
View = Callable[..., HttpResponseBase]


def view(**handlers: Handler) -> View:
    """The view of one address: a handler for each method, GET or POST; where nothing is, none.
    HEAD is answered as GET is, without the body (RFC 9110 section 9.3.2).
    """
    if "GET" in handlers:
        handlers["HEAD"] = handlers["GET"]

    @csrf_exempt
    def answer(request: WSGIRequest, **named: str) -> HttpResponseBase:
        correlation_id = conversation.this_id()
        handler = handlers.get(request.method or "")
        if handler is None:
            return replies.not_offered(handlers, correlation_id)
        try:
            response = _answer(request, handler, named, correlation_id)
        except Exception as raised:
            error = as_archive_error(raised)
            log.warning("dicomweb refused: %s, exchange %s", error.reason(), correlation_id)
            response = replies.problem(error, correlation_id)
        response.headers["Cache-Control"] = "no-store"
        if request.method == "HEAD":
            _leave_out_body(response)
        return response

    return answer


def _leave_out_body(response: HttpResponseBase) -> None:
    """A streamed answer to HEAD has none, and nobody knows how long it would be."""
    if isinstance(response, HttpResponse):
        if response.status_code != 204:
            response.headers["Content-Length"] = str(len(response.content))
        response.content = b""


def _answer(
    request: WSGIRequest, handler: Handler, named: dict[str, str], correlation_id: UUID
) -> HttpResponseBase:
    """Raises ArchiveError."""
    with exchange(correlation_id):
        peer = _peer(request, correlation_id)
    with ExitStack() as place:
        _take_place(place, peer)
        target = Target(*(named.pop(name, "") for name in ("study", "series", "instance")))
        response = handler(Call(request, peer, correlation_id, target), **named)
        if response.streaming:
            # The place is free when the last byte has gone.
            places.until_closed(response, place.pop_all())
        return response


def _take_place(place: ExitStack, peer: Peer) -> None:
    """Raises TooManyAssociations, CustomerTooBusy; they are on the desk then, if it is reached."""
    try:
        place.enter_context(places.one_more(peer))
    except (TooManyAssociations, CustomerTooBusy) as error:
        with suppress(ArchiveError), exchange(peer.association_id):
            querying.report(peer, error, web_peers.SIGN_IN)
        raise


def _peer(request: WSGIRequest, correlation_id: UUID) -> Peer:
    return web_peers.establish(Caller.of(request.META), correlation_id=correlation_id)
