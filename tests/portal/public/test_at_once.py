"""Two people apply for the same organisation at the same moment, each in a browser of its own
(ON-1).
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from archive.models import LedgerEvent, Membership, Organisation, Register, Role
from onboarding.models import AccessRequest, Joining, Transition
from onboarding.services import people
from tests.onboarding import cast
from tests.portal.public.applicants import NEW, begin, fill_in, user, verified

pytestmark = pytest.mark.usefixtures("fresh_database")

EMAILS = ("aino@example.invalid", "otto@example.invalid")
BUSINESS_IDS = (NEW, "9000011-8", "9000012-6")
NAMES = {"aino@example.invalid": "Ainon Kuva Oy", "otto@example.invalid": "Oton Kuva Oy"}


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """All begin when the last is ready; what each came to."""
    ready = threading.Barrier(len(acts))

    def act(one: Callable[[], Any]) -> Any:
        ready.wait(30)
        try:
            return one()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [done.result(60) for done in [pool.submit(act, one) for one in acts]]


def at_the_names(client: Client, business_id: str) -> Client:
    client.post("/join/business-id/", {"business_id": business_id})
    client.post("/join/sector/", {"sector": "private"})
    return client


def names(client: Client, name: str) -> Callable[[], Any]:
    told = {"name_fi": name, "name_sv": "", "name_en": ""}
    return lambda: client.post("/join/names/", told).headers["Location"]


def test_one_organisation_comes_of_it_and_the_other_waits_to_be_let_in() -> None:
    browsers = {email: verified(email) for email in EMAILS}
    for business_id in BUSINESS_IDS:
        for client in browsers.values():
            at_the_names(client, business_id)
        led = at_once(*(names(client, NAMES[email]) for email, client in browsers.items()))
        (organisation,) = Organisation.objects.filter(business_id=business_id)
        (admin,) = Membership.objects.filter(organisation=organisation)
        (waits,) = AccessRequest.objects.filter(organisation=organisation)
        assert {admin.user, waits.user} == {user(email) for email in EMAILS}
        assert admin.role == Role.CUSTOMER_ADMIN
        assert organisation.name_fi == NAMES[admin.user.email]  # nothing half of each
        assert Joining.objects.filter(organisation=organisation).count() == 1
        assert Register.objects.filter(organisation=organisation).count() == 1
        own = f"/join/{organisation.id}/roles/"
        expected = [own if email == admin.user.email else "/join/status/" for email in EMAILS]
        assert led == expected
        told = LedgerEvent.objects.filter(organisation_id=organisation.id)
        assert told.filter(facts__what="registered").count() == 1


def test_asking_twice_at_once_to_be_let_in_asks_once() -> None:
    client, again = verified(EMAILS[0]), Client()
    client.post("/join/business-id/", {"business_id": "9000000-3"})
    again.cookies = client.cookies
    at_once(lambda: client.post("/join/known/"), lambda: again.post("/join/known/"))
    assert AccessRequest.objects.count() == 1


def test_an_invitation_accepted_twice_at_once_makes_one_account() -> None:
    """As by who presses the button twice."""
    organisation = Organisation.objects.get(business_id="9000000-3")
    secrets: list[str] = []
    people.invite(
        cast.officer(),
        organisation,
        email="uuno@example.invalid",
        role=Role.CUSTOMER_TECHNICAL,
        link=lambda secret: secrets.append(secret) or "https://archive.example.invalid/",
    )
    password = "correct horse battery"
    told = {"first_name": "Uuno", "last_name": "Uusi", "password": password, "again": password}
    place = reverse("invitation", args=secrets)
    answers = at_once(*(partial(Client().post, place, told) for _window in range(2)))
    assert sorted(answer.status_code for answer in answers) == [302, 404]
    assert Membership.objects.filter(user__email="uuno@example.invalid").count() == 1


def test_a_registration_sent_from_two_windows_at_once_is_sent_once() -> None:
    client, again = verified(EMAILS[0]), Client()
    base = begin(client)
    fill_in(client, base)
    again.cookies = client.cookies
    answers = at_once(lambda: client.post(f"{base}check/"), lambda: again.post(f"{base}check/"))
    assert [answer.headers.get("Location") for answer in answers] == ["/join/status/"] * 2
    moves = Transition.objects.filter(joining__organisation__business_id=NEW)
    assert moves.filter(to_state="submitted").count() == 1
