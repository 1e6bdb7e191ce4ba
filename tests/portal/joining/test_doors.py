"""Each address x each role: who gets in, who may not, who reads that there is no such page."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from archive.models import Role, Sector
from onboarding.models import Joining, JoiningState, Precondition
from onboarding.services import evidence, joining, registration, terms
from onboarding.services import people as services
from onboarding.services.evidence import Upload
from portal.views.joining import addresses
from tests.kept import Kept
from tests.onboarding import cast
from tests.portal.joining import desks

pytestmark = pytest.mark.django_db

ROLES = ("officer", "support", "logreview", "customer", "technical", "foreign")
ALL_IN = (200, 200, 200, 200, 200, 404)
FILLS = (200, 403, 403, 200, 200, 404)
SPEAKS = (200, 403, 403, 200, 404, 404)
STAFF = (200, 200, 200, 404, 404, 404)
OFFICERS = (200, 403, 403, 404, 404, 404)

READ: dict[str, tuple[int, ...]] = {
    "joining": STAFF,
    "terms-versions": STAFF,
    "terms-version": STAFF,
    "terms-publish": OFFICERS,
    "four-eyes": OFFICERS,
    "access-requests": OFFICERS,
    "organisation": ALL_IN,
    "joining-file": ALL_IN,
    "joining-move": SPEAKS,
    "joining-evidence": ALL_IN,
    "joining-evidence-file": ALL_IN,
    "joining-terms": ALL_IN,
    "joining-connections": ALL_IN,
    "joining-system-new": FILLS,
    "joining-system": FILLS,
    "joining-system-remove": FILLS,
    "joining-plan": FILLS,
    "joining-planned": FILLS,
    "joining-contacts": FILLS,
    "joining-people": SPEAKS,
    "joining-details": SPEAKS,
    "joining-notice": SPEAKS,
    "succession": OFFICERS,
}
# Posted with nothing in it: 302 done or refused with a message, 422 a field is wrong.
POSTED: dict[str, tuple[int, ...]] = {
    "joining-judge": (404, 403, 403, 404, 404, 404),  # nothing was given that could be judged
    "joining-planned-open": (302, 403, 403, 302, 302, 404),
    "joining-planned-password": (404, 403, 403, 404, 404, 404),  # it is no XDS connection
    "joining-person-role": (404, 403, 403, 404, 404, 404),  # no role was named
    "joining-person-remove": (302, 403, 403, 302, 404, 404),
    "joining-system-remove": (302, 403, 403, 302, 302, 404),
    "joining-system-put-back": (302, 403, 403, 302, 302, 404),
    "joining-planned-remove": (302, 403, 403, 302, 302, 404),
    "joining-evidence": (422, 403, 403, 422, 422, 404),
    "joining-terms": (403, 403, 403, 422, 403, 404),
    "joining-contacts": (422, 403, 403, 422, 422, 404),
    "joining-details": (422, 403, 403, 422, 404, 404),
    "terms-publish": (422, 403, 403, 404, 404, 404),
    "succession": (422, 403, 403, 404, 404, 404),
    "succession-call-off": (302, 403, 403, 404, 404, 404),
    "four-eyes-grant": (409, 403, 403, 404, 404, 404),  # who asked does not grant
    "four-eyes-refuse": (302, 403, 403, 404, 404, 404),
    "access-decide": (404, 403, 403, 404, 404, 404),  # no role was named
    "joining-access": (404, 403, 403, 404, 404, 404),
    "joining-invitation-withdraw": (302, 403, 403, 302, 404, 404),
    "joining-planned-test": (302, 403, 403, 302, 302, 404),
    "joining-source": (302, 403, 403, 404, 404, 404),  # no environment was chosen
}
ANYBODYS = {"invitation"}  # whoever has the secret; tests.portal.test_people
PDF = Upload("certificate.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n")


def _built() -> tuple[UUID, dict[str, Client]]:
    """A road with something behind every address, and its people."""
    made = cast.brought_to(JoiningState.ACCEPTED)
    me, organisation = cast.admin(made), made.organisation
    evidence.give(me, made, Precondition.CERTIFIED, number="2", file=PDF)
    joining.ask_waiver(cast.officer(), made, reason="it only looks")
    registration.register(cast.user("knocking"), cast.APPLICANT, cast.NAMES, Sector.PRIVATE)
    services.invite(
        me, organisation, email="a@b.fi", role=Role.CUSTOMER_TECHNICAL, link=lambda secret: secret
    )
    return made.id, desks.people(made)


@pytest.fixture(scope="module")
def built(kept: Kept) -> tuple[UUID, dict[str, Client]]:
    return kept(_built)


@pytest.fixture
def road(db: None, built: tuple[UUID, dict[str, Client]]) -> Joining:
    return Joining.objects.get(id=built[0])


@pytest.fixture
def people(db: None, built: tuple[UUID, dict[str, Client]]) -> dict[str, Client]:
    return desks.again(built[1])


def url(name: str, road: Joining) -> str:
    document = terms.in_force(desks.TERMS)
    assert document is not None
    row = desks.planned(road)
    arguments: dict[str, tuple[Any, ...]] = {
        "joining": (),
        "terms-versions": (),
        "terms-publish": (),
        "four-eyes": (),
        "access-requests": (),
        "access-decide": (road.organisation.access_requests.get().id,),
        "four-eyes-grant": (road.four_eyes.get().id,),
        "four-eyes-refuse": (road.four_eyes.get().id,),
        "terms-version": (document.id,),
    }
    after: dict[str, tuple[Any, ...]] = {
        "joining-move": ("submit",),
        "joining-evidence": ("certified",),
        "joining-judge": ("certified",),
        "joining-terms": (desks.TERMS,),
        "joining-plan": ("dicom",),
        "joining-system": (road.organisation.certified_systems.get().id,),
        "joining-system-put-back": (road.organisation.certified_systems.get().id,),
        "joining-system-remove": (road.organisation.certified_systems.get().id,),
        "joining-person-role": (desks.membership(road).id,),
        "joining-person-remove": (desks.membership(road).id,),
        "joining-evidence-file": ("certified",),
        "joining-access": (road.organisation.access_requests.get().id,),
        "joining-invitation-withdraw": (road.organisation.invitations.get().id,),
    }
    if name.startswith("joining-planned"):
        after[name] = (row.id,)
    if name in arguments:
        return reverse(name, args=arguments[name])
    return desks.address(name, road, *after.get(name, ()))


def test_every_address_of_the_road_stands_in_a_table() -> None:
    named = {each.name for each in addresses.urlpatterns}
    assert named <= set(READ) | set(POSTED) | ANYBODYS


@pytest.mark.parametrize("name", READ)
def test_who_may_read(name: str, road: Joining, people: dict[str, Client]) -> None:
    place = url(name, road)
    assert tuple(people[role].get(place).status_code for role in ROLES) == READ[name]
    answer = people["out"].get(place)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", POSTED)
def test_who_may_change(name: str, road: Joining, people: dict[str, Client]) -> None:
    if name == "joining-judge":
        road.evidence.all().delete()
    place, found = url(name, road), []
    for role in ROLES:
        with transaction.atomic():
            found.append(people[role].post(place).status_code)
            transaction.set_rollback(True)
    assert tuple(found) == POSTED[name]
    assert people["out"].post(place).headers["Location"].startswith("/accounts/login/")


def test_a_foreign_customer_is_as_one_that_is_not_there(
    road: Joining, people: dict[str, Client]
) -> None:
    client = people["foreign"]
    for name in ("joining-file", "joining-connections", "joining-people", "joining-contacts"):
        foreign = client.get(desks.address(name, road))
        absent = client.get(reverse(name, args=[uuid4()]))
        assert (foreign.status_code, absent.status_code) == (404, 404)
        assert b"Uusi" not in foreign.content


def test_rows_of_another_customer_are_not_reached_through_an_own_address(
    road: Joining, people: dict[str, Client]
) -> None:
    client = people["foreign"]
    own = desks.foreign()
    for name, row_id in (
        ("joining-planned", desks.planned(road).id),
        ("joining-planned-remove", desks.planned(road).id),
        ("joining-planned-test", desks.planned(road).id),
        ("joining-system", road.organisation.certified_systems.get().id),
        ("joining-system-put-back", road.organisation.certified_systems.get().id),
        ("joining-system-remove", road.organisation.certified_systems.get().id),
        ("joining-person-remove", desks.membership(road).id),
        ("joining-person-role", desks.membership(road, Role.CUSTOMER_ADMIN).id),
    ):
        place = reverse(name, args=[own.id, row_id])
        assert client.post(place, {"role": "customer_admin"}).status_code == 404, name


def test_the_operator_has_no_file() -> None:
    actor = cast.officer()
    place = reverse("joining-file", args=[actor.organisation_id])
    assert desks.of(actor).get(place).status_code == 404


def test_an_administrator_elsewhere_is_not_one_here(road: Joining) -> None:
    """The role is asked of this customer, not of the person."""
    both = cast.user("both")
    both.memberships.create(organisation=desks.foreign(), role=Role.CUSTOMER_ADMIN)
    both.memberships.create(organisation=road.organisation, role=Role.CUSTOMER_TECHNICAL)
    client = desks.browser(both)
    row = desks.membership(road)
    assert client.get(desks.address("joining-file", road)).status_code == 200
    assert client.get(desks.address("joining-people", road)).status_code == 403
    removal = desks.address("joining-person-remove", road, row.id)
    assert client.get(removal).status_code == 403
    client.post(removal)
    assert desks.membership(road) == row
    place = desks.address("joining-terms", road, desks.TERMS)
    assert client.post(place, {"authority": "x"}).status_code == 403
