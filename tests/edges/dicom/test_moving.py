"""C-MOVE to a customer's own systems, good and bad ones (AR-6, NF-4)."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pynetdicom.events import Event

from archive.models import Case, CaseEvent, Connection, Instance, LedgerEvent
from tests import cast
from tests.edges.dicom import wire
from tests.edges.dicom.conftest import Listen
from tests.edges.dicom.destination import Storage, accepting, storage
from tests.edges.dicom.listening import Listening, dcmtk
from tests.edges.dicom.moves import (
    CONTEXTS,
    MOVE,
    PATIENT_MOVE,
    UID,
    counts,
    failed_uids,
    moved,
    retrieved,
    stored,
    study_level,
)
from tests.edges.dicom.test_finding import asked
from tests.vaults import file_of

pytestmark = pytest.mark.usefixtures("fresh_database")


def test_a_study_goes_byte_by_byte_to_the_destination_and_is_counted(
    listener: Listening, pick_port: Callable[[], int]
) -> None:
    made = stored(3)
    with storage(pick_port()) as destination, listener.associate(*CONTEXTS) as assoc:
        pending, last, identifier = moved(assoc, study_level())
    assert (last.Status, counts(last), identifier) == (0x0000, (None, 3, 0, 0), None)
    assert [counts(status) for status in pending] == [(2, 1, 0, 0), (1, 2, 0, 0)]
    assert {each.uid: each.data for each in destination.stored} == {
        str(each.SOPInstanceUID): cast.encoded(each) for each in made
    }
    first = destination.stored[0]
    assert (first.calling, first.originator, first.originator_id) == ("KANTA", "ESIM_PACS", 1)
    assert first.transfer_syntax == cast.EXPLICIT
    event = LedgerEvent.objects.get(kind="study.retrieved")
    told = {
        name: event.facts[name] for name in ("by", "destination", "instances", "failed", "outcome")
    }
    assert told == {
        "by": "C-MOVE",
        "destination": "ESIM_PACS",
        "instances": 3,
        "failed": 0,
        "outcome": "done",
    }


LEVELS: tuple[tuple[str, dict[str, str], int], ...] = (
    ("PATIENT", {"PatientID": cast.MATTI}, 4),
    ("STUDY", {"StudyInstanceUID": f"{UID}\\1.2.3"}, 4),
    ("SERIES", {"StudyInstanceUID": UID, "SeriesInstanceUID": f"{UID}.2"}, 1),
    ("SERIES", {"SeriesInstanceUID": f"{UID}.1\\{UID}.2"}, 4),
    ("IMAGE", {"SOPInstanceUID": "1.2.9.1"}, 1),
    ("IMAGE", {"StudyInstanceUID": "1.2.3", "SOPInstanceUID": "1.2.9.1"}, 0),
)


def test_every_level_names_its_objects(listener: Listening, pick_port: Callable[[], int]) -> None:
    stored(3)
    cast.store(cast.dataset(SeriesInstanceUID=f"{UID}.2", SOPInstanceUID="1.2.9.1"))
    with storage(pick_port()) as destination:
        with listener.associate((PATIENT_MOVE, cast.IMPLICIT)) as assoc:
            for level, keys, expected in LEVELS:
                destination.stored.clear()
                _, last, _ = moved(assoc, asked(level, **keys), model=PATIENT_MOVE)
                assert (last.Status, counts(last)) == (0x0000, (None, expected, 0, 0)), keys
                assert len(destination.stored) == expected


def test_movescu_receives_what_it_asks_for(
    listener: Listening, pick_port: Callable[[], int], tmp_path: Path
) -> None:
    stored(3)
    port = pick_port()
    Connection.objects.filter(aet="ESIM_PACS").update(port=port)
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={UID}")
    options = ("-S", "-aem", "ESIM_PACS", "+P", str(port), "-od", tmp_path)
    done = dcmtk("movescu", listener.port, *options, *keys)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.iterdir())) == 3


def test_only_the_customers_own_systems_are_destinations(listener: Listening) -> None:
    stored(1)
    with listener.associate(MOVE) as assoc:
        for title in ("NOBODY", "MALLI_PACS", "ESIM_TEST"):
            assert moved(assoc, study_level(), title)[1].Status == 0xA801, title
        Connection.objects.filter(aet="ESIM_PACS").update(retrieve_destination=False)
        assert moved(assoc, study_level())[1].Status == 0xA801
    assert Case.objects.get().reason == "destination-unknown"
    assert not retrieved()


def test_what_is_anothers_is_as_if_it_were_not_there(
    listener: Listening, pick_port: Callable[[], int]
) -> None:
    stored(2)
    with storage(pick_port(), title="MALLI_PACS") as destination:
        with listener.associate(MOVE, calling="MALLI_PACS") as assoc:
            _, last, _ = moved(assoc, study_level(), "MALLI_PACS")
    assert (last.Status, counts(last)) == (0x0000, (None, 0, 0, 0))
    assert destination.stored == []
    assert not CaseEvent.objects.exists()


def test_an_identifier_without_its_unique_key_is_refused(listener: Listening) -> None:
    stored(1)
    with listener.associate(MOVE) as assoc:
        for request in (
            asked(),
            asked(StudyInstanceUID="*"),
            asked("SERIES", StudyInstanceUID=UID),
        ):
            answer = moved(assoc, request)[1]
            assert answer.Status == 0xA900
            assert answer.OffendingElement in (0x0020000D, 0x0020000E)


# --- destinations that misbehave ------------------------------------------------------------------


ANSWERS: tuple[tuple[list[int], int, tuple[int | None, int, int, int]], ...] = (
    ([0xA700], 0xB000, (None, 2, 1, 0)),
    ([0xB000], 0xB000, (None, 2, 0, 1)),
    ([0xA700, 0xC000, 0x0110], 0xA702, (None, 0, 3, 0)),
    ([0xFF00], 0xB000, (None, 2, 1, 0)),
    ([0x4242], 0xB000, (None, 2, 1, 0)),
)


def test_what_the_destination_answers_is_counted(
    listener: Listening, pick_port: Callable[[], int]
) -> None:
    stored(3)
    with storage(pick_port()) as destination, listener.associate(MOVE) as assoc:
        for answers, status, expected in ANSWERS:
            destination.stored.clear()
            destination.statuses = list(answers)
            _, last, identifier = moved(assoc, study_level())
            assert (last.Status, counts(last)) == (status, expected), answers
            if expected[2]:
                refused = {each.uid for each in destination.stored[: expected[2]]}
                assert failed_uids(identifier) == refused
    assert Case.objects.get().reason == "peer-rejected"
    told = CaseEvent.objects.order_by("at").values_list("facts__objects", flat=True)
    assert list(told) == ["1", "3", "1", "1"]
    said = CaseEvent.objects.order_by("at").values_list("facts__status", flat=True)
    assert list(said) == ["A700", "A700", "FF00", "4242"]


def test_a_damaged_object_is_never_given_out(
    listener: Listening, pick_port: Callable[[], int]
) -> None:
    made = stored(3)
    bad = Instance.objects.get(sop_instance_uid=made[1].SOPInstanceUID)
    flip(file_of("production", bytes(bad.digest)))
    with storage(pick_port()) as destination, listener.associate(MOVE) as assoc:
        _, last, identifier = moved(assoc, study_level())
    assert (last.Status, counts(last)) == (0xB000, (None, 2, 1, 0))
    assert failed_uids(identifier) == {bad.sop_instance_uid}
    assert bad.sop_instance_uid not in {each.uid for each in destination.stored}
    # The object itself, and the fetch that it is missing from.
    cases = {(case.reason, case.edge) for case in Case.objects.all()}
    assert cases == {("bytes-damaged", "job"), ("bytes-damaged", "dicom")}
    assert {event.sop_instance_uid for event in CaseEvent.objects.all()} == {bad.sop_instance_uid}


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


def test_a_destination_that_is_not_there_fails_all_and_is_a_case_that_success_closes(
    listener: Listening, pick_port: Callable[[], int]
) -> None:
    stored(3)
    port = pick_port()
    Connection.objects.filter(aet="ESIM_PACS").update(port=port)
    with listener.associate(MOVE) as assoc:
        _, last, identifier = moved(assoc, study_level())
        assert (last.Status, counts(last)) == (0xA702, (None, 0, 3, 0))
        assert last.ErrorComment == "PEER-CONNECT: peer cannot be reached"
        assert len(failed_uids(identifier)) == 3
        case = Case.objects.get()
        assert (case.reason, case.state, case.event_count) == ("peer-unreachable", "open", 1)
        with storage(port):
            assert moved(assoc, study_level())[1].Status == 0x0000
    assert Case.objects.get().state == "resolved"
    assert [event.facts["outcome"] for event in retrieved()] == ["failed", "done"]


SAID = {
    "nothing": (b"", "peer-silent"),
    "reject": (wire.pdu(3, b"\0\1\1\3"), "peer-rejected"),
    "abort": (wire.ABORT_RQ, "peer-aborted"),
    "garbage": (b"HTTP/1.1 400 Bad Request\r\n\r\n", "peer-aborted"),
}


def test_a_destination_that_does_not_accept_is_told_apart(
    listen: Listen, pick_port: Callable[[], int]
) -> None:
    listener = listen(DICOM_TIMEOUT="1")
    stored(2)
    for name, (said, expected) in SAID.items():
        with accepting(pick_port(), said), listener.associate(MOVE) as assoc:
            _, last, _ = moved(assoc, study_level())
        assert (last.Status, counts(last)) == (0xA702, (None, 0, 2, 0)), name
        event = CaseEvent.objects.latest("at")
        assert event.case.reason == expected, name
        assert event.facts["peer"].startswith("127.0.0.1:"), name
    assert listener.echoes()
    rejections = CaseEvent.objects.filter(facts__rejection="result 1, source 1, reason 3")
    assert rejections.get().case.reason == "peer-rejected"


def misbehaving(
    destination: Storage, way: str, released: threading.Event
) -> Callable[[Event], Dataset | int]:
    """Takes two objects, then does something else."""

    def handle(event: Event) -> Dataset | int:
        if len(destination.stored) < 2:
            return destination.take(event)
        answer = Dataset()
        answer.Status = 0x0000
        if way == "hangs":
            released.wait(30)
        elif way == "aborts":
            event.assoc.abort()
        elif way == "drops":
            event.assoc.dul.socket.close()
        elif way == "names another":
            answer.AffectedSOPInstanceUID = "1.2.3"
        else:
            answer.MessageIDBeingRespondedTo = 4711
        return answer

    return handle


def test_a_destination_that_fails_in_the_middle_fails_the_rest(
    listen: Listen, pick_port: Callable[[], int]
) -> None:
    listener = listen(DICOM_TIMEOUT="1")
    stored(4)
    for way in ("hangs", "aborts", "drops", "names another", "answers another"):
        released = threading.Event()
        with storage(pick_port()) as destination:
            destination.answer = misbehaving(destination, way, released)
            with listener.associate(MOVE) as assoc:
                _, last, identifier = moved(assoc, study_level())
            released.set()
        assert (last.Status, counts(last)) == (0xB000, (None, 2, 2, 0)), way
        assert len(failed_uids(identifier)) == 2
        hung = way == "hangs"
        said = "SILENT: peer did not answer in time" if hung else "ABORT: peer broke off"
        assert last.ErrorComment == f"PEER-{said}", way
    found = dict(Case.objects.values_list("reason", "event_count"))
    assert found == {"peer-silent": 1, "peer-aborted": 4}
    assert listener.echoes()
