"""How the pages of messages and merges look: no axe violation, no sideways scrolling.

Screenshots go to $SCREENSHOTS when it is set.
"""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from archive.edges.hl7 import handlers
from archive.edges.hl7.handlers import Visitor
from archive.models import Hl7Message, PatientMerge
from tests import persons
from tests.edges.hl7.messages import a08, a40
from tests.persons import temporary
from tests.portal.test_look import CROSSWISE, address, let_in, wrong_in

__all__ = ["address"]
pytestmark = pytest.mark.journey


def test_no_page_of_persons_has_an_axe_violation_or_scrolls_sideways(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    persons.study(temporary())
    for raw in (a40(), a08()):
        handlers.answer(raw, Visitor("127.0.0.1"))
    own = [
        reverse("messages"),
        *(reverse("message", args=[each.id]) for each in Hl7Message.objects.order_by("id")),
    ]
    staff = [
        *own,
        reverse("registry-messages"),
        reverse("merges"),
        reverse("merge-make"),
        reverse("merge", args=[PatientMerge.objects.get().id]),
    ]
    found: list[str] = []
    for login, places in (("archivist", staff), ("esim", own)):
        page = browser.new_page(locale="fi-FI")
        let_in(page, address, demo["logins"][login])
        for place in places:
            found.extend(wrong_in(page, address, place, CROSSWISE))
        page.close()
    assert found == []
