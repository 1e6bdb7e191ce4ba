"""C-FIND: how many there are below, and of what there is too much (AR-6)."""

import pytest

from archive.models import (
    Patient,
)
from archive.services import querying
from archive.services.sessions import Session
from tests import cast, notes
from tests.cast import MATTI, dataset
from tests.configuring import Configure
from tests.finding import find, question, study

pytestmark = pytest.mark.usefixtures("db")


def test_a_study_that_is_being_received_is_counted_as_it_is() -> None:
    """Its sender may ask before its association ends."""
    session = Session(cast.peer())
    for _ in range(2):
        cast.send(session, dataset())
    study, patient = "NumberOfStudyRelatedInstances", "NumberOfPatientRelatedInstances"
    named = {"StudyInstanceUID": "1.2.246.10.90000003.1"}
    for level, keys in (("STUDY", named), ("STUDY", {"AccessionNumber": "A1"}), ("SERIES", named)):
        (found,) = find(level, **keys, **{study: ""})
        assert found[study] == "2"
    (found,) = find("PATIENT", patient_root=True, PatientID=MATTI, **{patient: ""})
    assert found[patient] == "2"
    session.close()
    assert find("STUDY", **named, **{study: ""})[0][study] == "2"


def test_a_series_of_rejected_objects_alone_is_counted_nowhere() -> None:
    uid = study(1)
    bad = dataset(StudyInstanceUID=uid, SeriesInstanceUID=f"{uid}.2")
    cast.store(bad)
    of_study, of_patient = "NumberOfStudyRelatedSeries", "NumberOfPatientRelatedSeries"
    for number in ("2", "1"):
        (found,) = find("STUDY", StudyInstanceUID=uid, **{of_study: ""})
        (patient,) = find("PATIENT", patient_root=True, PatientID=MATTI, **{of_patient: ""})
        assert found[of_study] == patient[of_patient] == number
        if number == "2":
            notes.send(notes.note(notes.SAFETY, bad))


def test_persons_with_several_ids_do_not_hide_that_there_are_more(configure: Configure) -> None:
    configure(DICOM_FIND_LIMIT="2")
    persons = [f"010181-99{number}{sign}" for number, sign in enumerate("0123")]
    for number, code in enumerate(persons):
        issuer = "1.2.246.10.90000003.22.2026"
        study(number + 1, PatientID=code, IssuerOfPatientID=issuer, PatientName=f"Testi^{number}")
    rows = Patient.objects.filter(identifier__in=persons)
    survivor = rows.get(identifier=persons[0])
    for merged, more in ((persons[1:2], True), (persons[1:3], False), (persons[1:], False)):
        rows.filter(identifier__in=merged).update(survivor=survivor)
        search = querying.find(cast.peer(), question("PATIENT", patient_root=True))
        people = {row.ids["person"] for row in search.rows}
        assert (len(people), search.more) == (min(2, 4 - len(merged)), more)
