"""Sign-on by OpenID Connect: off by default; it finds an account by its verified address, and makes
nobody (NF-3).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from archive import config
from archive.models import LedgerEvent, Membership, User
from portal import second_factor, sign_on
from tests.portal.openid import CLIENT, SECRET, Provider, provider
from tests.portal.second_factor import LOGIN, PASSWORD, code, colleague, signed_in, with_app

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("unspent_limits"),
]
START = "/accounts/oidc/sso/login/"


@pytest.fixture
def idp(free_port: int, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Set up as `portal.settings` does when the operator names a provider."""
    with provider(free_port) as made:
        named = replace(
            config.settings(), oidc_server=made.address, oidc_name="Virkailijan kirjautuminen"
        )
        monkeypatch.setattr(sign_on, "settings", lambda: named)
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {
                "OAUTH_PKCE_ENABLED": True,
                "APPS": [
                    {
                        "provider_id": "sso",
                        "name": named.oidc_name,
                        "client_id": CLIENT,
                        "secret": SECRET,
                        "settings": {"server_url": made.address},
                    }
                ],
            }
        }
        yield made


def is_me(idp: Provider, email: str = LOGIN, *, verified: bool = True, sub: str = "oili") -> None:
    idp.person = {"sub": sub, "email": email, "email_verified": verified, "name": "Oili Olevainen"}


def browser(language: str = "en") -> Client:
    return Client(headers={"Accept-Language": language})


def signs_on(idp: Provider, client: Client | None = None) -> tuple[Client, Any]:
    """There and back."""
    browsing = client or browser()
    left = browsing.post(START)
    assert left.status_code == 302, left.content.decode()
    return browsing, browsing.get(idp.authorize(left.headers["Location"]))


def test_it_is_off_by_default() -> None:
    assert "oidc" not in browser().get("/accounts/login/").content.decode()
    assert browser().get(START).status_code == 404
    assert browser().post(START).status_code == 404


def test_the_sign_in_page_offers_it(idp: Provider) -> None:
    page = browser().get("/accounts/login/").content.decode()
    assert "Sign in with Virkailijan kirjautuminen" in page and START in page
    asked = browser("fi").get(START).content.decode()
    assert "Kirjaudu: Virkailijan kirjautuminen" in asked


def test_it_leads_into_the_account_of_the_verified_address(
    idp: Provider, django_capture_on_commit_callbacks: Any
) -> None:
    user = colleague()
    is_me(idp, LOGIN.upper())
    client, answer = signs_on(idp)
    assert answer.status_code == 302
    assert client.get("/people/").status_code == 200
    assert SocialAccount.objects.get().user == user
    assert User.objects.filter(email__iexact=LOGIN).count() == 1
    told = LedgerEvent.objects.filter(kind="access.changed", subject_id=user.id)
    assert "sign-on connected" in str(told.get().facts["what"])


def test_then_the_person_is_known_by_the_provider_and_not_by_the_address(idp: Provider) -> None:
    user = colleague()
    is_me(idp)
    signs_on(idp)
    is_me(idp, "oili.uusi@operator.example.invalid")
    client, _answer = signs_on(idp)
    assert client.get("/people/").status_code == 200
    assert SocialAccount.objects.get().user == user


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_who_is_unknown_gets_no_account(idp: Provider, language: str) -> None:
    is_me(idp, "stranger@elsewhere.example.invalid")
    before = User.objects.count()
    client, answer = signs_on(idp, browser(language))
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.content.decode()
    assert User.objects.count() == before
    assert client.get("/people/").status_code == 302
    assert client.get("/accounts/sign-on/signup/").status_code == 302


@pytest.mark.parametrize("where", ["there", "here"])
def test_an_address_that_is_not_verified_leads_nowhere(idp: Provider, where: str) -> None:
    colleague()
    is_me(idp, verified=where != "there")
    if where == "here":
        EmailAddress.objects.filter(email=LOGIN).update(verified=False)
    client, _answer = signs_on(idp)
    assert client.get("/people/").status_code == 302
    assert not SocialAccount.objects.exists()
    assert User.objects.get(email=LOGIN).check_password(PASSWORD)


@pytest.mark.parametrize(("said", "is_verified"), [("true", True), ("false", False), ("no", False)])
def test_a_claim_that_is_written_as_a_text_is_read(
    idp: Provider, said: str, is_verified: bool
) -> None:
    """Providers answer so for whoever has just signed up with any address."""
    colleague()
    is_me(idp)
    idp.person["email_verified"] = said
    client, _answer = signs_on(idp)
    assert client.get("/people/").status_code == (200 if is_verified else 302)
    assert SocialAccount.objects.exists() == is_verified


def test_it_gives_no_role(idp: Provider) -> None:
    """Whatever the provider says of groups."""
    user = colleague()
    user.memberships.all().delete()
    is_me(idp)
    idp.person["groups"] = ["admin", "staff"]
    client, answer = signs_on(idp)
    assert answer.headers["Location"] == "/join/"
    assert not Membership.objects.filter(user=user).exists()
    assert client.get("/people/").status_code == 404
    user.refresh_from_db()
    assert not user.is_staff and not user.is_superuser


def test_a_closed_account_stays_closed(idp: Provider) -> None:
    user = colleague()
    User.objects.filter(id=user.id).update(is_active=False)
    is_me(idp)
    client, _answer = signs_on(idp)
    assert client.get("/people/").status_code == 302


def test_the_second_factor_is_asked_for_all_the_same(
    idp: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    colleague()
    secret, _codes = with_app(signed_in())
    real = replace(config.settings(), demo=False)
    monkeypatch.setattr(second_factor, "settings", lambda: real)
    is_me(idp)
    client, answer = signs_on(idp)
    assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/people/").status_code == 302
    client.post("/accounts/2fa/authenticate/", {"code": code(secret, steps=1)})
    assert client.get("/people/").status_code == 200


def test_an_answer_that_was_not_asked_for_is_refused(idp: Provider) -> None:
    colleague()
    is_me(idp)
    answer = browser().get("/accounts/oidc/sso/login/callback/?code=once&state=guessed")
    assert answer.status_code in (401, 200) and "You were not signed in" in answer.content.decode()
    left = browser().post(START)
    stolen = idp.authorize(left.headers["Location"])
    client = browser()
    assert "You were not signed in" in client.get(stolen, follow=True).content.decode()
    assert client.get("/people/").status_code == 302


def test_who_goes_back_is_told_so(idp: Provider) -> None:
    client = browser()
    led = idp.authorize(client.post(START).headers["Location"])
    back = led.replace("code=once", "error=access_denied")
    assert "You went back" in client.get(back, follow=True).content.decode()


def test_a_provider_that_fails_is_said_to_fail(idp: Provider) -> None:
    idp.broken = True
    answer = browser().post(START, follow=True)
    assert "could not be reached" in answer.content.decode()
