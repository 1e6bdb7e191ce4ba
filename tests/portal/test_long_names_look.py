"""Lists of what is as long as it may be: names of 200 letters, UIDs of 64, accession numbers of 16.

No page scrolls sideways, and an accession number, which is read aloud, is not broken (NF-2).
"""

from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page

from archive.models import Organisation
from portal.lists.every import LISTINGS
from tests import builders
from tests.cast import ESIMERKKILA
from tests.portal.test_lists import WHICH
from tests.portal.test_look import address, let_in, turn

__all__ = ["address"]
pytestmark = pytest.mark.journey

NAME = "W" * 200
UID = "1.2.246.10.90000003.22.2026.1234567890.1234567890.1234567890.123"  # of 64 characters
ACCESSION = "WWWW-MMMM-202611"
# In one call, of which there are hundreds: as wide as the window shall be, then how wide the page
# is, and whether the accession number is broken.
AS_WIDE = """async width => {
    for (let frame = 0; innerWidth !== width; frame++) {
        if (frame === 900) throw new Error(`still ${innerWidth} wide, not ${width}`);
        await new Promise(requestAnimationFrame);
    }
"""
MEASURED = f"""([width, accession]) => ({AS_WIDE}
    return [
        document.documentElement.scrollWidth,
        [...document.querySelectorAll(".list .id")].some(
            it => it.textContent === accession && it.offsetHeight > 1.5 * parseFloat(
                getComputedStyle(it).lineHeight
            )
        ),
    ];
}})(width)"""
# How wide the page is with one filter opened after another, where that is too wide.
OPENED = f"""{AS_WIDE}
    return [...document.querySelectorAll("details.chip")].map(it => {{
        it.open = true;
        const wide = document.documentElement.scrollWidth;
        it.open = false;
        return wide > innerWidth ? it.querySelector("summary").textContent + " " + wide : "";
    }}).filter(Boolean).join("; ");
}}"""


def test_no_list_is_pushed_aside_and_no_accession_number_broken(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    named = Organisation.objects.filter(business_id=ESIMERKKILA)
    named.update(name_fi=NAME, name_sv=NAME, name_en=NAME)
    study = builders.study(study_instance_uid=UID, accession_number=ACCESSION)
    builders.notice(study)
    builders.event(builders.case(), study=study, accession_number=ACCESSION)
    builders.dead_job(study)
    found: list[str] = []
    for login in ("admin", "archivist", "esim"):
        page = browser.new_page(locale="fi-FI")
        let_in(page, address, demo["logins"][login])
        for listing in LISTINGS.values():
            query = {**WHICH.get(listing.name, {}), "organisation": str(named.get().id)}
            # There are lists of the staff, of some, of customers.
            if is_there(page, f"{address}{listing.url}?{urlencode(query)}"):
                found.extend(f"{login} {listing.name} {fault}" for fault in faults(page))
        page.close()
    assert found == []


def test_no_form_that_offers_such_a_name_is_wider_than_the_page(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    named = Organisation.objects.filter(business_id=ESIMERKKILA)
    named.update(name_fi=NAME, name_sv=NAME, name_en=NAME)
    page = browser.new_page(locale="fi-FI")
    let_in(page, address, demo["logins"]["admin"])
    found = []
    for listing in LISTINGS.values():
        if not is_there(page, f"{address}{listing.url}"):
            continue
        for width in (1280, 390):
            turn(page, width)
            if wide := page.evaluate(OPENED, width):
                found.append(f"{listing.name} {width}: {wide}")
    assert found == []


def is_there(page: Page, url: str) -> bool:
    answer = page.goto(url)
    assert answer is not None
    return answer.status == 200


def faults(page: Page) -> list[str]:
    found = []
    for width in (1280, 1000, 760, 390):
        turn(page, width)
        wide, broken = page.evaluate(MEASURED, [width, ACCESSION])
        if wide > width:
            found.append(f"{width}: scrolls sideways, {wide}")
        if broken:
            found.append(f"{width}: an accession number is broken")
    return found
