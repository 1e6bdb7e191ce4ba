"""How pages look to a browser and a screen reader: no axe violation, no sideways scrolling, keys.

Screenshots go to $SCREENSHOTS when it is set.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal
from weakref import WeakKeyDictionary

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.urls import path
from playwright.sync_api import Browser, Page, expect

from archive.models import Organisation, User
from portal.urls import urlpatterns as product_urls
from tests import builders
from tests.browsing import ABOUT_COLOURS, ABOUT_ROOM, judged, sign_in, violations
from tests.portal import gallery
from tests.portal.test_pages import signed_in
from tests.serving import serving

pytestmark = pytest.mark.journey

WIDTHS = (1280, 390)
# A screen at 125 %, a tablet, in the scheme as it was: nothing runs out of the page.
BETWEEN: tuple[tuple[int, None], ...] = ((1000, None), (760, None))
Scheme = Literal["light", "dark"]
LIT: WeakKeyDictionary[Page, Scheme] = WeakKeyDictionary()  # in which scheme `turn` left it
Look = tuple[int, Scheme]
EACH: tuple[Look, ...] = ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"))
CROSSWISE: tuple[Look, ...] = ((1280, "light"), (390, "dark"))
# Until the page is as wide and as lit as it was told to be; whether it or anything in it scrolls.
# After a change of the colours buttons fade from one to the other, where motion is liked.
STANDS = """async ([width, scheme]) => {
    const turned = () => innerWidth === width && (
        !scheme || matchMedia(`(prefers-color-scheme: ${scheme})`).matches
    );
    for (let frame = 0; !turned(); frame++) {
        if (frame === 900) throw new Error(`still ${innerWidth} wide, not ${width} in ${scheme}`);
        await new Promise(requestAnimationFrame);
    }
    await Promise.allSettled(
        document.getAnimations().filter(it => it instanceof CSSTransition).map(it => it.finished)
    );
    const scrolls = (it) =>
        (it.scrollWidth > it.clientWidth || it.scrollHeight > it.clientHeight) &&
        /auto|scroll/.test(getComputedStyle(it).overflow);
    return [...document.querySelectorAll("*")].some(scrolls)
        || document.documentElement.scrollWidth > innerWidth;
}"""
PATHS = (
    *("/gallery/", "/", "/organisations/", "/search/", "/keys/", "/no/such/page"),
    *("/interfaces/", "/interfaces/learning/", "/alarms/", "/alarms/rules/", "/status/"),
)

urlpatterns = [*product_urls, path("gallery/", gallery.show)]


@pytest.fixture
def address(fresh_database: str, free_port: int) -> Iterator[str]:
    with override_settings(ROOT_URLCONF=__name__):
        with serving(free_port) as place:
            yield place


def let_in(page: Page, address: str, login: dict[str, str]) -> Client:
    """Without the pages of signing in, which are looked at elsewhere; who does in the same session
    what is not looked at.
    """
    client = signed_in(login["login"])
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])
    return client


def wrong_with(page: Page, address: str, path: str, width: int) -> list[str]:
    """In the colours of the page's context."""
    page.goto(f"{address}{path}")
    return faults(page, path, width)


def wrong_in(page: Page, address: str, path: str, looks: Sequence[Look] = EACH) -> list[str]:
    turn(page, *looks[0])
    page.goto(f"{address}{path}")
    return faults_in(page, path, looks)


def turn(page: Page, width: int, scheme: Scheme | None = None) -> None:
    if page.viewport_size != {"width": width, "height": 900}:
        page.set_viewport_size({"width": width, "height": 900})
    if scheme and LIT.get(page) != scheme:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        LIT[page] = scheme


def faults_in(page: Page, path: str, looks: Sequence[Look] = EACH) -> list[str]:
    """Loaded once: width and scheme are the style sheet's alone, and a scheme is colours alone
    (tests.portal.test_style_sheet). So all rules look at each width, in the first scheme, and
    those about colours in every scheme. Between the widths it is only about what scrolls.
    """
    found: list[str] = []
    seen: set[int] = set()
    for width, scheme in sorted([*looks, *BETWEEN], key=lambda look: -look[0]):
        turn(page, width, scheme)
        scrolls = page.evaluate(STANDS, [width, scheme])
        if scheme:
            rules = ABOUT_COLOURS if width in seen else ()
            found.extend(faults(page, path, width, f"-{scheme}", rules))
        elif scrolls or "SCREENSHOTS" in os.environ:
            found.extend(faults(page, path, width, rules=ABOUT_ROOM))
        seen.add(width)
    return found


def faults(
    page: Page, path: str, width: int, scheme: str = "", rules: Iterable[str] = ()
) -> list[str]:
    """Of the page that stands open, which an address alone may not lead to."""
    how = f"{width}{scheme}"
    if folder := os.environ.get("SCREENSHOTS"):
        name = path.strip("/").replace("/", "-") or "overview"
        page.screenshot(path=f"{folder}/{name}-{how}.png", full_page=True)
    minded, inside, wide = judged(page, *rules)
    found = [f"{path} {how}: {each['id']} {each['nodes'][0]['html']}" for each in minded]
    assert inside == width
    return [*found, f"{path} {how}: scrolls sideways"] if wide > width else found


def test_a_word_without_end_in_a_comment_does_not_widen_its_page(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    page = browser.new_page(locale="fi-FI")
    case = builders.case()
    client = let_in(page, address, demo["logins"]["support"])
    sent = {"text": "https://pacs.example.invalid/" + "x" * 400, "readers": "own"}
    assert client.post(f"/cases/{case.id}/work/comment/", sent).status_code == 302
    assert wrong_in(page, address, f"/cases/{case.id}/", CROSSWISE) == []


def test_no_page_has_an_axe_violation_or_scrolls_sideways(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    found: list[str] = []
    page = browser.new_page(locale="fi-FI")
    page.on("console", lambda message: found.append(message.text) if _blames(message) else None)
    found.extend(wrong_in(page, address, "/accounts/login/"))
    sign_in(page, address, demo["logins"]["support"])
    for each in PATHS:
        found.extend(wrong_in(page, address, each))
    assert found == []


def test_the_rules_about_colours_are_all_that_axe_has(browser: Browser) -> None:
    """But for the one that it runs only when asked."""
    page = browser.new_page()
    violations(page)
    known = page.evaluate("axe.getRules(['cat.color']).map(each => each.ruleId)")
    assert {*known} == {*ABOUT_COLOURS, "color-contrast-enhanced"}


def test_a_fault_is_seen_on_every_page_of_a_context(browser: Browser) -> None:
    """Axe is handed to the first, and waits on those after it; after a reload as well."""
    page = browser.new_page()
    for title in ("first", "second", "second"):
        page.goto(f"data:text/html,<html lang=en><title>{title}</title><main><h1>A</h1><img src=x>")
        assert page.evaluate("Boolean(window.offered)") == (title != "first")
        assert "image-alt" in {each["id"] for each in violations(page)}


def test_a_colour_is_judged_on_each_ground_that_it_is_on(browser: Browser) -> None:
    page = browser.new_page()
    style = """<style>
        body { background: #fff; color: #222 } .sunk { background: #333 }
        .box { position: relative; height: 40px } .box i { display: block; height: 40px }
        .box b { position: absolute; inset: 8px; font-weight: 400 }
    </style>"""

    def minded(content: str) -> list[str]:
        page.set_content(f"<main>{style}<p>The same</p>{content}</main>")
        found = violations(page, "color-contrast")
        return [each["html"] for one in found for each in one["nodes"]]

    assert minded("") == [] and minded("<p>The same</p>") == []
    assert minded('<p class="sunk">Below</p>') == ['<p class="sunk">Below</p>']
    assert minded('<p class="sunk"><i>Below</i></p>') == ["<i>Below</i>"]
    assert minded('<p style="opacity: 0.3">Faint</p>') == ['<p style="opacity: 0.3">Faint</p>']
    assert minded('<div class="box"><i class="sunk"></i><b>Over</b></div>') == ["<b>Over</b>"]
    assert minded('<p class="sunk">Below</p>') == ['<p class="sunk">Below</p>']


def _blames(message: Any) -> bool:
    """What the content security policy refuses is a fault of the page."""
    return "Content Security Policy" in message.text


def test_keys_move_select_search_and_explain(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    page = browser.new_page()
    let_in(page, address, demo["logins"]["support"])
    page.goto(f"{address}/gallery/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("[data-rows] > .here input").is_checked()
    assert page.locator("[data-rows] > tr").nth(1).get_attribute("class") == "here"
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"


def test_what_is_typed_stays_in_the_tab_until_it_is_sent(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    page = browser.new_page()
    let_in(page, address, demo["logins"]["support"])
    place = f"{address}/studies/patient/"

    def found_again(text: str) -> str:
        page.goto(place)
        page.fill("#id_reason", text)
        page.goto(f"{address}/keys/")
        page.goto(place)
        return page.input_value("#id_reason")

    assert found_again("E-1042, the patient asks") == "E-1042, the patient asks"
    assert page.locator(".hint.draft").is_visible()
    page.click(".hint.draft button")
    assert page.input_value("#id_reason") == ""
    assert found_again("asked by 010181-900C") == ""
    assert found_again("E-1042") == "E-1042"
    page.fill("#id_code", "wrong")
    page.click("main button.go")
    page.goto(place)
    assert page.input_value("#id_reason") == ""


def test_cards_are_sorted_as_the_table_is(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    """What sorts is there for a finger, and no focus gets lost behind the cards."""
    page = browser.new_context(viewport={"width": 390, "height": 800}, locale="en-GB").new_page()
    let_in(page, address, demo["logins"]["support"])
    page.goto(f"{address}/organisations/")
    page.locator("a.sort", has_text="Sector").click()
    page.wait_for_url("**sort=*")
    inside = """link => {
        const {x, y, width, height} = link.getBoundingClientRect();
        return link.contains(document.elementFromPoint(x + width / 2, y + height / 2));
    }"""
    assert all(link.evaluate(inside) for link in page.locator("a.sort").all())


@pytest.mark.parametrize("width", [390, 1280])
def test_a_name_of_two_hundred_letters_pushes_nothing_aside(
    width: int, browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    """Anybody with an address for mails may register one."""
    found = Organisation.objects.get(business_id="9000001-1")
    Organisation.objects.filter(id=found.id).update(name_fi="Ö" * 200)
    User.objects.filter(username="malli").update(first_name="E" * 150, last_name="S" * 150)
    page = browser.new_context(viewport={"width": width, "height": 800}).new_page()
    own = f"/organisations/{found.id}/"
    for login, places in (
        ("admin", ("/", "/organisations/", "/joining/?view=list", "/load/", f"{own}joining/")),
        ("malli", (own, "/rollout/", "/desk/")),
    ):
        let_in(page, address, demo["logins"][login])
        for place in places:
            page.goto(f"{address}{place}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, place


@pytest.mark.parametrize("javascript", [True, False])
def test_what_is_wrong_with_a_form_has_the_focus(
    javascript: bool, browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    """So it is read out, and the next Tab goes to the first of its fields."""
    page = browser.new_context(java_script_enabled=javascript).new_page()
    let_in(page, address, demo["logins"]["support"])
    page.goto(f"{address}/studies/patient/")
    page.fill("#id_reason", "E-1042")
    page.fill("#id_code", "wrong")
    page.click("main button.go")
    expect(page.locator(".wrongs")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#id_code")).to_be_focused()


def test_the_menu_opens_without_javascript(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 800}, locale="fi-FI", java_script_enabled=False
    )
    page = context.new_page()
    sign_in(page, address, demo["logins"]["support"])
    rail = page.locator(".rail")
    assert not rail.is_visible()
    page.click(".menu > summary")
    assert rail.is_visible()
    assert page.locator(".person button", has_text="Kirjaudu ulos").is_visible()
    context.close()


def test_an_identifier_is_whole_on_focus_and_copied_by_a_key(
    browser: Browser, address: str, demo: dict[str, Any]
) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    let_in(page, address, demo["logins"]["support"])
    page.goto(f"{address}/gallery/")
    identifier = page.locator(".facts .id[tabindex]").nth(1)
    identifier.focus()
    assert identifier.locator(".whole").bounding_box()["width"] > 100
    page.keyboard.press("Enter")
    page.locator(".copy-note").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == gallery.UID
    context.close()
