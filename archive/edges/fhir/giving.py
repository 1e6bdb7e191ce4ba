"""ITI-68: a document's content. Fetched where it is another's, then written down, then given."""

import base64
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from archive.edges.fhir import form
from archive.edges.fhir.call import Call
from archive.errors.retrieval import DocumentUnknown
from archive.errors.web import NotAcceptable
from archive.objects.retrieving import Wanted
from archive.services import documents_given
from archive.services.documents_given import Chosen

# A care document's content, from the Patient Data Repository; None: it does not give it.
Fetch = Callable[[str, Wanted], AbstractContextManager[Callable[[], Iterable[bytes]] | None]]
_RESOURCE = frozenset({form.JSON, form.XML})


def content(call: Call, id: str, fetch: Fetch) -> HttpResponseBase:
    """As it is, or as a Binary resource for a client that accepts nothing else. Raises
    DocumentUnknown, NotAcceptable and what fetching raises.
    """
    wanted = documents_given.wanted_by_id(call.asking, id)
    chosen, problems = documents_given.choose(call.asking, [wanted])
    for problem in problems:
        raise problem.error
    document = chosen[0].document
    as_resource = _is_resource(call, document.mime_type)
    with ExitStack() as opened:
        pieces = _pieces(chosen[0], fetch, opened)
        _, withdrawn = documents_given.release(call.asking, chosen)
        for problem in withdrawn:
            raise problem.error
        if as_resource:
            return _resource(call, id, document.mime_type, b"".join(pieces()))
        return StreamingHttpResponse(
            _sent(pieces(), opened.pop_all()), content_type=document.mime_type
        )


def _is_resource(call: Call, mime_type: str) -> bool:
    """The document's own type goes first. Raises NotAcceptable."""
    accepted = [
        each.split(";")[0].strip().lower()
        for each in call.request.headers.get("Accept", "*/*").split(",")
    ]
    whole = mime_type.split("/")[0] + "/*"
    if {"*/*", whole, mime_type.lower(), ""} & set(accepted):
        return False
    if _RESOURCE & set(accepted):
        return True
    raise NotAcceptable(f"the document is {mime_type}")


def _pieces(chosen: Chosen, fetch: Fetch, opened: ExitStack) -> Callable[[], Iterable[bytes]]:
    """Raises DocumentUnknown, ContentDiffers, InstanceUnknown, BytesDamaged."""
    if not chosen.is_elsewhere:
        data = documents_given.content(chosen.document)
        return lambda: (data,)
    fetched = opened.enter_context(fetch(chosen.document.environment, chosen.wanted))
    if fetched is None:
        raise DocumentUnknown("the Patient Data Repository does not give it")
    documents_given.require_as_registered(chosen.document, fetched())
    return fetched


def _resource(call: Call, id: str, mime_type: str, data: bytes) -> HttpResponse:
    resource = {
        "resourceType": "Binary",
        "id": id,
        "contentType": mime_type,
        "data": base64.b64encode(data).decode(),
    }
    return form.response(resource, call.form)


def _sent(pieces: Iterable[bytes], held: ExitStack) -> Iterator[bytes]:
    with held:
        yield from pieces
