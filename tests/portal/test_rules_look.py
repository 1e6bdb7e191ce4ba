"""How the pages of rules, volumes, take-overs and programs look: no axe violation, no sideways
scrolling. Screenshots go to $SCREENSHOTS when it is set.
"""

from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from archive.actors import SYSTEM
from archive.models import VolumeDay, Webhook, WebhookDelivery
from archive.services import code_lists, takeover_comparison, takeovers
from archive.services.code_lists import Upload
from archive.values import now, today, uid_from_uuid
from onboarding.models import Joining
from tests import builders
from tests.cast import organisation
from tests.portal.test_look import CROSSWISE, address, let_in, wrong_in
from tests.services.test_takeovers import ARCHIVIST

__all__ = ["address"]
pytestmark = pytest.mark.journey


def compared() -> str:
    study = builders.study()
    builders.series(study)
    text = f"study_uid,accession,instances\n{study.study_instance_uid},R1,2\n"
    text += "".join(f"{uid_from_uuid()},R{number},4\n" for number in range(3)) + "x,,\n"
    upload = takeovers.Upload("vanha-pacs.csv", BytesIO(text.encode()), len(text))
    made = takeovers.from_list(ARCHIVIST, organisation(), "production", upload)
    takeover_comparison.advance(made.id)
    return reverse("takeover", args=[made.id])


def shown_list() -> str:
    text = (
        "code,system_oid,name_fi,valid_from,valid_until\n"
        "ZX9ZX,1.2.246.537.6.4,Uusi tutkimus,2026-01-01,\n"
        "AA1AD,1.2.246.537.6.4,Pään TT,2000-01-01,2026-12-31\n"
    )
    held = code_lists.keep(SYSTEM, Upload("koodit.csv", text.encode()))
    return reverse("codes-preview", args=[held.id])


def came() -> None:
    Joining.objects.update(content_types=["ct", "mr"])
    for content, count in (("ct", 12_345), ("resting_ecg", 40)):
        VolumeDay.objects.create(
            environment="production",
            organisation=organisation(),
            content_type=content,
            day=today(),
            studies=count // 10,
            instances=count,
            bytes=count * 500_000,
        )


def called() -> None:
    """Webhooks, one of them switched off, with what they were told; a job that was given up."""
    made = {
        "organisation": organisation(),
        "environment": "production",
        "events": ["case.opened", "study.waiting"],
        "made_at": now(),
        "made_by_name": "Esi Merkki",
    }
    Webhook.objects.create(name="Välittäjä", url="https://example.fi/kutsu", **made)
    off = Webhook.objects.create(name="Vanha", url="https://example.fi/vanha", is_on=False, **made)
    for told in ({"delivered_at": now()}, {"tries": 8, "last_error": "ConnectError"}, {}):
        WebhookDelivery.objects.create(webhook=off, event="case.opened", at=now(), data={}, **told)
    builders.dead_job(builders.study())


def test_no_page_of_rules_has_an_axe_violation_or_scrolls_sideways(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    came()
    called()
    own = [
        compared(),
        reverse("takeovers"),
        reverse("takeover-start"),
        reverse("customer-duty", args=[organisation().id]),
    ]
    customers = [*own, reverse("webhooks"), reverse("webhook-deliveries"), reverse("tokens")]
    staff = [
        *own,
        *(reverse(name) for name in ("retention-rules", "retention-holds", "issuers", "queues")),
        *(reverse("jobs", args=[what]) for what in ("stuck", "dead")),
        reverse("duty"),
        reverse("policies"),
        reverse("policy", args=["resting_ecg"]),
        reverse("policy-version", args=["visible_light"]),
        reverse("codes"),
        reverse("codes-import"),
        shown_list(),
    ]
    found: list[str] = []
    for login, places in (("admin", staff), ("esim", customers)):
        page = browser.new_page(locale="fi-FI")
        let_in(page, address, demo["logins"][login])
        for place in places:
            found.extend(wrong_in(page, address, place, CROSSWISE))
        page.close()
    assert found == []
