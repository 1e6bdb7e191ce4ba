"""Each step of the road by its button: offered, explained, done, kept; refused out of turn."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from archive.models import CustomerState
from archive.values import BusinessId, today
from onboarding.models import FourEyes, Joining, JoiningState, RequestState
from onboarding.rules.calendar import last_day_after_notice
from onboarding.services import joining
from onboarding.services import joining as services
from portal.formats import day_text
from tests.kept import Kept
from tests.onboarding import cast
from tests.portal.joining import desks

pytestmark = pytest.mark.django_db
S = JoiningState
Brought = Callable[[JoiningState], Joining]

# from, button, to, who presses it, with what reason
STEPS = (
    (S.DRAFT, "submit", S.SUBMITTED, "customer", "agreed on by telephone"),
    (S.RETURNED, "submit", S.SUBMITTED, "customer", "agreed on by telephone"),
    (S.SUBMITTED, "take-up", S.IN_REVIEW, "officer", "agreed on by telephone"),
    (S.IN_REVIEW, "accept", S.ACCEPTED, "officer", "all is there"),
    (S.IN_REVIEW, "return", S.RETURNED, "officer", "the number is missing"),
    (S.IN_REVIEW, "reject", S.REJECTED, "officer", "not a care provider"),
    (S.RETURNED, "reject", S.REJECTED, "officer", "no answer"),
    (S.ACCEPTED, "reject", S.REJECTED, "officer", "no answer"),
    (S.TEST_PASSED, "open", S.IN_PRODUCTION, "officer", "agreed on by telephone"),
    (S.TEST_WAIVED, "open", S.IN_PRODUCTION, "officer", "agreed on by telephone"),
    (S.NOTICE_GIVEN, "withdraw-notice", S.IN_PRODUCTION, "customer", "agreed on by telephone"),
    (S.NOTICE_GIVEN, "withdraw-notice", S.IN_PRODUCTION, "officer", "agreed on by telephone"),
    (S.ENDED, "again", S.DRAFT, "customer", "agreed on by telephone"),
    (S.REJECTED, "again", S.DRAFT, "officer", "agreed on by telephone"),
)


@pytest.fixture(scope="module")
def draft(kept: Kept) -> UUID:
    """That lacks nothing."""
    return kept(lambda: cast.proved(cast.filled(cast.applicant())).id)


@pytest.fixture
def brought_to(db: None, draft: UUID) -> Brought:
    def bring(state: JoiningState) -> Joining:
        road = cast.onward(Joining.objects.get(id=draft), state)
        road.refresh_from_db()
        return road

    return bring


@pytest.mark.parametrize("start,key,end,who,reason", STEPS, ids=lambda value: str(value))
def test_a_step_is_offered_explained_and_done(
    start: JoiningState, key: str, end: JoiningState, who: str, reason: str, brought_to: Brought
) -> None:
    road = brought_to(start)
    client = desks.person(road, who)
    place = desks.address("joining-move", road, key)
    assert place in client.get(desks.address("joining-file", road)).content.decode()
    asked = client.get(place).content.decode()
    assert 'name="reason"' in asked.split("<main", 1)[1]
    answer = client.post(place, {"reason": reason}, follow=True)
    assert answer.redirect_chain[-1][0] == desks.address("joining-file", road)
    road.refresh_from_db()
    assert road.state == end
    newest = road.transitions.order_by("-at", "-id").first()
    assert newest is not None
    assert (newest.from_state, newest.to_state, newest.reason) == (start, end, reason)
    assert reason in answer.content.decode()


@pytest.mark.parametrize("key", ["return", "reject"])
def test_a_step_that_needs_a_reason_is_not_done_without(key: str, brought_to: Brought) -> None:
    road = brought_to(S.IN_REVIEW)
    answer = desks.step(desks.of(cast.officer()), road, key, reason="  ")
    assert answer.status_code == 422
    assert 'href="#id_reason"' in answer.content.decode()  # the summary leads to the field
    road.refresh_from_db()
    assert road.state == S.IN_REVIEW


@pytest.mark.parametrize("key", ["take-up", "accept", "open", "again", "withdraw-notice", "waive"])
def test_a_step_out_of_turn_is_refused_in_words(key: str, brought_to: Brought) -> None:
    road = brought_to(S.RETURNED)
    client = desks.of(cast.officer())
    page = client.get(desks.address("joining-move", road, key)).content.decode()
    assert "This cannot be done now" in page
    answer = desks.step(client, road, key, reason="because")
    assert answer.status_code == 422
    assert "state was changed meanwhile" in answer.content.decode()
    road.refresh_from_db()
    assert road.state == S.RETURNED


def test_a_customer_does_not_take_an_officers_step(brought_to: Brought) -> None:
    road = brought_to(S.SUBMITTED)
    me = desks.of(cast.admin(road))
    assert desks.step(me, road, "take-up").status_code == 403
    assert desks.step(me, road, "no-such-step").status_code == 404
    road.refresh_from_db()
    assert road.state == S.SUBMITTED


def test_a_draft_that_lacks_contacts_is_not_sent() -> None:
    road = cast.applicant(BusinessId("9000012-6"), "another")
    admin = cast.admin(road, "another")
    me = desks.of(admin)
    page = me.get(desks.address("joining-file", road)).content.decode()
    assert "Go on with the registration" in page
    joining.save(admin, road, step="contact-technical", values={})
    page = me.get(desks.address("joining-file", road)).content.decode()
    assert f'href="/join/{road.organisation_id}/contact-technical/"' in page  # where it was left
    answer = desks.step(me, road, "submit")
    assert answer.status_code == 422
    assert "A contact is missing" in answer.content.decode()


def test_production_says_what_is_missing_before_and_after(brought_to: Brought) -> None:
    road = brought_to(S.TEST_PASSED)
    road.organisation.acceptances.all().delete()
    client = desks.of(cast.officer())
    page = client.get(desks.address("joining-move", road, "open")).content.decode()
    assert "Not possible yet" in page and "disabled" in page
    answer = desks.step(client, road, "open")
    assert answer.status_code == 422
    assert "general delivery terms accepted" in answer.content.decode()
    road.refresh_from_db()
    assert road.state == S.TEST_PASSED


def test_opened_production_is_open_to_the_connections(brought_to: Brought) -> None:
    road = brought_to(S.TEST_PASSED)
    desks.step(desks.of(cast.officer()), road, "open")
    organisation = road.organisation
    organisation.refresh_from_db()
    assert organisation.state == CustomerState.IN_PRODUCTION
    assert organisation.joined_on == today()
    assert desks.planned(road, "production").opened_at is not None


# --- four eyes ------------------------------------------------------------------------------------


def asked(road: Joining) -> FourEyes:
    desks.step(desks.of(cast.officer()), road, "waive", reason="it only looks")
    return FourEyes.objects.get(joining=road, state=RequestState.OPEN)


def decide(client: Any, request: FourEyes, verdict: str) -> Any:
    return client.post(f"/joining/four-eyes/{request.id}/{verdict}/")


def test_a_waiver_takes_a_second_officer(brought_to: Brought) -> None:
    road = brought_to(S.ACCEPTED)
    request = asked(road)
    first, second = desks.of(cast.officer()), desks.of(cast.second_officer())
    mine = first.get("/joining/four-eyes/").content.decode()
    assert "another officer grants it" in mine and "/grant/" not in mine
    refused = decide(first, request, "grant")
    assert refused.status_code == 409
    assert "Who asked for it cannot also decide it." in refused.content.decode()
    road.refresh_from_db()
    assert road.state == S.ACCEPTED
    assert "/grant/" in second.get("/joining/four-eyes/").content.decode()
    assert decide(second, request, "grant").status_code == 302
    road.refresh_from_db()
    assert road.state == S.TEST_WAIVED


def test_the_asker_takes_a_waiver_back_and_it_is_not_granted_after(brought_to: Brought) -> None:
    road = brought_to(S.ACCEPTED)
    request = asked(road)
    assert decide(desks.of(cast.officer()), request, "refuse").status_code == 302
    assert decide(desks.of(cast.second_officer()), request, "grant").status_code == 409
    road.refresh_from_db()
    assert road.state == S.ACCEPTED


def test_the_same_waiver_is_not_asked_twice(brought_to: Brought) -> None:
    road = brought_to(S.ACCEPTED)
    officer, place = desks.of(cast.officer()), desks.address("joining-move", road, "waive")
    assert place in officer.get(desks.address("joining-file", road)).content.decode()
    request = asked(road)
    assert place not in officer.get(desks.address("joining-file", road)).content.decode()
    told = officer.get(place).content.decode()
    assert "waits for a second officer" in told and "the state is" not in told
    assert "<textarea" not in told
    answer = desks.step(desks.of(cast.second_officer()), road, "waive", reason="again")
    assert answer.status_code == 422
    assert "waits for a second officer" in answer.content.decode()
    decide(officer, request, "refuse")
    assert place in officer.get(desks.address("joining-file", road)).content.decode()


# --- notice ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["customer", "officer"])
def test_the_effect_of_a_notice_is_told_before_it_is_given(who: str, brought_to: Brought) -> None:
    road = brought_to(S.IN_PRODUCTION)
    client = desks.person(road, who)
    place, day = desks.address("joining-notice", road), today().isoformat()
    told = client.post(place, {"given_on": day})
    assert told.status_code == 200
    assert "The last day of use would be" in told.content.decode()
    road.refresh_from_db()
    assert road.state == S.IN_PRODUCTION
    told = client.post(place, {"given_on": day, "reason": "the clinic closes"})
    assert 'value="the clinic closes"' in told.content.decode()
    given = {"given_on": day, "sure": day, "reason": "the clinic closes"}
    assert client.post(place, given).status_code == 302
    road.refresh_from_db()
    assert (road.state, road.ends_on) == (S.NOTICE_GIVEN, last_day_after_notice(today()))
    assert road.transitions.order_by("-at", "-id")[0].reason == "the clinic closes"


def test_a_notice_dated_yesterday_is_refused_at_the_field(brought_to: Brought) -> None:
    road = brought_to(S.IN_PRODUCTION)
    yesterday = (today() - timedelta(days=1)).isoformat()
    client = desks.of(cast.admin(road))
    place = desks.address("joining-notice", road)
    answer = client.post(place, {"given_on": yesterday, "sure": yesterday})
    assert answer.status_code == 422
    assert 'id="id_given_on_error"' in answer.content.decode()
    road.refresh_from_db()
    assert road.state == S.IN_PRODUCTION


def test_an_officer_dates_a_letter_to_the_day_it_came(brought_to: Brought) -> None:
    road = brought_to(S.IN_PRODUCTION)
    road.organisation.joined_on = today() - timedelta(days=400)
    road.organisation.save()
    client, place = desks.of(cast.officer()), desks.address("joining-notice", road)
    long_ago = (today() - timedelta(days=40)).isoformat()
    refused = client.post(place, {"given_on": long_ago})
    assert refused.status_code == 422
    assert "too long ago" in refused.content.decode()
    yesterday = today() - timedelta(days=1)
    told = client.post(place, {"given_on": yesterday.isoformat()}).content.decode()
    assert day_text(last_day_after_notice(yesterday)) in told
    sure = {"given_on": yesterday.isoformat(), "sure": yesterday.isoformat()}
    assert client.post(place, sure).status_code == 302
    road.refresh_from_db()
    assert road.notice_given_on == yesterday


def test_a_notice_is_not_given_twice(brought_to: Brought) -> None:
    road = brought_to(S.NOTICE_GIVEN)
    client = desks.of(cast.admin(road))
    place, day = desks.address("joining-notice", road), today().isoformat()
    assert "This cannot be done now" in client.get(place).content.decode()
    assert client.post(place, {"given_on": day, "sure": day}).status_code == 422


def test_the_pipeline_warns_of_a_running_notice_and_keeps_filters_in_the_address(
    brought_to: Brought,
) -> None:
    road = brought_to(S.NOTICE_GIVEN)
    client = desks.of(cast.officer())
    listed = client.get("/joining/?view=list&warning=notice").content.decode()
    assert "last day of use" in listed and "New Imaging" in listed and "Mallilan" not in listed
    windows = client.get("/joining/?view=list&warning=window").content.decode()
    assert "Mallilan" in windows and "New Imaging" not in windows  # its certificate runs out
    waiting = client.get("/joining/?waits_for=officer").content.decode()
    assert "New Imaging" not in waiting
    assert services.WAIVER not in waiting
    nobody = client.get("/joining/?view=list&state=nonsense")
    assert nobody.status_code == 200
    assert road.organisation.name in client.get("/joining/?name=9000011").content.decode()


def test_the_systems_own_steps_say_why(brought_to: Brought) -> None:
    road = brought_to(S.ENDED)
    page = desks.of(cast.officer()).get(desks.address("joining-file", road)).content.decode()
    assert "The rollout test was passed." in page
    assert "The last day of use after the notice is over." in page
