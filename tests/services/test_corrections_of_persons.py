"""Corrections of studies beside what messages say of the person meanwhile (AR-7, HL-1)."""

from dataclasses import replace

import pytest

from archive.models import Correction, LedgerEvent, Study
from archive.objects.persons import Demographics, Person
from archive.queries import corrections as queries
from archive.queries.corrections import studies_beside
from archive.services import identity, looking, overlays
from archive.services.identity import Occasion
from tests import cast, notes, persons
from tests.cast import MATTI, VENLA, dataset
from tests.services.test_corrections import corrected, settle
from tests.services.test_corrections_laid_over import lay_over
from tests.services.test_rejections import ARCHIVIST, registered

pytestmark = pytest.mark.usefixtures("db")

MARRIED = "Esimerkki^Matti"


def renamed(name: str = MARRIED) -> None:
    """A customer's system tells the person's new name (A08)."""
    told = Person(persons.official(), Demographics(name=name))
    assert identity.update(persons.sender(), told, Occasion("production"))


def name() -> str:
    return persons.patient(persons.official()).name


def test_undoing_a_correction_leaves_what_was_told_of_the_person_since() -> None:
    [made] = lay_over(registered(dataset()), AccessionNumber="B2")
    renamed()
    overlays.undo(ARCHIVIST, made, reason="a slip")
    assert (Study.objects.get().accession_number, name()) == ("A1", MARRIED)
    assert LedgerEvent.objects.get(kind="correction.undone").facts["changed"] == ["AccessionNumber"]


def test_undoing_a_corrected_name_leaves_the_name_that_came_since() -> None:
    [made] = lay_over(registered(dataset()), PatientName="Meikalainen^Matti", PatientSex="M")
    renamed()
    overlays.undo(ARCHIVIST, made, reason="a slip")
    held = persons.patient(persons.official())
    assert (held.name, held.sex) == (MARRIED, "F")


def test_what_its_sender_corrects_leaves_what_its_objects_always_said_of_the_person() -> None:
    notes.allow(metadata=True)
    first = dataset()
    study = registered(first)
    renamed()
    cast.store(corrected(first, AccessionNumber="B2"))
    settle(study)
    assert (Study.objects.get().accession_number, name()) == ("B2", MARRIED)
    assert LedgerEvent.objects.get(kind="study.corrected").facts["changed"] == ["AccessionNumber"]
    overlays.undo(ARCHIVIST, Correction.objects.get(), reason="was right before")
    assert (Study.objects.get().accession_number, name()) == ("A1", MARRIED)


def test_of_a_merged_id_the_name_that_is_given_out_is_corrected_and_undone() -> None:
    study = persons.study(persons.temporary(), PatientName="Tuntematon^X")
    persons.merge(persons.temporary(), persons.official(), name="Meikäläinen^Mati")
    [made] = lay_over(study, PatientName="Meikäläinen^Matti")
    assert made.before["PatientName"] == "Meikäläinen^Mati"
    assert name() == "Meikäläinen^Matti"
    assert persons.patient(persons.temporary()).name == "Meikäläinen^Matti"
    overlays.undo(ARCHIVIST, made, reason="a slip")
    assert name() == "Meikäläinen^Mati"


def test_a_merged_id_keeps_its_own_name_when_something_else_is_corrected() -> None:
    study = persons.study(persons.temporary(), PatientName="Tuntematon^X")
    persons.merge(persons.temporary(), persons.official(), name="Meikäläinen^Matti")
    lay_over(study, AccessionNumber="B2")
    assert persons.patient(persons.temporary()).name == "Tuntematon^X"
    assert name() == "Meikäläinen^Matti"


def test_studies_under_every_id_of_the_person_may_be_corrected_in_one() -> None:
    one, other = persons.study(persons.temporary()), persons.study(persons.official())
    assert studies_beside(one) == []
    persons.merge(persons.temporary(), persons.official())
    assert (studies_beside(fresh(one)), studies_beside(other)) == ([other], [one])


def fresh(study: Study) -> Study:
    return Study.objects.get(id=study.id)


def test_a_look_at_a_correction_is_one_at_whoever_it_names() -> None:
    study = registered(dataset())
    [made] = lay_over(study, PatientID=VENLA, PatientName="Mallikas^Venla")
    looking.at_correction(replace(ARCHIVIST, reason="E-1042"), queries.correction(made.id))
    looks = LedgerEvent.objects.filter(kind="study.viewed", study_id=study.id)
    assert {each.patient_id for each in looks} == {
        persons.patient(persons.official(code)).id for code in (MATTI, VENLA)
    }
    assert looks.count() == 2 and looks[0].facts["reason"] == "E-1042"
