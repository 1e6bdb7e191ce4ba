"""What a customer's system is registered for is what it may do (ON-3)."""

from collections.abc import Callable

import pytest

from archive.models import Case, Connection, Instance, LedgerEvent
from tests import cast
from tests.edges.dicom.destination import storage
from tests.edges.dicom.listening import Listening, send
from tests.edges.dicom.moves import MOVE, moved, stored, study_level
from tests.edges.dicom.test_finding import FIND, asked, found
from tests.edges.dicom.test_getting import GET, Inbox, got

pytestmark = pytest.mark.usefixtures("fresh_database")
CT = (cast.CT, cast.EXPLICIT)
SAID = "0124: system is not registered for this service"


def only(**allowed: bool) -> None:
    Connection.objects.filter(aet="ESIM_PACS").update(**allowed)


def test_a_system_that_only_stores_asks_and_fetches_nothing(
    listener: Listening, pick_port: Callable[[], int]
) -> None:
    stored(1)
    only(may_fetch=False)
    more = cast.dataset(StudyInstanceUID="1.2.7", SeriesInstanceUID="1.2.7.1")
    with storage(pick_port()) as destination, listener.associate(FIND, MOVE, CT) as assoc:
        assert [status for status, _ in found(assoc, asked(StudyInstanceUID=""))] == [0x0124]
        assert moved(assoc, study_level())[1].Status == 0x0124
        assert send(assoc, more).Status == 0x0000
    assert not destination.stored
    inbox = Inbox()
    with listener.associate(GET, CT, **inbox.options()) as assoc:
        _, last, _ = got(assoc, study_level())
        assert (last.Status, last.ErrorComment) == (0x0124, SAID)
    assert not inbox.brought
    assert not LedgerEvent.objects.filter(kind__in=("study.retrieved", "studies.queried")).exists()
    cases = Case.objects.filter(reason="service-not-allowed")
    assert {case.organisation_id for case in cases} == {cast.organisation().id}
    assert sum(case.event_count for case in cases) == 3


def test_a_system_that_only_fetches_stores_nothing(
    listener: Listening, pick_port: Callable[[], int]
) -> None:
    made = stored(1)
    only(may_store=False)
    with storage(pick_port()) as destination, listener.associate(FIND, MOVE, CT) as assoc:
        answer = send(assoc, cast.dataset(InstanceNumber="9"))
        assert (answer.Status, answer.ErrorComment) == (0x0124, SAID)
        assert found(assoc, asked(StudyInstanceUID=""))[-1][0] == 0x0000
        assert moved(assoc, study_level())[1].Status == 0x0000
    assert len(destination.stored) == Instance.objects.count() == len(made)
    assert Case.objects.get().reason == "service-not-allowed"
