"""The second factor in a real browser: a security key added and used; how its pages and those of
the staff's people look (NF-2, NF-3).

Screenshots go to $SCREENSHOTS when it is set.
"""

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Browser, Page, expect

from archive.models import User
from tests.browsing import follow, sign_in
from tests.portal.second_factor import LOGIN, PASSWORD, code, colleague
from tests.portal.test_look import CROSSWISE, address, wrong_in

__all__ = ["address"]
pytestmark = pytest.mark.journey

KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def confirm(page: Page) -> None:
    """The password, which is asked again before a change."""
    page.fill("[name=password]", PASSWORD)
    follow(page, "button.go")


def test_a_security_key_is_added_and_lets_in(browser: Browser, address: str) -> None:
    colleague()
    address = address.replace("127.0.0.1", "localhost")  # a key belongs to a name
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    refused: list[str] = []
    page.on(
        "console",
        lambda message: (
            refused.append(message.text) if "Content Security" in message.text else None
        ),
    )
    keys = context.new_cdp_session(page)
    keys.send("WebAuthn.enable")
    held = keys.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})["authenticatorId"]
    sign_in(page, address, {"login": LOGIN, "password": PASSWORD})
    page.goto(f"{address}/accounts/2fa/webauthn/add/")
    confirm(page)
    page.fill("[name=name]", "YubiKey of Oili")
    page.click("#use-key")
    expect(page.locator(".codes li")).to_have_count(10)
    code_left = page.locator(".codes li").first.inner_text()
    page.goto(f"{address}/accounts/2fa/webauthn/")
    expect(page.locator("main")).to_contain_text("YubiKey of Oili")
    context.clear_cookies()

    sign_in(page, address, {"login": LOGIN, "password": PASSWORD})
    expect(page.locator("h1")).to_have_text("Second factor")
    expect(page.locator("#use-key")).to_be_focused()
    expect(page.locator("main")).not_to_contain_text("app", use_inner_text=True)
    expect(page.locator("label[for=id_code]")).to_have_text("Recovery code")
    page.click("#use-key")
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/accounts/reauthenticate/")
    expect(page.locator("main")).to_contain_text("Use a recovery code")
    context.clear_cookies()

    keys.send("WebAuthn.clearCredentials", {"authenticatorId": held})
    sign_in(page, address, {"login": LOGIN, "password": PASSWORD})
    page.click("#use-key")
    expect(page.locator("#key-failed")).to_be_visible()
    page.goto(f"{address}/people/")
    expect(page.locator("h1")).to_have_text("Second factor")
    page.fill("[name=code]", code_left)
    page.press("[name=code]", "Enter")
    page.wait_for_url(f"{address}/")
    assert refused == []
    context.close()


def test_no_page_of_them_has_an_axe_violation_or_scrolls_sideways(
    browser: Browser, address: str
) -> None:
    user = colleague()
    found: list[str] = []
    context = browser.new_context(locale="fi-FI")
    page = context.new_page()
    sign_in(page, address, {"login": LOGIN, "password": PASSWORD})
    page.goto(f"{address}/accounts/2fa/totp/activate/")
    confirm(page)
    found.extend(wrong_in(page, address, "/accounts/2fa/totp/activate/", CROSSWISE))
    secret = page.locator("[data-copy]").get_attribute("data-copy") or ""
    page.fill("[name=code]", code(secret))
    follow(page, "button.go")
    expect(page.locator(".codes li")).to_have_count(10)
    found.extend(wrong_in(page, address, "/accounts/2fa/webauthn/add/", CROSSWISE))
    key = Authenticator.objects.create(
        user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Avain", "credential": {}}
    )
    own = (
        "/accounts/2fa/",
        "/accounts/email/",
        f"/accounts/2fa/webauthn/keys/{key.id}/edit/",
        f"/accounts/2fa/webauthn/keys/{key.id}/remove/",
        "/accounts/2fa/webauthn/",
        "/accounts/2fa/recovery-codes/generate/",
        "/accounts/2fa/totp/deactivate/",
        "/accounts/reauthenticate/",
        "/accounts/2fa/reauthenticate/",
        "/people/",
        f"/people/{User.objects.get(username='support').id}/",
        f"/people/{user.id}/",
    )
    for place in own:
        found.extend(wrong_in(page, address, place, CROSSWISE))
    context.clear_cookies()
    Authenticator.objects.filter(id=key.id).delete()
    sign_in(page, address, {"login": LOGIN, "password": PASSWORD})
    found.extend(wrong_in(page, address, "/accounts/2fa/authenticate/", CROSSWISE))
    context.close()
    assert found == []
