"""Who asks to be let in, over all customers: told, and decided from the list (ON-1)."""

from typing import Any

import pytest

from archive.models import LedgerEvent, Membership, Role, Sector
from archive.values import BusinessId
from onboarding.models import AccessRequest, RequestState
from onboarding.services import registration
from onboarding.services.customers import Names
from portal.formats import when_text
from tests import post_office
from tests.cast import ESIMERKKILA, organisation
from tests.onboarding import cast
from tests.portal.joining import desks

pytestmark = pytest.mark.django_db
PLACE = "/joining/access/"


def knock(login: str, business_id: str = ESIMERKKILA) -> AccessRequest:
    person = cast.user(login)
    registration.register(person, BusinessId(business_id), Names("Whatever"), Sector.PUBLIC)
    return AccessRequest.objects.get(user=person)


def decide(client: Any, asked: AccessRequest, **data: str) -> Any:
    return client.post(f"{PLACE}{asked.id}/", data, follow=True)


def test_all_that_wait_are_listed_the_longest_first() -> None:
    road = cast.applicant()
    first, second = knock("eeva"), knock("kalle", road.organisation.business_id)
    client = desks.of(cast.officer())
    page = client.get(PLACE).content.decode()
    assert "2 people ask to be let in" in page
    assert page.index(first.user.email) < page.index(second.user.email)
    assert "its administrator may decide" in page and "it has no administrator" not in page
    assert "New Imaging" in page and "Esimerkkil" in page
    assert f'href="{PLACE}"' in client.get("/joining/").content.decode()


def test_an_organisation_nobody_can_decide_for_is_marked() -> None:
    Membership.objects.filter(organisation=organisation()).delete()
    knock("eeva")
    assert "it has no administrator" in desks.of(cast.officer()).get(PLACE).content.decode()


def test_an_officer_lets_in_from_the_list() -> None:
    asked = knock("eeva")
    client = desks.of(cast.officer())
    answer = decide(client, asked, verdict="let-in", role="customer_technical")
    page = answer.content.decode()
    assert "The person was let in" in page and "Nobody asks" in page
    given = Membership.objects.get(user=asked.user)
    assert (given.organisation, given.role) == (organisation(), Role.CUSTOMER_TECHNICAL)
    assert post_office.deliver()[-1].to == [asked.user.email]
    told = LedgerEvent.objects.filter(kind="access.changed").latest("at")
    assert told.actor_name == "first.officer"
    again = decide(client, asked, verdict="turn-away").content.decode()
    assert "first.officer let eeva in" in again and "among the people" in again
    asked.refresh_from_db()
    assert asked.state == RequestState.DONE


def test_who_is_turned_away_gets_no_role() -> None:
    asked = knock("eeva")
    answer = decide(desks.of(cast.officer()), asked, verdict="turn-away")
    assert "The person was turned away." in answer.content.decode()
    assert not Membership.objects.filter(user=asked.user).exists()


def test_who_is_turned_away_is_so_only_after_it_was_asked_for_once_more() -> None:
    asked, client = knock("eeva"), desks.of(cast.officer())
    people = f"/organisations/{asked.organisation_id}/joining/people/"
    for lists, place in (
        (PLACE, f"{PLACE}{asked.id}/"),
        (people, f"{people}requests/{asked.id}/"),
    ):
        page = client.get(lists).content.decode()
        assert f'href="{place}"' in page and 'value="turn-away"' not in page
        page = client.get(place).content.decode()
        assert "Turn the person away?" in page and asked.user.email in page
        assert 'name="verdict" value="turn-away"' in page and f'href="{lists}"' in page
    asked.refresh_from_db()
    assert asked.state == RequestState.OPEN
    decide(client, asked, verdict="turn-away")
    asked.refresh_from_db()
    assert asked.decided_at is not None
    told = f"first.officer turned eeva away {when_text(asked.decided_at)}."
    for reader in (desks.of(cast.officer("second.officer")), client):
        for place in (f"{PLACE}{asked.id}/", f"{people}requests/{asked.id}/"):
            for late in (
                reader.get(place, follow=True),
                reader.post(place, {"verdict": "turn-away"}, follow=True),
            ):
                page = late.content.decode()
                assert told in page and "invite" in page
                assert "Turn the person away?" not in page


@pytest.mark.parametrize("role", ["", "admin", "support"])
def test_a_role_of_the_staff_is_not_given_so(role: str) -> None:
    asked = knock("eeva")
    answer = decide(desks.of(cast.officer()), asked, verdict="let-in", role=role)
    assert answer.status_code == 404
    asked.refresh_from_db()
    assert asked.state == RequestState.OPEN


def test_a_person_is_removed_only_after_it_was_asked_for_once_more() -> None:
    road = cast.applicant()
    kalle = cast.user("kalle")
    row = kalle.memberships.create(organisation=road.organisation, role=Role.CUSTOMER_TECHNICAL)
    client = desks.person(road, "customer")
    place = desks.address("joining-person-remove", road, row.id)
    assert f'href="{place}"' in client.get(desks.address("joining-people", road)).content.decode()
    assert "Take the role away?" in client.get(place).content.decode()
    assert kalle.memberships.exists()
    client.post(place)
    assert not kalle.memberships.exists()


def test_who_gives_up_its_own_role_is_told_so() -> None:
    road = cast.applicant()
    client = desks.person(road, "customer")
    place = desks.address("joining-person-remove", road, desks.membership(road).id)
    assert "Give up your role?" in client.get(place).content.decode()
