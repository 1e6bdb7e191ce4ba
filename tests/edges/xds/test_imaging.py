"""The imaging source: objects of registered studies, whole, in a wanted syntax, each study in the
log (XD-3, LG-1); the same by WADO-URI.
"""

import tracemalloc
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError
from lxml import etree
from pydicom import dcmread

from archive import vault
from archive.edges.xds import images
from archive.errors import ArchiveError, StorageGone
from archive.errors.retrieval import DocumentUnknown
from archive.models import (
    Case,
    CaseEvent,
    Document,
    Instance,
    LedgerEvent,
    Register,
    Study,
    StudyState,
)
from archive.objects.retrieving import ImageRequest, WantedObject
from archive.services import disclosure, images_given
from archive.services.asking import Asking
from archive.vault import reading
from tests import builders
from tests import cast as people
from tests.cast import EXPLICIT, IMPLICIT, MALLILA
from tests.edges.xds import messages, mime
from tests.edges.xds.imaging import JPEG_2000, consumer, harmed, named, packed, registered, used
from tests.edges.xds.mime import Named
from tests.edges.xds.schemas import schema
from tests.services.xds_cast import Peer
from tests.vaults import file_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.edges.xds.urls")]


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
