"""Mails about authorisations: to both parties, each in its reader's language, without a patient."""

import pytest
from django.core import mail

from archive import tasks
from archive.models import Job, JobKind
from archive.services import authorisations
from onboarding import tasks as road_tasks
from onboarding.models import Contact
from onboarding.services import authorisation_letters
from tests import post_office
from tests.authorising import made, order, person, received
from tests.cast import MATTI, RONTGEN, organisation

pytestmark = pytest.mark.usefixtures("db")
ESIM, ROENTGEN = "administrative@esim.example.invalid", "administrative@rontgen.example.invalid"


@pytest.fixture
def sent() -> object:
    """Runs the letters that are owed; the mails they made, by reader."""

    def run() -> dict[str, mail.EmailMessage]:
        mail.outbox.clear()
        for job in Job.objects.filter(kind=JobKind.AUTHORISATION_LETTER, state="waiting"):
            tasks.WORK[JobKind(job.kind)].run(job.subject_id)
            Job.objects.filter(id=job.id).update(state="done")
        return {each.to[0]: each for each in post_office.deliver()}

    return run


def test_the_letters_are_work_of_the_same_workers() -> None:
    assert tasks.WORK.keys() == set(JobKind)
    assert road_tasks.WORK is tasks.WORK


def test_both_are_told_of_each_change_and_no_patient_is_named(sent: object) -> None:
    assert callable(sent)
    Contact.objects.filter(email=ROENTGEN).update(language="sv")
    row = made()
    told = sent()
    assert told.keys() == {ESIM, ROENTGEN}
    assert "Esimerkkilän hyvinvointialue" in told[ESIM].body
    assert told[ROENTGEN].subject == "Nytt uppdrag från Exempeldals välfärdsområde"
    assert "AA1AD Pään TT" in told[ROENTGEN].body
    row = authorisations.accept(person(RONTGEN), row)
    assert "Röntgen Esimerkki Oy" in sent()[ESIM].subject
    authorisations.revoke(person(), row, reason="Hoidettu muualla")
    told = sent()
    assert all("Hoidettu muualla" in each.body for each in told.values())
    assert not any(MATTI in each.body + each.subject for each in told.values())


def test_without_a_producer_only_the_organiser_is_told(sent: object) -> None:
    assert callable(sent)
    row = made(producer=None)
    assert sent().keys() == {ESIM}
    Contact.objects.filter(email=ROENTGEN).update(language="en")
    # Who is named later gets a new assignment, not a change of one it never had.
    named = authorisations.amend(person(), row, order(), producer=organisation(RONTGEN))
    assert sent()[ROENTGEN].subject.startswith("New assignment from ")
    authorisations.amend(
        person(), named, order(order_text="Also the neck"), producer=organisation(RONTGEN)
    )
    assert sent()[ROENTGEN].subject.startswith("Assignment changed by ")


def test_what_comes_from_the_repository_is_told_as_well(sent: object) -> None:
    assert callable(sent)
    received(service_text="Pään\nTT")
    assert "AA1AD Pään TT" in sent()[ESIM].subject


def test_the_test_environment_says_so(sent: object) -> None:
    assert callable(sent)
    made(environment="test")
    assert sent()[ESIM].subject.startswith("Testiympäristö: ")


def test_every_event_of_a_letter_has_texts_for_its_readers() -> None:
    assert len(authorisation_letters.TEXTS) == 7
    assert organisation(RONTGEN).contacts.count() == 3
