"""QIDO-RS, PS3.18 section 10.6: decode, ask the service, encode each match from its own row."""

import json
from collections.abc import Iterator

from django.http import HttpResponse, HttpResponseBase

from archive.edges.dicomweb import accept
from archive.edges.dicomweb.call import Call
from archive.edges.dicomweb.codec import MAX_PAGE, Searched, require_text
from archive.edges.dicomweb.multipart import Part, related, write
from archive.edges.edge import exchange
from archive.errors.web import RequestUnclear
from archive.objects import json_model
from archive.objects.identifier import CHARACTER_SET, LEVEL, Attribute
from archive.objects.json_model import Model
from archive.queries import attributes
from archive.queries.availability import UNAVAILABLE
from archive.rules.matching import Level
from archive.services import querying
from archive.services.querying import AVAILABILITY, Search

RETRIEVE_URL = 0x00081190
# In the words of PS3.18 sections 8.3.4.2 and 8.3.4.5. Several values of a key always mean any of
# them, so multiplevaluematching (8.3.4.6) is supported.
_NOT_DONE = {
    "fuzzymatching": (
        "The fuzzymatching parameter is not supported. Only literal matching has been performed."
    ),
    "emptyvaluematching": (
        "The emptyvaluematching parameter is not supported."
        " Empty Value Matching has not been performed."
    ),
}
_MORE = (
    "The number of results exceeded the maximum supported by the server. "
    "Additional results can be requested."
)


def search(call: Call, level: Level) -> HttpResponseBase:
    """Raises ArchiveError."""
    media_type = accept.structured(call.accept)
    asked = Searched(dict(call.request.GET.lists()), call.target, level)
    with exchange(call.correlation_id):
        try:
            require_text(call.request.META["QUERY_STRING"])
            page = asked.page()
            not_done = [said for name, said in _NOT_DONE.items() if asked.wants(name)]
        except RequestUnclear as error:
            querying.report(call.peer, error, querying.QUERY)
            raise
        found = querying.find(call.peer, asked, page)
        models = [_model(call, answer) for answer in _answers(found)]
    warnings = [*not_done, *_warnings(asked, more=found.more)]
    response = _response(models, media_type)
    if warnings:
        response.headers["Warning"] = ", ".join(f'299 {call.service} "{text}"' for text in warnings)
    return response


def _answers(found: Search) -> Iterator[list[Attribute]]:
    for page in found.pages():
        yield from found.answers(page)


def _model(call: Call, answer: list[Attribute]) -> Model:
    uids = {each.tag: each.values[0] for each in answer if each.vr == "UI" and each.values}
    address = call.address(
        uids[attributes.STUDY_UID],
        uids.get(attributes.SERIES_UID, ""),
        uids.get(attributes.INSTANCE_UID, ""),
    )
    head = [Attribute(CHARACTER_SET, "CS", ("ISO_IR 192",))]
    if not any(each.values == (UNAVAILABLE,) for each in answer if each.tag == AVAILABILITY):
        head.append(Attribute(RETRIEVE_URL, "UR", (address,)))
    return json_model.of_attributes([*head, *(each for each in answer if each.tag != LEVEL)])


def _warnings(asked: Searched, *, more: bool) -> Iterator[str]:
    if more:
        yield f"{_MORE} At most {MAX_PAGE} are given at once."
    if asked.unknown:
        yield f"Not matched, as not kept here: {'; '.join(asked.unknown)}."


def _response(models: list[Model], media_type: str) -> HttpResponse:
    if not models:
        return HttpResponse(status=204)
    if media_type == accept.XML:
        parts = [Part(accept.XML, [json_model.xml(each)]) for each in models]
        boundary, content_type = related(accept.XML)
        return HttpResponse(b"".join(write(parts, boundary)), content_type=content_type)
    return HttpResponse(json.dumps(models, ensure_ascii=False), content_type=accept.JSON)
