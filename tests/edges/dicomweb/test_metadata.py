"""Metadata over WADO-RS, PS3.18 10.4 (AR-6)."""

import json
import math
from functools import partial
from typing import Any

import pytest
from pydicom.dataset import Dataset

from archive import vault
from archive.edges.dicomweb import giving
from archive.errors import BytesDamaged, StorageGone, Unsupported
from archive.models import CaseEvent, Instance, LedgerEvent
from archive.objects import elements
from tests import cast
from tests.cast import EXPLICIT, dataset
from tests.edges.dicomweb import web
from tests.edges.dicomweb.test_retrieving import OCTETS, SERIES, STUDY, flip, path, stored

pytestmark = pytest.mark.usefixtures("db")


def test_metadata_name_each_object_and_where_its_pixels_are() -> None:
    made = stored(2)
    found = web.model(web.system().get(f"studies/{STUDY}/metadata"))
    assert [each["00080018"]["Value"] for each in found] == [[each.SOPInstanceUID] for each in made]
    pixels = found[0]["7FE00010"]
    assert pixels["vr"] == "OW"
    address = pixels["BulkDataURI"].removeprefix("http://testserver/dicomweb/")
    ((content_type, content),) = web.parts(web.system().get(address))
    assert content_type == f"{OCTETS}; transfer-syntax={EXPLICIT}"
    assert content == made[0].PixelData
    assert len(web.model(web.system().get(path(made[1], "/metadata")))) == 1
    xml = 'multipart/related; type="application/dicom+xml"'
    assert len(web.parts(web.system().get(f"studies/{STUDY}/series/{SERIES}/metadata", xml))) == 2


def test_metadata_are_json_whatever_the_numbers_and_tell_what_follows_the_pixels() -> None:
    made = dataset()
    made.add_new(0x00189313, "FD", [math.nan, 1.5, -math.inf])
    made.add_new(0x7FE10010, "LO", "MAKER")
    made.add_new(0x7FE11010, "OB", b"Z" * 2000)
    cast.store(made)
    response = web.system().get(path(made, "/metadata"))
    (found,) = json.loads(web.whole(response), parse_constant=pytest.fail)
    assert found["00189313"]["Value"] == ["NaN", 1.5, "-Infinity"]
    assert found["7FE10010"]["Value"] == ["MAKER"]
    address = found["7FE11010"]["BulkDataURI"].removeprefix("http://testserver/dicomweb/")
    ((_, content),) = web.parts(web.system().get(address))
    assert content == b"Z" * 2000


def test_metadata_of_what_cannot_be_read_is_left_out_and_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One object must not hide the series that it is in."""
    first, many, last = stored(), stored(PatientComments=None, AcquisitionMatrix=None), stored()
    bulky = dataset(RequestAttributesSequence=[Dataset() for _ in range(200)])
    cast.store(bulky)
    monkeypatch.setattr(elements, "require_few", partial(elements.require_few, most=150))
    response = web.system().get(f"studies/{STUDY}/series/{SERIES}/metadata")
    assert response.status_code == 206
    told = {each["00080018"]["Value"][0] for each in json.loads(web.whole(response))}
    assert told == {str(made.SOPInstanceUID) for (made,) in (first, many, last)}
    event = CaseEvent.objects.get()
    assert (event.case.reason, event.sop_instance_uid) == ("unsupported", bulky.SOPInstanceUID)
    facts = LedgerEvent.objects.get(kind="study.retrieved").facts
    assert (facts["instances"], facts["failed"]) == (3, 1)
    assert web.problem(web.system().get(path(bulky, "/metadata")))[0] == 501


def test_metadata_that_are_long_are_broken_off_at_what_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The status has gone out by then."""
    monkeypatch.setattr(giving, "AHEAD", 1)
    _, second = stored(2)
    flip(second)
    response = web.system().get(f"studies/{STUDY}/series/{SERIES}/metadata")
    with pytest.raises(BytesDamaged):
        web.whole(response)
    response = web.system().get(f"studies/{STUDY}/series/{SERIES}/metadata")
    assert response.status_code == 206 and len(json.loads(web.whole(response))) == 1


def test_long_metadata_that_broke_off_are_given_without_the_object_when_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The desk knows by then, so that the status can say it."""
    (first,) = stored(PatientComments=None, AcquisitionMatrix=None)
    cast.store(dataset(RequestAttributesSequence=[Dataset() for _ in range(200)]))
    (last,) = stored(PatientComments=None, AcquisitionMatrix=None)
    address = f"studies/{STUDY}/series/{SERIES}/metadata"
    with monkeypatch.context() as patch:
        patch.setattr(giving, "AHEAD", 1)
        patch.setattr(elements, "require_few", partial(elements.require_few, most=150))
        response = web.system().get(address)
        assert response.status_code == 200
        with pytest.raises(Unsupported):
            web.whole(response)
        response = web.system().get(address)
        assert response.status_code == 206
        told = {each["00080018"]["Value"][0] for each in json.loads(web.whole(response))}
        assert told == {str(first.SOPInstanceUID), str(last.SOPInstanceUID)}
    response = web.system().get(address)  # all of it is there before the status goes out
    assert response.status_code == 200 and len(json.loads(web.whole(response))) == 3


def test_metadata_when_the_storage_is_away_are_to_be_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, second = stored(2)
    digest = bytes(Instance.objects.get(sop_instance_uid=second.SOPInstanceUID).digest)
    hold = vault.hold

    def away(environment: str, its: bytes, *about: Any) -> vault.Held:
        if its == digest:
            raise StorageGone("not there")
        return hold(environment, its, *about)

    monkeypatch.setattr(vault, "hold", away)
    response = web.system().get(f"studies/{STUDY}/series/{SERIES}/metadata")
    assert response.status_code == 503
