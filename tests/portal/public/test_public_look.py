"""What the public sees in a browser: no axe violation, no sideways scrolling, light and dark; and,
without JavaScript, the whole way from the guide to a sent registration.

Screenshots go to $SCREENSHOTS when it is set.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from playwright.sync_api import Browser, Page

from archive.config import settings as config
from onboarding.models import Joining
from tests import post_office
from tests.browsing import follow
from tests.portal.public.applicants import CONTACT, NEW, PASSWORD, link_in
from tests.portal.test_look import address, faults_in

__all__ = ["address"]  # fixtures

pytestmark = pytest.mark.journey

GUIDE = "/guide?sector=private&system=yes&services=both&content=ct&content=intra_oral"
PATHS = (
    ("guide-first", "/guide"),
    ("guide-contents", "/guide?sector=private&system=yes&services=both"),
    ("guide-error", "/guide?asked=sector"),
    ("guide-answer", f"{GUIDE}&content=resting_ecg&content=pathology"),
    ("customers", "/customers"),
    ("customers-none", "/customers?search=zzz"),
    ("join", "/join/"),
    ("account", "/join/account/"),
    ("sign-in", "/accounts/login/"),
)


def test_no_public_page_has_an_axe_violation_or_scrolls_sideways(
    browser: Browser, address: str
) -> None:
    found: list[str] = []
    page = browser.new_page(locale="fi-FI")
    page.on("console", lambda message: found.append(message.text) if _blames(message) else None)
    for name, path in PATHS:
        page.goto(f"{address}{path}")
        found.extend(faults_in(page, name))
    assert found == []


def _blames(message: Any) -> bool:
    """What the content security policy refuses is a fault of the page."""
    return "Content Security Policy" in message.text


@pytest.fixture
def mail_files() -> Iterator[None]:
    """Mails go where the product puts them, not where tests do."""
    with override_settings(EMAIL_BACKEND="portal.mail_files.EmailBackend"):
        yield


class Walk:
    """One applicant with one browser, without JavaScript, who looks at every page on the way."""

    def __init__(self, page: Page, address: str, width: int, scheme: str) -> None:
        self.page, self.address, self.width, self.scheme = page, address, width, scheme
        self.faults: list[str] = []

    def look(self, name: str) -> None:
        if folder := os.environ.get("SCREENSHOTS"):
            path = f"{folder}/walk-{name}-{self.width}-{self.scheme}.png"
            self.page.screenshot(path=path, full_page=True)
        if self.page.locator("h1").count() != 1:
            self.faults.append(f"{name}: not one heading")
        if (wide := self.page.evaluate("document.documentElement.scrollWidth")) > self.width:
            self.faults.append(f"{name}: scrolls sideways, {wide}")

    def go(self) -> None:
        follow(self.page, "main button.go")

    def tick(self, *values: str) -> None:
        for value in values:
            self.page.check(f"input[value='{value}']")
        self.go()


@pytest.mark.parametrize(
    ("width", "scheme", "locale"), [(1280, "light", "en"), (390, "dark", "sv")]
)
def test_from_the_guide_to_a_sent_registration_without_javascript(
    browser: Browser, address: str, mail_files: None, width: int, scheme: str, locale: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        locale=locale,
        java_script_enabled=False,
    )
    page = context.new_page()
    page.set_default_timeout(90_000)  # cores are shared with other tests
    walk = Walk(page, address, width, scheme)
    page.goto(f"{address}/guide")
    for values in (("private",), ("yes",), ("buys",), ("ct", "mr")):
        walk.tick(*values)
    walk.look("answer")
    follow(page, "a.btn.go")
    walk.look("join")
    follow(page, "a.btn.go")
    sign_up(walk)
    register(walk)
    walk.look("check")
    walk.go()
    assert page.url == f"{address}/join/status/"
    walk.look("status")
    context.close()
    row = Joining.objects.get(organisation__business_id=NEW)
    assert (row.state, row.content_types) == ("submitted", ["ct", "mr"])
    assert walk.faults == []


def sign_up(walk: Walk) -> None:
    """With the mail read from its file."""
    page, folder = walk.page, Path(settings.EMAIL_FILE_PATH)
    before = set(folder.glob("*.log"))
    page.fill("[name=email]", "aino.maria.nieminen@kuvantamispalvelut.example.invalid")
    page.fill("[name=password1]", PASSWORD)
    page.fill("[name=password2]", PASSWORD)
    walk.go()
    walk.look("mail-sent")
    assert str(config().mail_dir) in page.content()
    post_office.deliver()
    (mail,) = set(folder.glob("*.log")) - before
    page.goto(f"{walk.address}{link_in(mail.read_text())}")
    walk.look("confirm")
    walk.go()


def register(walk: Walk) -> None:
    page = walk.page
    page.fill("[name=business_id]", "0204819-7")
    walk.go()
    walk.look("business-id-wrong")
    page.fill("[name=business_id]", NEW)
    walk.go()
    walk.look("sector")
    walk.go()  # answered in the guide
    page.fill("[name=name_fi]", "Uusi kuvantaminen Oy")
    walk.look("names")
    walk.go()
    walk.tick("produces", "uses")
    walk.look("contents")
    walk.go()  # answered in the guide
    walk.tick("patient_data", "prescriptions")
    for name in ("administrative", "technical", "data-protection"):
        for field in ("name", "email", "phone"):
            page.fill(f"[name={field}]", CONTACT[field])
        page.select_option("select[name=language]", "sv")
        walk.look(name)
        walk.go()
