"""Single objects over WADO-URI, DICOM PS3.18 chapter 9 (XD-3)."""

import json
from io import BytesIO
from typing import Any

import numpy
import pytest
from django.test import Client
from PIL import Image
from pydicom import dcmread
from pydicom.uid import TwelveLeadECGWaveformStorage

from archive.models import (
    Case,
    Connection,
    XdsRole,
)
from tests import cast as people
from tests.cast import IMPLICIT, MALLILA
from tests.edges.xds.imaging import JPEG_2000, consumer, harmed, named, packed, registered, used
from tests.edges.xds.mime import Named
from tests.edges.xds.test_server import basic
from tests.services import xds_cast
from tests.services.xds_cast import Peer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.edges.xds.urls")]


def wado(peer: Peer | None, of: Named | None = None, **changes: str) -> Any:
    given = {"requestType": "WADO", "contentType": "application/dicom"}
    if of is not None:
        given |= {"studyUID": of.study, "seriesUID": of.series, "objectUID": of.uid}
    headers = {"Authorization": basic(peer.user, peer.password)} if peer else {}
    return Client().get("/wado", {**given, **changes}, headers=headers)


def test_wado_gives_one_object_and_writes_it_down(db: None) -> None:
    (first, *_) = named(registered())
    answer = wado(consumer(), first)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/dicom")
    assert answer["Cache-Control"] == "no-store"
    assert dcmread(BytesIO(answer.getvalue())).SOPInstanceUID == first.uid
    (entry,) = used()
    assert (entry["interface"], entry["what"], entry["objects"]) == ("WADO", "images", 1)
    given = dcmread(BytesIO(wado(consumer(), first, transferSyntax=IMPLICIT).getvalue()))
    assert given.file_meta.TransferSyntaxUID == IMPLICIT


def shown(answer: Any) -> Image.Image:
    assert answer.status_code == 200
    return Image.open(BytesIO(answer.content))


def test_wado_shows_a_frame(db: None) -> None:
    grey = numpy.repeat(numpy.uint16([[0, 100], [100, 200]]), 8, axis=0).repeat(8, axis=1)
    pixels = grey.tobytes() + bytes(grey.nbytes)
    two = people.dataset(Rows=16, Columns=16, NumberOfFrames=2, PixelData=pixels)
    (of,) = named(registered(two))
    peer = consumer()
    answer = wado(peer, of, contentType="image/jpeg")
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/jpeg", "no-store")
    assert shown(answer).size == (16, 16)
    png = {"contentType": "image/png, image/jpeg"}
    whole, second = (shown(wado(peer, of, **png, frameNumber=each)) for each in "12")
    assert whole.getextrema()[1] > 0 and second.getextrema() == (0, 0)
    assert shown(wado(peer, of, **png, rows="8", columns="12")).size == (8, 8)
    assert shown(wado(peer, of, **png, region="0.5,0,1,0.5")).size == (8, 8)
    window = {"windowCenter": "50", "windowWidth": "20"}
    assert set(shown(wado(peer, of, **png, **window)).tobytes()) == {0, 255}
    assert len(used()) == 6


def test_wado_gives_the_next_type_where_the_object_has_no_picture(db: None) -> None:
    curve = people.dataset(SOPClassUID=TwelveLeadECGWaveformStorage, Modality="ECG")
    del curve.PixelData
    (of,) = named(registered(curve))
    peer = consumer()
    assert wado(peer, of, contentType="image/jpeg").status_code == 406
    assert wado(peer, of, contentType="image/jpeg,image/png").status_code == 406
    answer = wado(peer, of, contentType="image/jpeg;q=0.9, application/dicom")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/dicom")
    assert len(used()) == 1


def test_wado_says_what_is_wrong_by_its_status(db: None) -> None:
    (first, *_) = named(registered())
    peer = consumer()
    for asker, changes, status in (
        (None, {}, 401),
        (consumer(MALLILA), {}, 404),
        (peer, {"objectUID": "1.2.3"}, 404),
        (peer, {"seriesUID": "1.2.3"}, 404),
        (peer, {"requestType": "other"}, 400),
        (peer, {"studyUID": "x"}, 400),
        (peer, {"contentType": "image/gif"}, 406),
        (peer, {"contentType": "image/jpeg", "frameNumber": "2"}, 404),
        (peer, {"contentType": "image/jpeg", "frameNumber": "0"}, 400),
        (peer, {"contentType": "image/jpeg", "rows": "0"}, 400),
        (peer, {"contentType": "image/jpeg", "windowWidth": "9"}, 400),
        (peer, {"contentType": "image/jpeg", "region": "0,0,0,1"}, 400),
        (peer, {"contentType": "image/jpeg", "transferSyntax": IMPLICIT}, 400),
        (peer, {"contentType": "image/jpeg", "annotation": "patient"}, 406),
        (peer, {"rows": "10"}, 400),
        (peer, {"transferSyntax": JPEG_2000}, 406),
        (peer, {"anonymize": "yes"}, 406),
    ):
        answer = wado(asker, first, **changes)
        assert answer.status_code == status, changes
        told = json.loads(answer.content)
        assert (answer.headers["Content-Type"], told["status"]) == (
            "application/problem+json",
            status,
        )
        assert told["correlation_id"] and told["detail"]
    assert Client().post("/wado").status_code == 405
    Connection.objects.filter(id=peer.actor.id).update(xua_required=True)
    assert wado(peer, first).status_code == 403
    assert not used()


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"studyUID": "1.2.letters"}, "studyUID", "UID"),
        ({"objectUID": ""}, "objectUID", "UID"),
        ({"requestType": "other"}, "requestType", "WADO"),
        ({"contentType": "image/jpeg", "frameNumber": "first"}, "frameNumber", "1 to 999999"),
        ({"contentType": "image/jpeg", "region": "a,b"}, "region", "four"),
    ],
)
def test_wado_says_which_parameter_is_wrong_and_what_is_expected(
    db: None, changes: dict[str, str], field: str, expected: str
) -> None:
    (first, *_) = named(registered())
    answer = wado(consumer(), first, **changes)
    told = json.loads(answer.content)
    assert (answer.status_code, told["field"]) == (400, field)
    assert expected in told["detail"]


def test_wado_tells_what_may_not_be_seen_as_what_is_not_there(db: None) -> None:
    (first, *_) = named(registered())
    foreign, absent = (
        json.loads(wado(consumer(MALLILA), first, **changes).content)
        for changes in ({}, {"objectUID": "1.2.3"})
    )
    del foreign["correlation_id"], absent["correlation_id"]
    assert foreign == absent


def test_an_assertion_that_does_not_serve_wado_is_its_systems_case(db: None) -> None:
    (first, *_) = named(registered())
    peer = xds_cast.peer(people.organisation(people.ESIMERKKILA), "test", XdsRole.CONSUMER)
    headers = {"Authorization": basic(peer.user, peer.password), "X-XUA-Assertion": "%%"}
    asked = {"requestType": "WADO", "studyUID": first.study}
    assert Client().get("/wado", asked, headers=headers).status_code == 400
    case = Case.objects.get()
    assert (case.place, case.environment) == ("assertion", "test")
    assert (case.connection_id, case.organisation) == (
        peer.actor.id,
        people.organisation(people.ESIMERKKILA),
    )


def test_wado_says_before_it_begins_that_the_object_cannot_be_given(db: None) -> None:
    """It was a success that broke off, and stood in the log as given."""
    first, second, *_ = named(registered())
    peer = consumer()
    packed(first)
    assert wado(peer, first, transferSyntax=IMPLICIT).status_code == 406
    harmed(second)
    assert wado(peer, second).status_code == 500
    reasons = {"syntax-unavailable", "bytes-damaged"}
    assert set(Case.objects.values_list("reason", flat=True)) == reasons
    assert not used()
