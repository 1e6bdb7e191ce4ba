"""Rendered resources, PS3.18 section 10.4.1.1.3: pictures for a person's eye, and documents."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.http import HttpResponseBase

from archive.edges.dicomweb import accept
from archive.edges.dicomweb.call import Call
from archive.edges.dicomweb.giving import Bare, Giving, Related
from archive.edges.dicomweb.multipart import Part
from archive.edges.dicomweb.retrieving import begin, frame_numbers, taken_apart
from archive.errors.web import NotAcceptable, RequestUnclear
from archive.objects import rendering
from archive.objects.opened import Opened
from archive.objects.rendering import Window
from archive.services import previews
from archive.services.serving import Outgoing
from archive.vault import Held

ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
PICTURES = ("image/jpeg", "image/png")
LARGEST = 4_096  # pixels of a side
FUNCTIONS = {"linear": "LINEAR", "linear-exact": "LINEAR_EXACT", "sigmoid": "SIGMOID"}


@dataclass(frozen=True, slots=True)
class Look:
    """Query parameters of PS3.18 section 8.3.5.1; others are not supported."""

    box: tuple[int, int]
    quality: int | None
    window: Window | None

    @classmethod
    def read(cls, call: Call) -> "Look":
        """Raises RequestUnclear."""
        given = call.request.GET
        quality = _number(given.get("quality", ""), "quality")
        if quality is not None and not 1 <= quality <= 100:
            raise RequestUnclear("not from 1 to 100", facts={"field": "quality"})
        return cls(_box(given.get("viewport", "")), quality, _window(given.get("window", "")))


def _number(text: str, name: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 6):
        raise RequestUnclear("not a number", facts={"field": name})
    return int(text)


def _box(text: str) -> tuple[int, int]:
    """The size alone; a part of the picture is not cut out."""
    if not text:
        return LARGEST, LARGEST
    sides = [_number(part, "viewport") for part in text.split(",")]
    if len(sides) != 2 or not all(sides):
        raise RequestUnclear("not a width and a height", facts={"field": "viewport"})
    width, height = (min(side or 0, LARGEST) for side in sides)
    return width, height


def _window(text: str) -> Window | None:
    if not text:
        return None
    try:
        center, width, *function = text.split(",")
        window = Window(float(center), float(width), FUNCTIONS[(function or ["linear"])[0].lower()])
    except (ValueError, KeyError):
        window = None
    if window is None or len(function) > 1 or not window.is_possible:
        raise RequestUnclear("not a center, a width and a function", facts={"field": "window"})
    return window


def rendered(call: Call, numbers: str = "1") -> HttpResponseBase:
    """Of one frame, the first if none is named; several come as parts. Raises ArchiveError."""
    listed, look = frame_numbers(numbers), Look.read(call)
    wanted = begin(call, "WADO-RS rendered")
    is_document = wanted.kinds[0][0] == ENCAPSULATED_PDF
    media_type = accept.chosen(call.accept, (previews.PDF,) if is_document else PICTURES)

    @contextmanager
    def encode(item: Outgoing, held: Held) -> Iterator[Sequence[Part]]:
        with taken_apart(item, held, little=True) as found:
            if is_document:
                contents = [previews.pdf(found.dataset)]
            else:
                contents = [_picture(found, number, look, media_type) for number in listed]
        yield [Part(media_type, [content]) for content in contents]

    form = Bare(media_type) if len(listed) == 1 else Related(media_type)
    return Giving(call, wanted, form, encode).response()


def _picture(found: Opened, number: int, look: Look, media_type: str) -> bytes:
    if not found.frames:
        raise NotAcceptable("the object has no picture")
    return rendering.picture(
        found.single(number),
        media_type.partition("/")[2].upper(),
        box=look.box,
        quality=look.quality,
        window=look.window,
    )
