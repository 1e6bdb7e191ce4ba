"""Millimetre paper is wider than a window: the page says so, and a key scrolls it (AR-1, NF-2)."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.portal.test_corrections_look import give_reason_unseen
from tests.portal.test_look import address, let_in, turn, wrong_with
from tests.portal.test_object import stored

__all__ = ["address"]  # fixtures

pytestmark = pytest.mark.journey


def style(side: str) -> str:
    return f"getComputedStyle(document.querySelector('.ecg-edges'), '::{side}')"


def opacity(page: Page, side: str) -> float:
    return float(page.evaluate(f"{style(side)}.opacity"))


def test_the_paper_tells_that_it_scrolls_and_does_by_key(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    held = stored("ecg")
    found: list[str] = []
    page = browser.new_page(locale="fi-FI")
    client = let_in(page, address, demo["logins"]["archivist"])
    give_reason_unseen(client, held.study)
    path = f"/studies/{held.study_id}/objects/{held.id}/"
    for width in (390, 1280, 1900):
        turn(page, width)
        found.extend(wrong_with(page, address, path, width))
        frame, hint = page.locator(".ecg-frame"), page.locator("#ecg-hint")
        wider = frame.evaluate("each => each.scrollWidth > each.clientWidth")
        assert wider is (width < 1900)
        expect(hint).to_be_visible(visible=wider)
        expect(frame).to_have_attribute("aria-describedby", "ecg-hint")
        if wider:
            assert (opacity(page, "before"), opacity(page, "after")) == (0, 1)
            frame.focus()
            page.keyboard.press("ArrowRight")
            page.wait_for_function("() => document.querySelector('.ecg-frame').scrollLeft > 0")
            frame.evaluate("each => { each.scrollLeft = each.scrollWidth }")
            page.wait_for_function(f"() => {style('after')}.opacity == 0")
            page.wait_for_function(f"() => {style('before')}.opacity == 1")
    assert found == []
