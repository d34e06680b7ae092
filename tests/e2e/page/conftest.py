"""A stack with the demo catalogue, and Chromium in front of its page.

``new_page`` opens pages of guests, ``signed_in`` is one of the owner. An uncaught exception, a
breach of the content-security policy and a request that leaves the stack fail the test.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from urllib.parse import urlsplit

import httpx
import pytest

from segue.resources import resource_folder
from segue.sign_in_codes import sign_in_link
from segue.stack.running import RunningStack

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
# As root it has no sandbox to put its own processes into; its microphone hears beeps.
ARGUMENTS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
EXPECTED_MILLISECONDS = 30_000
VIEWPORT = {"width": 1280, "height": 800}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="session")
def page_stack(tmp_path_factory, run_segue):
    """A running stack that holds the demo catalogue; it serves the page at ``page_stack.page``.

    A further catalogue, ``archive``, is empty.
    """
    with RunningStack(tmp_path_factory.mktemp("page"), ["--catalogue", "archive"]) as running:
        done = run_segue("ingest", resource_folder("deploy/demo/catalogue"), stack=running)
        assert done.code == 0, done.stderr
        yield running


# No longer than a module: while it lives, its event loop keeps asyncio's tests from running.
@pytest.fixture(scope="module")
def browser():
    """Chromium without a window."""
    playwright = pytest.importorskip("playwright.sync_api")
    # A busy machine takes its time to draw what is right.
    playwright.expect.set_options(timeout=EXPECTED_MILLISECONDS)
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def new_page(browser, page_stack):
    """Open a page of a guest at a hash route: ``new_page("#/search", **options of a context)``.

    ``at`` is another address than the stack's own, such as that of a proxy.
    """
    with contextlib.ExitStack() as opened:

        def open_page(route="", *, at=None, **options):
            address = at or page_stack.page
            context = browser.new_context(**{"viewport": VIEWPORT, "locale": "en", **options})
            opened.callback(context.close)
            page = context.new_page()
            wrong = _watched(page, urlsplit(address).netloc)
            opened.callback(lambda: _assert_none(wrong))
            page.goto(address + route)
            page.wait_for_selector("#app *")
            return page

        yield open_page


@pytest.fixture
def signed_in(new_page, page_stack):
    """A page of the stack's owner, who came by a link that signs in."""
    page = new_page(sign_in_route(page_stack))
    page.wait_for_url("**/#/search")
    return page


@pytest.fixture
def owner_api(page_stack):
    """A client of the HTTP API in the owner's name: ``owner_api.get("/tracks")``."""
    headers = {"Authorization": f"Bearer {page_stack.token}"}
    with httpx.Client(base_url=f"{page_stack.page}api/v1/", headers=headers, timeout=30) as client:
        yield client


@pytest.fixture
def owner(signed_in, page_stack):
    """Go to a route as the owner: ``owner("#/catalogue")``."""

    def go(route):
        signed_in.goto(page_stack.page + route)
        return signed_in

    return go


PRESSED = """
async (control, then) => {
  control.focus();
  control.click();
  await null;  // What it changes is drawn by now, and nothing is painted yet.
  return document.activeElement.matches(then);
}
"""


def hands_the_focus_on(control, then):
    """Press a control: whether what a selector names has the focus before another key can come."""
    return control.evaluate(PRESSED, then)


def sign_in_route(stack):
    """Where a page signs the owner in."""
    link = sign_in_link(stack.page, stack.token, time.time())
    return link.removeprefix(stack.page)


def _watched(page, host):
    wrong = []

    def said(message):
        if "Content Security Policy" in message.text:
            wrong.append(message.text)

    def asked(request):
        url = urlsplit(request.url)
        if url.scheme in ("http", "https", "ws", "wss") and url.netloc != host:
            wrong.append(f"a request to {request.url}")

    page.on("pageerror", lambda error: wrong.append(f"uncaught: {error}"))
    page.on("console", said)
    page.on("request", asked)
    return wrong


def _assert_none(wrong):
    assert wrong == []
