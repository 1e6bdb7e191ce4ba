"""An object's page: picture, recording, document; each look written down, none without a reason."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from pydicom.dataset import Dataset
from pynetdicom.dsutils import encode

from archive.models import Instance, RejectionTitle, Study
from archive.queries import study as queries
from archive.services.sessions import Session
from archive.simulation import studies
from archive.simulation.modules import Order
from archive.simulation.world import Patient
from archive.values import now
from tests import cast
from tests.cast import dataset
from tests.portal.test_pages import signed_in
from tests.portal.test_study import looks, opened
from tests.vaults import file_of

pytestmark = pytest.mark.django_db


def stored(kind: str, change: Callable[[Dataset], None] = lambda made: None) -> Instance:
    """The first object of a synthetic study, changed and archived."""
    number = str(abs(hash(kind)) % 10**9)
    order = Order(
        Patient(cast.MATTI, "Meikäläinen^Matti"),
        f"P{number}",
        cast.organisation().registers.get(is_default=True).controller_oid,
        "Esimerkki",
        f"1.2.246.10.90000003.7.{number}",
        now(),
        seed=7,
    )
    first: Dataset = studies.make(kind, order).datasets[0]
    if first.file_meta.TransferSyntaxUID.is_compressed:
        first.decompress(generate_instance_uid=False)
    change(first)
    session = Session(cast.peer())
    syntax = first.file_meta.TransferSyntaxUID
    data = encode(first, syntax.is_implicit_VR, syntax.is_little_endian)
    assert data is not None
    uid = cast.send(session, first, str(syntax), data=data)
    session.close()
    return Instance.objects.get(sop_instance_uid=uid)


@pytest.fixture
def ecg() -> Iterator[Instance]:
    yield stored("ecg")


def address(held: Instance, what: str = "") -> str:
    return f"/studies/{held.study_id}/objects/{held.id}/{what}"


def reader(held: Instance) -> Client:
    return opened(Study.objects.get(id=held.study_id))


def test_a_recording_is_drawn_on_millimetre_paper(ecg: Instance) -> None:
    content = reader(ecg).get(address(ecg)).content.decode()
    assert content.count("<polyline") == 13  # twelve leads and the rhythm
    assert 'width="275.0mm"' in content and "25 mm/s" in content and "10 mm/mV" in content
    labels = re.findall(r'class="lead"[^>]*>([^<]+)<', content)
    assert sorted(set(labels)) == sorted(
        ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
    )
    # The rhythm lead lasts ten seconds: 250 mm.
    last = content.split("<polyline")[-1]
    xs = [float(pair.split(",")[0]) for pair in re.findall(r'points="([^"]+)"', last)[0].split()]
    assert xs[-1] - xs[0] == pytest.approx(250, abs=0.2)


def test_the_calibration_pulse_is_a_millivolt_high(ecg: Instance) -> None:
    content = reader(ecg).get(address(ecg)).content.decode()
    assert content.count("v-10.0h5.0v10.0") == 4


def test_a_picture_is_previewed_and_each_look_recorded() -> None:
    held = stored("ct")
    client = reader(held)
    content = client.get(address(held)).content
    assert b"picture.png?frame=1" in content and b"CT Image Storage" in content
    assert b'name="q"' in content  # the frame around the page is there
    answer = client.get(address(held, "picture.png"))
    assert answer.headers["Content-Type"] == "image/png" and answer.content[:4] == b"\x89PNG"
    assert "no-store" in answer.headers["Cache-Control"]
    told = [facts.get("shown") for facts in looks(Study.objects.get(id=held.study_id))]
    assert told == ["object", "picture, frame 1"]


def test_a_document_opens_as_the_pdf_it_is() -> None:
    held = stored("pdf")
    client = reader(held)
    assert b"document.pdf" in client.get(address(held)).content
    answer = client.get(address(held, "document.pdf"))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-") and answer.content.rstrip().endswith(b"%%EOF")


def test_what_is_not_drawn_says_why_in_words_and_to_engineers() -> None:
    def in_ohms(made: Dataset) -> None:
        for group in made.WaveformSequence:
            for channel in group.ChannelDefinitionSequence:
                channel.ChannelSensitivityUnitsSequence[0].CodeValue = "Ohm"

    held = stored("ecg", in_ohms)
    content = reader(held).get(address(held)).content.decode()
    assert "It is of a kind that is not drawn here." in content
    assert '<code lang="en">object holds no waveform in volts</code>' in content


def test_nothing_is_shown_without_a_reason_or_to_others(ecg: Instance) -> None:
    stranger = signed_in("support")
    for what in ("", "picture.png", "document.pdf"):
        assert stranger.get(address(ecg, what)).status_code == 302
    assert signed_in("logreview").get(address(ecg)).status_code == 403
    assert signed_in("esim").get(address(ecg)).status_code == 404
    assert looks(Study.objects.get(id=ecg.study_id)) == []


def test_one_goes_from_object_to_object_of_the_study() -> None:
    """Looking for the wrong one among many, back to the study after each look was the only way."""
    study = cast.store(dataset(), dataset(), dataset())
    client = opened(study)
    first, second, third = queries.objects_of(study).rows
    places = [f"/studies/{study.id}/objects/{each.id}/" for each in (first, second, third)]
    page = client.get(places[1]).content.decode()
    assert (
        f'<a href="{places[0]}" rel="prev"' in page and f'<a href="{places[2]}" rel="next"' in page
    )
    page = client.get(places[0]).content.decode()
    assert 'rel="prev"' not in page and f'<a href="{places[1]}" rel="next"' in page


def test_an_object_of_another_study_is_not_there(ecg: Instance) -> None:
    other = stored("ct")
    client = reader(ecg)
    assert client.get(f"/studies/{ecg.study_id}/objects/{other.id}/").status_code == 404


def test_damaged_bytes_are_never_shown(ecg: Instance) -> None:
    path = file_of(ecg.environment, bytes(ecg.digest))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    page = reader(ecg).get(address(ecg)).content.decode()
    assert "do not match their digest" in page and "<polyline" not in page
    assert '<p><a href="/integrity/">' in page
    ecg.refresh_from_db()
    assert ecg.damaged_at is not None


def test_an_object_that_was_rejected_says_so(ecg: Instance) -> None:
    client = reader(ecg)
    rejected = "113038"
    assert str(RejectionTitle(rejected).label) not in client.get(address(ecg)).content.decode()
    Instance.objects.filter(id=ecg.id).update(rejection=rejected)
    assert str(RejectionTitle(rejected).label) in client.get(address(ecg)).content.decode()
