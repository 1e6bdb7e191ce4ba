"""The rollout test in a browser: ticked live, usable without JavaScript, no axe violation (ON-4).

Screenshots go to $SCREENSHOTS when it is set.
"""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from archive.models import User
from archive.services import associations
from onboarding.models import RolloutRun, RolloutStep, StepState
from onboarding.services import rights, rollout
from tests import cast
from tests.portal.test_look import CROSSWISE, address, let_in, wrong_in

__all__ = ["address"]  # fixtures

pytestmark = pytest.mark.journey


def test_no_page_of_the_test_has_an_axe_violation_or_scrolls_sideways(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    me = rights.person(User.objects.get(username="esim"), cast.organisation())
    ended = rollout.finish(me, rollout.start(me, cast.organisation(), "fault"))
    run = rollout.start(me, cast.organisation(), "version")
    failed = {"code": "A900", "Modality": "CT", "SOPClassUID": cast.CT}
    RolloutStep.objects.filter(run=run, content_type="ct").update(
        state=StepState.FAILED, cause="study-code-unknown", observed=failed
    )
    found: list[str] = []
    page = browser.new_page(locale="fi-FI")
    let_in(page, address, demo["logins"]["esim"])
    for path in ("/rollout/", f"/rollout/{run.id}/", f"/rollout/{ended.id}/report/"):
        found.extend(wrong_in(page, address, path, CROSSWISE))
    assert found == []


def test_a_step_is_ticked_while_one_looks(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    page = browser.new_page()
    let_in(page, address, demo["logins"]["esim"])
    page.goto(f"{address}/rollout/")
    page.locator("form[action='/rollout/start/'] button").click()
    echo = page.locator("[data-step=echo]")
    expect(echo).to_have_attribute("data-state", "waiting")
    associations.verified(cast.peer(environment="test"))
    expect(echo).to_have_attribute("data-state", "passed", timeout=15_000)  # by polling alone


def test_it_goes_without_javascript(browser: Browser, address: str, demo: dict[str, Any]) -> None:
    page = browser.new_context(java_script_enabled=False, locale="en-GB").new_page()
    let_in(page, address, demo["logins"]["esim"])
    page.goto(f"{address}/rollout/")
    page.locator("form[action='/rollout/start/'] button").click()
    associations.verified(cast.peer(environment="test"))
    page.get_by_text("Load again").click()
    expect(page.locator("[data-step=echo]")).to_have_attribute("data-state", "passed")
    page.get_by_role("button", name="End the run").click()
    expect(page.get_by_role("main")).to_contain_text("everything is sent again")
    page.get_by_role("button", name="End the run").click()
    expect(page.get_by_text("the report is as it was signed")).to_be_visible()
    assert RolloutRun.objects.get().ended_at is not None
