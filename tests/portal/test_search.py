"""The one search box: posted, by exact key, and never with a personal code in the address."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from archive.edges.hl7 import handlers
from archive.edges.hl7.handlers import Visitor
from archive.models import Hl7Message, LedgerEvent, Organisation
from tests import builders
from tests.edges.hl7.messages import a40
from tests.portal.test_look import address, let_in
from tests.portal.test_overview import open_case
from tests.portal.test_pages import own_address, signed_in

__all__ = ["address"]
pytestmark = pytest.mark.django_db


@pytest.mark.journey
@pytest.mark.parametrize("scripts", [True, False])
def test_enter_searches(
    browser: Browser, address: str, demo: dict[str, Any], scripts: bool
) -> None:
    context = browser.new_context(java_script_enabled=scripts, locale="en-GB")
    page = context.new_page()
    let_in(page, address, demo["logins"]["support"])
    page.goto(f"{address}/desk/")
    page.locator("#find").fill("hyvinvointialue")
    page.locator("#find").press("Enter")
    expect(page).to_have_url(f"{address}/search/")
    expect(page.get_by_role("main")).to_contain_text("Esimerkkilän")


@pytest.mark.journey
@pytest.mark.parametrize("width", [1280, 390])
def test_a_code_and_its_reason_can_both_be_read_while_they_are_typed(
    browser: Browser, address: str, demo: dict[str, Any], width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    let_in(page, address, demo["logins"]["support"])
    page.goto(f"{address}/desk/")
    page.locator("#find").fill("010181-900C")
    page.locator("#find").press("Enter")
    expect(page.locator("#find-reason")).to_be_focused()
    for field in ("#find", "#find-reason"):
        box = page.locator(field).bounding_box()
        assert box and box["width"] > 120, field


def test_an_ae_title_leads_to_its_customer() -> None:
    answer = signed_in("support").post("/search/", {"q": "esim_pacs"})
    assert answer.headers["Location"] == own_address("9000000-3")


def test_a_part_of_a_name_is_enough() -> None:
    page = signed_in("support").post("/search/", {"q": "hyvinvointialue"}).content.decode()
    assert "Esimerkkilän" in page and "Mallilan" in page


def test_a_percent_sign_is_no_pattern() -> None:
    page = signed_in("support").post("/search/", {"q": "%"}).content.decode()
    assert "Esimerkkilän" not in page


def test_a_personal_code_is_not_searched_and_not_repeated() -> None:
    answer = signed_in("support").post("/search/", {"q": "010181-900C"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "personal identity code" in page
    assert "010181" not in page


def test_a_case_is_found_by_what_people_quote() -> None:
    open_case(900_001, Organisation.objects.get(business_id="9000000-3"))
    answer = signed_in("support").post("/search/", {"q": "e-900001"}, follow=True)
    assert "E-900001" in answer.content.decode()


def test_nothing_found_says_what_to_do() -> None:
    page = signed_in("support").post("/search/", {"q": "R-NOT-THERE"}).content.decode()
    assert "Check the characters" in page


def test_what_is_nearly_a_code_is_not_searched_either() -> None:
    page = signed_in("support").post("/search/", {"q": "patient 010181–900D"}).content.decode()
    assert "personal identity code" in page and "010181" not in page


def test_a_code_in_the_address_is_taken_out() -> None:
    client = signed_in("support")
    answer = client.get("/search/?q=010181-900C")
    assert answer.headers["Location"] == "/search/?refused=1"
    assert "personal identity code" in client.get("/search/?refused=1").content.decode()


@pytest.mark.parametrize("key", ["R-KEY", "1.2.246.10.77"])
def test_studies_are_found_by_address_too(key: str) -> None:
    made = [
        builders.study(accession_number="R-KEY", study_instance_uid=uid)
        for uid in ("1.2.246.10.77", "1.2.246.10.78")
    ]
    answer = signed_in("support").get(f"/search/?q={key}", follow=True)
    assert answer.status_code == 200
    assert f"/studies/{made[0].id}/" in answer.content.decode()


def test_an_accession_number_typed_small_finds_its_study() -> None:
    study = builders.study(accession_number="HOL6RR-9")
    answer = signed_in("support").post("/search/", {"q": "hol6rr-9"})
    assert answer.headers["Location"] == f"/studies/{study.id}/"


def test_a_case_is_found_by_its_number_in_either_environment() -> None:
    case = builders.case(environment="test")
    answer = signed_in("support").post("/search/", {"q": str(case)})
    assert (answer.status_code, answer.headers.get("Location")) == (302, f"/cases/{case.id}/")


def test_a_study_of_the_other_environment_is_not_found() -> None:
    builders.study(accession_number="R-TEST", environment="test")
    page = signed_in("support").get("/search/?q=R-TEST").content.decode()
    assert "Nothing has that key here" in page


def test_a_role_that_opens_no_study_gets_no_address_of_one() -> None:
    study = builders.study(accession_number="R-KEY")
    page = signed_in("onboarding").get("/search/?q=R-KEY").content.decode()
    assert "R-KEY" in page and str(study.id) not in page


def test_a_message_is_found_by_its_control_id_and_by_our_reference() -> None:
    handlers.answer(a40(control_id="MSG-77"), Visitor("127.0.0.1"))
    message = Hl7Message.objects.get()
    client = signed_in("support")
    for key in ("MSG-77", str(message.id)):
        answer = client.post("/search/", {"q": key})
        assert answer.headers["Location"] == f"/messages/{message.id}/"
    assert "MSG-77" in signed_in("onboarding").post("/search/", {"q": "MSG-77"}).content.decode()


def test_a_case_is_found_by_words_of_its_error_and_of_its_cause() -> None:
    case = builders.case()
    builders.event(case)
    other = builders.case(reason="accession-missing")
    client = signed_in("support")
    for text in ("no known study", "not in the nomenclature", "Tutkimuskoodia ei ole"):
        page = client.post("/search/", {"q": text}, follow=True).content.decode()
        assert str(case) in page and str(other) not in page


def test_a_case_is_found_by_the_title_of_a_system_that_is_nobodys() -> None:
    case = builders.case(None, reason="peer-unknown", caller="LOST_PACS")
    answer = signed_in("support").post("/search/", {"q": "lost_pacs"})
    assert answer.headers["Location"] == f"/cases/{case.id}/"


def test_a_personal_code_with_its_reason_leads_to_the_patients_studies() -> None:
    patient = builders.patient()
    client = signed_in("support")
    answer = client.post("/search/", {"q": "010181-900C", "reason": "the clinic called"})
    assert answer.headers["Location"] == f"/studies/?patient={patient.id}"
    logged = LedgerEvent.objects.get(kind="patient.searched")
    assert logged.facts == {"reason": "the clinic called", "found": True}
    page = client.post("/search/", {"q": "010594Y9032", "reason": "the clinic called"})
    assert "No patient with this code" in page.content.decode()
    assert (
        signed_in("onboarding")
        .post("/search/", {"q": "010181-900C", "reason": "curious"})
        .status_code
        == 200
    )
    assert LedgerEvent.objects.filter(kind="patient.searched").count() == 2
