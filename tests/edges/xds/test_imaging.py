"""The imaging source: objects of registered studies, whole, in a wanted syntax, each study in the
log (XD-3, LG-1); the same by WADO-URI.
"""

import json
import tracemalloc
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy
import pytest
from django.db import DatabaseError
from django.test import Client
from lxml import etree
from PIL import Image
from pydicom import dcmread
from pydicom.uid import TwelveLeadECGWaveformStorage

from archive import vault
from archive.edges.xds import images
from archive.errors import ArchiveError, StorageGone
from archive.errors.retrieval import DocumentUnknown
from archive.models import (
    Case,
    CaseEvent,
    Connection,
    Document,
    Instance,
    LedgerEvent,
    Register,
    Study,
    StudyState,
    XdsRole,
)
from archive.objects import manifest as kos
from archive.objects.retrieving import ImageRequest, WantedObject
from archive.services import disclosure, images_given, publishing
from archive.services.asking import Asking
from archive.vault import reading
from tests import builders
from tests import cast as people
from tests.cast import EXPLICIT, IMPLICIT, MALLILA
from tests.edges.xds import messages, mime
from tests.edges.xds.mime import Named
from tests.edges.xds.schemas import schema
from tests.edges.xds.test_server import basic
from tests.services import xds_cast
from tests.services.xds_cast import Peer
from tests.vaults import file_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.edges.xds.urls")]

JPEG_2000 = "1.2.840.10008.1.2.4.90"


def consumer(business_id: str = people.ESIMERKKILA) -> Peer:
    return xds_cast.peer(people.organisation(business_id), "production", XdsRole.CONSUMER)


def registered(*datasets: Any) -> Study:
    study = people.store(*(datasets or (people.dataset(), people.dataset())))
    publishing.publish(study, publishing.prepare(study))
    return study


def named(study: Study) -> list[Named]:
    """What its manifest names."""
    key = Document.objects.get(study=study, status="approved").vault_key
    references = kos.read(vault.read("production", bytes.fromhex(key)))
    return [
        Named(each.study_uid, each.series_uid, each.instance_uid, each.retrieve_location_uid)
        for each in references
    ]


def used() -> list[dict[str, Any]]:
    return [row.facts for row in LedgerEvent.objects.filter(kind="data.used").order_by("id")]


def test_a_study_is_given_as_its_manifest_names_it(db: None) -> None:
    study = registered()
    objects = named(study)
    answer = mime.images(consumer(), *objects)
    assert (answer.status, answer.errors) == ("Success", [])
    assert list(answer.documents) == [each.uid for each in objects]
    assert answer.action == f"{mime.IMAGES}Response"
    for uid, content in answer.documents.items():
        given = dcmread(BytesIO(content))
        assert (given.SOPInstanceUID, given.file_meta.TransferSyntaxUID) == (uid, EXPLICIT)
        digest = bytes(Instance.objects.get(sop_instance_uid=uid).digest)
        assert content.endswith(vault.read("production", digest))
        assert b"register" not in content[:400]  # nothing of where it came from
    (entry,) = used()
    assert (entry["what"], entry["study_uid"]) == ("images", study.study_instance_uid)
    assert (entry["ground"], entry["interface"]) == ("own-register", "XDS")
    assert entry["message_id"].startswith("urn:uuid:")


def test_the_request_is_one_of_the_schema(db: None) -> None:
    text = mime.images_request(Named("1.2", "1.3", "1.4"))
    schema("XDSI.b_ImagingDocumentSource.xsd").assertValid(etree.fromstring(text))


def test_some_are_given_and_the_others_each_with_their_error(db: None) -> None:
    study = registered()
    first, second = named(study)
    path = file_of("production", bytes(Instance.objects.get(sop_instance_uid=second.uid).digest))
    path.unlink()
    answer = mime.images(
        consumer(),
        first,
        second,
        Named(first.study, first.series, "1.2.3"),
        Named(first.study, "1.2.3", first.uid),
        Named("1.2.3", first.series, first.uid),
        Named(first.study, first.series, first.uid, "1.2.3"),
    )
    assert (answer.status, list(answer.documents)) == ("PartialSuccess", [first.uid])
    assert answer.codes == [
        "XDSRepositoryError",
        *["XDSDocumentUniqueIdError"] * 3,
        "XDSUnknownRepositoryId",
    ]
    reasons = {"bytes-damaged", "document-unknown", "repository-unknown"}
    assert set(Case.objects.values_list("reason", flat=True)) == reasons
    told = Case.objects.filter(edge="xds").values_list("code", flat=True)
    assert set(told) == set(answer.codes)
    assert Case.objects.filter(events__study_instance_uid=study.study_instance_uid).exists()


def test_what_may_not_be_seen_is_as_what_is_not_there(db: None) -> None:
    (first, *_) = named(registered())
    foreign = mime.images(consumer(MALLILA), first)
    absent = mime.images(consumer(MALLILA), Named("1.2.3", "1.2.4", first.uid))
    assert (foreign.status, foreign.codes) == ("Failure", ["XDSDocumentUniqueIdError"])
    assert foreign.errors == absent.errors
    assert not LedgerEvent.objects.filter(kind__in=("data.used", "disclosure.given")).exists()


@pytest.mark.parametrize("state", [StudyState.CORRECTED, StudyState.DESTROYED])
def test_a_withdrawn_study_is_refused(db: None, state: str) -> None:
    study = registered()
    (first, *_) = named(study)
    Study.objects.filter(id=study.id).update(state=state)
    assert mime.images(consumer(), first).codes == ["XDSDocumentUniqueIdError"]


def test_what_is_moved_or_withdrawn_after_it_was_chosen_does_not_go(db: None) -> None:
    study = registered()
    first, second = named(study)
    asking = Asking(consumer().actor)
    wanted = [
        WantedObject(each.repository, each.uid, "", each.study, each.series)
        for each in (first, second)
    ]
    chosen, _problems = images_given.choose(asking, ImageRequest(wanted, (EXPLICIT,)))
    rows = Study.objects.filter(id=study.id)
    register = Register.objects.create(
        organisation=study.register.organisation,
        controller_oid=study.register.controller_oid,
        type="4",
        specifier="1.2.246.10.90000046",
    )
    stays = {"patient": study.patient, "register": study.register, "state": study.state}
    for change in (
        {"patient": builders.patient(people.VENLA)},
        {"register": register},
        {"state": StudyState.CORRECTED},
    ):
        rows.update(**change)
        going, problems = images_given.release(asking, chosen)
        assert (going, [type(each.error) for each in problems]) == ([], [DocumentUnknown] * 2)
        rows.update(**stays)
    manifest = Document.objects.filter(study=study)
    manifest.update(status="deprecated")
    assert images_given.release(asking, chosen)[0] == [] and not used()
    manifest.update(status="approved")
    Instance.objects.filter(sop_instance_uid=second.uid).update(rejection="113037")
    rows.update(service_event="1.2.246.10.90000003.14.2026.7")
    (going,), (problem,) = images_given.release(asking, chosen)
    assert (going.wanted.unique_id, problem.wanted.unique_id) == (first.uid, second.uid)
    (entry,) = used()  # as it is now
    assert entry["service_event"] == going.study.service_event == "1.2.246.10.90000003.14.2026.7"


def test_a_study_without_manifest_in_force_is_refused(db: None) -> None:
    study = registered()
    (first, *_) = named(study)
    Document.objects.filter(study=study).update(status="deprecated")
    assert mime.images(consumer(), first).codes == ["XDSDocumentUniqueIdError"]


def test_the_wanted_transfer_syntax_is_given(db: None) -> None:
    (first, *_) = named(registered())
    answer = mime.images(consumer(), first, syntaxes=(JPEG_2000, IMPLICIT))
    given = dcmread(BytesIO(answer.documents[first.uid]))
    assert given.file_meta.TransferSyntaxUID == IMPLICIT
    assert given.PixelData == bytes(range(8))
    assert mime.images(consumer(), first, syntaxes=(JPEG_2000, EXPLICIT)).status == "Success"
    answer = mime.images(consumer(), first, syntaxes=(JPEG_2000,))
    assert (answer.status, answer.codes) == ("Failure", ["urn:dicom:wado:0007"])


def test_nothing_is_given_when_the_log_cannot_be_written(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = named(registered())

    def fail(*_args: Any, **_named: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr(disclosure.ledger, "record", fail)
    answer = mime.images(consumer(), *objects)
    assert (answer.status, answer.documents) == ("Failure", {})


def answered(peer: Peer, *objects: Named) -> Any:
    body = messages.envelope(mime.images_request(*objects), action=mime.IMAGES)
    return mime.post(peer, "/xds/imaging", *mime.request(body, mime.IMAGES))


def harmed(of: Named) -> None:
    """Its last byte is another on the disk."""
    path = file_of("production", bytes(Instance.objects.get(sop_instance_uid=of.uid).digest))
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def packed(of: Named) -> None:
    """Pixels that no decoder can unpack."""
    Instance.objects.filter(sop_instance_uid=of.uid).update(transfer_syntax_uid=JPEG_2000)


@pytest.mark.parametrize(
    "harm, code, reason",
    [
        (harmed, "XDSRepositoryError", "bytes-damaged"),
        (packed, "urn:dicom:wado:0007", "syntax-unavailable"),
    ],
)
def test_one_object_that_cannot_be_given_hides_no_other(
    db: None, harm: Callable[[Named], None], code: str, reason: str
) -> None:
    """It broke the answer off, each time anew."""
    objects = named(registered(*(people.dataset() for _ in range(4))))
    harm(objects[1])
    answer = mime.images(consumer(), *objects)
    assert (answer.status, answer.codes) == ("PartialSuccess", [code])
    assert list(answer.documents) == [objects[0].uid, objects[2].uid, objects[3].uid]
    assert answer.errors[0][1].startswith(f"{objects[1].uid}: ")
    (entry,) = used()  # the log claims no more than went
    assert entry["objects"] == 3
    case = Case.objects.get(edge="xds")
    assert (case.reason, case.code) == (reason, code)
    assert case.events.get().sop_instance_uid == objects[1].uid
    alone = mime.images(consumer(), objects[1])
    assert (alone.status, alone.codes) == ("Failure", [code])


@pytest.mark.parametrize("harm", [harmed, packed])
def test_a_long_answer_that_broke_off_is_partial_when_it_is_asked_for_again(
    db: None, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Named], None]
) -> None:
    """Its status has gone out by then. The desk knows, so that the next one says it; of all."""
    monkeypatch.setattr(images, "AHEAD", 1)
    objects = named(registered(*(people.dataset() for _ in range(4))))
    harm(objects[1])
    harm(objects[3])
    pieces = answered(consumer(), *objects).streaming_content
    sent = bytearray()
    with pytest.raises(ArchiveError):
        for piece in pieces:
            sent += piece
    assert objects[0].uid.encode() in sent and not sent.endswith(b"--\r\n")
    event = CaseEvent.objects.get(case__edge="xds")
    assert event.sop_instance_uid == objects[1].uid
    assert event.study_instance_uid == objects[1].study
    answer = mime.images(consumer(), *objects)
    assert answer.status == "PartialSuccess"
    assert list(answer.documents) == [objects[0].uid, objects[2].uid]
    assert [text.partition(":")[0] for _, text in answer.errors] == [
        objects[1].uid,
        objects[3].uid,
    ]


def test_what_was_made_ahead_is_closed_when_nobody_reads_it(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "AHEAD", 1)
    monkeypatch.setattr(reading, "SPILL", 1)
    first, second = named(registered())
    path = file_of("production", bytes(Instance.objects.get(sop_instance_uid=first.uid).digest))
    response = answered(consumer(), first, second)
    assert path in open_files()
    response.close()
    assert path not in open_files()


def open_files() -> set[Path]:
    return {each.resolve() for each in Path("/proc/self/fd").iterdir()}


def test_objects_of_a_storage_that_is_away_are_to_be_asked_for_again(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = named(registered())
    digest = bytes(Instance.objects.get(sop_instance_uid=objects[1].uid).digest)
    hold = vault.hold

    def away(environment: str, asked: bytes, *rest: Any) -> Any:
        if asked == digest:
            raise StorageGone()
        return hold(environment, asked, *rest)

    monkeypatch.setattr(vault, "hold", away)
    answer = mime.images(consumer(), *objects)
    assert (answer.status, answer.codes) == ("PartialSuccess", ["XDSRepositoryBusy"])
    assert list(answer.documents) == [objects[0].uid]


def test_memory_does_not_grow_with_the_study(db: None) -> None:
    pixels = bytes(10 << 20)
    datasets = [
        people.dataset(Rows=2560, Columns=2048, PixelData=pixels, StudyID=str(number))
        for number in range(3)
    ]
    objects = named(registered(*datasets))
    response = answered(consumer(), *objects)
    tracemalloc.start()
    size = sum(len(piece) for piece in response.streaming_content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 30 << 20
    assert peak < 8 << 20


# --- WADO-URI -------------------------------------------------------------------------------------


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
