"""Hundreds of mixed failures fall into the cases they were made for, and no other (SD-2)."""

import pytest

from archive.errors import ArchiveError
from archive.models import Case, Connection
from archive.services import associations
from archive.services.sessions import Session
from archive.simulation import failures
from archive.simulation.failures import OF_NOBODY, Failure
from archive.simulation.scenes import Run
from archive.simulation.world import World
from archive.simulation.wrongs import UNKNOWN_TITLE, WRONGS
from archive.values import uuid7
from tests import cast
from tests.simulation.conftest import ArchiveDouble

COUNT = 300  # enough that every cause comes from everybody several times
REASONS = {
    "unknown-code": "study-code-unknown",
    "no-accession": "accession-missing",
    "bad-patient-id": "patient-id-untrusted",
    "not-allowed-class": "class-not-archived",
    "unknown-ae": "peer-unknown",
}


class Desk:
    """Refuses what it is sent as the listener does, without the sockets between."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.sessions: dict[str, Session] = {}
        self.objects: dict[tuple[str, str], tuple[object, bytes, str]] = {}

    def take(self, failure: Failure) -> None:
        with pytest.raises(ArchiveError):
            if failure.wrong == OF_NOBODY:
                called = self.run.world.called("production")
                associations.establish(
                    calling=UNKNOWN_TITLE,
                    called=called,
                    address="127.0.0.1",
                    association_id=uuid7(),
                )
            dataset, data, syntax = self.object(failure)
            session = self.session(failure)
            cast.send(session, dataset, syntax, data=data)  # type: ignore[arg-type]

    def session(self, failure: Failure) -> Session:
        title = failure.customer.aet
        if title not in self.sessions:
            link = Connection.objects.select_related("organisation").get(aet=title)
            self.sessions[title] = Session(cast.peer(link.organisation.business_id))
        return self.sessions[title]

    def object(self, failure: Failure) -> tuple[object, bytes, str]:
        """Encoded once for each cause: what is refused may come again."""
        if failure.cause not in self.objects:
            dataset = failures.made(self.run, failure).datasets[0]
            syntax = str(dataset.file_meta.TransferSyntaxUID)
            del dataset.file_meta  # C-STORE carries the data set alone
            self.objects[failure.cause] = (dataset, cast.encoded(dataset, syntax), syntax)
        return self.objects[failure.cause]


@pytest.mark.django_db
def test_hundreds_of_failures_are_a_handful_of_cases(found: World) -> None:
    mixed = failures.mixed(found, COUNT)
    expected = failures.causes(mixed)
    assert sum(expected.values()) == COUNT and len(expected) < 15
    assert min(expected.values()) > 1
    desk = Desk(Run(found))
    for failure in mixed:
        desk.take(failure)
    cases = Case.objects.select_related("connection")
    seen = {
        (case.connection.aet if case.connection else "", case.reason): case.event_count
        for case in cases
    }
    assert seen == {(aet, REASONS[wrong]): count for (aet, wrong), count in expected.items()}
    assert Case.objects.count() == len(expected)


def test_they_are_sent_over_the_sockets_and_answered_as_meant(
    archive: ArchiveDouble, found: World
) -> None:
    answers = {"unknown-code": 0xA900, "no-accession": 0xA900, "bad-patient-id": 0xA777}
    mixed = [each for each in failures.mixed(found, 60) if each.wrong in answers][:12]
    archive.judge = lambda dataset: (
        (0xA900, "no")
        if dataset.StudyDescription.startswith("ZZ") or not dataset.AccessionNumber
        else (0xA777, "no")
    )
    told: list[str] = []
    sent = failures.send(Run(found), mixed, lambda each: told.append(each.line))
    assert sum(each.count for each in sent) == len(mixed) and len(told) == len(sent)
    assert all(each.as_meant for each in sent), told
    assert {each.wrong for each in sent} <= set(WRONGS)


def test_the_same_seed_mixes_the_same(found: World) -> None:
    assert failures.mixed(found, 50) == failures.mixed(found, 50) != failures.mixed(found, 50, 2)
