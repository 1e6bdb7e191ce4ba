"""A register's succession from the pages: shown before, agreed on by two, told on both sides
(ON-8, NF-3).
"""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse

from archive.models import Organisation, RegisterHolding
from archive.queries import standing
from archive.values import HELSINKI, today
from onboarding.models import FourEyes, Joining, RequestState, Succession
from onboarding.services import production, succession
from tests import cast as archive_cast
from tests import post_office
from tests.cast import ESIMERKKILA, MALLILA, RONTGEN, dataset
from tests.onboarding import cast
from tests.portal.joining import desks

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def given_notice(business_id: str = ESIMERKKILA) -> Joining:
    road = Joining.objects.get(organisation__business_id=business_id)
    return production.give_notice(cast.officer(), road, given_on=today())


def ended(business_id: str = ESIMERKKILA) -> Joining:
    road = given_notice(business_id)
    assert road.ends_on is not None
    production.end_due(road.ends_on + DAY)
    road.refresh_from_db()
    return road


def choice(road: Joining, on: Any = None, **other: Any) -> dict[str, str]:
    successor = archive_cast.organisation(MALLILA)
    return {
        "successor": str(successor.id),
        "on": (on or today()).isoformat(),
        "reason": "The county takes over",
        **other,
    }


def sure(told: dict[str, str]) -> dict[str, str]:
    return {**told, "sure": f"{told['successor']} {told['on']}"}


def place(road: Joining) -> str:
    return desks.address("succession", road)


def asked(road: Joining, on: Any = None) -> FourEyes:
    answer = desks.of(cast.officer()).post(place(road), sure(choice(road, on)))
    assert answer.status_code == 302
    return FourEyes.objects.get(joining=road, kind="succession", state=RequestState.OPEN)


def decide(client: Any, request: FourEyes, verdict: str) -> Any:
    return client.post(f"/joining/four-eyes/{request.id}/{verdict}/")


def own_page(business_id: str) -> str:
    organisation = archive_cast.organisation(business_id)
    login = {ESIMERKKILA: "esim", MALLILA: "malli"}[business_id]
    client = desks.browser(cast.User.objects.get(username=login))
    answer = client.get(reverse("organisation", args=[organisation.id]))
    file = client.get(reverse("joining-file", args=[organisation.id]))
    assert (answer.status_code, file.status_code) == (200, 200)
    return str(answer.content.decode() + file.content.decode())


def test_what_passes_is_shown_before_anything_is_asked_for() -> None:
    archive_cast.store(dataset(), dataset(SOPInstanceUID="1.2.9.2", InstanceNumber="2"))
    road = ended()
    answer = desks.of(cast.officer()).post(place(road), choice(road))
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "Mallilan hyvinvointialue would be controller from" in shown
    assert 'data-label="Objects">2<' in shown and 'data-label="Studies">1<' in shown
    assert "Ask for the succession" in shown and "disabled" not in shown
    assert not FourEyes.objects.exists()


def test_what_stands_in_the_way_is_said_in_words_and_refused() -> None:
    road = Joining.objects.get(organisation__business_id=ESIMERKKILA)
    client = desks.of(cast.officer())
    shown = client.post(place(road), choice(road)).content.decode()
    assert "This stands in the way" in shown and "has not ended before that day" in shown
    assert "disabled" in shown
    refused = client.post(place(road), sure(choice(road)))
    assert refused.status_code == 422
    assert "Missing: The use of the former one has not ended" in refused.content.decode()
    assert not FourEyes.objects.exists()


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"on": (today() - DAY).isoformat()}, "id_on_error"),
        ({"on": "soon"}, "id_on_error"),
        ({"reason": " "}, "id_reason_error"),
        ({"successor": ""}, "id_successor_error"),
    ],
)
def test_a_wrong_form_is_refused_at_its_field(told: dict[str, str], field: str) -> None:
    road = ended()
    answer = desks.of(cast.officer()).post(place(road), sure({**choice(road), **told}))
    assert answer.status_code == 422
    assert f'id="{field}"' in answer.content.decode()
    assert not FourEyes.objects.exists()


def test_neither_itself_nor_an_applicant_nor_the_operator_can_be_chosen() -> None:
    road = ended()
    page = desks.of(cast.officer()).get(place(road)).content.decode()
    offered = page.split("<select")[1].split("</select>")[0]
    for business_id in (ESIMERKKILA, "9000004-6", "0246246-0"):
        assert str(archive_cast.organisation(business_id).id) not in offered
    assert str(archive_cast.organisation(RONTGEN).id) in offered


def test_a_second_officer_carries_it_out_and_both_customers_read_of_it() -> None:
    road = ended()
    request = asked(road)
    first, second = desks.of(cast.officer()), desks.of(cast.second_officer())
    assert "another officer grants it" in first.get(place(road)).content.decode()
    assert decide(first, request, "grant").status_code == 409
    listed = second.get("/joining/four-eyes/").content.decode()
    assert "Succession of the register: Mallilan hyvinvointialue becomes controller" in listed
    assert place(road) in listed
    assert "Agree and carry out" in second.get(place(road)).content.decode()
    waits = first.get("/joining/?view=list&name=9000000").content.decode()
    assert "a succession is asked for" in waits

    assert decide(second, request, "grant").status_code == 302

    row = Succession.objects.get()
    holding = RegisterHolding.objects.get()
    assert (holding.register_id, holding.organisation_id) == (
        row.register_id,
        road.organisation_id,
    )
    assert "Passed on" in own_page(ESIMERKKILA)
    assert "controller before" in own_page(MALLILA) and "Esimerkkil" in own_page(MALLILA)
    staff = first.get(place(road)).content.decode()
    assert "There is no register that could pass" in staff and "Passed on" in staff
    again = desks.address("joining-move", road, "again")
    assert again not in first.get(desks.address("joining-file", road)).content.decode()
    assert first.post(again).status_code == 422


def test_a_refused_one_leaves_everything_as_it_was() -> None:
    road = ended()
    request = asked(road)
    assert decide(desks.of(cast.officer()), request, "refuse").status_code == 302  # taken back
    assert decide(desks.of(cast.second_officer()), request, "grant").status_code == 409
    assert not Succession.objects.exists()
    assert "To whom does the register pass?" in (
        desks.of(cast.officer()).get(place(road)).content.decode()
    )


def test_what_is_agreed_on_is_shown_and_can_be_called_off() -> None:
    road = given_notice()
    assert road.ends_on is not None
    client = desks.of(cast.officer())
    assert f'value="{(road.ends_on + DAY).isoformat()}"' in client.get(place(road)).content.decode()
    decide(desks.of(cast.second_officer()), asked(road, road.ends_on + DAY), "grant")
    for page in (
        own_page(ESIMERKKILA),
        own_page(MALLILA),
        client.get(place(road)).content.decode(),
    ):
        assert "passes from Esimerkkil" in page
    off = desks.address("succession-call-off", road)
    post_office.deliver()
    mail.outbox.clear()
    told = client.post(off, follow=True).content.decode()
    assert "was called off" in told
    assert not Succession.objects.exists()
    told_to = {address for letter in post_office.deliver() for address in letter.to}
    assert {address.rpartition("@")[2].split(".")[0] for address in told_to} == {"esim", "malli"}
    assert "No succession was planned." in client.post(off, follow=True).content.decode()


def test_the_archive_knows_who_was_controller_on_a_past_day() -> None:
    road = given_notice()
    assert road.ends_on is not None
    day = road.ends_on + DAY
    succession.carry_out(cast.second_officer(), asked(road, day))
    register = Succession.objects.get().register
    production.end_due(day)
    assert succession.pass_due(day) == 1
    register.refresh_from_db()
    former, successor = road.organisation, archive_cast.organisation(MALLILA)
    holds = {register.id: register.organisation_id}
    noons = [
        datetime.combine(each, time(12), HELSINKI)
        for each in (today(), road.ends_on, day, day + 9 * DAY)
    ]
    found = [standing.controllers_at(holds, noon)[register.id] for noon in noons]
    assert found == [former.id, former.id, successor.id, successor.id]


def test_a_successor_that_has_left_meanwhile_gets_nothing() -> None:
    road = given_notice()
    assert road.ends_on is not None
    day = road.ends_on + DAY
    succession.carry_out(cast.second_officer(), asked(road, day))
    production.end_due(day)
    Organisation.objects.filter(business_id=MALLILA).update(state="ended")
    assert succession.pass_due(day) == 0
    assert not RegisterHolding.objects.exists()
    Organisation.objects.filter(business_id=MALLILA).update(state="in_production")
    assert succession.pass_due(day + 5 * DAY) == 1
    assert RegisterHolding.objects.get().until == day  # the day agreed on, not when it was noted


def test_a_notice_given_again_moves_the_day() -> None:
    road = given_notice()
    assert road.ends_on is not None
    succession.carry_out(cast.second_officer(), asked(road, road.ends_on + DAY))
    production.withdraw_notice(cast.officer(), road)
    later = production.give_notice(cast.officer(), road, given_on=today() + 20 * DAY)
    assert later.ends_on is not None and later.ends_on > road.ends_on
    assert succession.pass_due(road.ends_on + DAY) == 0
    production.end_due(later.ends_on + DAY)
    assert succession.pass_due(later.ends_on + DAY) == 1
    assert RegisterHolding.objects.get().until == later.ends_on + DAY
