"""How the pages look: no axe violation, no sideways scrolling, in light and dark.

Screenshots go to $SCREENSHOTS when it is set.
"""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from archive.models import Authorisation
from archive.services import authorisation_drafts, authorisations
from tests import authorising as cast
from tests import builders
from tests.cast import ESIMERKKILA, RONTGEN, VENLA
from tests.portal.test_look import CROSSWISE, address, let_in, wrong_in

__all__ = ["address"]
pytestmark = pytest.mark.journey


def places() -> dict[str, list[str]]:
    row = authorisations.accept(cast.person(RONTGEN), cast.made())
    granted = cast.made(VENLA, voucher_number="PS-1")
    cast.made(producer=None)
    Authorisation.objects.filter(id=row.id).update(due_on=cast.day(-1))
    builders.study(ESIMERKKILA, patient=row.patient, authorisation=row)
    draft = authorisation_drafts.begin(cast.person(), cast.register(), "production", cast.patient())
    one = reverse("authorisation", args=[row.id])
    return {
        "esim": [
            reverse("authorisations"),
            reverse("follow-up"),
            f"{reverse('follow-up')}?view=list",
            one,
            f"{one}amend/",
            f"{one}revoke/",
            reverse("order-new"),
            reverse("order-order", args=[draft.id]),
            reverse("order-terms", args=[draft.id]),
            reverse("order-check", args=[draft.id]),
        ],
        "rontgen": [
            reverse("assignments"),
            reverse("authorisation", args=[granted.id]),
            f"{reverse('authorisation', args=[granted.id])}decline/",
        ],
        "support": [reverse("authorisations"), one, reverse("authorisation-search")],
    }


def test_no_page_has_an_axe_violation_or_scrolls_sideways(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    found: list[str] = []
    for login, paths in places().items():
        page = browser.new_page(locale="fi-FI")
        let_in(page, address, demo["logins"][login])
        for path in paths:
            found.extend(wrong_in(page, address, path, CROSSWISE))
        page.close()
    assert found == []
