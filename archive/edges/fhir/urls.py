"""Addresses below /fhir/, FHIR R4 3.1.0."""

from functools import partial

from django.urls import URLPattern, path

from archive.edges.fhir import giving, searching
from archive.edges.fhir.giving import Fetch
from archive.edges.fhir.searching import DOCUMENTS, STUDIES
from archive.edges.fhir.server import metadata, view


def addresses(fetch: Fetch) -> list[URLPattern]:
    """`fetch` gets care documents from the Patient Data Repository: another edge's work, so whoever
    puts the edges together hands it in.
    """
    documents = partial(searching.search, searched=DOCUMENTS)
    studies = partial(searching.search, searched=STUDIES)
    return [
        path("metadata", metadata, name="fhir-metadata"),
        path("DocumentReference", view("query", GET=documents)),
        path("DocumentReference/_search", view("query", POST=documents)),
        path("DocumentReference/<str:id>", view("query", GET=searching.document)),
        path("Binary/<str:id>", view("retrieve", GET=partial(giving.content, fetch=fetch))),
        path("ImagingStudy", view("query", GET=studies)),
        path("ImagingStudy/_search", view("query", POST=studies)),
        path("ImagingStudy/<str:id>", view("query", GET=searching.study)),
        path("Patient/<str:id>", view("query", GET=searching.patient)),
        path("<path:elsewhere>", view("query")),
        path("", view("query")),
    ]
