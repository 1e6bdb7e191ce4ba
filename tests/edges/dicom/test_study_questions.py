"""Asking a customer's archive for its studies, over a real association (AR-12)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.events import Event

from archive import errors
from archive.edges.dicom import client
from archive.objects.messages import Target
from archive.objects.study_lists import ListedStudy, Question

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 31)
ENDLESS = 10_000


@pytest.fixture
def target(free_port: int) -> Target:
    return Target("127.0.0.1", free_port, "ESIM_PACS", "KANTA", timeout=5)


def question(most: int = 100) -> Question:
    return Question(FIRST, LAST, most, seconds=30)


def study(number: int, **columns: str) -> Dataset:
    made = Dataset()
    made.QueryRetrieveLevel = "STUDY"
    made.PatientName = "Meikäläinen^Matti"  # some tell more than they were asked
    for name, value in {"StudyInstanceUID": f"1.2.{number}", **columns}.items():
        setattr(made, name, value)
    return made


@contextmanager
def archive(
    port: int, answers: list[Dataset], *, status: int = 0x0000, asked: list[Dataset] | None = None
) -> Iterator[None]:
    """Answers, then ends with `status`; heeds a cancel."""

    def on_find(event: Event) -> Iterator[tuple[int, Dataset | None]]:
        if asked is not None:
            asked.append(event.identifier)
        for answer in answers:
            if event.is_cancelled:
                yield 0xFE00, None
                return
            yield 0xFF00, answer
        yield status, None

    ae = AE("ESIM_PACS")
    ae.add_supported_context(client.STUDY_ROOT_FIND)
    server = ae.start_server(
        ("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_FIND, on_find)]
    )
    try:
        yield
    finally:
        server.shutdown()  # type: ignore[union-attr]


def test_days_are_asked_for_and_nothing_of_the_patient(target: Target) -> None:
    asked: list[Dataset] = []
    whole = study(1, AccessionNumber="R1", StudyDate="20260105", NumberOfStudyRelatedInstances="12")
    nameless = study(2, StudyInstanceUID="")
    odd = study(3, NumberOfStudyRelatedInstances="-5")
    with archive(target.port, [whole, nameless, odd], asked=asked):
        found = client.find_studies(target, question())
    assert found.studies == [
        ListedStudy("1.2.1", "R1", date(2026, 1, 5), 12),
        ListedStudy("1.2.3", "", None, None),
    ]
    assert (found.whole, found.faulty) == (True, 1)
    assert asked[0].StudyDate == "20260101-20260131"
    assert not [element.keyword for element in asked[0] if element.keyword.startswith("Patient")]


def test_more_than_was_asked_for_is_cancelled_and_said(target: Target) -> None:
    answers = [study(number) for number in range(1, ENDLESS)]
    with archive(target.port, answers):
        found = client.find_studies(target, question(most=10))
    assert (len(found.studies), found.whole) == (10, False)


def test_just_as_many_as_may_come_are_all(target: Target) -> None:
    with archive(target.port, [study(1), study(2)]):
        assert client.find_studies(target, question(most=2)).whole


def test_a_refusal_is_no_empty_list(target: Target) -> None:
    with archive(target.port, [], status=0xA700), pytest.raises(errors.PeerRejected, match="A700"):
        client.find_studies(target, question())
    with pytest.raises(errors.PeerUnreachable):
        client.find_studies(target, question())
