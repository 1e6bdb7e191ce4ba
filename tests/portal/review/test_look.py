"""How the pages of log review look: no axe violation, no sideways scrolling.

Screenshots go to $SCREENSHOTS when it is set.
"""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from archive.models import ReviewRule, WatchedPerson
from tests.portal.review.test_doors import world
from tests.portal.test_look import CROSSWISE, address, let_in, wrong_in

__all__ = ["address"]
pytestmark = pytest.mark.journey


def test_no_page_of_review_has_an_axe_violation_or_scrolls_sideways(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    row, case, asked = world()
    rule = ReviewRule.objects.get(kind="outside_hours", scope="staff")
    staff = [
        *(reverse(name) for name in ("review", "review-cases", "review-rules", "review-watch")),
        reverse("suspicion", args=[row.id]),
        reverse("review-case", args=[case.id]),
        reverse("review-act", args=[case.id, "ask"]),
        reverse("review-rule", args=[rule.id]),
        reverse("review-watch-end", args=[WatchedPerson.objects.get().id]),
        f"{reverse('log-disclosures')}?ground=emergency",
    ]
    own = [reverse("log-requests"), reverse("log-request", args=[asked.id])]
    found: list[str] = []
    for login, places in (("admin", staff), ("malli", own)):
        page = browser.new_page(locale="fi-FI")
        let_in(page, address, demo["logins"][login])
        for place in places:
            found.extend(wrong_in(page, address, place, CROSSWISE))
        page.close()
    assert found == []
