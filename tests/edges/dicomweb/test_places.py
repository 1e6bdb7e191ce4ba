"""What one customer may take of DICOMweb, over all web processes (AR-13)."""

import os
import signal
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from archive.edges import limits
from archive.edges.limits import Strangers
from archive.errors import CustomerTooBusy, CustomerTooFast
from archive.models import CaseEvent
from archive.queries import load
from archive.services.associations import Peer
from archive.values import now
from tests import cast
from tests.cast import dataset
from tests.edges.dicom.test_limits import allow, peer
from tests.edges.dicomweb import web

DICOM = 'multipart/related; type="application/dicom"'


@dataclass
class Process:
    """One that counts at the same file, holding a request and two objects of a customer's."""

    path: Path
    one: Peer
    pid: int = 0

    def begin(self) -> None:
        ready, told = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            try:
                strangers = Strangers(self.path)
                with strangers.one_more(self.one):
                    strangers.one_object(self.one)
                    strangers.one_object(self.one)
                    os.write(told, b".")
                    signal.pause()
            finally:
                os._exit(1)
        os.close(told)
        assert os.read(ready, 1) == b"."
        os.close(ready)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Process:
    monkeypatch.setattr(limits, "this_minute", lambda: 7)
    return Process(tmp_path / "places", peer(associations=2, objects=3))


def is_let_in(strangers: Strangers, one: Peer) -> bool:
    try:
        with strangers.one_more(one):
            return True
    except CustomerTooBusy:
        return False


def test_a_customer_is_counted_over_processes_and_a_killed_one_holds_nothing(
    other: Process,
) -> None:
    other.begin()
    ours = Strangers(other.path)
    ours.one_object(other.one)
    with pytest.raises(CustomerTooFast):
        ours.one_object(other.one)
    with ours.one_more(other.one):
        assert not is_let_in(ours, other.one) and is_let_in(ours, peer())
        other.kill()
        assert is_let_in(ours, other.one)


def test_the_first_of_all_begins_anew(other: Process) -> None:
    other.begin()
    other.kill()
    ours = Strangers(other.path)
    for _ in range(3):
        ours.one_object(other.one)
    with ours.one_more(other.one):
        assert is_let_in(ours, other.one)


@pytest.mark.usefixtures("db")
def test_a_request_too_many_is_told_to_come_later_and_is_seen_in_the_load() -> None:
    allow(1, 1000)
    made = dataset()
    cast.store(made)
    ours, address = web.system(), f"studies/{made.StudyInstanceUID}"
    first = ours.get(address, DICOM)  # not read to its end
    refused = ours.get(address, DICOM)
    assert web.problem(refused) == (503, "customer-too-busy") and refused["Retry-After"]
    assert ours.get("studies").status_code == 503
    event = CaseEvent.objects.select_related("case").order_by("at")[0]
    assert (event.case.reason, event.case.edge) == ("customer-too-busy", "dicomweb")
    assert event.facts["limit"] == "1"
    owner = cast.organisation()
    told = load.of_one("production", now() - timedelta(minutes=1), owner.id)
    assert told.refusals == 2
    web.leave(first)
    first.close()
    assert web.whole(ours.get(address, DICOM))
