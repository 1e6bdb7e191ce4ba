"""How the pages of the road look: no axe violation, no sideways scrolling, in light and dark.

Screenshots go to $SCREENSHOTS when it is set.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from archive.models import Organisation, Sector
from archive.values import BusinessId, now, today, uuid7
from onboarding.models import Joining, SpecificationVersion, TermsDocument
from onboarding.services import joining as services
from onboarding.services import production, registration, succession
from onboarding.services.customers import Names
from tests.onboarding import cast
from tests.portal.test_look import CROSSWISE, address, let_in, wrong_in

__all__ = ["address"]
pytestmark = pytest.mark.journey


def staffs(road: Joining) -> list[str]:
    document = TermsDocument.objects.order_by("kind", "-valid_from")[0]
    own = [road.organisation_id]
    return [
        "/joining/",
        "/joining/?view=list",
        reverse("terms-versions"),
        reverse("terms-version", args=[document.id]),
        reverse("four-eyes"),
        reverse("access-requests"),
        reverse("joining-file", args=own),
        reverse("joining-move", args=[*own, "take-up"]),
        reverse("joining-evidence", args=[*own, "patient_data"]),
        reverse("joining-people", args=own),
        reverse("joining-details", args=own),
        reverse("succession", args=[Organisation.objects.get(business_id="9000001-1").id]),
        reverse("succession", args=[Organisation.objects.get(business_id="9000003-8").id]),
    ]


def customers(organisation: Organisation) -> list[str]:
    own = [organisation.id]
    return [
        reverse("organisation", args=own),
        reverse("joining-file", args=own),
        reverse("joining-evidence", args=[*own, "certified"]),
        reverse(
            "joining-system-remove",
            args=[*own, organisation.certified_systems.get(taken_off_at=None).id],
        ),
        reverse("joining-terms", args=[*own, "delivery_terms"]),
        reverse("joining-connections", args=own),
        reverse("joining-plan", args=[*own, "dicom"]),
        reverse("joining-contacts", args=own),
        reverse("joining-people", args=own),
        reverse("joining-notice", args=own),
    ]


def _taken_off(organisation: Organisation) -> None:
    """One more system, which does not fit, and one that is run no more."""
    row = organisation.certified_systems.get()
    row.id, row.product, row.taken_off_at, row.taken_off_by = uuid7(), "RIS", now(), "malli"
    row.save(force_insert=True)
    closed = SpecificationVersion.objects.get(name="2.4")
    organisation.certified_systems.filter(taken_off_at=None).update(specification=closed)


def test_no_page_of_the_road_has_an_axe_violation_or_scrolls_sideways(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    road = Joining.objects.get(organisation__business_id="9000004-6")
    rontgen = Organisation.objects.get(business_id="9000003-8")
    mallila = Organisation.objects.get(business_id="9000001-1")
    _taken_off(mallila)
    waived = cast.brought_to(cast.JoiningState.ACCEPTED)
    services.ask_waiver(cast.officer(), waived, reason="it only looks")
    registration.register(
        cast.user("knocking"), BusinessId("9000001-1"), Names("Whatever"), Sector.PUBLIC
    )
    production.give_notice(
        cast.officer(), Joining.objects.get(organisation=rontgen), given_on=today()
    )
    ends_on = Joining.objects.get(organisation=rontgen).ends_on
    assert ends_on is not None
    succession.ask(
        cast.officer(), rontgen, mallila, on=ends_on + timedelta(days=1), reason="They merge"
    )
    seats = (("onboarding", staffs(road)), ("malli", customers(mallila)))
    found: list[str] = []
    for login, places in seats:
        page = browser.new_page(locale="fi-FI")
        let_in(page, address, demo["logins"][login])
        for place in places:
            found.extend(wrong_in(page, address, place, CROSSWISE))
        page.close()
    assert found == []
