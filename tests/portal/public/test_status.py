"""The status page: where it stands, whose move, how long, what next, and how it came there."""

import re

import pytest
from django.test import Client
from django.utils import translation

from archive.actors import Actor, ActorKind
from archive.models import Organisation, User
from onboarding.models import AccessRequest, Joining, JoiningState
from onboarding.services import joining as road
from onboarding.services import people
from portal.views.public.status import STANDINGS
from tests.portal.public.applicants import NEW, begin, browser, fill_in, verified

pytestmark = pytest.mark.django_db

EMAIL = "aino@example.invalid"
LANGUAGES = ("fi", "sv", "en")


@pytest.fixture
def aino() -> Client:
    return verified(EMAIL)


def officer() -> Actor:
    user = User.objects.get(username="onboarding")
    return Actor(ActorKind.STAFF, "Olli Officer", user.id, roles=frozenset({"onboarding"}))


def sent(client: Client) -> Joining:
    base = begin(client)
    fill_in(client, base)
    client.post(f"{base}check/")
    return Joining.objects.get(organisation__business_id=NEW)


def status(client: Client) -> str:
    answer = client.get("/join/status/")
    assert answer.status_code == 200
    page: str = answer.content.decode()
    return page


def test_every_state_has_its_words() -> None:
    assert set(STANDINGS) == set(JoiningState)


@pytest.mark.parametrize("state", JoiningState)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_is_told_in_three_languages(language: str, state: str) -> None:
    client = verified(EMAIL, browser(language))
    begin(client)
    Joining.objects.filter(organisation__business_id=NEW).update(state=state)
    page = status(client)
    with translation.override(language):
        assert str(STANDINGS[state].means) in page
        assert str(STANDINGS[state].mover) in page
        assert str(JoiningState(state).label) in page
    for path in re.findall(r'class="btn[^"]*" href="([^"]+)"', page):
        assert client.get(path).status_code == 200, path


def test_nothing_registered_is_said(aino: Client) -> None:
    assert "not registered any organisation yet" in status(aino)


def test_a_draft_is_the_applicants_move(aino: Client) -> None:
    base = begin(aino)
    page = status(aino)
    assert "<strong>You</strong>" in page and f'href="{base}roles/"' in page
    assert "has not been sent" in page


def test_the_history_tells_who_when_and_why(aino: Client) -> None:
    joining = sent(aino)
    road.take_up(officer(), joining)
    road.send_back(officer(), joining, reason="The certificate of the PACS is missing.")
    page = status(aino)
    assert "The certificate of the PACS is missing." in page
    assert page.count("<li><time") == 3 and "Olli Officer" in page
    assert "<strong>You</strong>" in page


def test_what_was_returned_is_filled_in_and_sent_again(aino: Client) -> None:
    joining = sent(aino)
    road.take_up(officer(), joining)
    road.send_back(officer(), joining, reason="Another technical contact, please.")
    base = f"/join/{joining.organisation_id}/"
    assert f'href="{base}check/"' in status(aino)
    assert aino.get(f"{base}roles/").status_code == 200
    assert aino.post(f"{base}check/").headers["Location"] == "/join/status/"
    joining.refresh_from_db()
    assert joining.state == "submitted"


def test_who_was_let_in_sees_the_registration_and_who_was_not_reads_it(aino: Client) -> None:
    there = Organisation.objects.get(business_id="9000000-3")
    aino.post("/join/business-id/", {"business_id": there.business_id})
    aino.post("/join/known/")
    assert "waits to be let in" in status(aino)
    people.turn_away(officer(), AccessRequest.objects.get())
    assert "turned away" in status(aino)


def test_a_customer_reads_that_it_is_in_production() -> None:
    client = browser()
    client.force_login(
        User.objects.get(username="esim"), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert "Esimerkkilän" in status(client) and "in production" in status(client)
