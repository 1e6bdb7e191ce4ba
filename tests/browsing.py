"""Hands in a browser that end where they lead: a click that opens a page is over when it stands."""

from playwright.sync_api import Locator, Page


def follow(page: Page, what: Locator | str) -> None:
    """Click and stand on the page that it leads to, not still on the one before."""
    target = page.locator(what).first if isinstance(what, str) else what
    with page.expect_navigation():
        target.click()


def sign_in(page: Page, address: str, login: dict[str, str]) -> None:
    page.goto(f"{address}/accounts/login/")
    page.fill("[name=login]", login["login"])
    page.fill("[name=password]", login["password"])
    follow(page, "button.go")
