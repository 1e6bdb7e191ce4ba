"""WADO-RS: the long values of whole studies, series and objects, PS3.18 table 10.4.4-1 (AR-6)."""

from copy import deepcopy
from functools import partial
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames

from archive.models import CaseEvent, LedgerEvent
from archive.objects import elements
from archive.services.sessions import Session
from archive.values import uid_from_uuid
from tests import cast
from tests.cast import EXPLICIT, MALLILA, dataset
from tests.edges.dicomweb import web
from tests.edges.dicomweb.test_retrieving import (
    SECONDARY_CAPTURE,
    SERIES,
    STUDY,
    path,
    sample,
    stored,
)
from tests.objects import samples

pytestmark = pytest.mark.usefixtures("db")

VALUES = 'multipart/related; type="application/octet-stream"'


def values(response: Any) -> dict[str, tuple[str, bytes]]:
    """By their addresses, as metadata give them."""
    assert response["Content-Type"].startswith(VALUES)
    return {
        fields["Content-Location"].removeprefix("http://testserver/dicomweb/"): (
            fields["Content-Type"],
            content,
        )
        for fields, content in web.with_fields(response)
    }


def long_winded() -> Dataset:
    made = dataset()
    made.add_new(0x7FE10010, "LO", "MAKER")
    made.add_new(0x7FE11010, "OB", b"Z" * 2000)
    cast.store(made)
    return made


def test_all_long_values_of_a_study_come_under_the_addresses_that_metadata_give() -> None:
    made, (other,) = long_winded(), stored(1, SeriesInstanceUID=f"{STUDY}.2")
    ours = web.system()
    pixels = f"application/octet-stream; transfer-syntax={EXPLICIT}"
    expected = {
        path(made, "/bulkdata/7FE11010"): ("application/octet-stream", b"Z" * 2000),
        path(made, "/bulkdata/7FE00010"): (pixels, made.PixelData),
        path(other, "/bulkdata/7FE00010"): (pixels, other.PixelData),
    }
    assert values(ours.get(f"studies/{STUDY}", VALUES)) == expected
    assert values(ours.get(f"studies/{STUDY}/bulkdata", VALUES)) == expected
    for address, (_, content) in expected.items():
        assert web.parts(ours.get(address, VALUES))[0][1] == content
    of_one = {key: value for key, value in expected.items() if key.startswith(path(made))}
    for address in (f"studies/{STUDY}/series/{SERIES}", path(made)):
        assert values(ours.get(address, VALUES)) == of_one
        assert values(ours.get(f"{address}/bulkdata")) == of_one
    facts = LedgerEvent.objects.filter(kind="study.retrieved").order_by("at", "id")[0].facts
    assert (facts["by"], facts["instances"]) == ("WADO-RS bulk data", 2)


def test_packed_pixels_are_one_value_when_unpacked_and_frames_when_they_stay_so() -> None:
    made, _, syntax = sample("examples_ybr_color.dcm")
    ours = web.system()
    ((content_type, content),) = values(ours.get(path(made), VALUES)).values()
    assert content_type == f"application/octet-stream; transfer-syntax={EXPLICIT}"
    assert len(content) == made.Rows * made.Columns * 3 * made.NumberOfFrames
    packed = web.parts(ours.get(path(made), f"{VALUES}; transfer-syntax=*"))
    assert len(packed) == made.NumberOfFrames
    assert {each for each, _ in packed} == {f"application/octet-stream; transfer-syntax={syntax}"}


def test_big_endian_values_are_turned_round_and_said_to_be() -> None:
    made, _, _ = sample("MR_small_bigendian.dcm")
    little, _, _ = sample("MR_small.dcm")
    ((content_type, content),) = values(
        web.system().get(path(made), f"{VALUES}; transfer-syntax=*")
    ).values()
    assert content == little.PixelData
    assert content_type == f"application/octet-stream; transfer-syntax={EXPLICIT}"


def test_what_cannot_be_unpacked_is_left_out_and_what_has_none_is_not_acceptable() -> None:
    (plain,) = stored(SOPClassUID=SECONDARY_CAPTURE)
    film = dataset(SOPClassUID=SECONDARY_CAPTURE)
    cast.send(Session(cast.peer()), film, "1.2.840.10008.1.2.4.102")
    ours = web.system()
    response = ours.get(f"studies/{STUDY}", VALUES)
    assert response.status_code == 206
    assert values(response).keys() == {path(plain, "/bulkdata/7FE00010")}
    assert CaseEvent.objects.get().sop_instance_uid == film.SOPInstanceUID
    assert web.problem(ours.get(path(film), VALUES)) == (406, "not-acceptable")
    assert web.problem(ours.get(path(plain), "application/octet-stream")) == (406, "not-acceptable")


def test_values_of_what_cannot_be_read_are_left_out_and_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One object must not hide the study that it is in."""
    first, last = stored(), stored(PatientComments=None)
    bulky = dataset(RequestAttributesSequence=[Dataset() for _ in range(200)])
    cast.store(bulky)
    monkeypatch.setattr(elements, "require_few", partial(elements.require_few, most=150))
    response = web.system().get(f"studies/{STUDY}/bulkdata")
    assert response.status_code == 206
    assert values(response).keys() == {
        path(made, "/bulkdata/7FE00010") for (made,) in (first, last)
    }
    event = CaseEvent.objects.get()
    assert (event.case.reason, event.sop_instance_uid) == ("unsupported", bulky.SOPInstanceUID)
    facts = LedgerEvent.objects.get(kind="study.retrieved").facts
    assert (facts["instances"], facts["failed"]) == (2, 1)
    assert web.problem(web.system().get(path(bulky), VALUES))[0] == 501


def test_an_object_is_left_out_whole_when_a_later_frame_cannot_be_unpacked() -> None:
    made, _, syntax = sample("examples_ybr_color.dcm")
    broken = deepcopy(made)
    broken.SOPInstanceUID = uid_from_uuid()
    frames = list(generate_frames(made.PixelData, number_of_frames=made.NumberOfFrames))
    frames[-1] = bytes(64)
    broken.PixelData = encapsulate(frames)
    broken["PixelData"].is_undefined_length = True
    data = samples.encoded(broken, syntax)
    cast.send(Session(cast.peer()), broken, syntax, data=data)
    (plain,) = stored(SOPClassUID=SECONDARY_CAPTURE)
    response = web.system().get(f"studies/{STUDY}/bulkdata")
    assert response.status_code == 206
    whole = {path(each, "/bulkdata/7FE00010") for each in (made, plain)}
    assert values(response).keys() == whole
    assert CaseEvent.objects.get().sop_instance_uid == broken.SOPInstanceUID


def test_a_film_is_one_value_as_it_is_stored_and_has_no_frames() -> None:
    """It says how many frames it has, and is one stream; asked for so, the answer broke off."""
    stream = [bytes(range(256)) * 10, b"end."]
    syntax = "1.2.840.10008.1.2.4.102"
    made = dataset(SOPClassUID=SECONDARY_CAPTURE, NumberOfFrames=3)
    made.PixelData = encapsulate(stream, has_bot=False)
    made["PixelData"].VR, made["PixelData"].is_undefined_length = "OB", True
    cast.send(Session(cast.peer()), made, syntax)
    ours, stored_so = web.system(), "application/octet-stream; transfer-syntax=*"
    whole = [(f"application/octet-stream; transfer-syntax={syntax}", b"".join(stream))]
    as_stored = f"{VALUES}; transfer-syntax=*"
    assert web.parts(ours.get(path(made, "/bulkdata/7FE00010"), as_stored)) == whole
    assert web.parts(ours.get(path(made), as_stored)) == whole
    alone = ours.get(path(made, "/bulkdata/7FE00010"), stored_so)
    assert b"".join(alone.streaming_content) == whole[0][1]
    for frame in ("1", "4"):
        refused = ours.get(path(made, f"/frames/{frame}"), as_stored)
        assert web.problem(refused) == (501, "unsupported")


def test_anothers_values_are_not_there() -> None:
    (made,) = stored()
    for address in (path(made), f"studies/{STUDY}", f"studies/{STUDY}/bulkdata"):
        assert web.problem(web.system(MALLILA).get(address, VALUES)) == (404, "instance-unknown")
