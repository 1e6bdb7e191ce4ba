"""One object of a study: what it says of itself, and the picture, recording or document in it."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from pydicom.dataset import Dataset
from pydicom.uid import UID

from archive.actors import Actor
from archive.errors import ArchiveError, BytesDamaged, InflatesTooFar, InstanceUnknown
from archive.models import Instance, Study, StudyState
from archive.queries import study as queries
from archive.services import looking, previews
from archive.services.previews import Preview, Shown
from portal import ecg_paper
from portal.pages import address
from portal.staff import Request, page
from portal.views import looks

# Attributes that describe the object and name nobody, in the order of the standard's modules.
TOLD = (
    "SOPClassUID",
    "SOPInstanceUID",
    "Modality",
    "SeriesDescription",
    "InstanceNumber",
    "ContentDate",
    "ContentTime",
    "Manufacturer",
    "ManufacturerModelName",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "PhotometricInterpretation",
    "BitsStored",
    "LossyImageCompression",
    "SliceLocation",
    "DocumentTitle",
    "MIMETypeOfEncapsulatedDocument",
)
View = Callable[[Request, Actor, Study, Instance], HttpResponseBase]


def _looking(view: View) -> Callable[..., HttpResponseBase]:
    """Behind the door of the study's page: without a reason the study asks for it first."""

    @page("study")
    def door(request: Request, actor: Actor, study_id: UUID, instance_id: UUID) -> HttpResponseBase:
        study = looks.found(request, actor, study_id)
        seer = looks.seer(request, actor, study)
        if not seer.reason:
            return redirect(looks.address(request, study))
        return view(request, seer, study, queries.object_of(study, instance_id))

    return door


@_looking
def front(request: Request, seer: Actor, study: Study, held: Instance) -> HttpResponseBase:
    looking.at_study(seer, study, shown="object", object=held.sop_instance_uid)
    context: dict[str, Any] = {
        "study": study,
        "object": held,
        "neighbours": _beside(study, held),
        "trail": [
            (_("Studies"), reverse("studies")),
            (looks.title(study), looks.address(request, study)),
        ],
    }
    try:
        preview = previews.of(held)
        context |= _content(request, preview)
    except (BytesDamaged, InstanceUnknown):
        damaged = _(
            "The bytes of this object are missing or do not match their digest, so they are not "
            "shown. The integrity page tells more."
        )
        destroyed = study.state == StudyState.DESTROYED
        context["trouble"] = _("The study has been destroyed.") if destroyed else damaged
        if not destroyed:
            context["integrity_url"] = address(request.person.roles, "integrity")
    except ArchiveError as error:
        context |= {"trouble": _why_not(error), "technical": error.detail}
    return render(request, "study/object.html", context)


def _beside(study: Study, held: Instance) -> dict[str, str]:
    """Addresses of the study's objects before and after this one; each look there is recorded."""
    before, after = (
        reverse("object", args=[study.id, each.id]) if each else "" for each in queries.beside(held)
    )
    return {"previous": before, "following": after}


def _why_not(error: ArchiveError) -> str:
    if isinstance(error, InflatesTooFar):
        return _("It is too large to be unpacked for a look.")
    return _(
        "It is of a kind that is not drawn here. It is kept as it came, and is given out so to "
        "those who ask for it."
    )


def _content(request: Request, preview: Preview) -> dict[str, Any]:
    frame = _number(request.GET.get("frame", ""), preview.frames)
    content: dict[str, Any] = {"preview": preview, "facts": list(_facts(preview.dataset))}
    if preview.kind == Shown.PICTURE:
        content |= {
            "shown_frame": frame,
            "frames": preview.frames,
            **_steps("frame", frame, preview.frames),
        }
    if preview.kind == Shown.RECORDING:
        recording = preview.recording()
        count = ecg_paper.pages(recording)
        number = _number(request.GET.get("page", ""), count)
        content |= {
            "recording": recording,
            "plot": ecg_paper.draw(recording, _("Electrocardiogram"), page=number),
            "sheet": number,
            "sheets": count,
            **_steps("page", number, count),
        }
    return content


def _steps(name: str, number: int, count: int) -> dict[str, str]:
    return {
        "back": f"?{name}={number - 1}" if number > 1 else "",
        "forth": f"?{name}={number + 1}" if number < count else "",
    }


def _number(text: str, highest: int) -> int:
    """What the address says, within what there is."""
    return min(max(int(text), 1), max(highest, 1)) if text.isdecimal() and len(text) < 10 else 1


def _facts(dataset: Dataset | None) -> Iterator[tuple[str, str]]:
    """By the standard's own names."""
    for keyword in TOLD:
        value = dataset.get(keyword) if dataset is not None else None
        if value not in (None, ""):
            yield keyword, _named(value) if isinstance(value, UID) else str(value)
    if dataset is not None:
        yield "TransferSyntaxUID", _named(dataset.file_meta.TransferSyntaxUID)


def _named(uid: UID) -> str:
    return str(uid) if uid.name == uid else f"{uid.name} ({uid})"


@_looking
def picture(request: Request, seer: Actor, study: Study, held: Instance) -> HttpResponseBase:
    """One frame as PNG."""
    preview = previews.of(held)
    frame = _number(request.GET.get("frame", ""), preview.frames)
    looking.at_study(seer, study, shown=f"picture, frame {frame}", object=held.sop_instance_uid)
    return _bytes(preview.picture(frame), "image/png")


@_looking
def document(request: Request, seer: Actor, study: Study, held: Instance) -> HttpResponseBase:
    """The encapsulated PDF."""
    content = previews.of(held).document()
    looking.at_study(seer, study, shown="document", object=held.sop_instance_uid)
    answer = _bytes(content, previews.PDF)
    answer.headers["Content-Disposition"] = 'inline; filename="document.pdf"'
    return answer


def _bytes(content: bytes, media_type: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=media_type)
    answer.headers["Cache-Control"] = "no-store"
    return answer
