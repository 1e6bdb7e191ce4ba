"""Hands in a browser that end where they lead: a click that opens a page is over when it stands."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Locator, Page

AXE = (
    "options => axe.run({resultTypes: ['violations'], ...options}).then(found => found.violations)"
)
# Of the rules that axe runs unasked, the ones that look at colours (tests.portal.test_look).
ABOUT_COLOURS = ("color-contrast", "link-in-text-block")


def follow(page: Page, what: Locator | str) -> None:
    """Click and stand on the page that it leads to, not still on the one before."""
    target = page.locator(what).first if isinstance(what, str) else what
    with page.expect_navigation():
        target.click()


def violations(page: Page, *rules: str) -> list[dict[str, Any]]:
    """What axe minds of the page as it is now, by all rules or by some; brought in once a page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(AXE, {"runOnly": list(rules)} if rules else {})
    return found


def sign_in(page: Page, address: str, login: dict[str, str]) -> None:
    page.goto(f"{address}/accounts/login/")
    page.fill("[name=login]", login["login"])
    page.fill("[name=password]", login["password"])
    follow(page, "button.go")
