"""Archived objects for a person's eye, as they go out over the web: pictures of their frames, and
documents (PS3.18 sections 9.1 and 10.4.1.1.3).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pydicom.uid import UID, EncapsulatedPDFStorage, ExplicitVRLittleEndian

from archive.errors import NotFound
from archive.errors.web import NotAcceptable, RequestUnclear
from archive.objects import elements, rendering, transcoding
from archive.objects.gathering import gathered
from archive.objects.opened import Opened, opened
from archive.objects.rendering import Piece, Region, Window
from archive.services import previews
from archive.services.serving import Outgoing
from archive.vault import Held

JPEG, PNG = "image/jpeg", "image/png"
PICTURES = (JPEG, PNG)
LARGEST = 4_096  # pixels of a side
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is wanted; None: as the object says."""

    box: tuple[int, int] = (LARGEST, LARGEST)
    quality: int | None = None
    window: Window | None = None
    region: Region | Piece | None = None


def media_types(sop_class_uid: str) -> tuple[str, ...]:
    """In which objects of this kind can be seen."""
    return (previews.PDF,) if sop_class_uid == EncapsulatedPDFStorage else PICTURES


def is_surely_seen(sop_class_uid: str, transfer_syntax_uid: str) -> bool:
    """Whether it can be said without looking that there is something to see."""
    if sop_class_uid == EncapsulatedPDFStorage:
        return True
    return "Image" in UID(sop_class_uid).keyword and transcoding.is_possible(transfer_syntax_uid)


def number(text: str, name: str, most: int = LARGEST) -> int | None:
    """A parameter from 1 to `most`; None when it is not given. Raises RequestUnclear."""
    if not text:
        return None
    decimal = text.isascii() and text.isdecimal() and len(text) <= _DIGITS
    if not decimal or not 1 <= int(text) <= most:
        raise RequestUnclear(f"not a number from 1 to {most}", facts={"field": name})
    return int(text)


def window(center: str, width: str, function: str = "LINEAR") -> Window | None:
    """None when it is no window."""
    try:
        found = Window(float(center), float(width), function)
    except ValueError:
        return None
    return found if found.is_possible else None


@contextmanager
def taken_apart(item: Outgoing, held: Held, *, little: bool = False) -> Iterator[Opened]:
    """With `little` also what is stored in big endian. Raises Unsupported."""
    syntax = item.transfer_syntax_uid
    if little and not elements.encoding_of(syntax).little:
        plain = str(ExplicitVRLittleEndian)
        with held.view() as data:
            yield opened(gathered(transcoding.converted(data, syntax, plain)), plain)
        return
    with held.view() as data:
        yield opened(data, syntax)


@contextmanager
def seen(
    item: Outgoing, held: Held, media_type: str, frames: Sequence[int], look: Look
) -> Iterator[Iterator[bytes]]:
    """The document, or a picture of each frame, each drawn when it is its turn: a thousand are more
    than fits into memory. Raises NotFound, NotAcceptable, Unsupported.
    """
    with taken_apart(item, held, little=True) as found:
        if media_type == previews.PDF:
            yield iter([previews.pdf(found.dataset)])
            return
        if not found.frames:
            raise NotAcceptable("the object has no picture")
        if not all(1 <= frame <= found.frames for frame in frames):
            raise NotFound("the object has no such frame")
        yield (_drawn(found, media_type, frame, look) for frame in frames)


def seen_once(item: Outgoing, held: Held, media_type: str, frame: int, look: Look) -> bytes:
    """The document, or a picture of one frame. Raises the same."""
    with seen(item, held, media_type, [frame], look) as contents:
        return next(contents)


def _drawn(found: Opened, media_type: str, frame: int, look: Look) -> bytes:
    return rendering.picture(
        found.single(frame),
        media_type.partition("/")[2].upper(),
        box=look.box,
        quality=look.quality,
        window=look.window,
        region=look.region,
    )
