"""ITI-67, and ImagingStudy: decode, ask the service, encode."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import TooManyFieldsSent
from django.http import HttpResponse, QueryDict
from django.utils.http import parse_header_parameters

from archive.edges.body import body_of
from archive.edges.fhir import form, parameters, resources
from archive.edges.fhir.call import Call
from archive.edges.fhir.parameters import Kind, Pair
from archive.edges.fhir.resources import Resource
from archive.errors.fhir import PageOver, ResourceUnknown, SearchIncomplete
from archive.errors.web import MediaTypeUnsupported, RequestTooLarge
from archive.models import Document, Study
from archive.objects.search import Term
from archive.services import document_search, imaging_search, web_searches
from archive.services.web_searches import Place, Search

FORM = "application/x-www-form-urlencoded"
MAX_BYTES = 64 << 10
WADO = "/wado"


@dataclass(frozen=True, slots=True)
class Searched:
    """A kind of resource: its parameters, those of which a search needs one, and the search: what
    it finds on a page, and where the next begins.
    """

    name: str
    known: Mapping[str, Kind]
    naming: frozenset[str]
    find: Callable[[Call, Search], tuple[list[Resource], str]]
    with_patient: str = ""  # what a search by patient needs besides


def _documents(call: Call, search: Search) -> tuple[list[Resource], str]:
    found = document_search.find(call.asking, search)
    return resources.documents(found, call.base), found.following


def _studies(call: Call, search: Search) -> tuple[list[Resource], str]:
    found = imaging_search.find(call.asking, search)
    return resources.studies(found, _wado(call), whole=False), found.following


DOCUMENTS = Searched(
    "DocumentReference",
    parameters.DOCUMENT,
    frozenset({"_id", "identifier"}),
    _documents,
    with_patient="status",
)
STUDIES = Searched(
    "ImagingStudy",
    parameters.STUDY,
    frozenset({"_id", "identifier", "series", "instance"}),
    _studies,
)


# --- one resource ---------------------------------------------------------------------------------


def document(call: Call, id: str) -> HttpResponse:
    found = document_search.one(call.asking, id)
    return form.response(resources.documents(found, call.base)[0], call.form)


def study(call: Call, id: str) -> HttpResponse:
    found = imaging_search.one(call.asking, id)
    return form.response(resources.studies(found, _wado(call), whole=True)[0], call.form)


def patient(call: Call, id: str) -> HttpResponse:
    """The identifier, for whoever may see a document or study of the person: that look is in the
    log. Raises ResourceUnknown, PatientNotAsserted.
    """
    search = Search((), web_searches.person_of(call.asker, id), size=1)
    held: Sequence[Document | Study] = document_search.find(call.asking, search).documents
    held = held or imaging_search.find(call.asking, search).studies
    if not held:
        raise ResourceUnknown()
    return form.response(resources.patient(held[0].patient), call.form)


def _wado(call: Call) -> str:
    return call.request.build_absolute_uri(WADO)


# --- searches -------------------------------------------------------------------------------------


def search(call: Call, searched: Searched) -> HttpResponse:
    """By GET without a patient, by POST with one, or a page by its link. Raises ArchiveError."""
    body = _body(call)
    call, told = _in_form(call, body)
    place = _place(call, body)
    terms = tuple(parameters.terms(place.pairs, searched.known, lenient=call.lenient))
    _require_named(searched, terms, place)
    asked = Search(terms, place.person, place.after, parameters.count(place.pairs))
    try:
        found, following = searched.find(call, asked)
    except ValueError:
        raise PageOver() from None
    answer = resources.bundle(
        found,
        call.base,
        self_=_link(call, searched, place, told),
        following=_link(call, searched, replace(place, after=following), told) if following else "",
    )
    return form.response(answer, call.form)


def _in_form(call: Call, body: Sequence[Pair]) -> tuple[Call, str]:
    """Also by `_format` in the body; and whether it was named, as links to pages then name it.
    Raises NotAcceptable.
    """
    for name, value in body:
        if name == parameters.FORM:
            call = replace(call, form=form.named(value))
    asked = (*parameters.pairs(call.request.GET), *body)
    return call, call.form if any(name == parameters.FORM for name, _ in asked) else ""


def _place(call: Call, body: Sequence[Pair]) -> Place:
    address = parameters.pairs(call.request.GET)
    parameters.require_no_patient(address)
    if (link := call.request.GET.get(parameters.NEXT)) is not None:
        return web_searches.follow(call.asker, link)
    asked = [*address, *body]
    return Place(parameters.without_patient(asked), _person(call, asked))


def _person(call: Call, asked: Sequence[Pair]) -> UUID | None:
    """Raises SearchUnclear, PatientNotAsserted."""
    if patient := parameters.patient(asked):
        return web_searches.person(call.asker, patient)
    key = parameters.patient_key(asked, call.base)
    return web_searches.person_of(call.asker, key) if key else None


def _body(call: Call) -> list[Pair]:
    """Raises MediaTypeUnsupported, RequestTooLarge."""
    if call.request.method != "POST":
        return []
    media_type, _ = parse_header_parameters(call.request.headers.get("Content-Type", ""))
    content = body_of(call.request)(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise RequestTooLarge()
    if content and media_type != FORM:
        raise MediaTypeUnsupported(f"a search is sent as {FORM}")
    try:
        return parameters.pairs(QueryDict(content, encoding="utf-8"))
    except TooManyFieldsSent:
        raise RequestTooLarge("the search has too many parameters") from None


def _require_named(searched: Searched, terms: Sequence[Term], place: Place) -> None:
    """Raises SearchIncomplete."""
    names = {term.name for term in terms}
    if names & searched.naming:
        return
    if place.person is None:
        raise SearchIncomplete(
            "the search names no patient and no patient.identifier",
            facts={"field": parameters.PATIENT},
        )
    if searched.with_patient and searched.with_patient not in names:
        needed = searched.with_patient
        raise SearchIncomplete(f"the search names no {needed}", facts={"field": needed})


def _link(call: Call, searched: Searched, place: Place, told: str) -> str:
    """The address of a page, in which no patient is named."""
    page = {parameters.NEXT: web_searches.link(call.asker, place)}
    named = {parameters.FORM: told} if told else {}
    return f"{call.base}/{searched.name}?{urlencode(page | named)}"
