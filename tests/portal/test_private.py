"""What stays of a person who was signed in: nothing in a cache, no session for weeks, no reasons of
sessions that are over (NF-3, LG-3).
"""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from archive.values import now
from onboarding.services import people
from portal.pages import BY_NAME
from tests.portal.second_factor import colleague, confirmed, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unspent_limits")]

OF_AN_ACCOUNT = (
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",  # with the secret of the authenticator app
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/reauthenticate/",
)


def test_pages_of_an_account_and_of_errors_are_in_no_cache() -> None:
    colleague()
    client = signed_in()
    confirmed(client)
    for address in (*OF_AN_ACCOUNT, "/there-is-no-such-page/", BY_NAME["studies"].url):
        assert "no-store" in client.get(address, follow=True).headers["Cache-Control"], address
    secret = client.get("/accounts/2fa/totp/activate/")
    assert secret.status_code == 200 and "no-store" in secret.headers["Cache-Control"]


def test_what_nobody_signs_in_for_is_answered_as_before() -> None:
    for address in ("/api/schema/", "/api/docs/", "/api/there-is-no-such-operation"):
        assert Client().get(address).status_code in (200, 404), address


def test_public_lists_may_be_kept_by_everybody() -> None:
    colleague()
    for client in (Client(), signed_in()):
        assert "public" in client.get("/customers.csv").headers["Cache-Control"]


def test_a_session_is_over_within_a_day_and_then_forgotten() -> None:
    colleague()
    signed_in()
    kept = Session.objects.get()
    assert now() < kept.expire_date < now() + timedelta(days=1)
    people.forget_sessions()
    assert Session.objects.filter(pk=kept.pk).exists()
    Session.objects.update(expire_date=now() - timedelta(seconds=1))
    people.forget_sessions()
    assert not Session.objects.exists()
