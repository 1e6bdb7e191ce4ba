"""Hands in a browser that end where they lead: a click that opens a page is over when it stands."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from axe_playwright_python.base import AXE_SCRIPT
from playwright._impl.transport import PipeTransport
from playwright.sync_api import Browser, BrowserContext, Locator, Page
from playwright.sync_api._context_manager import PlaywrightContextManager

# The shell is the same browser without what draws windows, which a page costs a third of its work.
# Where only the whole browser is, it finds the same.
CHROMIUM = next(
    filter(os.path.exists, ["/usr/lib/chromium/chromium-headless-shell"]), "/usr/bin/chromium"
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
]
LOOK = AXE_SCRIPT + Path(__file__).with_name("look.js").read_text()
# Half a megabyte, which a context takes once and offers to each of its later pages: to hand it to
# each anew costs a third of what a small page takes to be looked at.
OFFER = f"window.offered = () => {{ {LOOK}\n }}"
ASK = """asked => {
    if (!window.look && window.offered) offered();
    return window.look ? look(asked) : null;
}"""
LOOK_AND_ASK = f"asked => {{ {LOOK}\n return look(asked) }}"
# Of the rules that axe runs unasked, the ones that look at colours (tests.portal.test_look).
ABOUT_COLOURS = ("color-contrast", "link-in-text-block")
# And the one about room.
ABOUT_ROOM = ("scrollable-region-focusable",)


class _Driver(PlaywrightContextManager):
    """Playwright closes its loop before it has heard that its driver has ended, and whoever waits
    for the driver complains then of a loop that is closed."""

    def __exit__(self, *args: Any) -> None:
        self._own_loop = False
        super().__exit__(*args)
        transport = self._client and self._client._transport
        if isinstance(transport, PipeTransport):
            self._loop.run_until_complete(transport._proc.wait())
        self._loop.close()


class Chromium:
    """One for all tests of a worker. Playwright's loop runs in the thread of the tests, and all
    who ask are told so: between the tests that use it, it is hidden."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)

    @classmethod
    @contextmanager
    def started(cls) -> Iterator["Chromium"]:
        with _Driver() as driver:
            made = cls(driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS))
            yield made
            with made.at_hand() as browser:
                browser.close()

    @contextmanager
    def at_hand(self) -> Iterator[Browser]:
        """Without a page that a test has left open."""
        asyncio._set_running_loop(self.loop)
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        try:
            yield self.browser
            for context in self.browser.contexts:
                context.close()
        finally:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
            asyncio._set_running_loop(None)


def follow(page: Page, what: Locator | str) -> None:
    """Click and stand on the page that it leads to, not still on the one before."""
    target = page.locator(what).first if isinstance(what, str) else what
    with page.expect_navigation():
        target.click()


# What axe has judged of colours (look.js): for good, and in each visit what is bound to an address,
# since the text lies on what is not around it, or on an image.
SETTLED: set[str] = set()
SETTLED_HERE: WeakKeyDictionary[BrowserContext, set[str]] = WeakKeyDictionary()


def violations(page: Page, *rules: str) -> list[dict[str, Any]]:
    """What axe minds of the page as it is now, by all rules or by some."""
    return judged(page, *rules)[0]


def judged(page: Page, *rules: str) -> tuple[list[dict[str, Any]], int, int]:
    """That, how wide the window is and how wide the page. Axe is brought in once a page; of
    colours it tells what it has not judged alike before.
    """
    if page.context not in SETTLED_HERE:
        page.context.add_init_script(OFFER)
    here = SETTLED_HERE.setdefault(page.context, set())
    asked = [rules, [*SETTLED, *here]]
    told = page.evaluate(ASK, asked) or page.evaluate(LOOK_AND_ASK, asked)
    found, fresh, inside, wide = told
    bound = {each for each in fresh if "://" in each or "about:" in each}
    here.update(bound)
    SETTLED.update(set(fresh) - bound)
    return found, inside, wide


def sign_in(page: Page, address: str, login: dict[str, str]) -> None:
    page.goto(f"{address}/accounts/login/")
    page.fill("[name=login]", login["login"])
    page.fill("[name=password]", login["password"])
    follow(page, "button.go")
