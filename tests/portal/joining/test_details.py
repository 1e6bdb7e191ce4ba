"""What a registration told is read by whoever judges it, and kept true afterwards (ON-1, ON-5)."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from archive.models import ContentPolicy
from onboarding.models import Joining, JoiningState, PublicCustomer
from onboarding.services import joining as services
from tests.onboarding import cast
from tests.portal.joining import desks

pytestmark = pytest.mark.django_db
TOLD = {"roles": ["produces", "reports"], "content_types": ["ct", "mr"]}


@pytest.fixture
def road() -> Joining:
    made = cast.brought_to(JoiningState.SUBMITTED)
    return services.save(cast.officer(), made, step="", values=TOLD)


def page(client: Client, name: str, road: Joining) -> str:
    answer = client.get(desks.address(name, road))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def send(client: Client, road: Joining, **told: Any) -> Any:
    road.refresh_from_db()
    whole = {
        "roles": road.roles,
        "content_types": road.content_types,
        "services_used": road.services_used,
        **told,
    }
    return client.post(desks.address("joining-details", road), whole)


@pytest.mark.parametrize("who", ["officer", "support", "customer", "technical"])
def test_the_file_tells_all_that_the_registration_told(who: str, road: Joining) -> None:
    told = page(desks.people(road)[who], "joining-file", road)
    names = (cast.NAMES.fi, cast.NAMES.sv, cast.NAMES.en)
    contents = ("CT", "MR")
    for said in (*names, "private", "produces images", "reports on images", *contents):
        assert said in told, said


def test_the_file_names_contents_and_not_what_travels_with_them(road: Joining) -> None:
    """A content that may not be archived any more has a name all the same."""
    ContentPolicy.objects.filter(content_type="mr").update(allowed_until=date(2025, 12, 31))
    told = ["ct", "mr", "key_note", "presentation_state"]
    Joining.objects.filter(id=road.id).update(content_types=told)
    seen = page(desks.people(road)["officer"], "joining-file", road)
    assert "<dd>CT, MR</dd>" in seen


def test_what_is_archived_can_be_told_anew_in_production() -> None:
    road = cast.brought_to(JoiningState.IN_PRODUCTION)
    customer = desks.person(road, "customer")
    place = desks.address("joining-details", road)
    assert place in page(customer, "joining-file", road)
    told = page(customer, "joining-details", road)
    assert 'name="content_types" value="resting_ecg"' in told
    assert 'name="name_fi"' not in told  # under review or later it is an officer's
    answer = send(customer, road, content_types=["ct", "resting_ecg"], roles=["produces"])
    assert answer.status_code == 302
    road.refresh_from_db()
    assert (road.content_types, road.roles) == (["ct", "resting_ecg"], ["produces"])
    assert send(customer, road, roles=[]).status_code == 422
    assert send(customer, road, content_types=["nothing"]).status_code == 422


def test_under_review_the_customer_changes_nothing_and_an_officer_may(road: Joining) -> None:
    people = desks.people(road)
    place = desks.address("joining-details", road)
    assert place not in page(people["customer"], "joining-file", road)
    refused = send(people["customer"], road, content_types=["ct"])
    assert refused.status_code == 422
    road.refresh_from_db()
    assert road.content_types == TOLD["content_types"]
    names = {"name_fi": "Uudempi Oy", "name_sv": "", "name_en": "Newer Ltd", "sector": "2"}
    assert place in page(people["officer"], "joining-file", road)
    assert send(people["officer"], road, content_types=["ct"], **names).status_code == 302
    road.refresh_from_db()
    road.organisation.refresh_from_db()
    assert (road.content_types, road.organisation.name_fi) == (["ct"], "Uudempi Oy")


def test_who_has_left_changes_nothing() -> None:
    road = cast.brought_to(JoiningState.REJECTED)
    assert send(desks.of(cast.officer()), road, roles=["uses"]).status_code == 422
    assert desks.address("joining-details", road) not in page(
        desks.person(road, "customer"), "joining-file", road
    )


def test_a_new_name_stands_in_the_public_list() -> None:
    road = cast.brought_to(JoiningState.IN_PRODUCTION)
    services.save(cast.officer(), road, step="", values={"name_fi": "Uudempi Oy", "name_en": ""})
    row = PublicCustomer.objects.get(organisation=road.organisation)
    assert (row.name_fi, row.name_sv, row.name_en) == ("Uudempi Oy", cast.NAMES.sv, "")
