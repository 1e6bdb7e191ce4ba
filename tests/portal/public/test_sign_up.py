"""Signing up: opened for registrations only, verified by mail, held against machines (ON-1)."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import override_settings

from archive.config import settings as config
from archive.errors import MailServerGone
from archive.models import Case, CaseEvent, User
from onboarding.models import OutgoingMail
from onboarding.services import mails as service
from tests import post_office
from tests.portal.public.applicants import (
    PASSWORD,
    browser,
    link_in,
    mails,
    sign_in,
    sign_up,
    verified,
    verify,
)

pytestmark = pytest.mark.django_db

EMAIL = "aino@example.invalid"
LANGUAGES = ("fi", "sv", "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["/join/", "/join/account/"])
def test_anybody_reads_how_to_join_in_three_languages(path: str, language: str) -> None:
    answer = browser(language).get(path)
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.content.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sign_in_page_leads_to_guide_list_and_joining(language: str) -> None:
    page = browser(language).get("/accounts/login/").content.decode()
    assert all(f'href="{path}"' in page for path in ("/guide", "/customers", "/join/"))


def test_nobody_signs_up_elsewhere() -> None:
    client = browser()
    assert "Nobody signs up here" in client.get("/accounts/signup/").content.decode()
    data = {"email": EMAIL, "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", data)
    assert not User.objects.filter(email=EMAIL).exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mail_is_in_the_language_of_the_page(language: str) -> None:
    sign_up(browser(language), EMAIL)
    assert len(mails()) == 1
    words = {"fi": "Vahvista", "sv": "Bekräfta", "en": "Confirm"}
    assert words[language] in mails()[0]
    assert User.objects.get(email=EMAIL).language == language


def test_the_link_signs_in_where_it_was_asked_for() -> None:
    client = browser()
    assert sign_up(client, EMAIL).headers["Location"] == "/accounts/confirm-email/"
    assert client.get("/join/status/").headers["Location"].startswith("/accounts/login/")
    page = client.get(link_in(mails()[-1])).content.decode()
    assert EMAIL in page
    assert verify(client, mails()[-1]).headers["Location"] == "/join/"
    assert EmailAddress.objects.get(email=EMAIL).verified
    assert client.get("/join/business-id/").status_code == 200


def test_the_link_in_another_browser_verifies_and_asks_to_sign_in() -> None:
    sign_up(browser(), EMAIL)
    other = browser()
    assert verify(other, mails()[-1]).headers["Location"].startswith("/accounts/login/?next=")
    assert other.get("/join/business-id/").status_code == 302
    assert sign_in(EMAIL).get("/join/business-id/").status_code == 200


def test_nobody_signs_in_with_an_address_that_is_not_verified() -> None:
    sign_up(browser(), EMAIL)
    client = browser()
    answer = client.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    assert answer.headers["Location"] == "/accounts/confirm-email/"
    assert client.get("/join/status/").status_code == 302


def test_demo_mode_tells_where_the_mail_is() -> None:
    client = browser()
    sign_up(client, EMAIL)
    assert str(config().mail_dir) in client.get("/accounts/confirm-email/").content.decode()


def test_the_mail_is_a_file_of_the_mail_folder() -> None:
    backend = "portal.mail_files.EmailBackend"
    before = set(config().mail_dir.glob("*.log"))
    with override_settings(EMAIL_BACKEND=backend):
        sign_up(browser(), EMAIL)
        mails()
    (written,) = set(config().mail_dir.glob("*.log")) - before
    text = written.read_text()
    assert f"To: {EMAIL}" in text and link_in(text)
    written.unlink()


def test_a_mail_server_that_hangs_holds_no_page() -> None:
    client = browser()
    with post_office.opened() as office, post_office.used(office.port, seconds=0.2):
        office.is_mute = True
        answer = sign_up(client, EMAIL)
        assert (answer.headers["Location"], office.calls) == ("/accounts/confirm-email/", 0)
        client.post("/accounts/password/reset/", {"email": EMAIL})
        assert office.calls == 0
        assert len(post_office.owed()) == 2
        post_office.deliver()
        assert office.calls == 2
        office.is_mute = False
        post_office.deliver(again=True)
        assert office.took == [EMAIL, EMAIL]
    assert not OutgoingMail.objects.filter(organisation=None).exists(), (
        "it would keep whose address that is"
    )


def test_no_address_stands_in_what_is_carried_to_a_worker() -> None:
    sign_up(browser(), EMAIL)
    (job,) = post_office.owed()
    told = [str(value) for value in vars(job).values()]
    assert not [text for text in told if "@" in text]


def test_an_address_that_is_refused_is_nobodys_case() -> None:
    """Anybody may type any: else the desk would be filled from outside."""
    with post_office.opened() as office, post_office.used(office.port):
        sign_up(browser(), f"{post_office.NOBODY}example.invalid")
        post_office.deliver()
    assert not Case.objects.exists() and not OutgoingMail.objects.filter(organisation=None).exists()
    assert not post_office.owed()


def test_a_server_that_stays_away_is_a_case_without_an_address() -> None:
    sign_up(browser(), EMAIL)
    (job,) = post_office.owed()
    service.give_up(job.subject_id, job.id, MailServerGone("away"))
    event = CaseEvent.objects.get(case__reason="mail-server-gone")
    assert event.case.organisation is None and EMAIL not in str(event.facts)
    assert not OutgoingMail.objects.filter(organisation=None).exists()


def test_demo_accounts_sign_in_without_an_address(
    demo: dict[str, dict[str, dict[str, str]]],
) -> None:
    login = demo["logins"]["esim"]
    answer = browser().post("/accounts/login/", login)
    assert answer.headers["Location"] == "/"


def test_an_address_that_has_an_account_learns_it_by_mail_only() -> None:
    verified(EMAIL)
    cache.clear()  # one mail in three minutes goes to an address
    answer = sign_up(browser(), EMAIL)
    assert answer.headers["Location"] == "/accounts/confirm-email/"
    assert "already" in mails()[-1]
    assert User.objects.filter(email=EMAIL).count() == 1


def test_who_has_no_account_is_mailed_no_way_to_make_one() -> None:
    answer = browser("en").post("/accounts/password/reset/", {"email": "nobody@example.invalid"})
    assert answer.headers["Location"] == "/accounts/password/reset/done/"
    assert "No account has it" in mails()[-1] and "http" not in mails()[-1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"email": "no address"}, "id_email"),
        ({"email": ""}, "id_email"),
        ({"password1": "short", "password2": "short"}, "id_password1"),
        ({"password2": "another-one-9"}, "id_password2"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_in_the_summary(
    changed: dict[str, str], field: str, language: str
) -> None:
    answer = sign_up(browser(language), **{"email": EMAIL, **changed})
    page = answer.content.decode()
    assert f'href="#{field}"' in page and f'id="{field}_error"' in page
    assert not User.objects.filter(email__in=[EMAIL, "no address"]).exists()


@pytest.mark.parametrize(("language", "words"), [("fi", "liian lyhyt"), ("sv", "för kort")])
def test_a_short_password_is_said_in_the_readers_language(language: str, words: str) -> None:
    answer = sign_up(browser(language), email=EMAIL, password1="short", password2="short")
    content = answer.content.decode()
    assert words in content and "This password" not in content


def test_a_machine_that_fills_in_the_trap_believes_it_was_let_in() -> None:
    answer = sign_up(browser(), EMAIL, homepage="https://example.org/")
    assert answer.headers["Location"] == "/accounts/confirm-email/"
    assert not User.objects.filter(email=EMAIL).exists()
    assert mail.outbox == []


def test_people_and_readers_of_screens_do_not_meet_the_trap() -> None:
    page = browser().get("/join/account/").content.decode()
    trap = page[page.index('class="trap"') :][:500]
    assert 'aria-hidden="true"' in trap and 'tabindex="-1"' in trap
    assert "style=" not in trap


def test_many_sign_ups_from_one_address_are_too_many() -> None:
    client = browser()
    statuses = [sign_up(client, f"many{each}@example.invalid").status_code for each in range(21)]
    assert statuses == [302] * 20 + [429]
    answer = sign_up(browser(), "late@example.invalid")
    assert answer.status_code == 429 and answer.headers["Retry-After"]
    assert not User.objects.filter(email="late@example.invalid").exists()


def test_looking_is_never_too_much() -> None:
    client = browser()
    assert {client.get("/join/account/").status_code for _ in range(30)} == {200}
