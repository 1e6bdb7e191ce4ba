"""How the pages of the logs look: no axe violation, no sideways scrolling, in light and dark.

Screenshots go to $SCREENSHOTS when it is set.
"""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page

from archive.models import LedgerEvent
from portal.log_rows import key_of
from tests import builders, logs
from tests.cast import MATTI, RONTGEN
from tests.portal.test_look import CROSSWISE, address, let_in, wrong_in

__all__ = ["address"]
pytestmark = pytest.mark.journey


def report(page: Page, address: str) -> str:
    """A report on one patient; its address."""
    page.goto(f"{address}{reverse('log-report')}")
    page.fill("[name=code]", MATTI)
    page.fill("main [name=reason]", "E-1042, the patient asks")
    page.click("main button.go")
    page.wait_for_url("**/logs/report/*/")
    return page.url.removeprefix(address)


def test_no_page_of_the_logs_has_an_axe_violation_or_scrolls_sideways(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    study = builders.study()
    given = LedgerEvent.objects.get(id=logs.give(study, document_ids=("1.2.3",)))
    logs.give(study, to=RONTGEN, ground="emergency")
    logs.give(study, ground="own-register")
    found: list[str] = []
    page = browser.new_page(locale="sv-SE")
    let_in(page, address, demo["logins"]["logreview"])
    for each in (
        reverse("log-disclosures"),
        f"{reverse('log-disclosures')}?ground=emergency",
        reverse("log-disclosure", args=[key_of(given)]),
        reverse("log-use"),
        reverse("log-patient"),
        reverse("log-report"),
        report(page, address),
    ):
        found.extend(wrong_in(page, address, each, CROSSWISE))
    assert found == []
