"""The reader's language: person, cookie, browser, Finnish."""

import pytest
from django.test import Client

from archive.models import User

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"


def language_of(client: Client, path: str = LOGIN, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    page = answer.content.decode()
    start = page.index('<html lang="') + len('<html lang="')
    return page[start : start + 2]


def test_finnish_when_nobody_says() -> None:
    assert language_of(Client()) == "fi"


def test_the_browser_is_asked() -> None:
    assert language_of(Client(), **{"Accept-Language": "sv-FI,sv;q=0.9,en;q=0.5"}) == "sv"


def test_an_unknown_language_is_finnish() -> None:
    assert language_of(Client(), **{"Accept-Language": "de"}) == "fi"


def test_a_choice_goes_before_the_browser() -> None:
    client = Client(headers={"Accept-Language": "sv"})
    answer = client.post("/language/", {"language": "en", "next": LOGIN})
    assert answer.headers["Location"] == LOGIN
    assert language_of(client) == "en"


def test_a_person_keeps_the_choice_on_another_machine() -> None:
    user = User.objects.get(username="support")
    first, second = Client(), Client(headers={"Accept-Language": "en"})
    for client in (first, second):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    first.post("/language/", {"language": "sv"})
    assert language_of(second, "/") == "sv"


def test_the_way_back_leads_nowhere_else() -> None:
    answer = Client().post("/language/", {"language": "fi", "next": "https://example.org/"})
    assert answer.headers["Location"] == "/"


def test_a_language_nobody_speaks_changes_nothing() -> None:
    client = Client()
    client.post("/language/", {"language": "tlh"})
    assert language_of(client) == "fi"
