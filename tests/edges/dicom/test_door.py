"""Who is let in, and how the others are told: PS3.8 table 9-21 (ON-3)."""

import signal
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from pynetdicom.association import Association

from archive.edges.dicom.upper_layer import ABORT
from archive.models import CaseEvent, Connection, CustomerState, Instance, Organisation
from archive.values import today
from tests import cast
from tests.edges.dicom import wire
from tests.edges.dicom.conftest import Listen
from tests.edges.dicom.listening import VERIFICATION, Listening, eventually, send

CALLING_UNKNOWN, CALLED_UNKNOWN = (1, 1, 3), (1, 1, 7)
LIMIT, CONGESTION = (2, 3, 2), (2, 3, 1)


def test_a_title_that_is_nobodys_is_rejected_and_a_case(listener: Listening) -> None:
    assert wire.rejection(listener, wire.request(calling="NOBODY")) == CALLING_UNKNOWN
    assert CaseEvent.objects.get().case.reason == "peer-unknown"


def test_a_title_of_the_other_environment_is_rejected(shared: Listening) -> None:
    assert wire.rejection(shared, wire.request(calling="ESIM_TEST")) == CALLING_UNKNOWN
    crossed = wire.request(calling="ESIM_PACS", called="KANTATEST")
    assert wire.rejection(shared, crossed) == CALLING_UNKNOWN


def test_a_called_title_that_is_not_ours_is_rejected(shared: Listening) -> None:
    assert wire.rejection(shared, wire.request(called="OTHER")) == CALLED_UNKNOWN


def test_an_ended_customer_and_a_wrong_address_are_rejected_alike(listener: Listening) -> None:
    link = cast.connection()
    Connection.objects.filter(id=link.id).update(host="192.0.2.7")
    assert wire.rejection(listener, wire.request()) == CALLING_UNKNOWN
    Connection.objects.filter(id=link.id).update(host="127.0.0.1")
    link.organisation.state = CustomerState.ENDED
    link.organisation.save()
    assert wire.rejection(listener, wire.request()) == CALLING_UNKNOWN
    reasons = set(CaseEvent.objects.values_list("case__reason", flat=True))
    assert reasons == {"peer-address-wrong", "peer-ended"}


def test_a_change_holds_from_the_next_association_on(listener: Listening) -> None:
    with listener.associate() as assoc:
        Connection.objects.filter(id=cast.connection().id).update(host="192.0.2.7")
        assert send(assoc, cast.dataset()).Status == 0
    assert wire.rejection(listener, wire.request()) == CALLING_UNKNOWN


@pytest.mark.parametrize("ended", ["connection", "customer"])
def test_an_association_does_not_outlive_what_it_was_let_in_by(
    listener: Listening, ended: str
) -> None:
    """A system that was shut out, or a customer whose use has ended, could go on for days."""
    link = cast.connection()
    with listener.associate() as assoc:
        assert send(assoc, cast.dataset()).Status == 0
        if ended == "connection":
            Connection.objects.filter(id=link.id).update(valid_until=today() - timedelta(days=1))
        else:
            Organisation.objects.filter(id=link.organisation_id).update(state=CustomerState.ENDED)
        eventually(lambda: not _goes_on(assoc))
    stored = Instance.objects.count()
    assert CaseEvent.objects.get().case.reason == "peer-ended"
    assert wire.rejection(listener, wire.request()) == CALLING_UNKNOWN
    assert Instance.objects.count() == stored


def _goes_on(assoc: Association) -> bool:
    return assoc.is_established and "Status" in send(assoc, cast.dataset())


def test_too_many_associations_are_counted_over_all_processes(listen: Listen) -> None:
    listener = listen(DICOM_MAX_ASSOCIATIONS="3")
    peers = [wire.connect(listener) for _ in range(3)]
    assert wire.rejection(listener, wire.request()) == LIMIT
    assert CaseEvent.objects.get().case.reason == "too-many-associations"
    peers[0].send(wire.RELEASE_RQ)
    assert peers[0].read()[0] == 6
    peers[0].socket.close()
    eventually(lambda: _is_let_in(listener))


def test_a_killed_process_gives_its_places_back(listen: Listen) -> None:
    listener = listen(DICOM_MAX_ASSOCIATIONS="1", DICOM_PROCESSES="1")
    wire.connect(listener)
    assert wire.rejection(listener, wire.request()) == LIMIT
    listener.children()[0].kill()
    eventually(lambda: _is_let_in(listener))


def test_without_its_database_the_listener_says_congestion(listen: Listen) -> None:
    listener = listen(DATABASE_URL="postgresql://nobody:x@127.0.0.1:9/nowhere")
    assert wire.rejection(listener, wire.request()) == CONGESTION


def test_connections_that_died_between_two_associations_are_replaced(listener: Listening) -> None:
    for _ in range(2):
        with listener.associate() as assoc:
            assert send(assoc, cast.dataset()).Status == 0
            kill_database_connections()
            assert _sent_in_the_end(lambda: send(assoc, cast.dataset()).Status)
    assert Instance.objects.count() == 4


def test_another_application_context_or_protocol_version_is_rejected(shared: Listening) -> None:
    assert wire.rejection(shared, wire.request(application="1.2.3")) == (1, 1, 2)
    request = bytearray(wire.request())
    request[6:8] = b"\0\2"
    assert wire.rejection(shared, bytes(request)) == (1, 2, 2)


def test_titles_that_are_filled_up_with_zeros_are_heard(shared: Listening) -> None:
    request = bytearray(wire.request())
    request[10:42] = b"KANTA".ljust(16, b"\0") + b"ESIM_PACS".ljust(16, b"\0")
    wire.connect(shared, bytes(request))
    request[10:42] = b"KANTA".ljust(16, b"\0") + b"ESIM\0PACS".ljust(16, b"\0")
    peer = wire.Peer(shared.connect())
    peer.send(bytes(request))
    assert peer.read()[0] == ABORT  # within a title a zero is none of its characters


def test_the_senders_first_transfer_syntax_is_kept(shared: Listening) -> None:
    packed, plain = "1.2.840.10008.1.2.4.70", cast.EXPLICIT
    peer = wire.Peer(shared.connect())
    peer.send(wire.request([(cast.CT, ("1.2.3.4", packed, plain)), (cast.CT, (plain, packed))]))
    _, accepted = peer.read()
    assert accepted.index(packed.encode()) < accepted.index(plain.encode())
    assert accepted.count(packed.encode()) == accepted.count(plain.encode()) == 1


def test_what_is_not_served_is_refused_by_context_only(shared: Listening) -> None:
    worklist, private = "1.2.840.10008.5.1.4.31", "1.2.3.4.5"
    wanted = [(worklist, cast.IMPLICIT), (private, cast.IMPLICIT), (VERIFICATION, cast.IMPLICIT)]
    with shared.associate(*wanted) as assoc:
        assert [context.result for context in assoc.rejected_contexts] == [3, 3]
        assert assoc.send_c_echo().Status == 0


def test_while_stopping_new_associations_are_told_to_come_later(listener: Listening) -> None:
    peer = wire.connect(listener)
    made = cast.dataset()
    data_set, uid = cast.encoded(made), str(made.SOPInstanceUID)
    order = wire.command(1, data_set=True, uid=uid)
    peer.send(wire.data(wire.value(3, order), wire.value(0, data_set[:100])))
    listener.process.send_signal(signal.SIGTERM)
    eventually(lambda: rejected_with(listener, CONGESTION))
    # The object that is on its way is still taken, answered and kept; then the association ends.
    peer.send(wire.data(wire.value(wire.LAST, data_set[100:])))
    assert peer.status() == 0
    assert peer.ends()
    assert listener.process.wait(20) == 0
    assert Instance.objects.get().sop_instance_uid == uid


def _is_let_in(listener: Listening) -> bool:
    peer = wire.Peer(listener.connect())
    try:
        peer.send(wire.request())
        return peer.read()[0] == 2
    except OSError:
        return False
    finally:
        peer.socket.close()


def rejected_with(listener: Listening, expected: tuple[int, int, int]) -> bool:
    peer = wire.Peer(listener.connect())
    peer.send(wire.request())
    kind, body = peer.read()
    peer.socket.close()
    return kind == 3 and (body[1], body[2], body[3]) == expected


def kill_database_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _sent_in_the_end(attempt: Callable[[], int]) -> bool:
    """The object that meets the dead connection is answered A700; the next try succeeds."""
    return 0 in (attempt(), attempt())
