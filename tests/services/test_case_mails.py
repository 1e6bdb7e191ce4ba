"""Mails about cases: who asked for them, of what is theirs, at their time, once."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import translation
from django.utils.translation import gettext

from archive.actors import Actor, ActorKind
from archive.models import CaseMail, User
from archive.services import case_mails, case_work, error_desk, routes
from archive.values import HELSINKI, now
from tests import builders, post_office
from tests.cast import MALLILA
from tests.services.test_desk_cases import WEB, desk, desk_person, fail

SEARCH = "Cause and next step stand in the portal: search by the number of the case."
pytestmark = pytest.mark.django_db


def customer(login: str = "esim") -> User:
    return User.objects.get(username=login)


def wants(user: User, pace: str = "at_once", **hours: int) -> None:
    case_mails.choose(user.id, pace=pace, **hours)
    CaseMail.objects.filter(user=user).update(told_until=now() - timedelta(minutes=5))
    User.objects.filter(id=user.id).update(email=f"{user.username}@example.org")


def test_a_customer_is_told_of_its_own_cases_and_once() -> None:
    wants(customer())
    case, foreign = fail(), fail(MALLILA)
    builders.case(state="resolved", opened_at=now() - timedelta(days=9))
    assert case_mails.tell_due() == 1
    (sent,) = mail.outbox
    assert sent.to == [customer().email] and str(case) in sent.body
    assert str(foreign) not in sent.body and "A900" in sent.body
    assert case_mails.tell_due() == 0


def test_each_side_is_told_what_the_other_wrote_but_not_the_words() -> None:
    case = fail()
    case_work.assign(desk(), case, desk_person())
    for user in (customer(), desk_person()):
        wants(user)
        CaseMail.objects.filter(user=user).update(told_until=now())
    case_work.comment(desk(), case, "for us only", is_shared=False)
    assert case_mails.tell_due() == 0
    case_work.wait_for_customer(desk(), case, "Which system?")
    assert case_mails.tell_due() == 1 and mail.outbox[0].to == [customer().email]
    actor = Actor(ActorKind.CUSTOMER, "Esim", customer().id)
    case_work.reply(actor, case, "The new one.")
    assert case_mails.tell_due() == 1 and mail.outbox[1].to == [desk_person().email]
    for sent in mail.outbox:
        assert "Which system" not in sent.body and "new one" not in sent.body
    with translation.override("fi"):
        searches = [gettext(SEARCH) in sent.body for sent in mail.outbox]
    assert searches == [False, True]  # customers' people have no search


def boss() -> Actor:
    person = User.objects.get(username="admin")
    return Actor(ActorKind.STAFF, person.get_full_name(), person.id)


def test_a_case_that_somebody_gives_is_told_to_whom_it_is_given_and_not_to_who_takes_one() -> None:
    User.objects.filter(id=desk_person().id).update(email="support@example.org")
    given, taken = fail(), fail(MALLILA)
    case_work.assign(boss(), given, desk_person())
    case_work.assign(desk(), taken, desk_person())
    assert case_mails.tell_due() == 1
    (sent,) = mail.outbox
    assert sent.to == ["support@example.org"]
    assert str(given) in sent.body and str(taken) not in sent.body
    assert case_mails.tell_due() == 0
    error_desk.resolve(desk(), given, reason="code list loaded")  # was not asked for
    assert case_mails.tell_due() == 0


def test_a_case_given_is_named_once_among_other_news() -> None:
    wants(desk_person())
    case = fail()
    case_work.assign(boss(), case, desk_person())
    assert case_mails.tell_due() == 1
    (sent,) = mail.outbox
    assert sent.body.count(f"{case} ") == 1
    with translation.override("fi"):
        assert gettext("Given to you:") in sent.body
        assert gettext("New, or come back:") not in sent.body


def test_who_chose_no_mail_gets_none_of_a_case_given() -> None:
    wants(desk_person(), pace="off")
    case_work.assign(boss(), fail(), desk_person())
    assert case_mails.tell_due() == 0 and not mail.outbox


def test_quiet_hours_put_off_and_lose_nothing() -> None:
    hour = now().astimezone(HELSINKI).hour
    wants(customer(), quiet_from=hour, quiet_until=(hour + 2) % 24)
    fail()
    assert case_mails.tell_due() == 0
    CaseMail.objects.update(quiet_from=0, quiet_until=0)
    assert case_mails.tell_due() == 1


def test_no_mail_is_sent_to_who_did_not_ask() -> None:
    wants(customer(), pace="off")
    fail()
    assert case_mails.tell_due() == 0 and not mail.outbox


def test_a_server_that_hangs_ends_the_round_and_all_are_told_later() -> None:
    wants(customer())
    wants(desk_person())
    fail().watchers.add(desk_person())
    with post_office.opened() as office:
        office.is_mute = True
        with post_office.used(office.port, seconds=0.2):
            assert case_mails.tell_due() == 0
        assert office.calls == 1
        office.is_mute = False
        with post_office.used(office.port):
            assert case_mails.tell_due() == 2


def test_a_reader_whom_the_server_refuses_holds_up_nobody() -> None:
    wants(customer())
    User.objects.filter(id=customer().id).update(email=f"{post_office.NOBODY}example.fi")
    wants(desk_person())
    fail().watchers.add(desk_person())
    with post_office.opened() as office, post_office.used(office.port):
        assert case_mails.tell_due() == 1
        assert office.took == [desk_person().email]


def test_a_case_that_was_joined_is_not_said_to_be_resolved() -> None:
    wants(customer())
    first, second = fail(), fail(at=WEB)
    assert case_mails.tell_due() == 1
    routes.join(desk(), second, first)
    assert case_mails.tell_due() == 0
    error_desk.resolve(desk(), first, reason="code list loaded")
    assert case_mails.tell_due() == 1 and str(second) not in mail.outbox[-1].body
