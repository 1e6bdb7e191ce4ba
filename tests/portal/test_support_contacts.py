"""Whoever is told to ask technical support reads how (S1's contact details; SD)."""

import pytest
from django.test import Client

from archive.config import ROOT
from archive.models import User
from tests.configuring import Configure

pytestmark = pytest.mark.django_db
MAIL, PHONE = "tekninentuki@kanta.fi", "020 634 7787"
LANGUAGES = {"fi": "Tekninen tuki", "sv": "Teknisk support", "en": "Technical support"}


def told(path: str, client: Client) -> str:
    return " ".join(client.get(path).content.decode().split())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["/guide", "/customers", "/accounts/login/", "/nothing-here/"])
def test_public_pages_say_how_to_reach_support_and_who_answers_for_joining(
    path: str, language: str
) -> None:
    page = told(path, Client(headers={"Accept-Language": language}))
    assert f'href="mailto:{MAIL}"' in page and f'href="tel:0206347787">{PHONE}<' in page
    assert 'href="mailto:kanta@kanta.fi"' in page
    assert LANGUAGES[language] in page


@pytest.mark.parametrize("login", ["esim", "support"])
def test_each_page_of_the_portal_does(login: str) -> None:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(
        User.objects.get(username=login), backend="django.contrib.auth.backends.ModelBackend"
    )
    page = told("/desk/", client)
    assert f'href="mailto:{MAIL}"' in page and PHONE in page


def test_an_operator_names_its_own(configure: Configure) -> None:
    configure(
        SUPPORT_EMAIL="tuki@example.invalid",
        SUPPORT_PHONE="+358 9 123",
        JOINING_EMAIL="palvelut@example.invalid",
    )
    page = told("/guide", Client())
    assert 'href="mailto:tuki@example.invalid"' in page and 'href="tel:+3589123"' in page
    assert 'href="mailto:palvelut@example.invalid"' in page and "kanta.fi<" not in page


def test_no_template_names_them_itself() -> None:
    templates = (ROOT / "templates").rglob("*.html")
    assert not [each for each in templates if "@kanta.fi" in each.read_text()]
