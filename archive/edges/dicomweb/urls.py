"""Addresses below /dicomweb/, PS3.18 tables 10.4.1-1, 10.5.1-1 and 10.6.1-1."""

from functools import partial

from django.urls import URLPattern, path, register_converter

from archive.edges.dicomweb import rendering, retrieving, searching, storing
from archive.edges.dicomweb.server import view
from archive.rules.matching import Level


class Frames:
    """Numbers, PS3.18 section 10.4.1.1.4."""

    regex = r"[0-9,]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class Uid:
    """PS3.5 section 9.1."""

    regex = r"[0-9.]{1,64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Uid, "uid")
register_converter(Frames, "frames")

STUDY = "studies/<uid:study>"
SERIES = f"{STUDY}/series/<uid:series>"
INSTANCE = f"{SERIES}/instances/<uid:instance>"

studies = view(GET=partial(searching.search, level=Level.STUDY), POST=storing.store)
series = view(GET=partial(searching.search, level=Level.SERIES))
instances = view(GET=partial(searching.search, level=Level.IMAGE))

objects = view(GET=retrieving.objects)
study = view(GET=retrieving.objects, POST=storing.store)
metadata = view(GET=retrieving.metadata)

urlpatterns: list[URLPattern] = [
    path("studies", studies),
    path("series", series),
    path("instances", instances),
    path(f"{STUDY}/series", series),
    path(f"{STUDY}/instances", instances),
    path(f"{SERIES}/instances", instances),
    path(STUDY, study),
    *(path(each, objects) for each in (SERIES, INSTANCE)),
    *(path(f"{each}/metadata", metadata) for each in (STUDY, SERIES, INSTANCE)),
    path(f"{INSTANCE}/frames/<frames:numbers>", view(GET=retrieving.frames)),
    path(f"{INSTANCE}/rendered", view(GET=rendering.rendered)),
    path(f"{INSTANCE}/frames/<frames:numbers>/rendered", view(GET=rendering.rendered)),
    *(path(f"{each}/rendered", view(GET=rendering.rendered_all)) for each in (STUDY, SERIES)),
    *(
        path(f"{each}/thumbnail", view(GET=rendering.thumbnail))
        for each in (STUDY, SERIES, INSTANCE, f"{INSTANCE}/frames/<frames:numbers>")
    ),
    *(
        path(f"{each}/bulkdata", view(GET=retrieving.all_bulk_data))
        for each in (STUDY, SERIES, INSTANCE)
    ),
    path(f"{INSTANCE}/bulkdata/<path:path>", view(GET=retrieving.bulk_data)),
    path("<path:elsewhere>", view()),
    path("", view()),
]
