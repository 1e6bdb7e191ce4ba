"""WADO-RS, PS3.18 section 10.4: objects, metadata, frames and bulk data."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain

from django.http import HttpResponseBase

from archive.edges.dicomweb import accept
from archive.edges.dicomweb.call import Call
from archive.edges.dicomweb.codec import Named
from archive.edges.dicomweb.giving import Bare, Form, Giving, Listed, Related, of_model
from archive.edges.dicomweb.multipart import Part
from archive.edges.edge import exchange
from archive.errors import InstanceUnknown, NotFound
from archive.errors.web import NotAcceptable, RequestUnclear
from archive.objects import elements, json_model, part10, transcoding
from archive.objects.opened import PIXELS, Opened
from archive.services import retrieval
from archive.services.pictures import taken_apart
from archive.services.retrieval import Retrieval
from archive.services.serving import Outgoing
from archive.vault import Held

_PIXELS = frozenset(f"{tag:08X}" for tag in PIXELS)
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
    if accept.prefers_bulk_data(call.accept):
        return all_bulk_data(call)
    single = bool(call.target.instance)
    taken = accept.Objects.read(call.accept, single=single)
    wanted = begin(call, "WADO-RS")
    syntax_for = cache(taken.syntax)  # asked for each object
    unfit = sum(not syntax_for(stored) for _, stored in wanted.kinds)
    if unfit == len(wanted.kinds):
        raise NotAcceptable(facts={"field": "Accept"})

    @contextmanager
    def encode(item: Outgoing, held: Held) -> Iterator[Sequence[Part]]:
        with _file(item, held, syntax_for(item.transfer_syntax_uid)) as part:
            yield [part]

    partial = bool(unfit) or wanted.lacks_some
    # What goes as it is stored fails by damage alone, which is known the next time.
    unpacks = any(syntax_for(stored) not in ("", stored) for _, stored in wanted.kinds)
    bare = single and taken.is_bare(wanted.kinds[0][1])
    form = Bare(accept.DICOM) if bare else Related(accept.DICOM)
    giving = Giving(call, wanted, form, encode, ahead=unpacks and not single)
    return giving.response(partial=partial)


@contextmanager
def _file(item: Outgoing, held: Held, syntax: str) -> Iterator[Part]:
    """Raises NotAcceptable, Unsupported."""
    if not syntax:
        raise NotAcceptable(facts={"field": "Accept"})
    stored = item.transfer_syntax_uid
    head = part10.outgoing_prefix(item.sop_class_uid, item.sop_instance_uid, syntax)
    media_type = f"{accept.DICOM}; transfer-syntax={syntax}"
    if syntax == stored:
        yield Part(media_type, _after(head, held.pieces()))
        return
    with held.view() as data:
        content = transcoding.converted(data, stored, syntax)
        yield Part(media_type, _after(head, content))


def _after(head: bytes, pieces: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
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
    return Giving(call, wanted, form, encode, ahead=True).response(partial=wanted.lacks_some)


def _model(call: Call, found: Opened) -> json_model.Model:
    address = _bulk_data_of(call, found)
    model = json_model.of_dataset(found.dataset, address)
    if found.pixels is not None:
        vr = (found.pixels.vr or b"OW").decode()
        name = f"{found.pixels.tag:08X}"
        model[name] = {"vr": vr, "BulkDataURI": address(name)}
    return model


def _bulk_data_of(call: Call, found: Opened) -> json_model.Link:
    """Where the values of an object are, by their paths."""
    uids = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    address = call.address(*(str(found.dataset[uid].value) for uid in uids))
    return lambda path: f"{address}/bulkdata/{path}"


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
    if not found.is_film and not all(1 <= number <= found.frames for number in numbers):
        raise NotFound("the object has no such frame")

    def chunks(number: int) -> Iterator[bytes]:
        yield read(number)

    head = [read(numbers[0])]
    rest = (chunks(number) for number in numbers[1:])
    return [Part(form.content_type, each) for each in (head, *rest)]


def bulk_data(call: Call, path: str) -> HttpResponseBase:
    """A value by the address that metadata give: pixel data, or any other long one."""
    wanted = begin(call, "WADO-RS bulk data")
    stored = _little(wanted.kinds[0][1]) if path in _PIXELS else accept.EXPLICIT
    form = accept.frames(call.accept, stored, single=True)

    @contextmanager
    def encode(item: Outgoing, held: Held) -> Iterator[Sequence[Part]]:
        with taken_apart(item, held, little=True) as found:
            its_pixels = found.pixels is not None and path == f"{found.pixels.tag:08X}"
            parts = _pixels(found, form) if its_pixels else [_value(found, path)]
            if form.bare and len(parts) > 1:
                raise NotAcceptable("the value has several parts", facts={"field": "Accept"})
            yield parts

    return Giving(call, wanted, _around(form), encode).response()


def _little(stored: str) -> str:
    """Values in big endian are turned round before they go."""
    return stored if elements.encoding_of(stored).little else accept.EXPLICIT


def _pixels(found: Opened, form: accept.Form) -> list[Part]:
    """Plain ones in one part, and so is a film; packed ones frame by frame."""
    if found.is_film:
        return [Part(form.content_type, found.film())]
    if not found.is_packed:
        return [Part(form.content_type, found.all_pixels())]
    return _frames(found, form, range(1, found.frames + 1))


def _value(found: Opened, path: str) -> Part:
    return Part(accept.OCTETS, [found.value(path)])


def all_bulk_data(call: Call) -> HttpResponseBase:
    """Every long value of a study, of a series or of an object, each part with the address that
    metadata give for it, PS3.18 section 10.4.1.1.7. Raises ArchiveError.
    """
    taken = accept.BulkData.read(call.accept)
    wanted = begin(call, "WADO-RS bulk data")
    unfit = sum(taken.form(_little(stored)) is None for _, stored in wanted.kinds)
    if unfit == len(wanted.kinds):
        raise NotAcceptable(facts={"field": "Accept"})

    @contextmanager
    def encode(item: Outgoing, held: Held) -> Iterator[Sequence[Part]]:
        form = taken.form(_little(item.transfer_syntax_uid))
        if form is None:
            raise NotAcceptable(facts={"field": "Accept"})
        with taken_apart(item, held, little=True) as found:
            yield list(_long_values(found, form, _bulk_data_of(call, found)))

    partial = bool(unfit) or wanted.lacks_some
    giving = Giving(call, wanted, Related(accept.OCTETS), encode, ahead=True)
    return giving.response(partial=partial)


def _long_values(found: Opened, form: accept.Form, link: json_model.Link) -> Iterator[Part]:
    for path in json_model.long_values(found.dataset):
        yield _value(found, path)._replace(location=link(path))
    if found.pixels is not None:
        location = link(f"{found.pixels.tag:08X}")
        yield from (part._replace(location=location) for part in _whole_pixels(found, form))


def _whole_pixels(found: Opened, form: accept.Form) -> list[Part]:
    """What is unpacked is one value again; what stays packed comes frame by frame."""
    parts = _pixels(found, form)
    if not form.unpack:
        return parts
    return [Part(form.content_type, chain.from_iterable(part.chunks for part in parts))]
