"""What one customer may take of the archive, over all processes of the listener (AR-13)."""

import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

import pytest

from archive.edges import limits
from archive.edges.limits import Customers
from archive.errors import CustomerTooBusy, CustomerTooFast
from archive.models import Case, CaseEvent, Instance, LedgerEvent, UseLimit
from archive.services.associations import Peer
from archive.services.limits import Limits
from archive.values import today, uuid7
from tests import cast
from tests.edges.dicom import wire
from tests.edges.dicom.conftest import Listen
from tests.edges.dicom.listening import Listening, eventually, send
from tests.edges.dicom.test_door import LIMIT
from tests.edges.dicomweb import web


def peer(associations: int = 2, objects: int = 3) -> Peer:
    return Peer(
        uuid7(), uuid7(), uuid7(), "X", "test", "X", "Y", "Z", Limits(associations, objects)
    )


def over_two() -> Customers:
    return Customers(2, os.memfd_create("places"))


def allow(associations: int, objects: int) -> None:
    UseLimit.objects.create(
        organisation=cast.organisation(),
        associations=associations,
        objects_per_minute=objects,
        valid_from=today(),
    )


@pytest.fixture
def set_minute(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets the clock that objects are counted by."""

    def change(minute: int) -> None:
        monkeypatch.setattr(limits, "this_minute", lambda: minute)

    change(0)
    return change


def test_associations_of_a_customer_are_counted_together_and_others_apart() -> None:
    customers, one, other = over_two(), peer(), peer()
    with ExitStack() as stack:
        stack.enter_context(customers.one_more(0, one))
        stack.enter_context(customers.one_more(1, one))
        with pytest.raises(CustomerTooBusy) as refused:
            stack.enter_context(customers.one_more(0, one))
        assert refused.value.facts["limit"] == "2"
        stack.enter_context(customers.one_more(0, other))
        in_production = replace(one, environment="production")
        stack.enter_context(customers.one_more(0, in_production))
    with customers.one_more(0, one), customers.one_more(0, one):
        pass


def test_objects_are_counted_by_the_minute(set_minute: Callable[[int], None]) -> None:
    customers, one = over_two(), peer()
    for index in (0, 1, 0):
        customers.one_object(index, one)
    for index in (0, 1):
        with pytest.raises(CustomerTooFast):
            customers.one_object(index, one)
    customers.one_object(0, peer())
    set_minute(1)
    customers.one_object(1, one)


def test_a_dead_process_gives_its_places_back() -> None:
    customers, one = over_two(), peer(associations=1)
    customers._associate(customers._place(one), 1, 1)
    with pytest.raises(CustomerTooBusy), customers.one_more(0, one):
        pass
    customers.clear(1)
    with customers.one_more(0, one):
        pass


def test_processes_and_threads_find_the_same_places() -> None:
    customers = over_two()
    peers = [peer() for _ in range(200)]
    child = os.fork()
    if not child:
        places = [customers._place(each) for each in peers]
        os._exit(0 if len(set(places)) == len(peers) else 1)
    threads = [
        threading.Thread(target=lambda: [customers._place(each) for each in peers])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert os.waitpid(child, 0)[1] == 0
    assert len({customers._place(each) for each in peers}) == len(peers)
    taken = sum(
        any(customers._memory[place * customers._width :][: customers._KEY])
        for place in range(customers.PLACES)
    )
    assert taken == len(peers)


@pytest.mark.usefixtures("fresh_database")
def test_a_customer_over_its_associations_is_told_to_come_later_and_others_are_let_in(
    listener: Listening,
) -> None:
    allow(2, 1000)
    peers = [wire.connect(listener) for _ in range(2)]
    assert wire.rejection(listener, wire.request()) == LIMIT
    wire.connect(listener, wire.request(calling="MALLI_PACS"))
    wire.connect(listener, wire.request(calling="ESIM_TEST", called="KANTATEST"))
    event = CaseEvent.objects.get()
    assert (event.case.reason, event.facts["limit"]) == ("customer-too-busy", "2")
    peers[0].send(wire.RELEASE_RQ)
    assert peers[0].read()[0] == 6
    eventually(lambda: let_in(listener))


def let_in(listener: Listening) -> bool:
    caller = wire.Peer(listener.connect())
    caller.send(wire.request())
    return caller.read()[0] == 2


@pytest.mark.usefixtures("fresh_database")
def test_associations_and_requests_of_dicomweb_are_counted_together(listener: Listening) -> None:
    allow(1, 1000)
    ours = web.system()
    assert ours.get("studies").status_code == 204  # none
    held = wire.connect(listener, wire.request(calling="ESIM_PACS"))
    assert web.problem(ours.get("studies")) == (503, "customer-too-busy")
    held.send(wire.RELEASE_RQ)
    assert held.read()[0] == 6
    eventually(lambda: ours.get("studies").status_code == 204)


CT = (cast.CT, cast.EXPLICIT)


@pytest.mark.usefixtures("fresh_database")
def test_a_customer_over_its_pace_is_told_to_send_the_rest_later(listen: Listen) -> None:
    # In one process: the minute may turn, but not twice in these few objects.
    listener = listen(DICOM_PROCESSES="1")
    allow(10, 2)
    with listener.associate(CT) as assoc:
        answers = [send(assoc, cast.dataset()) for _ in range(7)]
    refused = [answer for answer in answers if answer.Status == 0xA700]
    assert len(refused) >= 3
    assert {answer.ErrorComment for answer in refused} == {
        "A700: too many objects a minute, send again later"
    }
    assert Instance.objects.count() == 7 - len(refused)
    assert (Case.objects.get().reason, Case.objects.get().event_count) == ("customer-too-fast", 1)
    assert LedgerEvent.objects.get(kind="object.refused").facts["count"] == len(refused)
