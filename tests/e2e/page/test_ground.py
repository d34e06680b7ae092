"""The page opens, for its owner and for guests, and nothing leaves the stack."""

from __future__ import annotations

import os
import re
import signal

from playwright.sync_api import expect

from e2e.page.conftest import PHONE
from waiting import until


def test_a_guest_is_asked_to_sign_in_and_the_owner_is_known(new_page, signed_in, page_stack):
    guest = new_page()

    for page in (guest, signed_in):
        expect(page).to_have_title(re.compile("Segue"))
        page.get_by_role("navigation").wait_for()
    guest.get_by_role("link", name="Sign in").wait_for()
    signed_in.get_by_role("button", name="Owner: sign out").wait_for()
    expect(signed_in).not_to_have_url(re.compile("code"))
    # What the browser keeps is a cookie that no script reads.
    cookies = signed_in.context.cookies()
    assert [(one["httpOnly"], one["sameSite"]) for one in cookies] == [(True, "Strict")]
    assert signed_in.evaluate("document.cookie") == ""
    assert page_stack.token not in str(cookies)


def test_the_owner_signs_in_by_token_and_out(new_page, page_stack):
    page = new_page("#/sign-in")
    page.get_by_text("With a token").click()
    field = page.get_by_label("Owner's token or API key")
    field.fill("not-the-token-of-anybody")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("SIGN_IN_REFUSED")
    field.fill(page_stack.token)
    field.press("Enter")
    page.get_by_role("button", name="Owner: sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def test_a_link_signs_in_once(new_page, signed_in, run_segue, page_stack):
    made = run_segue("page", "--json", stack=page_stack).json
    assert made["page"] == page_stack.page
    # What a person reads is as good as what a program does.
    said = run_segue("page", stack=page_stack).stdout.strip()
    assert said.rpartition("=")[0] == made["link"].rpartition("=")[0]
    route = said.removeprefix(page_stack.page)
    first = new_page(route)
    first.get_by_role("button", name=re.compile("sign out")).wait_for()
    second = new_page(route)
    expect(second.get_by_role("alert")).to_contain_text("segue page")


def test_the_owner_sees_figures_and_a_guest_sees_health(new_page, signed_in):
    def operations(page):
        return page.evaluate("fetch('api/v1/operations').then((answer) => answer.json())")

    guests, owners = operations(new_page()), operations(signed_in)

    assert guests["status"]["healthy"]
    assert guests["figures"] is None
    assert [one["answers"] for one in owners["figures"]["metrics"]] == [True, True]
    for one in owners["figures"]["latency"]:
        assert 0 < one["p50_seconds"] <= one["p99_seconds"]


def test_without_the_query_service_the_page_stays_and_says_so(page_stack, new_page):
    page = new_page()

    def status(path):
        return page.evaluate(f"fetch('{path}').then((answer) => answer.status)")

    os.kill(page_stack.state.parts["query"].pid, signal.SIGKILL)
    told = "fetch('api/v1/status').then((answer) => answer.json())"
    refused = until(lambda: page.evaluate(told).get("error"))  # once the kill has arrived
    assert refused["reason"] == "QUERY_UNAVAILABLE"
    assert [status("healthz"), status("api/v1/session"), status("app/main.js")] == [200] * 3

    until(lambda: status("api/v1/status") == 200)


def test_a_phone_shows_which_view_it_is_and_that_there_are_more(signed_in, new_page, page_stack):
    page = new_page("#/operations", **PHONE, storage_state=signed_in.context.storage_state())
    row = page.get_by_role("navigation", name="Views")
    chosen = row.get_by_role("link", name="Operations")

    expect(chosen).to_have_attribute("aria-current", "page")
    expect(chosen).to_be_in_viewport(ratio=1)
    expect(row).to_have_attribute("data-before", "")
    assert page.evaluate("scrollX") == 0

    page.goto(page_stack.page + "#/search")
    expect(row.get_by_role("link", name="Search")).to_be_in_viewport(ratio=1)
    expect(row).to_have_attribute("data-after", "")
    expect(row).not_to_have_attribute("data-before", "")


def test_a_view_that_is_none_is_the_search(new_page):
    # Every object of JavaScript has a "constructor": it is no view for that, and no tab either.
    page = new_page("#/constructor")
    expect(page.get_by_role("heading", name="Hear what is like it")).to_be_visible()
    page.evaluate("location.hash = '#/catalogue?tab=constructor'")
    expect(page.locator(".table [data-row]").first).to_be_visible()
