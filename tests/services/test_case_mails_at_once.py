"""What happens to a case in the moment in which its news are looked for is told (SD-3)."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction

from archive.models import CaseMail
from archive.services import case_mails, case_work
from archive.values import now
from tests import meanwhile
from tests.services.test_case_mails import boss, customer, wants
from tests.services.test_desk_cases import WEB, desk, desk_person, fail

pytestmark = pytest.mark.usefixtures("fresh_database")


def test_a_message_that_is_written_while_news_are_looked_for_is_told_in_the_next_round() -> None:
    wants(customer())
    case = fail()
    assert case_mails.tell_due() == 1
    with transaction.atomic():
        case_work.wait_for_customer(desk(), case, "Which system?")
        assert meanwhile.elsewhere(case_mails.tell_due) == 0
    assert case_mails.tell_due() == 1
    assert case_mails.tell_due() == 0


def test_a_case_that_is_given_while_news_are_looked_for_is_told_to_whom_it_is_given() -> None:
    case = fail()
    wants(desk_person(), "given")
    with transaction.atomic():
        case_work.assign(boss(), case, desk_person())
        assert meanwhile.elsewhere(case_mails.tell_due) == 0
    assert case_mails.tell_due() == 1
    assert str(case) in mail.outbox[-1].body


def test_nothing_is_lost_when_the_clock_is_put_back() -> None:
    wants(customer())
    fail()
    CaseMail.objects.update(told_until=now() + timedelta(minutes=1))
    case_mails.tell_due()
    case = fail(at=WEB)
    assert case_mails.tell_due() == 1 and str(case) in mail.outbox[-1].body
