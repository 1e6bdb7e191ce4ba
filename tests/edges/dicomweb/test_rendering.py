"""Rendered resources: pictures in the size, the window and the form asked for; documents."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageOps
from pydicom.encaps import encapsulate

from archive.edges.dicomweb import giving
from archive.models import CaseEvent, LedgerEvent
from archive.objects import rendering
from archive.queries import timeline
from archive.services.sessions import Session
from tests import cast
from tests.cast import dataset
from tests.edges.dicomweb import web
from tests.edges.dicomweb.test_retrieving import path, sample, stored
from tests.portal.test_object import stored as stored_kind

pytestmark = pytest.mark.usefixtures("db")


def opened(response: Any) -> Image.Image:
    assert response.status_code == 200
    image = Image.open(BytesIO(web.whole(response)))
    assert response["Content-Type"] == f"image/{str(image.format).lower()}"
    return image


def test_a_picture_comes_as_jpeg_or_as_what_is_accepted() -> None:
    (made,) = stored(NumberOfFrames=2, PixelData=bytes(range(16)))
    ours = web.system()
    assert opened(ours.get(path(made, "/rendered"))).format == "JPEG"
    assert opened(ours.get(path(made, "/rendered"), "image/png")).format == "PNG"
    assert opened(ours.get(path(made, "/frames/2/rendered"), "image/*")).size == (2, 2)
    both = web.parts(ours.get(path(made, "/frames/1,2/rendered"), accept="image/png"))
    assert [content_type for content_type, _ in both] == ["image/png", "image/png"]
    assert web.problem(ours.get(path(made, "/rendered"), "image/gif"))[0] == 406
    assert web.problem(ours.get(path(made, "/frames/3/rendered")))[0] == 404
    told = LedgerEvent.objects.filter(kind="study.retrieved", facts__by="WADO-RS rendered")
    assert told.filter(facts__outcome="done").count() == 4
    assert {each.interface for each in timeline.of_call(told[0].correlation_id)} == {"DICOMweb"}


def test_size_and_window_are_as_asked_for() -> None:
    made, _, _ = sample("CT_small.dcm")
    ours = web.system()
    small = opened(ours.get(path(made, "/rendered"), viewport="64,32"))
    assert small.size == (32, 32)
    dark, light = (
        opened(ours.get(path(made, "/rendered"), "image/png", window=f"{center},100,linear"))
        for center in (5000, -5000)
    )
    assert (dark.getextrema(), light.getextrema()) == ((0, 0), (255, 255))
    for wrong in (
        {"viewport": "64"},
        {"viewport": "0,5"},
        {"window": "1"},
        {"window": "a,b"},
        {"window": "1,0"},
        {"quality": "101"},
    ):
        assert web.problem(ours.get(path(made, "/rendered"), **wrong)) == (400, "request-unclear")
    rough = web.whole(ours.get(path(made, "/rendered"), quality="10"))
    assert len(rough) < len(web.whole(ours.get(path(made, "/rendered"), quality="95")))


def test_a_part_is_cut_out_and_turned_over_as_asked_for() -> None:
    made, _, _ = sample("CT_small.dcm")
    ours = web.system()

    def shown(viewport: str) -> Image.Image:
        return opened(ours.get(path(made, "/rendered"), "image/png", viewport=viewport))

    whole = shown("128,128")
    part = whole.crop((32, 16, 96, 48))
    assert shown("128,128,32,16,64,32").tobytes() == part.tobytes()
    assert shown("128,128,-32,16,-64,32").tobytes() == ImageOps.mirror(part).tobytes()
    assert shown("128,128,32,16,64,-32").tobytes() == ImageOps.flip(part).tobytes()
    assert shown("128,128,32").tobytes() == whole.crop((32, 0, 128, 128)).tobytes()
    assert shown("128,128,,100,500,500").tobytes() == whole.crop((0, 100, 128, 128)).tobytes()
    assert shown("16,16,32,16,64,32").size == (16, 8)
    for wrong in ("64,64,a", "64,64,1,1,0,9", "64,64,inf", "64,64,1,1,1,1,1", "64,64,nan,1"):
        problem = web.problem(ours.get(path(made, "/rendered"), viewport=wrong))
        assert problem == (400, "request-unclear")
    outside = ours.get(path(made, "/rendered"), viewport="64,64,128,0,9,9")
    assert web.problem(outside) == (406, "not-acceptable")


def test_compressed_colour_is_shown() -> None:
    made, _, _ = sample("examples_ybr_color.dcm")
    assert opened(web.system().get(path(made, "/frames/3/rendered"))).mode == "RGB"


def test_a_document_comes_as_the_pdf_it_is_and_what_has_no_picture_does_not() -> None:
    ours = web.system()
    held = stored_kind("pdf")
    where = (
        f"studies/{held.study.study_instance_uid}/series/{held.series.series_instance_uid}"
        f"/instances/{held.sop_instance_uid}/rendered"
    )
    response = ours.get(where)
    assert response["Content-Type"] == "application/pdf"
    assert web.whole(response).startswith(b"%PDF-")
    assert web.problem(ours.get(where, "image/png"))[0] == 406
    empty = dataset()
    del empty.PixelData
    cast.store(empty)
    assert web.problem(ours.get(path(empty, "/rendered"))) == (406, "not-acceptable")
    series = path(empty, "").rpartition("/instances/")[0]
    assert web.problem(ours.get(f"{series}/thumbnail")) == (406, "not-acceptable")


def test_a_study_is_shown_object_by_object_and_by_one_small_picture() -> None:
    first, second = stored(2, Rows=4, Columns=400, PixelData=bytes(3200))
    series = path(first).rpartition("/instances/")[0]
    study = series.partition("/series/")[0]
    ours = web.system()
    for where in (study, series):
        shown = web.parts(ours.get(f"{where}/rendered", accept="image/png"))
        assert [content_type for content_type, _ in shown] == ["image/png", "image/png"]
        related = 'multipart/related; type="image/jpeg"'
        assert len(web.parts(ours.get(f"{where}/rendered", accept=related))) == 2
    for where in (study, series, path(first), path(second, "/frames/1")):
        assert opened(ours.get(f"{where}/thumbnail")).size == (200, 2)
    assert opened(ours.get(f"{study}/thumbnail", viewport="40,40")).size == (40, 1)
    assert web.problem(ours.get(path(first, "/frames/1,1/thumbnail")))[0] == 400


def test_what_turns_out_not_to_be_drawn_is_left_out_and_said() -> None:
    """Its bytes are as they came, and no picture: only drawing shows it."""
    first, _ = stored(2, Rows=4, Columns=4, PixelData=bytes(32))
    jpeg = "1.2.840.10008.1.2.4.50"
    torn = dataset(BitsAllocated=8, BitsStored=8, HighBit=7, PixelData=encapsulate([b"no picture"]))
    data = cast.encoded(torn)
    place = data.index(b"\xe0\x7f\x10\x00OW\0\0") + 8
    data = data[:place] + b"\xff\xff\xff\xff" + data[place + 4 :] + b"\xfe\xff\xdd\xe0" + bytes(4)
    session = Session(cast.peer())
    cast.send(session, torn, jpeg, data=data)
    session.close()
    ours, series = web.system(), path(first).rpartition("/instances/")[0]
    response = ours.get(f"{series}/rendered", accept="image/png")
    assert response.status_code == 206
    assert len(web.parts(response)) == 2
    assert CaseEvent.objects.get().sop_instance_uid == torn.SOPInstanceUID
    assert ours.get(path(torn, "/rendered")).status_code == 501


def test_of_many_frames_none_is_drawn_long_before_it_goes_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A thousand pictures of 16 MB are more than a machine has."""
    made = dataset(NumberOfFrames="9", Rows=4, Columns=4, PixelData=bytes(9 * 32))
    cast.store(made)
    drawn, picture = list[object](), rendering.picture

    def draw(*asked: Any, **how: Any) -> bytes:
        drawn.append(asked)
        return picture(*asked, **how)

    monkeypatch.setattr(rendering, "picture", draw)
    monkeypatch.setattr(giving, "AHEAD", 1)
    response = web.system().get(path(made, "/frames/1,2,3,4,5,6,7,8,9/rendered"), "image/png")
    assert response.status_code == 200 and len(drawn) == 1
    assert len(web.parts(response)) == len(drawn) == 9
    assert web.problem(web.system().get(path(made, "/frames/1,10/rendered"))) == (404, "not-found")
