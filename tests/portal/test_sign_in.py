"""Signing in with a password: how long it takes tells nothing of who has an account, and what
became of it is in the log (NF-3, LG-3).
"""

from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client

from archive.models import LedgerEvent, User
from tests.portal.second_factor import LOGIN, PASSWORD, colleague

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unspent_limits")]
WRONG = "not the password"


def sign_in(login: str, password: str) -> Any:
    told = {"login": login, "password": password}
    return Client(headers={"Accept-Language": "en"}).post("/accounts/login/", told)


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One for each that was reckoned: all of what a try costs."""
    made, encode = list[str](), PBKDF2PasswordHasher.encode

    def counted(self: Any, password: str, *given: Any, **named: Any) -> str:
        made.append(password)
        return encode(self, password, *given, **named)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", counted)
    return made


@pytest.mark.parametrize(
    "login", [LOGIN, LOGIN.upper(), "support", "nobody", "nobody@elsewhere.example.invalid"]
)
def test_a_wrong_password_costs_as_much_for_an_account_as_for_none(
    login: str, hashes: list[str]
) -> None:
    user = colleague()
    User.objects.filter(id=user.id).update(username=LOGIN)  # as who was invited is called
    hashes.clear()
    assert sign_in(login, WRONG).status_code == 200
    assert len(hashes) == 1


@pytest.mark.parametrize("login", [LOGIN, LOGIN.upper()])
def test_the_right_one_signs_in(login: str) -> None:
    colleague()
    assert sign_in(login, PASSWORD).status_code == 302
    assert sign_in(login, WRONG).status_code == 200


def test_a_closed_account_stays_closed() -> None:
    user = colleague()
    User.objects.filter(id=user.id).update(is_active=False)
    assert sign_in(LOGIN, PASSWORD).headers["Location"] == "/accounts/inactive/"
    assert sign_in(LOGIN, WRONG).status_code == 200


def test_the_operator_sees_that_passwords_are_tried(caplog: pytest.LogCaptureFixture) -> None:
    user = colleague()
    for login in (LOGIN, "010181-900C"):
        sign_in(login, WRONG)
    sign_in(LOGIN, PASSWORD)
    said = [each.getMessage() for each in caplog.records if "sign-in refused" in each.getMessage()]
    assert said == [
        f"sign-in refused: wrong password, account {user.id}",
        "sign-in refused: wrong password, account unknown",
    ]
    assert not any(each in caplog.text for each in (LOGIN, WRONG, "010181-900C"))


def test_signing_in_and_out_is_in_the_log() -> None:
    user = colleague()
    client = Client()
    assert client.post("/accounts/login/", {"login": LOGIN, "password": WRONG}).status_code == 200
    client.post("/accounts/login/", {"login": LOGIN, "password": PASSWORD})
    client.post("/accounts/logout/")
    assert told() == [
        ("session.refused", "system", user.id, {"account": str(user)}),
        ("session.begun", "staff", user.id, {"how": "password"}),
        ("session.ended", "staff", user.id, {}),
    ]


def test_nobody_fills_the_log_with_made_up_accounts() -> None:
    sign_in("nobody", WRONG)
    assert told() == []


def told() -> list[tuple[object, ...]]:
    rows = LedgerEvent.objects.filter(kind__startswith="session.").order_by("at", "id")
    return list(rows.values_list("kind", "actor_kind", "subject_id", "facts"))
