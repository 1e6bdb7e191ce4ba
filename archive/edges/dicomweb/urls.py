"""Addresses below /dicomweb/, PS3.18 tables 10.4.1-1, 10.5.1-1 and 10.6.1-1."""

from functools import partial

from django.urls import URLPattern, path, register_converter

from archive.edges.dicomweb import searching
from archive.edges.dicomweb.server import view
from archive.rules.matching import Level


class UidConverter:
    """PS3.5 section 9.1."""

    regex = r"[0-9.]{1,64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(UidConverter, "uid")

STUDY = "studies/<uid:study>"
SERIES = f"{STUDY}/series/<uid:series>"
INSTANCE = f"{SERIES}/instances/<uid:instance>"

studies = view(GET=partial(searching.search, level=Level.STUDY))
series = view(GET=partial(searching.search, level=Level.SERIES))
instances = view(GET=partial(searching.search, level=Level.IMAGE))

urlpatterns: list[URLPattern] = [
    path("studies", studies),
    path("series", series),
    path("instances", instances),
    path(f"{STUDY}/series", series),
    path(f"{STUDY}/instances", instances),
    path(f"{SERIES}/instances", instances),
]
