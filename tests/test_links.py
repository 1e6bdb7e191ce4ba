"""Mails lead to the page concerned, below the public address."""

from dataclasses import replace

import pytest
from django.core import mail
from django.urls import resolve

from archive import links
from archive.config import read, settings
from archive.models import CaseMail, MailPace, User
from archive.services import case_mails
from archive.values import now, uuid7
from onboarding.services import letters, mails
from tests import builders, post_office
from tests.cast import organisation

PUBLIC = "https://archive.example.invalid"
NAMED = "https://portal.example.invalid"
GIVEN = {"SECRET_KEY": "x", "DATABASE_URL": "postgresql://x@/x", "CELERY_BROKER_URL": "memory://"}


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> None:
    given = replace(settings(), public_url=PUBLIC)
    monkeypatch.setattr(links, "settings", lambda: given)


def test_places_are_pages() -> None:
    for name, path in links.PLACES.items():
        assert resolve(path.format(id=uuid7())).url_name == name


def test_without_a_public_address_there_is_no_link() -> None:
    assert links.to("case", uuid7()) == ""


@pytest.mark.django_db(transaction=False)
@pytest.mark.usefixtures("public")
def test_mails_about_cases_and_letters_carry_links() -> None:
    person = User.objects.get(username="esim")
    User.objects.filter(id=person.id).update(email="esim@example.invalid")
    CaseMail.objects.create(user=person, pace=MailPace.AT_ONCE, told_until=now())
    case = builders.case(opened_at=now())
    assert case_mails.tell_due() == 1
    assert f"{PUBLIC}/cases/{case.id}/" in mail.outbox[0].body
    assert mail.outbox[0].body.rstrip().endswith(f"{PUBLIC}/desk/mails/")
    letter = mails.Letter(*letters.LET_IN, place="home")
    mails.to_readers({"a@example.invalid": "fi"}, organisation(), letter)
    assert post_office.deliver()[1].body.endswith(f"{PUBLIC}/home/\n")


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({"HTTPS": "1", "ALLOWED_HOSTS": "portal.example.invalid,10.0.0.1"}, NAMED),
        ({"HTTPS": "1", "ALLOWED_HOSTS": "*", "PUBLIC_URL": f"{NAMED}/"}, NAMED),
        ({"HTTPS": "1", "ALLOWED_HOSTS": ".example.invalid"}, ""),
        ({"ALLOWED_HOSTS": "portal.example.invalid"}, ""),
    ],
)
def test_behind_a_proxy_they_begin_with_the_name_of_the_portal(
    given: dict[str, str], address: str
) -> None:
    """Nobody elsewhere reaches the port to which the proxy passes on."""
    assert read({**GIVEN, **given}).public_url == address
