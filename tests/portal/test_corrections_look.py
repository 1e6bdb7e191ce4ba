"""Corrections and integrity in a browser: no axe violation, no need of JavaScript (AR-7, AR-10).

Screenshots go to $SCREENSHOTS when it is set.
"""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from archive.models import Correction, Instance, Rejection, Study
from archive.services import integrity, reconciliation, rejection_notes
from archive.services.reconciliation import Found
from tests import builders, cast, notes
from tests.browsing import follow
from tests.cast import MATTI, VENLA, dataset
from tests.portal.test_look import (
    CROSSWISE,
    WIDTHS,
    address,
    faults,
    let_in,
    turn,
    wrong_in,
)
from tests.services.test_corrections_laid_over import lay_over
from tests.services.test_integrity import flip
from tests.services.test_rejections import ARCHIVIST

__all__ = ["address"]  # fixtures

pytestmark = pytest.mark.journey


def give_reason(page: Page, address: str, study: Study) -> None:
    page.goto(f"{address}/studies/{study.id}/")
    page.fill("main [name=reason]", "E-1042, the ward asks")
    follow(page, "form[action*='/reason/'] button")


def give_reason_unseen(client: Client, study: Study) -> None:
    answer = client.post(f"/studies/{study.id}/reason/", {"reason": "E-1042, the ward asks"})
    assert answer.status_code == 302


def a_life() -> Study:
    """A study with everything on its page, and something on every list."""
    bad, good, damaged = dataset(), dataset(), dataset()
    study = cast.store(bad, good, damaged)
    builders.study(accession_number="A9")
    rows = Instance.objects.filter(study=study)
    one = rows.get(sop_instance_uid=bad.SOPInstanceUID)
    rejection_notes.reject(ARCHIVIST, study, [one.id], notes.SAFETY, reason="moved")
    hurt = rows.get(sop_instance_uid=damaged.SOPInstanceUID)
    flip(bytes(hurt.digest))
    integrity.found_damaged(hurt.id)
    lay_over(study, PatientName="Mallikas^Venla", AccessionNumber="B2")
    kind = reconciliation.FindingKind.IMAGES_WITHOUT_ENTRY
    reconciliation.note([Found(kind, "production", str(study.id), study.id)])
    return study


def test_no_page_has_an_axe_violation_or_scrolls_sideways(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    study = a_life()
    correction, rejection = Correction.objects.get(), Rejection.objects.get()
    found: list[str] = []
    page = browser.new_page(locale="fi-FI")
    client = let_in(page, address, demo["logins"]["archivist"])
    give_reason_unseen(client, study)
    for path in (
        f"/studies/{study.id}/",
        f"/studies/{study.id}/objects/",
        f"/studies/{study.id}/reject/",
        f"/corrections/new/?study={study.id}",
        "/corrections/",
        "/corrections/?what=rejections",
        "/corrections/who/",
        f"/corrections/{correction.id}/",
        f"/rejections/{rejection.id}/",
        "/integrity/",
        "/integrity/findings/images-without-entry/",
    ):
        found.extend(wrong_in(page, address, path, CROSSWISE))
    assert found == []


def test_an_archivist_corrects_rejects_and_undoes_without_javascript(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    study = cast.store(dataset(), dataset())
    page = browser.new_context(java_script_enabled=False, locale="en-GB").new_page()
    let_in(page, address, demo["logins"]["archivist"])
    give_reason(page, address, study)
    page.get_by_role("link", name="Correct", exact=True).click()
    page.fill("[name=PatientID]", VENLA)
    page.get_by_role("button", name="Show what will change").click()
    expect(page.locator("del")).to_have_text(MATTI)
    page.get_by_role("button", name="Go back").click()
    expect(page.locator("[name=PatientID]")).to_have_value(VENLA)
    page.get_by_role("button", name="Show what will change").click()
    page.fill("main [name=reason]", "mix-up at the desk")
    follow(page, page.get_by_role("button", name="Correct", exact=True))
    study.refresh_from_db()
    assert study.patient.identifier == VENLA
    page.get_by_role("link", name="To the study").click()  # another patient's now, for one reason
    page.get_by_role("link", name="Reject objects", exact=True).click()
    page.check("[name=all]")
    page.fill("main [name=reason]", "not hers either")
    page.get_by_role("button", name="Show what will happen").click()
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("2 objects are rejected")).to_be_visible()
    page.fill("main [name=reason]", "it was hers")
    page.get_by_role("button", name="Revoke the whole rejection").click()
    expect(page.get_by_text("2 objects are shown again")).to_be_visible()
    page.goto(f"{address}/corrections/{Correction.objects.get().id}/")
    page.fill("main [name=reason]", "was right before")
    follow(page, page.get_by_role("button", name="Undo"))
    study.refresh_from_db()
    assert study.patient.identifier == MATTI


def test_what_was_typed_is_there_after_the_study_has_changed(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    study = cast.store(dataset())
    found: list[str] = []
    page = browser.new_page(locale="en-GB")
    client = let_in(page, address, demo["logins"]["archivist"])
    give_reason_unseen(client, study)
    for number, width in enumerate(WIDTHS):
        turn(page, width)
        page.goto(f"{address}/corrections/new/?study={study.id}")
        page.fill("[name=AccessionNumber]", "B2")
        page.fill("[name=StudyDate]", "2026-11-19")
        follow(page, "main button.go")
        now = {"accession_number": f"C{number}", "study_id": f"7{number}"}
        Study.objects.filter(id=study.id).update(**now)
        page.fill("main [name=reason]", "mix-up at the desk")
        follow(page, "main [name=confirm]")
        expect(page.locator("[name=AccessionNumber]")).to_have_value("B2")
        expect(page.locator("[name=StudyDate]")).to_have_value("2026-11-19")
        expect(page.locator("[name=StudyID]")).to_have_value(f"7{number}")
        expect(page.get_by_text(f"the archive now has C{number}").first).to_be_visible()
        found.extend(faults(page, "corrections-outdated", width))
    assert found == [] and not Correction.objects.exists()
