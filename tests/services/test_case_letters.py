"""A customer that is asked about a case hears of it by mail, whoever chose mails (SD-3, SD-5)."""

import pytest
from django.core import mail

from archive import tasks
from archive.models import Case, Job, JobKind
from archive.services import case_work
from onboarding.models import Contact, ContactKind
from tests import post_office
from tests.cast import ESIMERKKILA, organisation
from tests.configuring import Configure
from tests.services.test_desk_cases import desk, fail

pytestmark = pytest.mark.django_db
QUESTION = "Which system sent this? 010181-900C"


def sent() -> list[mail.EmailMessage]:
    mail.outbox.clear()
    for job in Job.objects.filter(kind=JobKind.CASE_LETTER):
        tasks.WORK[JobKind.CASE_LETTER].run(job.subject_id)
    return post_office.deliver()


@pytest.fixture
def case() -> Case:
    Contact.objects.update_or_create(
        organisation=organisation(ESIMERKKILA),
        kind=ContactKind.TECHNICAL,
        defaults={"name": "Taru", "email": "taru@esim.example.invalid", "language": "sv"},
    )
    return fail()


def test_the_technical_contact_is_mailed_in_its_language_and_reads_the_rest_in_the_portal(
    case: Case, configure: Configure
) -> None:
    configure(PUBLIC_URL="https://portal.example.invalid")
    case_work.wait_for_customer(desk(), case, QUESTION)
    (letter,) = sent()
    assert letter.to == ["taru@esim.example.invalid"]
    assert str(case) in letter.subject and "Exempeldals välfärdsområde" in letter.body
    assert f"/cases/{case.id}/" in letter.body
    for secret in ("010181-900C", "Which system"):
        assert secret not in letter.subject + str(letter.body)


def test_who_has_answered_by_then_is_not_mailed(case: Case) -> None:
    case_work.wait_for_customer(desk(), case, QUESTION)
    case_work.go_on(desk(), case)
    assert sent() == []


def test_a_note_and_a_case_of_nobody_are_mailed_to_nobody(case: Case) -> None:
    case_work.comment(desk(), case, "done", is_shared=True)
    Case.objects.filter(id=case.id).update(organisation=None)
    case.refresh_from_db()
    case_work.wait_for_customer(desk(), case, QUESTION)
    assert not Job.objects.filter(kind=JobKind.CASE_LETTER).exists()
