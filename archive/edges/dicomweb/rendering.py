"""Rendered resources, PS3.18 section 10.4.1.1.3: pictures for a person's eye, and documents."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.http import HttpResponseBase

from archive.edges.dicomweb import accept
from archive.edges.dicomweb.call import Call
from archive.edges.dicomweb.giving import Bare, Giving, Related
from archive.edges.dicomweb.multipart import Part
from archive.edges.dicomweb.retrieving import begin, frame_numbers
from archive.errors.web import RequestUnclear
from archive.objects.rendering import Window
from archive.services import pictures
from archive.services.pictures import LARGEST, Look
from archive.services.serving import Outgoing
from archive.vault import Held

FUNCTIONS = {"linear": "LINEAR", "linear-exact": "LINEAR_EXACT", "sigmoid": "SIGMOID"}


def look(call: Call) -> Look:
    """Query parameters of PS3.18 section 8.3.5.1; others are not supported. Raises
    RequestUnclear.
    """
    given = call.request.GET
    quality = pictures.number(given.get("quality", ""), "quality", most=100)
    return Look(_box(given.get("viewport", "")), quality, _window(given.get("window", "")))


def _box(text: str) -> tuple[int, int]:
    """The size alone; a part of the picture is not cut out."""
    if not text:
        return LARGEST, LARGEST
    sides = [pictures.number(part, "viewport", most=99_999) for part in text.split(",")]
    if len(sides) != 2 or not all(sides):
        raise RequestUnclear("not a width and a height", facts={"field": "viewport"})
    width, height = (min(side or 0, LARGEST) for side in sides)
    return width, height


def _window(text: str) -> Window | None:
    if not text:
        return None
    parts, found = text.split(","), None
    if len(parts) in (2, 3):
        center, width, word = [*parts, "linear"][:3]
        function = FUNCTIONS.get(word.lower())
        found = pictures.window(center, width, function) if function else None
    if found is None:
        raise RequestUnclear("not a center, a width and a function", facts={"field": "window"})
    return found


def rendered(call: Call, numbers: str = "1") -> HttpResponseBase:
    """Of one frame, the first if none is named; several come as parts. Raises ArchiveError."""
    listed, wanted_look = frame_numbers(numbers), look(call)
    wanted = begin(call, "WADO-RS rendered")
    media_type = accept.chosen(call.accept, pictures.media_types(wanted.kinds[0][0]))

    @contextmanager
    def encode(item: Outgoing, held: Held) -> Iterator[Sequence[Part]]:
        contents = pictures.seen(item, held, media_type, listed, wanted_look)
        yield [Part(media_type, [content]) for content in contents]

    form = Bare(media_type) if len(listed) == 1 else Related(media_type)
    return Giving(call, wanted, form, encode).response()
