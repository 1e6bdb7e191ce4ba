"""A session that nobody uses ends, and none lasts for ever (NF-3)."""

import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, expect

from portal.idleness import KEPT, UNASKED
from tests import builders
from tests.browsing import violations
from tests.cast import MATTI
from tests.portal.test_look import address, let_in
from tests.portal.test_pages import signed_in

__all__ = ["address"]
pytestmark = pytest.mark.django_db
MINUTE = 60
PAGE = "http://testserver/desk/?state=open"


def used(client: Client, *, minutes_ago: float, began: float = 0) -> None:
    session = client.session
    now = int(time.time())
    session[KEPT] = (now - int((began or minutes_ago) * MINUTE), now - int(minutes_ago * MINUTE))
    session.save()


def left(client: Client, **headers: str) -> int:
    answer: dict[str, int] = client.get("/session/", headers=headers).json()
    return answer["left"]


def test_who_does_nothing_is_signed_out_and_told_why_where_the_page_is_found_again() -> None:
    client = signed_in("support")
    used(client, minutes_ago=30)
    answer = client.get("/studies/?state=failed", follow=True)
    assert answer.redirect_chain == [("/accounts/login/?next=/studies/%3Fstate%3Dfailed", 302)]
    assert "nothing had been done for 30 minutes" in answer.content.decode()
    assert client.get("/studies/").status_code == 302


def test_who_does_something_stays() -> None:
    client = signed_in("support")
    used(client, minutes_ago=29)
    assert client.get("/desk/").status_code == 200
    assert left(client) > 29 * MINUTE


def test_what_a_page_asks_for_by_itself_is_no_use() -> None:
    client = signed_in("support")
    used(client, minutes_ago=29)
    assert client.get("/desk/", headers={UNASKED: "1"}).status_code == 200
    assert left(client, **{UNASKED: "1"}) <= MINUTE


def test_a_session_ends_also_in_use() -> None:
    client = signed_in("support")
    used(client, minutes_ago=1, began=12 * 60)
    answer = client.get("/desk/", follow=True)
    assert "signed in for long" in answer.content.decode()


def test_a_part_of_a_page_leads_the_whole_to_the_sign_in() -> None:
    client = signed_in("support")
    used(client, minutes_ago=31)
    answer = client.get("/desk/", headers={"HX-Request": "true", "HX-Current-URL": PAGE})
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=/desk/%3Fstate%3Dopen"


@pytest.mark.parametrize(
    ("came_from", "back"), [(PAGE, "/desk/%3Fstate%3Dopen"), ("https://elsewhere.invalid/x", "/")]
)
def test_what_is_sent_too_late_leads_back_to_its_page(came_from: str, back: str) -> None:
    client = signed_in("support")
    used(client, minutes_ago=31)
    answer = client.post("/desk/batches/new/", headers={"Referer": came_from})
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        f"/accounts/login/?next={back}",
    )


def test_a_session_is_written_once_a_minute(django_assert_num_queries: Any) -> None:
    client = signed_in("support")
    assert left(client) > 0
    with django_assert_num_queries(2):  # the session and who it is
        left(client)


@pytest.mark.journey
def test_who_is_away_is_warned_may_stay_and_is_shown_the_sign_in(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    page = browser.new_context(locale="en-GB").new_page()
    client = let_in(page, address, demo["logins"]["support"])
    page.clock.install()
    page.goto(f"{address}/desk/?state=open")
    warning = page.get_by_role("alertdialog", name="Are you still there?")
    stay = page.get_by_role("button", name="Stay signed in")

    def away(minutes: float) -> None:
        """For the server, and then for the page, which asks it when it is time."""
        used(client, minutes_ago=minutes)
        page.clock.fast_forward(int(minutes * MINUTE * 1000))

    away(28.5)
    expect(warning).to_be_visible()
    assert violations(page) == []
    expect(stay).to_be_focused()
    with page.expect_response(f"{address}/session/"):
        stay.press("Enter")
    expect(warning).to_be_hidden()
    assert left(client, **{UNASKED: "1"}) > 29 * MINUTE
    away(28.5)
    expect(warning).to_be_visible()
    away(31)
    page.wait_for_url(f"{address}/accounts/login/?next=%2Fdesk%2F%3Fstate%3Dopen")
    expect(page.locator("main")).to_contain_text("You were signed out")


@pytest.mark.journey
def test_who_only_types_is_not_away(browser: Browser, address: str, demo: dict[str, Any]) -> None:
    page = browser.new_context(locale="en-GB").new_page()
    client = let_in(page, address, demo["logins"]["support"])
    page.clock.install()
    page.goto(f"{address}/studies/patient/")
    used(client, minutes_ago=20)
    page.clock.fast_forward(20 * MINUTE * 1000)
    with page.expect_response(f"{address}/session/"):
        page.locator("#id_reason").press_sequentially("E-1042")
    assert left(client, **{UNASKED: "1"}) > 29 * MINUTE


@pytest.mark.journey
def test_nothing_that_was_shown_stays_in_the_tab(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    """Going back asks the server: who sits there now may be somebody else, or signed out."""
    page = browser.new_context(locale="en-GB").new_page()
    client = let_in(page, address, demo["logins"]["support"])
    page.goto(f"{address}/organisations/")
    for column in ("Sector", "State"):
        page.locator("a.sort", has_text=column).click()
        page.wait_for_url(f"**sort={column.lower()}")
    expect(page.locator("th[aria-sort]")).to_have_text("State")
    kept: str = page.evaluate("JSON.stringify(sessionStorage)")
    assert "hyvinvointialue" not in kept
    page.go_back()
    page.wait_for_url("**sort=sector")
    expect(page.locator("th[aria-sort]")).to_have_text("Sector")
    used(client, minutes_ago=31)
    page.go_back()
    expect(page.locator("main")).to_contain_text("You were signed out")


@pytest.mark.journey
@pytest.mark.parametrize("ended", ["session", "form"])
def test_what_was_sent_too_late_is_typed_only_once(
    ended: str, browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    """It leads to the sign-in, or to the page that says that the form was too old."""
    page = browser.new_context(locale="en-GB").new_page()
    client = let_in(page, address, demo["logins"]["support"])
    page.goto(f"{address}/studies/patient/")
    reason = page.locator("#id_reason")
    reason.fill("E-1042")
    if ended == "session":
        used(client, minutes_ago=31)
    else:
        page.context.clear_cookies(name="csrftoken")
    reason.press("Enter")
    expect(page.locator("main")).to_contain_text(
        "You were signed out" if ended == "session" else "Nothing was saved"
    )
    let_in(page, address, demo["logins"]["support"])
    page.goto(f"{address}/studies/patient/")
    expect(reason).to_have_value("E-1042")
    expect(page.locator("main")).to_contain_text("Your unsent text is here again.")
    page.locator("#id_code").fill("010181-900C")
    with page.expect_navigation():  # it arrives
        reason.press("Enter")
    page.goto(f"{address}/studies/patient/")
    expect(reason).to_have_value("")


@pytest.mark.journey
def test_what_was_chosen_beside_it_is_chosen_only_once(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    """Who reads a comment is half of what was meant."""
    page = browser.new_context(locale="en-GB").new_page()
    client = let_in(page, address, demo["logins"]["support"])
    place = f"{address}/cases/{builders.case().id}/"
    page.goto(place)
    text, readers = page.locator("#id_text"), page.locator("#id_readers")
    text.fill("Restart your listener.")
    readers.select_option("shared")
    used(client, minutes_ago=31)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("main")).to_contain_text("You were signed out")
    let_in(page, address, demo["logins"]["support"])
    page.goto(place)
    expect(text).to_have_value("Restart your listener.")
    expect(readers).to_have_value("shared")
    said = page.locator("p.hint.draft")
    expect(said).to_contain_text("Your unsent choices are here again.")
    assert violations(page) == []
    said.get_by_role("button").click()
    expect(readers).to_have_value("own")
    readers.select_option("asking")
    page.goto(place)
    expect(readers).to_have_value("asking")
    with page.expect_navigation():  # it arrives
        page.get_by_role("button", name="Add", exact=True).click()
    page.goto(place)
    expect(readers).to_have_value("own")
    assert page.evaluate("Object.keys(sessionStorage).filter(key => /draft|sent/.test(key))") == []


@pytest.mark.journey
def test_a_patients_will_is_kept_nowhere_before_it_is_recorded(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    page = browser.new_context(locale="en-GB").new_page()
    client = let_in(page, address, demo["logins"]["archivist"])
    person = builders.patient()
    found = client.post(reverse("wishes"), {"code": MATTI, "reason": "E-1042"})
    assert found.status_code == 302
    page.goto(f"{address}{reverse('wishes-correct', args=[person.id, 'prohibition'])}")
    page.locator("select[name=scope]").select_option(index=1)
    page.locator("#id_reason").fill("A letter of the patient.")
    page.reload()
    expect(page.locator("#id_reason")).to_have_value("A letter of the patient.")
    kept: str = page.evaluate("JSON.stringify(sessionStorage)")
    assert "scope" not in kept
