"""The pages of retention in a browser: no axe violation, no sideways scrolling (AR-9)."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from archive.models import RetentionRule
from tests import cast, retention
from tests.browsing import follow
from tests.cast import MATTI, dataset
from tests.portal.test_look import (
    CROSSWISE,
    WIDTHS,
    address,
    faults,
    let_in,
    turn,
    wrong_in,
)

__all__ = ["address"]  # fixtures

pytestmark = pytest.mark.journey


def test_no_page_of_retention_has_an_axe_violation_or_scrolls_sideways(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    study = retention.ended()
    retention.nothing_is_for_ever()
    retention.survey()
    proposed = retention.propose()
    rule = RetentionRule.objects.filter(valid_until=None).first()
    assert rule is not None
    places = [
        *map(reverse, ("retention", "destructions", "destruction-propose")),
        *map(reverse, ("retention-rule-change", "retention-hold-change", "retention-death")),
        reverse("retention-rule-close", args=[rule.id]),
        reverse("retention-hold-study", args=[study.id]),
        reverse("destruction", args=[proposed.id]),
    ]
    found: list[str] = []
    page = browser.new_page(locale="fi-FI")
    let_in(page, address, demo["logins"]["archivist"])
    for place in places:
        found.extend(wrong_in(page, address, place, CROSSWISE))
    assert found == []


def test_how_much_a_hold_is_about_is_said_before_it_is_placed(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    study = cast.store(dataset(), dataset())
    found: list[str] = []
    page = browser.new_page(locale="fi-FI")
    let_in(page, address, demo["logins"]["archivist"])
    for width in WIDTHS:
        turn(page, width)
        page.goto(address + reverse("retention-hold-study", args=[study.id]))
        page.fill("main [name=reason]", "kantelu 5")
        follow(page, "main button.go")
        expect(page.get_by_text("Tutkimuksessa on nyt 2 objektia.")).to_be_visible()
        found.extend(faults(page, "retention-hold-study-preview", width))
        page.goto(address + reverse("retention-hold-change"))
        page.fill("main [name=code]", MATTI)
        page.fill("main [name=reason]", "kantelu 5")
        follow(page, "main button.go")
        expect(page.get_by_text("jossa on 2 objektia.")).to_be_visible()
        found.extend(faults(page, "retention-hold-patient-preview", width))
        follow(page, "main [name=back]")
        expect(page.locator("main [name=reason]")).to_have_value("kantelu 5")
    assert found == []
