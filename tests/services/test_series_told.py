"""Series are found by their performed step and the orders they answer (AR-6)."""

from typing import Any

import pytest
from pydicom.dataset import Dataset

from archive.models import Instance, Job, Series, Study
from archive.objects.identifier import Attribute
from archive.objects.series_facts import PROCEDURE_ID, REQUESTS, STEP_DATE, STEP_ID, STEP_TIME
from archive.services import querying, rebuilding, registration, series_told
from archive.values import now
from tests import cast, notes
from tests.cast import MALLILA, dataset
from tests.finding import answers, find, question
from tests.rebuilding import nothing, wipe
from tests.services.test_registration import quiet
from tests.vaults import file_of

pytestmark = pytest.mark.usefixtures("db")

STUDY = "1.2.246.10.90000003.1"
FIRST, SECOND = f"{STUDY}.1", f"{STUDY}.2"


def request(step: str, procedure: str) -> Dataset:
    item = Dataset()
    item.ScheduledProcedureStepID, item.RequestedProcedureID = step, procedure
    return item


def of_series(uid: str, *requests: Dataset, date: str = "20261120", time: str = "1015") -> Dataset:
    return dataset(
        SeriesInstanceUID=uid,
        PerformedProcedureStepStartDate=date,
        PerformedProcedureStepStartTime=time,
        RequestAttributesSequence=list(requests),
    )


def come(*made: Dataset) -> Study:
    study = cast.store(*made)
    Instance.objects.filter(study=study).update(committed_at=now())
    registration.advance(study.id)
    return study


def two_series() -> Study:
    return come(
        of_series(FIRST, request("S1", "R1"), request("S2", "R2")),
        of_series(SECOND, request("S3", "R1"), date="20261121", time="235900.5"),
    )


def found(level: str = "SERIES", **keys: Any) -> set[str]:
    return {each["SeriesInstanceUID"] for each in find(level, **keys)}


def asked(**keys: str) -> dict[str, str]:
    return keys


def answered(**keys: Any) -> dict[int, Attribute]:
    search = querying.find(cast.peer(), question("SERIES", SeriesInstanceUID=FIRST, **keys))
    (answer,) = answers(search)
    return answer


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"PerformedProcedureStepStartDate": "20261120"}, {FIRST}),
        ({"PerformedProcedureStepStartDate": "20261121-"}, {SECOND}),
        ({"PerformedProcedureStepStartTime": "10-11"}, {FIRST}),
        ({"PerformedProcedureStepStartTime": "235900-235901"}, {SECOND}),
        ({"RequestAttributesSequence": asked(RequestedProcedureID="R1")}, {FIRST, SECOND}),
        ({"RequestAttributesSequence": asked(ScheduledProcedureStepID="S?")}, {FIRST, SECOND}),
        ({"RequestAttributesSequence": asked(ScheduledProcedureStepID="S_")}, set()),
        ({"RequestAttributesSequence": asked(ScheduledProcedureStepID="S2\\S9")}, {FIRST}),
        (
            {
                "RequestAttributesSequence": asked(
                    ScheduledProcedureStepID="S1", RequestedProcedureID="R1"
                )
            },
            {FIRST},
        ),
        (  # of one and the same item
            {
                "RequestAttributesSequence": asked(
                    ScheduledProcedureStepID="S1", RequestedProcedureID="R2"
                )
            },
            set(),
        ),
        ({"RequestAttributesSequence": asked()}, {FIRST, SECOND}),
    ],
)
def test_series_and_their_objects_are_found_by_step_and_order(
    keys: dict[str, Any], expected: set[str]
) -> None:
    two_series()
    assert found(StudyInstanceUID=STUDY, **keys) == expected
    assert found("IMAGE", **keys) == expected


def test_they_are_returned_as_they_stand() -> None:
    two_series()
    answer = answered(
        PerformedProcedureStepStartDate="",
        PerformedProcedureStepStartTime="",
        RequestAttributesSequence="",
    )
    assert answer[STEP_DATE].values == ("20261120",)
    assert answer[STEP_TIME].values == ("1015",)
    told = [{each.tag: each.values for each in item} for item in answer[REQUESTS].items]
    assert told == [
        {STEP_ID: ("S1",), PROCEDURE_ID: ("R1",)},
        {STEP_ID: ("S2",), PROCEDURE_ID: ("R2",)},
    ]
    (item, _) = answered(RequestAttributesSequence=asked(RequestedProcedureID=""))[REQUESTS].items
    assert [each.tag for each in item] == [PROCEDURE_ID]


def test_a_customer_sees_none_of_anothers() -> None:
    two_series()
    assert not find("SERIES", business_id=MALLILA, PerformedProcedureStepStartDate="20261120")


def test_one_without_them_is_read_once() -> None:
    study = come(dataset())
    assert Series.objects.get(study=study).requests == []
    assert found(RequestAttributesSequence=asked(RequestedProcedureID="*x")) == set()


def test_a_series_whose_object_is_away_says_nothing_yet() -> None:
    made = of_series(FIRST, request("S1", "R1"))
    study = cast.store(made)
    path = file_of("production", bytes(Instance.objects.get().digest))
    whole = path.read_bytes()
    path.unlink()
    series_told.read_new(study)
    assert Series.objects.get().requests is None
    path.write_bytes(whole)
    series_told.read_new(study)
    assert found(RequestAttributesSequence=asked(RequestedProcedureID="R1")) == {FIRST}


def test_what_corrected_objects_say_is_what_they_are_found_by() -> None:
    notes.allow(metadata=True)
    made = of_series(FIRST, request("S1", "R1"))
    come(made)
    again = of_series(FIRST, request("S1", "R7"))
    again.SOPInstanceUID = made.SOPInstanceUID
    cast.store(again)
    assert found(RequestAttributesSequence=asked(RequestedProcedureID="R7")) == {FIRST}
    assert found(RequestAttributesSequence=asked(RequestedProcedureID="R1")) == set()


@pytest.mark.usefixtures("own_vault")
def test_they_come_back_with_the_index() -> None:
    two_series()
    wipe()
    rebuilding.rebuild(nothing)
    study = Study.objects.get()
    quiet(study)
    registration.advance(study.id)
    assert found(RequestAttributesSequence=asked(RequestedProcedureID="R2")) == {FIRST}


@pytest.mark.usefixtures("own_vault")
def test_what_was_archived_before_they_were_read_is_read_when_the_index_is_made_again() -> None:
    study = two_series()
    Series.objects.update(requests=None, step_date="", step_time="")
    Job.objects.all().delete()
    rebuilding.rebuild(nothing)
    (job,) = Job.objects.filter(kind="registration")
    assert job.subject_id == study.id
    registration.advance(study.id)
    assert found(PerformedProcedureStepStartDate="20261121") == {SECOND}
