"""From sign-in to retry in a real browser, wide and narrow, and what a customer's people see
(NF-1, SD-1 to SD-3, LG-3).

Screenshots go to $SCREENSHOTS when it is set.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from archive.simulation.modules import Order
from tests.browsing import follow, judged
from tests.journeys.customer import storescu
from tests.journeys.studies import commit, ct, post_documents, written
from tests.journeys.system import PATIENCE, SOON, System, eventually

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]

NARROW, WIDE = 390, 1280  # the wide one last: the journey goes on in it
REASON = "E-1042, the ward asks"


@dataclass
class Visit:
    """One person's session: every page is looked at in both widths."""

    system: System
    page: Page
    when_narrow: Sequence[str] = ()  # axe's rules that are asked then; none: all
    found: list[str] = field(default_factory=list)

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    def open(self, path: str) -> int:
        answer = self.page.goto(f"{self.system.file['web']}{path}")
        return answer.status if answer else 0

    def sign_in(self, login: str) -> None:
        """The page of it is looked at elsewhere (tests.portal.test_look)."""
        entry = self.system.file["logins"][login]
        self.open("/accounts/login/")
        self.page.fill("[name=login]", entry["login"])
        self.page.fill("[name=password]", entry["password"])
        self.main.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("button", name="Sign out")).to_be_attached()

    def press(self, name: str) -> None:
        """A button of the page that leads to a page."""
        follow(self.page, self.main.get_by_role("button", name=name, exact=True))

    def rail(self, name: str) -> None:
        """Follow a link of the main navigation."""
        main = self.page.get_by_role("navigation", name="Main")
        follow(self.page, main.get_by_role("link", name=name))

    def look(self, name: str) -> None:
        """In each width; what axe or the eye would mind is remembered."""
        for width, rules in ((NARROW, self.when_narrow), (WIDE, ())):
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.wait_for_function("width => innerWidth === width", arg=width)
            if folder := os.environ.get("SCREENSHOTS"):
                # To hide the caret would write a style into the page, which its policy forbids.
                path = f"{folder}/{name}-{width}.png"
                self.page.screenshot(path=path, full_page=True, caret="initial")
            minded, _, wide = judged(self.page, *rules)
            for each in minded:
                self.found.append(f"{name} {width}: {each['id']} {each['nodes'][0]['html']}")
            if wide > width:
                self.found.append(f"{name} {width}: scrolls sideways")


@contextmanager
def visiting(system: System, browser: Browser, when_narrow: Sequence[str] = ()) -> Iterator[Visit]:
    """A session of its own; at its end nothing may be minded."""
    with browser.new_context(locale="en-GB", reduced_motion="reduce") as context:
        page = context.new_page()
        page.set_default_timeout(SOON * 1000)
        expect.set_options(timeout=SOON * 1000)
        made = Visit(system, page, when_narrow)
        page.on("pageerror", lambda error: made.found.append(f"script: {error}"))
        page.on("console", lambda message: made.found.extend(blames(message)))
        yield made
        assert made.found == []


@pytest.fixture
def visit(system: System, browser: Browser) -> Iterator[Visit]:
    with visiting(system, browser) as made:
        yield made


def blames(message: Any) -> list[str]:
    """What the browser minds of a page; that an answer was 404 is the test's own affair."""
    minds = message.type == "error" and "Failed to load resource" not in message.text
    return [f"{message.location['url']}: {message.text}"] if minds else []


@pytest.fixture(scope="module")
def given_up(whole_system: System, tmp_path_factory: pytest.TempPathFactory) -> Order:
    """A study of a customer whose listener was dead until the archive gave up, and another's."""
    system, folder = whole_system, tmp_path_factory.mktemp("sent")
    order, other = system.order("RONTGEN_PACS"), system.order()
    assert len(storescu(system.peer(), written(ct(other, 1), folder / "other")).stored) == 1
    datasets = ct(order, 3)
    with system.listeners["RONTGEN_PACS"].dead():
        post_documents(system, order)
        sent = storescu(system.peer("RONTGEN_PACS"), written(datasets, folder / "own"))
        assert len(sent.stored) == 3
        commit(system, datasets, "RONTGEN_PACS")
        query = (
            "SELECT count(*) FROM archive_availabilitynotice n JOIN archive_study s"
            " ON s.id = n.study_id WHERE s.study_instance_uid = %s AND n.state = 'failed'"
        )
        eventually(lambda: system.one(query, order.study_uid) == 1, PATIENCE)
    return order


def case_path(system: System, order: Order) -> str:
    (case,) = system.trace(order.accession)["cases"]
    return str(case["url"]).removeprefix(system.file["web"])


def test_a_customer_sees_its_own_home_and_cases_and_nobodys_studies(
    visit: Visit, given_up: Order
) -> None:
    path = case_path(visit.system, given_up)
    visit.sign_in("rontgen")
    expect(visit.main).to_contain_text("RONTGEN_PACS")
    expect(visit.main).not_to_contain_text("ESIM_PACS")
    visit.look("customer-home")
    visit.rail("Errors")
    visit.look("customer-errors")
    visit.page.locator(f"a[href^='{path}']").click()
    expect(visit.main.locator(".head")).to_contain_text("E-")
    expect(visit.main.get_by_role("button", name="Retry")).to_have_count(0)
    visit.look("customer-case")
    assert given_up.patient.id not in visit.page.content()
    assert visit.open("/studies/") == 404
    visit.look("customer-studies")
    visit.open("/")
    follow(visit.page, visit.page.get_by_role("button", name="Sign out"))
    visit.sign_in("esim")
    assert visit.open(path) == 404
    assert visit.open("/desk/") == 200


def test_support_finds_the_study_sees_why_and_retries(visit: Visit, given_up: Order) -> None:
    system, page = visit.system, visit.page
    visit.sign_in("support")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    visit.look("overview")

    visit.rail("Studies")
    visit.look("studies")
    page.get_by_role("group", name="Filters").locator(
        "details.chip", has_text="Accession number"
    ).locator("summary").click()
    page.get_by_role("textbox", name="Accession number").fill(given_up.accession)
    page.get_by_role("button", name="Filter").locator("visible=true").click()
    page.wait_for_url(f"**accession={given_up.accession}*")
    expect(visit.main.get_by_role("heading", level=1)).to_have_text("1 study")
    visit.look("studies-filtered")

    page.locator("tbody").get_by_role("link").first.click()
    expect(visit.main.get_by_role("heading", name="Why do you look")).to_be_visible()
    visit.look("reason")
    visit.main.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="Open the study").click()
    timeline = page.locator(".timeline")
    expect(timeline).to_be_visible()
    expect(timeline.locator(".from", has_text="IAN").first).to_be_visible()
    assert given_up.patient.id not in page.content()
    visit.look("study")

    path = case_path(system, given_up)
    visit.rail("Support desk")
    visit.look("desk")
    page.locator(f"a[href^='{path}']").click()
    visit.look("case")
    visit.main.locator(".head").get_by_role("button", name="Retry").click()
    expect(page.get_by_role("status").first).to_contain_text("tried again")
    visit.look("case-retried")

    system.listeners["RONTGEN_PACS"].await_notice(given_up.study_uid, PATIENCE)
    query = "SELECT state FROM archive_case WHERE id = %s"
    case_id = path.strip("/").rpartition("/")[2]
    eventually(lambda: system.one(query, case_id) == "resolved", SOON)
    page.reload()
    expect(visit.main.locator(".head")).to_contain_text("resolved")
    viewed = [e for e in system.trace(given_up.accession)["timeline"] if e["step"] == "viewed"]
    assert [REASON in each["detail"] for each in viewed] == [True]
