"""Rendered resources, PS3.18 section 10.4.1.1.3: pictures for a person's eye, and documents."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice, starmap
from math import isfinite

from django.http import HttpResponseBase

from archive.edges.dicomweb import accept
from archive.edges.dicomweb.call import Call
from archive.edges.dicomweb.giving import Bare, Encode, Giving, Related
from archive.edges.dicomweb.multipart import Part
from archive.edges.dicomweb.retrieving import begin, frame_numbers
from archive.errors import Unsupported
from archive.errors.web import NotAcceptable, RequestUnclear
from archive.objects.rendering import Piece, Window
from archive.services import pictures
from archive.services.pictures import LARGEST, Look
from archive.services.retrieval import Retrieval
from archive.services.serving import Outgoing
from archive.vault import Held

THUMBNAIL = (200, 200)
FUNCTIONS = {"linear": "LINEAR", "linear-exact": "LINEAR_EXACT", "sigmoid": "SIGMOID"}


def look(call: Call) -> Look:
    """Query parameters of PS3.18 section 8.3.5.1; others are not supported. Raises
    RequestUnclear.
    """
    given = call.request.GET
    quality = pictures.number(given.get("quality", ""), "quality", most=100)
    window = _window(given.get("window", ""))
    box, part = _viewport(given.get("viewport", ""))
    return Look(box, quality, window, part)


def _viewport(text: str) -> tuple[tuple[int, int], Piece | None]:
    """Its size, and the part of the picture that is to be seen in it."""
    if not text:
        return (LARGEST, LARGEST), None
    told = text.split(",")
    sides = [pictures.number(side, "viewport", most=99_999) for side in told[:2]]
    if len(told) > 6 or len(sides) != 2 or not all(sides):
        raise RequestUnclear("not a width and a height", facts={"field": "viewport"})
    width, height = (min(side or 0, LARGEST) for side in sides)
    return (width, height), _piece(told[2:]) if any(told[2:]) else None


def _piece(told: list[str]) -> Piece:
    try:
        left, top, width, height = (
            float(each) if each else None for each in [*told, "", "", "", ""][:4]
        )
    except ValueError:
        raise RequestUnclear("not a part of a picture", facts={"field": "viewport"}) from None
    given = [each for each in (left, top, width, height) if each is not None]
    if not all(map(isfinite, given)) or width == 0 or height == 0:
        raise RequestUnclear("not a part of a picture", facts={"field": "viewport"})
    return Piece(left or 0, top or 0, width, height)


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
    several = len(listed) > 1
    offered = pictures.media_types(wanted.kinds[0][0])
    media_type = accept.chosen(call.accept, offered, in_parts=several)

    @contextmanager
    def encode(item: Outgoing, held: Held) -> Iterator[Sequence[Part]]:
        with pictures.seen(item, held, media_type, listed, wanted_look) as contents:
            first = Part(media_type, [next(contents)])
            rest = (Part(media_type, islice(contents, 1)) for _ in listed[1:])
            yield [first, *rest]

    form = Related(media_type) if several else Bare(media_type)
    return Giving(call, wanted, form, encode, ahead=several).response()


def rendered_all(call: Call) -> HttpResponseBase:
    """Of a study or series, a part for the first frame of each object. Raises ArchiveError."""
    wanted_look = look(call)
    wanted = begin(call, "WADO-RS rendered")
    encode = _each(call, wanted_look)
    form = Related(accept.chosen(call.accept, _offered(wanted), in_parts=True))
    partial = wanted.lacks_some or not all(starmap(pictures.is_surely_seen, wanted.kinds))
    giving = Giving(call, wanted, form, encode, ahead=True)
    return giving.response(partial=partial and wanted.total > 1)


def thumbnail(call: Call, numbers: str = "1") -> HttpResponseBase:
    """One small picture that stands for a study, a series, an object or a frame of it, PS3.18
    section 10.4.1.1.5. Raises ArchiveError.
    """
    listed, wanted_look = frame_numbers(numbers), look(call)
    if len(listed) > 1:
        raise RequestUnclear("a thumbnail is of one frame", facts={"field": "frames"})
    if not call.request.GET.get("viewport"):
        wanted_look = replace(wanted_look, box=THUMBNAIL)
    wanted = begin(call, "WADO-RS thumbnail")
    media_type = accept.chosen(call.accept, pictures.PICTURES)
    encode = _each(call, wanted_look, listed[0], only=media_type)
    return Giving(call, wanted, Bare(media_type), encode, first_only=True).response()


def _offered(wanted: Retrieval) -> Sequence[str]:
    """The media types of the first object that is surely seen; pictures where none is."""
    seen = (each for each, syntax in wanted.kinds if pictures.is_surely_seen(each, syntax))
    return pictures.media_types(next(seen, ""))


def _each(call: Call, wanted_look: Look, frame: int = 1, *, only: str = "") -> Encode:
    """What cannot be seen is not acceptable, so that others go on."""

    @contextmanager
    def encode(item: Outgoing, held: Held) -> Iterator[Sequence[Part]]:
        known = pictures.media_types(item.sop_class_uid)
        offered = [each for each in known if only in ("", each)]
        media_type = accept.chosen(call.accept, offered, in_parts=not only)
        try:
            content = pictures.seen_once(item, held, media_type, frame, wanted_look)
        except Unsupported as unseen:
            raise NotAcceptable(unseen.detail) from None
        yield [Part(media_type, [content])]

    return encode
