"""Storage commitment over real associations, PS3.4 annex J (AR-3)."""

from queue import Empty, SimpleQueue
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import build_role, evt
from pynetdicom.association import Association
from pynetdicom.dsutils import encode
from pynetdicom.events import Event
from pynetdicom.pdu import P_DATA_TF

from archive.edges.dicom import codec
from archive.edges.dicom.acceptance import STORAGE
from archive.edges.dicom.upper_layer import RELEASE_RP
from archive.errors import Malformed, PeerUnreachable
from archive.models import Job, JobKind, StorageCommitment
from archive.values import now, uid_from_uuid
from tests import cast
from tests.edges.dicom import wire
from tests.edges.dicom.customer import Inbox, report_of
from tests.edges.dicom.listening import COMMITMENT, Listening, eventually, send

pytestmark = pytest.mark.usefixtures("fresh_database")

INSTANCE = "1.2.840.10008.1.20.1.1"
BOTH = ((cast.CT, cast.EXPLICIT), (COMMITMENT, cast.IMPLICIT))


def taking(inbox: Inbox, status: int = 0x0000) -> list[Any]:
    """Handlers of a sender that takes the report on its own association. It is in the inbox when
    its answer has gone, so that whoever waits for it may let the association go.
    """
    taken: Inbox = SimpleQueue()

    def on_report(event: Event) -> tuple[int, None]:
        taken.put(report_of(event, same_association=True))
        return status, None

    def on_sent(event: Event) -> None:
        if isinstance(event.pdu, P_DATA_TF) and not taken.empty():
            inbox.put(taken.get())

    return [(evt.EVT_N_EVENT_REPORT, on_report), (evt.EVT_PDU_SENT, on_sent)]


def ask(assoc: Association, *uids: str, transaction: str = "", sop_class: str = cast.CT) -> int:
    """N-ACTION; the status."""
    information = _asking(*uids, transaction=transaction, sop_class=sop_class)
    status, _ = assoc.send_n_action(information, 1, COMMITMENT, INSTANCE)
    return int(status.Status)


def _asking(*uids: str, transaction: str = "", sop_class: str = cast.CT) -> Dataset:
    information = Dataset()
    information.TransactionUID = transaction or uid_from_uuid()
    information.ReferencedSOPSequence = []
    for uid in uids:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
        information.ReferencedSOPSequence.append(item)
    return information


@pytest.mark.parametrize("roles", [False, True], ids=["default roles", "role proposed"])
def test_the_report_comes_on_the_association_that_asked(listener: Listening, roles: bool) -> None:
    inbox: Inbox = SimpleQueue()
    proposed = [build_role(COMMITMENT, scu_role=True, scp_role=True)] if roles else []
    with listener.associate(*BOTH, evt_handlers=taking(inbox), ext_neg=proposed) as assoc:
        made = cast.dataset()
        assert send(assoc, made).Status == 0
        assert ask(assoc, str(made.SOPInstanceUID)) == 0
        report = inbox.get(timeout=30)
        assert report.event_type == 1
        again = cast.dataset(InstanceNumber="2")
        assert send(assoc, again).Status == 0  # the association goes on
    assert StorageCommitment.objects.get().state == "reported"


def test_what_is_unknown_fails_without_saying_whose_it_is(listener: Listening) -> None:
    theirs = cast.dataset(StudyInstanceUID="1.2.246.1", SeriesInstanceUID="1.2.246.1.1")
    cast.store(theirs, business_id=cast.MALLILA)
    inbox: Inbox = SimpleQueue()
    with listener.associate((COMMITMENT, cast.IMPLICIT), evt_handlers=taking(inbox)) as assoc:
        assert ask(assoc, str(theirs.SOPInstanceUID), "1.2.3.4.5") == 0
        report = inbox.get(timeout=30)
    assert report.event_type == 2
    reasons = [item.FailureReason for item in report.information.FailedSOPSequence]
    assert reasons == [0x0112, 0x0112]


def test_a_sender_that_releases_at_once_is_left_to_the_job(listener: Listening) -> None:
    inbox: Inbox = SimpleQueue()
    with listener.associate((COMMITMENT, cast.IMPLICIT), evt_handlers=taking(inbox)) as assoc:
        assert ask(assoc, "1.2.3.4.5") == 0
    eventually(_is_owed_at_once)
    with pytest.raises(Empty):
        inbox.get_nowait()
    assert StorageCommitment.objects.get().state != "reported"


def _is_owed_at_once() -> bool:
    return Job.objects.filter(kind=JobKind.COMMITMENT_REPORT, not_before__lte=now()).exists()


def test_an_answer_that_comes_with_the_release_settles_the_report(listener: Listening) -> None:
    peer = wire.connect(listener, wire.request([(COMMITMENT, [cast.IMPLICIT])]))
    asked = encode(_asking("1.2.3.4.5"), is_implicit_vr=True, is_little_endian=True)
    assert asked is not None
    peer.send(
        wire.data(wire.value(wire.COMMAND | wire.LAST, wire.action(COMMITMENT, INSTANCE, 1))),
        wire.data(wire.value(wire.LAST, asked)),
    )
    assert peer.status() == 0
    _, body = peer.read()
    assert wire.number(body, 0x0100) == 0x0100, "the N-EVENT-REPORT"
    while not body[5] == wire.LAST:
        _, body = peer.read()
    answer = wire.value(wire.COMMAND | wire.LAST, wire.reported(1))
    peer.send(wire.data(answer) + wire.RELEASE_RQ)
    assert peer.read()[0] == RELEASE_RP
    assert peer.read()[0] == 0
    eventually(lambda: StorageCommitment.objects.get().state == "reported")


def test_a_report_that_the_sender_refuses_is_left_to_the_job(listener: Listening) -> None:
    inbox: Inbox = SimpleQueue()
    with listener.associate(
        (COMMITMENT, cast.IMPLICIT), evt_handlers=taking(inbox, 0x0110)
    ) as assoc:
        assert ask(assoc, "1.2.3.4.5") == 0
        inbox.get(timeout=30)
    assert StorageCommitment.objects.get().state != "reported"
    assert Job.objects.exists()


def test_a_used_transaction_uid_and_an_empty_request_are_refused(listener: Listening) -> None:
    inbox: Inbox = SimpleQueue()
    with listener.associate((COMMITMENT, cast.IMPLICIT), evt_handlers=taking(inbox)) as assoc:
        assert ask(assoc, "1.2.3.4.5", transaction="1.2.3") == 0
        inbox.get(timeout=30)
        assert ask(assoc, "1.2.3.4.6", transaction="1.2.3") == 0x0131
        assert ask(assoc) == 0x0115


def test_the_comment_of_a_refusal_begins_with_the_status_that_is_answered() -> None:
    answer = codec.status_of(Malformed("no Transaction UID"), "action")
    assert (answer.Status, answer.ErrorComment) == (0x0115, "0115: cannot be read")
    assert codec.status_of(PeerUnreachable(), "move").ErrorComment.startswith("PEER-CONNECT: ")


def test_a_wrong_class_is_a_class_instance_conflict(listener: Listening) -> None:
    made = cast.dataset()
    cast.store(made)
    inbox: Inbox = SimpleQueue()
    with listener.associate((COMMITMENT, cast.IMPLICIT), evt_handlers=taking(inbox)) as assoc:
        ask(assoc, str(made.SOPInstanceUID), sop_class="1.2.840.10008.5.1.4.1.1.4")
        report = inbox.get(timeout=30)
    assert report.information.FailedSOPSequence[0].FailureReason == 0x0119


def test_two_requests_on_one_association_are_both_reported(listener: Listening) -> None:
    inbox: Inbox = SimpleQueue()
    with listener.associate((COMMITMENT, cast.IMPLICIT), evt_handlers=taking(inbox)) as assoc:
        assert ask(assoc, "1.2.3.4.5", transaction="1.2.1") == 0
        assert ask(assoc, "1.2.3.4.5", transaction="1.2.2") == 0
        reported = {inbox.get(timeout=30).information.TransactionUID for _ in range(2)}
    assert reported == {"1.2.1", "1.2.2"}


def test_commitment_is_served_beside_more_than_64_contexts(listener: Listening) -> None:
    inbox: Inbox = SimpleQueue()
    contexts = [(abstract, cast.EXPLICIT) for abstract in sorted(STORAGE)[:127]]
    wanted = [*contexts, (COMMITMENT, cast.IMPLICIT)]
    with listener.associate(*wanted, evt_handlers=taking(inbox)) as assoc:
        assert len(assoc.accepted_contexts) == 128
        assert ask(assoc, "1.2.3.4.5") == 0
        assert inbox.get(timeout=30).event_type == 2
