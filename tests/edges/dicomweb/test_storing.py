"""STOW-RS: the same rules, statuses and cases as C-STORE, answered object by object (AR-1)."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import pydicom
import pytest
from django.db import OperationalError
from pydicom.dataset import Dataset

from archive.config import settings
from archive.edges.dicom import replies as dicom
from archive.edges.dicomweb import replies, storing
from archive.edges.dicomweb.multipart import Part, related, write
from archive.edges.edge import reply_for
from archive.errors import FAMILIES, every_error
from archive.models import Case, CaseEvent, Instance, LedgerEvent, Study
from archive.objects import part10
from archive.services import rows
from tests import cast
from tests.cast import EXPLICIT, IMPLICIT, MALLILA, dataset
from tests.edges.dicomweb import web
from tests.notes import SAFETY, note

pytestmark = pytest.mark.usefixtures("db")

STUDY = "1.2.246.10.90000003.1"


def file(made: Dataset, syntax: str = EXPLICIT) -> bytes:
    head = part10.outgoing_prefix(str(made.SOPClassUID), str(made.SOPInstanceUID), syntax)
    return head + cast.encoded(made, syntax)


def body(*contents: bytes, content_type: str = "application/dicom") -> tuple[bytes, str]:
    boundary, of_all = related("application/dicom")
    return b"".join(write([Part(content_type, [each]) for each in contents], boundary)), of_all


def post(*contents: bytes, system: web.System | None = None, path: str = "studies") -> Any:
    return (system or web.system()).post(path, *body(*contents))


def told(response: Any) -> tuple[list[str], list[tuple[str, int]], list[int]]:
    """Stored UIDs, failed UIDs with their reasons, and reasons of what had no UID."""
    assert response["Content-Type"] == "application/dicom+json"
    read = Dataset.from_json(response.content.decode())
    return (
        [str(each.ReferencedSOPInstanceUID) for each in read.get("ReferencedSOPSequence", [])],
        [
            (str(each.ReferencedSOPInstanceUID), each.FailureReason)
            for each in read.get("FailedSOPSequence", [])
        ],
        [each.FailureReason for each in read.get("OtherFailuresSequence", [])],
    )


def test_objects_are_archived_byte_by_byte_and_said_to_be() -> None:
    first, second = dataset(), dataset(PixelData=bytes(9 << 20))
    ours = web.system()
    response = post(file(first), file(second, IMPLICIT), system=ours)
    assert response.status_code == 200, response.content
    uids = [str(first.SOPInstanceUID), str(second.SOPInstanceUID)]
    assert told(response) == (uids, [], [])
    model = response.json()
    assert model["00081190"]["Value"] == [f"http://testserver/dicomweb/studies/{STUDY}"]
    where = model["00081199"]["Value"][0]["00081190"]["Value"][0]
    assert where.endswith(f"/studies/{STUDY}/series/{STUDY}.1/instances/{uids[0]}")
    rows = {row.sop_instance_uid: row for row in Instance.objects.all()}
    assert rows[uids[1]].transfer_syntax_uid == IMPLICIT
    accept = 'multipart/related; type="application/dicom"; transfer-syntax=*'
    given = [content for _, content in web.parts(ours.get(f"studies/{STUDY}", accept))]
    assert given == [file(first), file(second, IMPLICIT)]
    facts = LedgerEvent.objects.get(kind="study.stored").facts
    assert facts["instances"] == 2
    assert Study.objects.get().connection.xds_user == ours.user
    assert told(post(file(first), system=ours))[0] == uids[:1]  # again is success


def test_what_is_refused_has_the_reason_that_a_c_store_is_answered_with() -> None:
    good, uncoded = dataset(), dataset(StudyDescription="CT HE")
    response = post(file(good), file(uncoded), b"no DICOM" * 50)
    assert response.status_code == 202
    stored, failed, others = told(response)
    assert stored == [good.SOPInstanceUID]
    assert failed == [(uncoded.SOPInstanceUID, 0xA900)]
    assert others == [0xC000]
    item = response.json()["00081198"]["Value"][0]
    assert item["00000902"]["Value"][0].startswith("A900: ")
    cases = set(Case.objects.values_list("edge", "place", "reason"))
    assert ("dicomweb", "store", "study-code-unknown") in cases
    assert ("dicomweb", "store", "dataset-unreadable") in cases
    assert CaseEvent.objects.filter(sop_instance_uid=uncoded.SOPInstanceUID).exists()


def test_when_nothing_is_stored_the_request_fails() -> None:
    made = dataset(AccessionNumber=None)
    response = post(file(made))
    assert response.status_code == 409
    assert told(response) == ([], [(str(made.SOPInstanceUID), 0xA900)], [])
    assert not Instance.objects.exists()


@pytest.mark.parametrize(
    ("raised", "status", "reason"),
    [
        (OperationalError("deadlock detected"), 503, "database-gone"),
        (KeyError(cast.MATTI), 409, "broken"),
    ],
)
def test_what_nobody_foresaw_and_what_the_database_breaks_off_is_on_the_desk(
    raised: Exception, status: int, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(row: rows.Row) -> None:
        raise raised

    made = dataset()
    with monkeypatch.context() as patched:
        patched.setattr(rows, "insert", fail)
        response = post(file(made))
    assert response.status_code == status
    event = CaseEvent.objects.get(sop_instance_uid=made.SOPInstanceUID)
    assert event.case.reason == reason and cast.MATTI not in str(event.facts)


def test_other_content_under_the_same_uid_is_refused_and_another_controllers_too() -> None:
    made = dataset()
    cast.store(made)
    other = dataset(SOPInstanceUID=made.SOPInstanceUID, Rows=4)
    assert told(post(file(other)))[1] == [(str(made.SOPInstanceUID), 0x0111)]
    response = post(file(made), system=web.system(MALLILA))
    assert response.status_code == 409 and told(response)[1][0][1] == 0x0124


def test_objects_of_another_study_than_the_address_are_refused() -> None:
    here, elsewhere = dataset(), dataset(StudyInstanceUID=f"{STUDY}9")
    response = post(file(here), file(elsewhere), path=f"studies/{STUDY}")
    assert response.status_code == 202
    assert told(response)[:2] == (
        [here.SOPInstanceUID],
        [(str(elsewhere.SOPInstanceUID), 0xA900)],
    )
    assert Case.objects.get().reason == "study-mismatch"


def test_a_rejection_note_is_acted_upon() -> None:
    made = dataset()
    cast.store(made)
    rejecting = note(SAFETY, made)
    assert post(file(rejecting)).status_code == 200
    assert web.system().get(f"studies/{STUDY}").status_code == 404


def test_a_body_that_breaks_off_keeps_what_was_whole() -> None:
    first, second = dataset(), dataset()
    content, content_type = body(file(first), file(second))
    ours = web.system()
    response = ours.post("studies", content[:-200], content_type)
    stored, failed, others = told(response)
    assert response.status_code == 202 and stored == [first.SOPInstanceUID]
    assert failed == [(str(second.SOPInstanceUID), 0xC000)] and others == [0xC000]
    assert Case.objects.get().reason == "transfer-broken"
    assert Instance.objects.count() == 1
    assert web.problem(ours.post("studies", b"\r\n", content_type)) == (400, "multipart-broken")


def test_what_is_no_multipart_of_dicom_is_not_taken() -> None:
    ours, (content, content_type) = web.system(), body(file(dataset()))
    for wrong in ("application/dicom", content_type.replace("/dicom", "/dicom+json"), "text/plain"):
        refused = web.problem(ours.post("studies", content, wrong))
        assert refused == (415, "media-type-unsupported")
    response = ours.post("studies", *body(b"{}", content_type="application/dicom+json"))
    assert response.status_code == 409 and told(response)[2] == [0x0122]


@pytest.mark.parametrize("last", ["9", "4.94"])
def test_a_transfer_syntax_that_is_unknown_or_has_its_pixels_elsewhere_is_refused(
    last: str,
) -> None:
    made = dataset()
    content = file(made, f"1.2.840.10008.1.2.{last}")
    assert told(post(content))[1:] == ([(str(made.SOPInstanceUID), 0x0122)], [])
    assert CaseEvent.objects.get().sop_instance_uid == made.SOPInstanceUID


def test_a_request_has_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    small = replace(settings(), stow_max_request_bytes=2_000, dicom_max_object_bytes=1_000)
    monkeypatch.setattr(storing, "settings", lambda: small)
    first, large = dataset(), dataset(PixelData=bytes(1_000))
    response = post(file(first), file(large), file(dataset()))
    assert web.problem(response) == (413, "request-too-large")  # told before it is read
    assert not Instance.objects.exists()
    small = replace(small, stow_max_request_bytes=20_000)
    assert told(post(file(first), file(large)))[1] == [(str(large.SOPInstanceUID), 0xA900)]
    monkeypatch.setattr(storing, "MAX_OBJECTS", 1)
    response = post(file(first), file(dataset()))
    assert response.status_code == 202 and told(response)[2] == [0xA900]


def test_the_answer_is_xml_where_that_is_accepted() -> None:
    made = dataset()
    response = web.system().post("studies", *body(file(made)), accept="application/dicom+xml")
    assert response["Content-Type"] == "application/dicom+xml"
    assert str(made.SOPInstanceUID).encode() in response.content


def test_what_is_given_is_a_file_that_pydicom_reads() -> None:
    made = dataset()
    read = pydicom.dcmread(BytesIO(file(made)))
    assert read.file_meta.MediaStorageSOPClassUID == made.SOPClassUID
    assert part10.read_incoming(file(made)[:200]) is None
    found = part10.read_incoming(file(made))
    assert found is not None and file(made)[found.offset :] == cast.encoded(made)
    bare = file(made)[132:]  # as some clients write: without preamble
    assert part10.read_incoming(bare) == found._replace(offset=found.offset - 132)


def test_every_error_has_the_failure_reason_of_c_store_and_a_status() -> None:
    for error in every_error():
        assert replies.failure_reason(error()) == reply_for(dicom.TABLE, error()).store, error
    assert replies.TABLE.keys() >= set(FAMILIES)
