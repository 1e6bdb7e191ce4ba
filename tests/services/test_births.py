"""A day of birth that contradicts the personal identity code is shown, and refused nowhere (AR-7,
HL-1, SD-1).
"""

from typing import Any

import pytest

from archive.models import Case, CaseEvent, Instance, Study
from archive.rules.identity import contradicts_code
from archive.services import error_desk, registration
from archive.values import PatientIdentifier
from tests import cast, notes, persons
from tests.cast import MALLILA, dataset
from tests.edges.hl7.messages import a08
from tests.edges.hl7.test_answers import ask, verdict
from tests.persons import official, temporary
from tests.services.test_corrections import corrected, settle
from tests.services.test_corrections_laid_over import lay_over
from tests.services.test_registration import state, stored
from tests.services.test_rejections import registered

pytestmark = pytest.mark.usefixtures("db")

WRONG = "19810102"


def cases() -> list[tuple[str, int]]:
    rows = Case.objects.filter(reason="birth-contradicts").order_by("opened_at")
    return list(rows.values_list("state", "open_count"))


@pytest.mark.parametrize(
    ("patient", "birth", "said"),
    [
        (official(), "19810101", False),
        (official(), "1981.01.01", False),
        (official(), WRONG, True),
        (official(), "18810101", True),
        (official(cast.VENLA), "20940501", True),
        (official(cast.VENLA), "19940101", False),  # the year alone is known
        (official(cast.VENLA), "19930101", True),
        (official(), "19000101", False),  # nothing is known
        (official(), "00010101", False),
        (official(), "", False),
        (official(), "1981", False),
        (temporary(), WRONG, False),
    ],
)
def test_what_contradicts_a_code(patient: PatientIdentifier, birth: str, said: bool) -> None:
    assert contradicts_code(patient, birth) is said


def test_a_study_that_tells_another_birth_is_registered_and_one_case() -> None:
    made = [dataset(PatientBirthDate=WRONG) for _ in range(3)]
    study = registered(*made)
    event = CaseEvent.objects.get()
    assert (event.case.reason, event.case.code) == ("birth-contradicts", "BIRTH")
    assert (event.study_id, event.case.organisation) == (study.id, cast.organisation())
    assert Instance.objects.available().count() == 3
    assert WRONG not in str(CaseEvent.objects.values()) + str(Case.objects.values())
    registration.advance(study.id)
    other = dataset(PatientBirthDate=WRONG, StudyInstanceUID="1.2.5", SeriesInstanceUID="1.2.5.1")
    stored(other)
    assert registration.advance(Study.objects.get(study_instance_uid="1.2.5").id) is None
    assert cases() == [("open", 2)]


def test_one_series_of_several_is_enough() -> None:
    stored(dataset(), dataset(SeriesInstanceUID="1.2.246.10.90000003.1.2", PatientBirthDate=WRONG))
    registration.advance(Study.objects.get().id)
    assert cases() == [("open", 1)]


def test_it_stands_while_the_study_waits_for_its_documents() -> None:
    study = stored(dataset(PatientBirthDate=WRONG))
    registration.advance(study.id)
    assert state(study) == "waiting_for_documents" and cases() == [("open", 1)]


def test_what_a_person_ignored_stays_aside() -> None:
    study = registered(dataset(PatientBirthDate=WRONG))
    error_desk.ignore(CaseEvent.objects.get().id, "the code was changed")
    registration.advance(study.id)
    assert cases() == [("resolved", 0)]


@pytest.mark.parametrize(
    "how", ["laid over", "sent", "rejected", "rejected whole", "another patient"]
)
def test_it_ends_when_it_is_mended(how: str) -> None:
    notes.allow(metadata=True)
    made, right = dataset(PatientBirthDate=WRONG), dataset(SeriesInstanceUID="1.2.246.10.9.2")
    study = registered(made, right)
    assert cases() == [("open", 1)]
    if how == "laid over":
        lay_over(study, PatientBirthDate="19810101")
    elif how == "sent":
        cast.store(corrected(made))
        settle(study)
    elif how == "rejected":
        notes.send(notes.note(notes.WORKLIST, made))
    elif how == "rejected whole":
        notes.send(notes.note(notes.WORKLIST, made, right))
    else:
        lay_over(study, PatientID=cast.VENLA, PatientBirthDate="19940501")
    registration.advance(study.id)
    assert cases() == [("resolved", 0)]


# --- messages -------------------------------------------------------------------------------------


def told(birth: str, **more: Any) -> None:
    assert verdict(ask(a08(birth_date=birth, **more))) == ("AA", "")


def test_a_message_that_tells_another_birth_is_taken_and_a_case_until_the_next() -> None:
    persons.study(official())
    told(WRONG)
    told(WRONG, name="Virtanen^Toinen")
    assert cases() == [("open", 1)]
    assert persons.patient(official()).birth_date == WRONG
    told("")  # says nothing of it
    assert cases() == [("open", 1)]
    told("19810101")
    assert cases() == [("resolved", 0)]
    assert not Case.objects.filter(organisation=cast.organisation(MALLILA)).exists()
