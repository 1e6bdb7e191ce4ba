"""WADO-RS, PS3.18 section 10.4: objects, metadata, frames and bulk data."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.http import HttpResponseBase

from archive.edges.dicomweb import accept
from archive.edges.dicomweb.call import Call
from archive.edges.dicomweb.codec import Named
from archive.edges.dicomweb.giving import Bare, Form, Giving, Listed, Related, of_model
from archive.edges.dicomweb.multipart import Part
from archive.edges.edge import exchange
from archive.errors import InstanceUnknown, NotFound
from archive.errors.web import NotAcceptable, RequestUnclear
from archive.objects import json_model, part10, transcoding
from archive.objects.opened import PIXEL_DATA, Opened
from archive.services import retrieval
from archive.services.pictures import taken_apart
from archive.services.retrieval import Retrieval
from archive.services.serving import Outgoing
from archive.vault import Held

PIXELS = f"{PIXEL_DATA:08X}"
MAX_FRAMES = 1_000  # in one request


def begin(call: Call, by: str) -> Retrieval:
    """Raises InstanceUnknown: what is not there, and what is not the peer's."""
    with exchange(call.correlation_id):
        wanted = retrieval.web(call.peer, Named(call.target), by)
    if not wanted.total:
        raise InstanceUnknown()
    return wanted


# --- whole objects --------------------------------------------------------------------------------


def objects(call: Call) -> HttpResponseBase:
    """Of a study or series, or one. Raises ArchiveError."""
    single = bool(call.target.instance)
    taken = accept.Objects.read(call.accept, single=single)
    wanted = begin(call, "WADO-RS")
    unfit = sum(not taken.syntax(stored) for _, stored in wanted.kinds)
    if unfit == len(wanted.kinds):
        raise NotAcceptable(facts={"field": "Accept"})

    @contextmanager
    def encode(item: Outgoing, held: Held) -> Iterator[Sequence[Part]]:
        yield [_file(item, held, taken.syntax(item.transfer_syntax_uid))]

    with exchange(call.correlation_id):
        partial = bool(unfit) or (wanted.total > 1 and wanted.lacks_some)
    bare = single and taken.is_bare(wanted.kinds[0][1])
    form = Bare(accept.DICOM) if bare else Related(accept.DICOM)
    return Giving(call, wanted, form, encode).response(partial=partial)


def _file(item: Outgoing, held: Held, syntax: str) -> Part:
    """Raises NotAcceptable, Unsupported."""
    if not syntax:
        raise NotAcceptable(facts={"field": "Accept"})
    stored = item.transfer_syntax_uid
    head = part10.outgoing_prefix(item.sop_class_uid, item.sop_instance_uid, syntax)
    if syntax == stored:
        content = held.pieces()
    else:
        content = iter([transcoding.convert(held.data(), stored, syntax)])
    return Part(f"{accept.DICOM}; transfer-syntax={syntax}", _after(head, content))


def _after(head: bytes, pieces: Iterator[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    yield head
    yield from pieces


# --- metadata -------------------------------------------------------------------------------------


def metadata(call: Call) -> HttpResponseBase:
    """The attributes of each object; long values by the address of their bulk data."""
    media_type = accept.structured(call.accept)
    wanted = begin(call, "WADO-RS metadata")

    @contextmanager
    def encode(item: Outgoing, held: Held) -> Iterator[Sequence[Part]]:
        with taken_apart(item, held) as found:
            model = _model(call, found)
        as_json = media_type == accept.JSON
        yield [of_model(model) if as_json else Part(accept.XML, [json_model.xml(model)])]

    form = Listed() if media_type == accept.JSON else Related(accept.XML)
    with exchange(call.correlation_id):
        partial = wanted.total > 1 and wanted.lacks_some
    return Giving(call, wanted, form, encode).response(partial=partial)


def _model(call: Call, found: Opened) -> json_model.Model:
    dataset = found.dataset
    address = call.address(
        str(dataset.StudyInstanceUID), str(dataset.SeriesInstanceUID), str(dataset.SOPInstanceUID)
    )
    model = json_model.of_dataset(dataset, lambda path: f"{address}/bulkdata/{path}")
    if found.pixels is not None:
        vr = (found.pixels.vr or b"OW").decode()
        name = f"{found.pixels.tag:08X}"
        model[name] = {"vr": vr, "BulkDataURI": f"{address}/bulkdata/{name}"}
    return model


# --- frames and bulk data -------------------------------------------------------------------------


def frames(call: Call, numbers: str) -> HttpResponseBase:
    """One part for each, in the order asked for. Raises ArchiveError."""
    listed = frame_numbers(numbers)
    wanted = begin(call, "WADO-RS frames")
    form = accept.frames(call.accept, wanted.kinds[0][1], single=len(listed) == 1)

    @contextmanager
    def encode(item: Outgoing, held: Held) -> Iterator[Sequence[Part]]:
        with taken_apart(item, held, little=form.syntax == accept.EXPLICIT) as found:
            yield _frames(found, form, listed)

    return Giving(call, wanted, _around(form), encode).response()


def _around(form: accept.Form) -> Form:
    return Bare(form.content_type) if form.bare else Related(form.media_type)


def frame_numbers(text: str) -> list[int]:
    """Raises RequestUnclear."""
    parts = text.split(",")
    if len(parts) > MAX_FRAMES or not all(part.isdecimal() and len(part) < 10 for part in parts):
        raise RequestUnclear("frame numbers cannot be read", facts={"field": "frames"})
    return [int(part) for part in parts]


def _frames(found: Opened, form: accept.Form, numbers: Sequence[int]) -> list[Part]:
    """The first is read at once, so that a wrong number is known before anything goes out."""
    read = found.unpacked if form.unpack else found.frame
    if not all(1 <= number <= found.frames for number in numbers):
        raise NotFound("the object has no such frame")

    def chunks(number: int) -> Iterator[bytes]:
        yield read(number)

    head = [read(numbers[0])]
    rest = (chunks(number) for number in numbers[1:])
    return [Part(form.content_type, each) for each in (head, *rest)]


def bulk_data(call: Call, path: str) -> HttpResponseBase:
    """A value by the address that metadata give: pixel data, or any other long one."""
    wanted = begin(call, "WADO-RS bulk data")
    stored = wanted.kinds[0][1]
    stored = stored if path == PIXELS else accept.EXPLICIT
    form = accept.frames(call.accept, stored, single=True)

    @contextmanager
    def encode(item: Outgoing, held: Held) -> Iterator[Sequence[Part]]:
        with taken_apart(item, held, little=True) as found:
            parts = _pixels(found, form) if path == PIXELS else [_value(found, path)]
            if form.bare and len(parts) > 1:
                raise NotAcceptable("the value has several parts", facts={"field": "Accept"})
            yield parts

    return Giving(call, wanted, _around(form), encode).response()


def _pixels(found: Opened, form: accept.Form) -> list[Part]:
    """Plain ones in one part; packed ones frame by frame."""
    if not found.frames:
        raise NotFound("the object has no pixel data")
    if not found.is_packed:
        return [Part(form.content_type, found.all_pixels())]
    return _frames(found, form, range(1, found.frames + 1))


def _value(found: Opened, path: str) -> Part:
    return Part(accept.OCTETS, [found.value(path)])
