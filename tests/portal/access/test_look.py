"""How the pages on who may see what look: no axe violation, no sideways scrolling.

Screenshots go to $SCREENSHOTS when it is set.
"""

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests import builders, cast
from tests.cast import MALLILA
from tests.portal.test_look import address, let_in, wrong_in
from tests.wishes import AINO, inform, permit, prohibit, wanted

__all__ = ["address"]
pytestmark = pytest.mark.journey


def test_no_page_of_access_has_an_axe_violation_or_scrolls_sideways(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    inform(text_version="2023-11-30")
    permit()
    ban = prohibit(wanted("everything"))
    person = builders.patient(AINO)
    builders.study(patient=person)
    asked = f"/why/?patient={person.id}&organisation={cast.organisation(MALLILA).id}"
    places = (
        *("/wishes/", f"/wishes/{person.id}/", f"/wishes/{person.id}/?day=2026-01-02"),
        f"/wishes/{person.id}/correct/prohibition/",
        f"/wishes/{person.id}/mistake/prohibition/{ban.id}/",
        *(f"/why/?patient={person.id}", asked, f"{asked}&other_day=2026-01-02"),
        *("/access/rules/", "/access/rules/area/", "/access/rules/role/"),
        *("/system/clients/", "/system/clients/add/", "/try/citizen/"),
    )
    found: list[str] = []
    page = browser.new_page(locale="fi-FI")
    let_in(page, address, demo["logins"]["admin"])
    page.goto(f"{address}/wishes/")
    page.fill("[name=code]", AINO)
    page.fill("main [name=reason]", "it only looks")
    page.click("main button.go")
    page.wait_for_url(f"{address}/wishes/{person.id}/")
    for place in places:
        found.extend(wrong_in(page, address, place, ((1280, "dark"), (390, "light"))))
    assert found == []
