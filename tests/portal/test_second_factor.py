"""The second factor: demanded of the staff before any page of theirs opens (NF-3)."""

import re
from dataclasses import replace
from typing import Any

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client

from archive import config
from archive.models import LedgerEvent, Role, User
from portal import second_factor
from portal.pages import PAGES, STAFF
from tests import post_office
from tests.portal.second_factor import (
    LOGIN,
    PASSWORD,
    code,
    codes_in,
    colleague,
    confirmed,
    signed_in,
    with_app,
)
from tests.portal.test_pages import signed_in as demo

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("unspent_limits"),
]

OWN = "/accounts/2fa/"
STAFF_PAGES = sorted({page.url for page in PAGES if page.roles & STAFF and page.url})


@pytest.fixture
def outside_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    real = replace(config.settings(), demo=False)
    monkeypatch.setattr(second_factor, "settings", lambda: real)


def changes(user: User) -> list[str]:
    rows = LedgerEvent.objects.filter(kind="access.changed", subject_id=user.id)
    return [str(row.facts["what"]).removeprefix(f"{user}: ") for row in rows.order_by("at", "id")]


# --- demanded -------------------------------------------------------------------------------------


def test_no_page_of_the_staff_opens_without(outside_demo: None) -> None:
    colleague()
    client = signed_in()
    assert len(STAFF_PAGES) > 8
    led = {url: client.get(url).headers.get("Location") for url in STAFF_PAGES}
    assert led == dict.fromkeys(STAFF_PAGES, OWN)


def test_a_change_is_not_made_without(outside_demo: None) -> None:
    user = colleague()
    answer = signed_in().post(f"/people/{user.id}/", {"roles": ["admin", "support"]})
    assert answer.headers["Location"] == OWN
    assert [row.role for row in user.memberships.all()] == [Role.ADMIN]


def test_the_page_says_why_and_the_pages_open_with_it(outside_demo: None) -> None:
    colleague()
    client = signed_in()
    assert "then its pages open" in client.get("/", follow=True).content.decode()
    with_app(client)
    assert client.get("/people/").status_code == 200
    assert "then its pages open" not in client.get(OWN).content.decode()


def test_it_is_demanded_again_when_it_was_taken_out_of_use(outside_demo: None) -> None:
    colleague()
    client = signed_in()
    with_app(client)
    gone = client.post("/accounts/2fa/totp/deactivate/", follow=True)
    assert "The authenticator app is out of use." in gone.content.decode()
    assert client.get("/people/").headers["Location"] == OWN


def test_neither_demo_accounts_nor_customers_must(outside_demo: None) -> None:
    assert demo("admin").get("/people/").status_code == 200
    assert demo("esim").get("/", follow=True).status_code == 200


def test_demo_mode_demands_it_of_nobody() -> None:
    colleague()
    assert signed_in().get("/people/").status_code == 200


def test_a_demo_user_may_try_it() -> None:
    client = demo("admin")
    assert client.get("/accounts/2fa/totp/activate/").status_code == 302  # the password first
    assert client.get(OWN).status_code == 200


# --- an app ---------------------------------------------------------------------------------------


def test_the_next_sign_in_asks_for_a_code() -> None:
    colleague()
    secret, _codes = with_app(signed_in())
    client = signed_in()
    assert client.get("/people/").status_code == 302  # not yet
    place = "/accounts/2fa/authenticate/"
    wrong = client.post(place, {"code": "000000" if code(secret) != "000000" else "111111"})
    assert "Incorrect code." in wrong.content.decode()
    assert client.get("/people/").status_code == 302
    assert client.post(place, {"code": code(secret, steps=1)}).status_code == 302
    assert client.get("/people/").status_code == 200


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_a_wrong_code_is_said_in_the_readers_language(language: str) -> None:
    colleague()
    with_app(signed_in())
    page = signed_in(language).post("/accounts/2fa/authenticate/", {"code": "12"}).content.decode()
    assert f'<html lang="{language}"' in page
    assert "Incorrect code" not in page and 'id="id_code_error"' in page


def test_a_recovery_code_stands_in_once() -> None:
    colleague()
    _secret, codes = with_app(signed_in())
    assert len(codes) == 10
    place = "/accounts/2fa/authenticate/"
    first, second = signed_in(), signed_in()
    assert first.post(place, {"code": codes[0]}).status_code == 302
    assert first.get("/people/").status_code == 200
    assert "Incorrect code." in second.post(place, {"code": codes[0]}).content.decode()
    assert second.post(place, {"code": codes[1]}).status_code == 302


def test_recovery_codes_are_asked_for_as_long_as_there_are_any() -> None:
    colleague()
    _secret, codes = with_app(signed_in())
    place = "/accounts/2fa/authenticate/"
    assert "or a recovery code" in signed_in().get(place).content.decode()
    for each in codes:
        assert signed_in().post(place, {"code": each}).status_code == 302
    page = signed_in().get(place).content.decode()
    assert "Enter the code of your authenticator app." in page and "recovery" not in page


def test_recovery_codes_are_shown_once(django_capture_on_commit_callbacks: Any) -> None:
    colleague()
    client = signed_in()
    _secret, codes = with_app(client)
    page = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert codes[0] not in page and "10 codes are left" in page
    assert client.get("/accounts/2fa/recovery-codes/download/").status_code == 403
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/2fa/recovery-codes/generate/")
    made = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert codes[0] not in made
    assert len(codes_in(made)) == 10


def test_the_secrets_are_not_readable_in_the_database() -> None:
    user = colleague()
    secret, codes = with_app(signed_in())
    rows = Authenticator.objects.filter(user=user)
    kept = " ".join(str(row.data) for row in rows)
    assert rows.count() == 2
    assert secret not in kept and not any(each in kept for each in codes)


def test_with_another_key_no_code_fits_and_nothing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    colleague()
    secret, codes = with_app(signed_in())
    other = replace(config.settings(), secret_key="another key of the operator's")
    monkeypatch.setattr(second_factor, "settings", lambda: other)
    client = signed_in()
    for tried in (code(secret), codes[0]):
        answer = client.post("/accounts/2fa/authenticate/", {"code": tried})
        assert answer.status_code == 200 and "Incorrect code." in answer.content.decode()


def test_with_another_key_nobody_can_reckon_the_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a secret that is empty anybody could."""
    user = colleague()
    with_app(signed_in())
    empty = Authenticator(data={"seed": second_factor.Adapter().encrypt(""), "used_mask": 0})
    reckoned = RecoveryCodes(empty).generate_codes()[0]
    other = replace(config.settings(), secret_key="another key of the operator's")
    monkeypatch.setattr(second_factor, "settings", lambda: other)
    for tried in (code("", steps=1), reckoned):
        answer = signed_in().post("/accounts/2fa/authenticate/", {"code": tried})
        assert answer.status_code == 200 and "Incorrect code." in answer.content.decode()
    assert signed_in().get("/people/").status_code == 302
    assert Authenticator.objects.filter(user=user).count() == 2


def test_guessing_codes_is_too_many_at_last() -> None:
    colleague()
    with_app(signed_in())
    client = signed_in()
    said = [
        client.post("/accounts/2fa/authenticate/", {"code": f"{guess:06}"}).content.decode()
        for guess in range(25)
    ]
    assert "Incorrect code." in said[0]
    assert "Incorrect code." not in said[-1]


def test_a_change_asks_for_the_password_again() -> None:
    colleague()
    client = signed_in()
    for place in ("totp/activate/", "webauthn/add/", "recovery-codes/generate/"):
        answer = client.get(f"{OWN}{place}")
        assert answer.headers["Location"].startswith("/accounts/reauthenticate/"), place


def test_without_signing_in_there_is_nothing() -> None:
    for place in ("", "totp/activate/", "webauthn/", "recovery-codes/", "authenticate/"):
        answer = Client().get(f"{OWN}{place}")
        assert answer.status_code == 302 and "/accounts/" in answer.headers["Location"], place


def test_what_changes_of_an_account_is_in_the_ledger(
    django_capture_on_commit_callbacks: Any,
) -> None:
    user = colleague()
    client = signed_in()
    with django_capture_on_commit_callbacks(execute=True):
        with_app(client)
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/2fa/recovery-codes/generate/")
    client.post("/accounts/2fa/totp/deactivate/")
    told = {"oldpassword": PASSWORD, "password1": f"{PASSWORD}!", "password2": f"{PASSWORD}!"}
    client.post("/accounts/password/change/", told)
    assert changes(user) == [
        "authenticator app taken into use",
        "recovery codes made",
        "authenticator app taken out of use",
        "password changed",
    ]
    event = LedgerEvent.objects.filter(kind="access.changed", subject_id=user.id).latest("at")
    assert (event.actor_kind, event.actor_id) == ("staff", user.id)


def test_a_session_that_was_left_open_gives_the_account_to_no_other_address() -> None:
    user, new = colleague(), "other@example.invalid"
    left, added = Client(), {"action_add": "", "email": new}
    left.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    answer = left.post("/accounts/email/", added)
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    assert not EmailAddress.objects.filter(email=new).exists()
    client = confirmed(signed_in())
    assert "/accounts/email/" in client.get(OWN).content.decode()
    waiting = client.post("/accounts/email/", added, follow=True).content.decode()
    assert new in waiting and "not confirmed" in waiting
    told = post_office.deliver()[-1].body
    assert "register an organisation" not in told
    (link,) = re.findall(r"/accounts/confirm-email/\S+", told)
    client.post(link)
    client.post("/accounts/email/", {"action_primary": "", "email": new})
    old = EmailAddress.objects.filter(user=user).exclude(email=new).values_list("email", flat=True)
    client.post("/accounts/email/", {"action_remove": "", "email": old[0]})
    assert changes(user) == [
        "e-mail address confirmed",
        "e-mail address changed",
        "e-mail address removed",
    ]


def test_a_password_set_by_a_link_does_not_pass_by_the_factor() -> None:
    user = colleague()
    with_app(signed_in())
    client = Client(headers={"Accept-Language": "en"})
    key = default_token_generator.make_token(User.objects.get(id=user.id))
    asked = client.get(f"/accounts/password/reset/key/{user.id.hex}-{key}/", follow=True)
    place = asked.redirect_chain[-1][0]
    client.post(place, {"password1": f"{PASSWORD}!", "password2": f"{PASSWORD}!"})
    assert client.get("/people/").status_code == 302
    answer = client.post("/accounts/login/", {"login": LOGIN, "password": f"{PASSWORD}!"})
    assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/people/").status_code == 302
