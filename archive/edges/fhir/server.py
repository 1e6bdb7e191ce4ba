"""The addresses below /fhir: who asks is established before anything is read."""

import logging
from collections.abc import Callable
from uuid import UUID

from django.core.handlers.wsgi import WSGIRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from archive import conversation
from archive.actors import Actor
from archive.edges import desk
from archive.edges.edge import as_archive_error, exchange
from archive.edges.fhir import capabilities, form, replies
from archive.edges.fhir.call import Call, base_of
from archive.errors import ArchiveError
from archive.errors.fhir import InteractionUnknown
from archive.errors.web import NotAcceptable
from archive.services import assertions, callers
from archive.services.callers import Caller
from archive.services.error_desk import Place, What
from archive.values import uuid7

log = logging.getLogger(__name__)

EDGE = "fhir"
Handler = Callable[..., HttpResponseBase]  # a call, and the id in the address
View = Callable[..., HttpResponseBase]


def view(step: str, **handlers: Handler) -> View:
    """The view of one address: a handler for each method. `step` is what the desk calls it."""

    @csrf_exempt
    def answer(request: WSGIRequest, **named: str) -> HttpResponseBase:
        correlation_id = conversation.this_id()
        incoming = _Incoming(request, correlation_id, step)
        try:
            with exchange(correlation_id):
                response = incoming.answered(handlers, named)
        except Exception as raised:
            response = incoming.refused(as_archive_error(raised), handlers)
        response.headers["Cache-Control"] = "no-store"
        return response

    return answer


def metadata(request: WSGIRequest) -> HttpResponseBase:
    """For everybody: it says nothing of anyone."""
    try:
        response = form.response(capabilities.statement(base_of(request)), form.wanted(request))
    except NotAcceptable as error:
        resource = replies.outcome(error, uuid7())
        response = form.response(resource, form.JSON, replies.status(error))
    response.headers["Cache-Control"] = "no-store"
    return response


class _Incoming:
    """A request under way: what is known of its sender so far."""

    def __init__(self, request: WSGIRequest, correlation_id: UUID, step: str) -> None:
        self.request = request
        self.correlation_id = correlation_id
        self.step = "sign-in"
        self.actor: Actor | None = None
        self._step = step

    def answered(self, handlers: dict[str, Handler], named: dict[str, str]) -> HttpResponseBase:
        """Raises ArchiveError."""
        caller = Caller.of(self.request.META)
        self.actor = callers.identify(caller)
        self.step = "assertion"
        presented = caller.presented(self.correlation_id.urn, base_of(self.request))
        asker = assertions.establish(self.actor, presented)
        self.step = self._step
        handler = handlers.get(self.request.method or "")
        if handler is None:
            raise InteractionUnknown()
        binary = self.step == "retrieve" and "_format" not in self.request.GET
        wanted = _form(self.request) if binary else form.wanted(self.request)
        return handler(Call(self.request, asker, self.correlation_id, wanted), **named)

    def refused(self, error: ArchiveError, handlers: dict[str, Handler]) -> HttpResponseBase:
        """Also on the desk, unless no credentials came at all: clients try so first."""
        log.warning(
            "fhir %s refused: %s, exchange %s", self.step, error.reason(), self.correlation_id
        )
        status = replies.status(error)
        if status == 404 and handlers and self.request.method not in handlers:
            status = 405
        if self.actor is not None or self.request.headers.get("Authorization"):
            self._report(error, status)
        resource = replies.outcome(error, self.correlation_id)
        response = form.response(resource, _form(self.request), status)
        if status == 401:
            response.headers["WWW-Authenticate"] = replies.REALM
        if status == 405:
            response.headers["Allow"] = ", ".join(handlers)
        if status == 503:
            response.headers["Retry-After"] = replies.RETRY_AFTER
        return response

    def _report(self, error: ArchiveError, status: int) -> None:
        what = What(correlation_id=self.correlation_id)
        place = Place(EDGE, self.step)
        desk.tell(error, place, self.actor, what, answered=f"HTTP {status}")


def _form(request: WSGIRequest) -> str:
    """Of an answer that goes out whatever is accepted."""
    try:
        return form.wanted(request)
    except NotAcceptable:
        return form.JSON
