"""Who may see what, whole: an order without a producer, its producer, images under the order, a
prohibition, an emergency, its review (AC-1 to AC-6, LG-1, LG-5).

Screenshots go to $SCREENSHOTS when it is set.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from archive.simulation import consumer, retriever
from archive.simulation.consumer import Ask
from archive.simulation.modules import Order
from archive.simulation.world import Patient
from tests.browsing import ABOUT_ROOM
from tests.journeys import registry
from tests.journeys.citizen import Citizen
from tests.journeys.customer import storescu
from tests.journeys.studies import CODE, KINDS, NAME, commit, ct, post_documents, written
from tests.journeys.system import PATIENCE, System, eventually
from tests.journeys.test_browser import Visit, visiting

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]

PRODUCER, THIRD = "RONTGEN_PACS", "MALLI_PACS"
PATIENT = Patient("141172-900H", "Kallio^Toivo")  # nobody else's: what is said holds nowhere else
CARE = {"service_event": "1.2.246.10.90000011.14.2026.77"}
FINDING = "The patient lay unconscious in the emergency department, says the customer."


@dataclass
class Trust:
    """An examination that Esimerkkilä orders, and who has to do with it, each at a browser."""

    system: System
    sit_down: Callable[[], Visit]
    folder: Path
    order: Order = field(init=False)

    def __post_init__(self) -> None:
        self.order = replace(self.system.order(), patient=PATIENT)

    def at_browser(self, login: str) -> Visit:
        visit = self.sit_down()
        visit.sign_in(login)
        return visit

    # The order

    def ordered(self, visit: Visit) -> str:
        """Step by step, without a producer; the address of the authorisation."""
        visit.rail("Authorisations")
        visit.main.get_by_role("link", name="New order").click()
        visit.main.locator("[name=level]").select_option("patient")
        visit.main.locator("[name=code]").fill(self.order.patient.id)
        visit.look("order-whom")
        go_on(visit)
        visit.main.locator("[name=service_code]").fill(CODE)
        visit.main.locator("[name=service_text]").fill(NAME)
        visit.main.locator("[name=order_text]").fill("Päänsärky, verenvuoto?")
        visit.look("order-what")
        go_on(visit)
        visit.look("order-terms")
        go_on(visit)
        visit.look("order-check")
        visit.main.get_by_role("button", name="Make the authorisation").click()
        expect(visit.main).to_contain_text("none yet")
        visit.look("authorisation-without-producer")
        return visit.page.url.removeprefix(self.system.file["web"])

    def producer_named(self, visit: Visit) -> str:
        """The address of the version in force."""
        visit.main.get_by_role("link", name="Name the producer").click()
        visit.main.locator("[name=producer]").select_option(label="Röntgen Esimerkki Oy")
        visit.look("order-producer")
        visit.main.get_by_role("button", name="Make the new version").click()
        expect(visit.main).to_contain_text("The new version is in force.")
        return visit.page.url.removeprefix(self.system.file["web"])

    def accepted(self, visit: Visit, address: str) -> None:
        visit.rail("Authorisations")
        visit.page.get_by_role("link", name="Assignments").click()
        visit.look("assignments")
        visit.main.locator(f"a[href^='{address}']").click()
        visit.main.get_by_role("link", name="Accept", exact=True).click()
        visit.main.get_by_role("button", name="Accept", exact=True).click()
        expect(visit.main).to_contain_text("The assignment is accepted.")
        visit.look("assignment")

    # The images

    def sent(self, name: str) -> set[str]:
        """By the producer's PACS, naming the organiser; what was stored."""
        folder = written(ct(self.order, 2), self.folder / name)
        return storescu(self.system.peer(PRODUCER), folder).stored

    def is_organisers(self) -> bool:
        query = (
            "SELECT o.business_id = %s FROM archive_study s"
            " JOIN archive_register r ON r.id = s.register_id"
            " JOIN archive_organisation o ON o.id = r.organisation_id"
            " WHERE s.study_instance_uid = %s"
        )
        own = self.system.customer().business_id
        return bool(self.system.one(query, own, self.order.study_uid))

    # Who sees it

    def seen_by(self, aet: str, **said: Any) -> dict[str, consumer.Entry]:
        """The study's documents at once, by kind, by a professional with a signed assertion."""
        ask = Ask(self.system.customer(aet), self.order.patient, **{"more": CARE, **said})
        return {each.class_code: each for each in consumer.find(self.system.world, ask)}

    def fetched_by(self, aet: str, **said: Any) -> set[str]:
        """The images, by way of the manifest."""
        ask = Ask(self.system.customer(aet), self.order.patient, **said)
        manifest = self.seen_by(aet, **said)["manifest"]
        content = retriever.documents(self.system.world, ask, [manifest])
        return set(retriever.images(self.system.world, ask, content[manifest.unique_id]))

    # The review

    def suspicion(self, visit: Visit) -> None:
        """Opened from the list, where it came by itself."""
        query = (
            "SELECT count(*) FROM archive_suspicion s JOIN archive_patient p ON p.id = s.patient_id"
            " WHERE s.kind = 'emergency' AND p.identifier = %s"
        )
        eventually(lambda: self.system.one(query, PATIENT.id) == 1, PATIENCE, "a suspicion")
        visit.rail("Log review")
        visit.look("review")
        row = visit.main.locator("tbody tr", has_text="Mallilan hyvinvointialue")
        row.filter(has_text="emergency").get_by_role("link").first.click()
        expect(visit.main).to_contain_text("Lääkäri Testi")
        visit.look("suspicion")

    def case_closed(self, visit: Visit) -> None:
        visit.main.locator("[name=title]").fill("Emergency use at Mallila")
        visit.main.get_by_role("button", name="Take into a case").click()
        expect(visit.main).to_contain_text("The suspicion is in the case.")
        visit.look("review-case")
        expect(visit.main.get_by_role("link", name="Close the case")).to_have_count(0)
        visit.main.get_by_role("link", name="Record a finding").click()
        visit.main.locator("[name=finding]").select_option("justified")
        visit.main.locator("[name=text]").fill(FINDING)
        visit.look("finding")
        visit.press("Record a finding")
        visit.main.get_by_role("link", name="Close the case").click()
        visit.main.locator("[name=decision]").fill("Nothing follows.")
        visit.main.get_by_role("button", name="Close the case").click()
        expect(visit.main).to_contain_text("The case is closed.")
        expect(visit.main).to_contain_text(FINDING)
        visit.look("review-case-closed")


def go_on(visit: Visit) -> None:
    visit.press("Save and continue")


@pytest.fixture
def trust(system: System, browser: Browser, tmp_path: Path) -> Iterator[Trust]:
    with ExitStack() as stack:

        def sit_down() -> Visit:
            # All its pages are looked at whole (tests.portal.authorisations, tests.portal.review).
            return stack.enter_context(visiting(system, browser, when_narrow=ABOUT_ROOM))

        yield Trust(system, sit_down, tmp_path)


def test_from_an_order_without_producer_to_a_closed_case_of_review(
    system: System, trust: Trust
) -> None:
    organiser = trust.at_browser("esim")
    first = trust.ordered(organiser)
    assert trust.sent("too-early") == set()
    second = trust.producer_named(organiser)
    assert second != first
    trust.accepted(trust.at_browser("rontgen"), second)

    assert len(trust.sent("under-the-order")) == 2
    commit(system, ct(trust.order, 2), PRODUCER)
    assert trust.is_organisers()
    post_documents(system, trust.order)
    system.await_state(trust.order.study_uid, "registered")
    own = registry.entries(
        system, system.file["customers"][0]["xds"], PATIENT.id, trust.order.accession
    )
    assert set(own) == {*KINDS, "manifest"}
    organiser.open(second)
    expect(organiser.main).to_contain_text(trust.order.accession)
    organiser.look("authorisation-performed")

    citizen = Citizen(system, PATIENT.id)
    assert trust.seen_by(THIRD) == {}
    citizen.say("informing", text_version="2023-11-30")
    citizen.say("permission", given=True)
    assert set(trust.seen_by(THIRD)) == {*KINDS, "manifest"}
    citizen.say(
        "prohibitions",
        scope="provider",
        provider=system.customer().organisation_oid,
        emergency_exception=True,
    )
    assert trust.seen_by(THIRD) == {}
    assert set(trust.seen_by(PRODUCER)) == {*KINDS, "manifest"}
    assert len(trust.fetched_by(PRODUCER)) == 2
    used = system.sql(
        "SELECT facts->>'ground', facts->>'authorisation' FROM archive_ledgerevent"
        " WHERE kind = 'data.used' AND facts->>'what' = 'images' AND facts->>'study_uid' = %s",
        trust.order.study_uid,
    )
    assert used == [("authorisation", second.strip("/").rpartition("/")[2])]

    assert len(trust.fetched_by(THIRD, purpose="EMERGENCY")) == 2
    reviewer = trust.at_browser("logreview")
    trust.suspicion(reviewer)
    trust.case_closed(reviewer)
    told = citizen.get("disclosures")["results"]
    assert {(each["receiver_oid"], each["ground"]) for each in told} == {
        (system.customer(THIRD).organisation_oid, ground) for ground in ("permission", "emergency")
    }
