"""The listening test: planned by a command, rated on the page by keyboard, exported, evaluated."""

from __future__ import annotations

import csv
import json

import httpx
import pytest
from playwright.sync_api import expect

from e2e.page.accessibility import violations
from e2e.page.conftest import PHONE, hands_the_focus_on

ROUTE = "#/listening"
SIGN_IN = """
(token) => fetch("api/v1/session", {
  method: "POST",
  headers: { "X-Segue-Page": "1", "Content-Type": "application/json" },
  body: JSON.stringify({ token }),
}).then((answer) => answer.status)
"""

# A function: a text would have to be evaluated in the page, whose policy refuses that.
PLAYS = "() => [...document.querySelectorAll('audio')].some((one) => !one.paused)"

# Entries as the listening test has them: one is to be half as loud as the volume says.
LOUDNESS = """
async (id) => {
  const main = document.querySelector("script[type=module]").src;
  const player = await import(main.replace("main.js", "player.js"));
  const entry = player.playable({ track_id: id, duration_seconds: 22 });
  const heard = (gainDb) => {
    player.play([{ ...entry, gainDb }]);
    return Math.max(...[...document.querySelectorAll("audio[src]")].map((one) => one.volume));
  };
  const volumes = [heard(-6.02), heard(undefined)];
  player.close();
  return volumes;
}
"""


@pytest.fixture(scope="module")
def planned(page_stack, run_segue):
    """A listening test of six trials, of whole tracks and of shares of genres."""
    words = ["listening", "plan", "--queries", 6, "--other-match", "genre", "--json"]
    done = run_segue(*words, stack=page_stack)
    assert done.code == 0, done.stderr
    yield done.json
    assert run_segue("listening", "remove", "--yes", stack=page_stack).code == 0


@pytest.fixture(scope="module")
def keys(page_stack, run_segue):
    """API keys of two accounts, by name."""
    made = {}
    for name in ("rita", "theo"):
        assert run_segue("users", "add", name, "--no-password", stack=page_stack).code == 0
        done = run_segue("users", "api-key", name, "--json", stack=page_stack)
        made[name] = done.json["secret"]
    return made


@pytest.fixture
def rita(new_page, keys, planned):
    """A page of an account, at the listening test."""
    page = new_page()
    assert page.evaluate(SIGN_IN, keys["rita"]) == 200
    page.goto(page.url.partition("#")[0] + ROUTE)
    page.reload()
    page.wait_for_selector(".trial")
    return page


@pytest.fixture
def api(page_stack, keys):
    """Ask the API as an account; None: as a guest."""

    def ask(name, method, path, **options):
        headers = {"Authorization": f"Bearer {keys[name]}"} if name else {}
        url = f"{page_stack.page}api/v1/listening-test/{path}"
        return httpx.request(method, url, headers=headers, timeout=60, **options)

    return ask


def exported(run_segue, page_stack, target):
    done = run_segue("listening", "export", target, "--overwrite", "--json", stack=page_stack)
    assert done.code == 0, done.stderr
    with target.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def rate_by_keyboard(page, rating):
    """Give every candidate of the trial that is shown the same, and save, without a mouse."""
    scales = page.locator(".scale").count()
    page.locator(".trial .query button").focus()
    for place in range(scales):
        page.keyboard.press("Tab")  # the button that plays it
        page.keyboard.press("Tab")  # its scale
        for _ in range(rating):
            page.keyboard.press("ArrowRight")
        shown = page.locator(".scale").nth(place).locator("input:checked")
        expect(shown).to_have_attribute("value", str(rating + 1))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def until_done(page, count):
    page.wait_for_function(
        "(count) => document.querySelector('.course progress')?.value === count", arg=count
    )


# Before any test of this module plans one.
def test_where_none_is_planned_nothing_leads_to_it_and_nothing_is_missing(owner):
    page = owner("#/search")
    missing = []
    page.on("response", lambda answer: answer.status == 404 and missing.append(answer.url))
    page.goto(page.url.partition("#")[0] + ROUTE)
    expect(page.get_by_role("heading", name="No listening test is planned")).to_be_visible()
    expect(page.get_by_role("link", name="Operations")).to_be_visible()
    expect(page.get_by_role("link", name="Listening test")).to_have_count(0)
    assert missing == []


def test_whoever_may_take_part_is_led_to_it_once_it_is_planned(rita):
    expect(rita.get_by_role("link", name="Listening test")).to_be_visible()


def test_trials_are_rated_by_keyboard_paused_and_taken_up_again(
    rita, page_stack, run_segue, tmp_path, planned
):
    query = rita.get_by_role("heading", name="The query")
    for count, rating in ((1, 6), (2, 3)):
        rate_by_keyboard(rita, rating)
        until_done(rita, count)
        expect(query).to_be_focused()
    assert hands_the_focus_on(rita.get_by_role("button", name="Take a rest"), ".empty button")
    expect(rita.get_by_role("button", name="Go on")).to_be_focused()
    rita.keyboard.press("Enter")
    expect(query).to_be_focused()
    rita.get_by_role("button", name="Pass over").click()
    until_done(rita, 3)
    rita.reload()
    until_done(rita, 3)

    rows = exported(run_segue, page_stack, tmp_path / "ratings.csv")
    assert len({row["rater"] for row in rows}) == 1
    assert len(rows) == 2 * 3
    assert {row["system"] for row in rows} == set(planned["systems"])
    by_trial = {row["trial"]: set() for row in rows}
    for row in rows:
        by_trial[row["trial"]].add(row["rating"])
    assert sorted(by_trial.values(), key=min) == [{"4"}, {"7"}]
    assert "rita" not in (tmp_path / "ratings.csv").read_text()


def test_what_is_heard_tells_nothing_of_what_it_is(rita, api):
    with rita.expect_response(lambda answer: "/audio" in answer.url) as heard:
        rita.get_by_role("button", name="Play Candidate A").click()
    assert heard.value.status in (200, 206)
    assert "content-disposition" not in heard.value.headers
    rita.wait_for_function(PLAYS)
    expect(rita.locator(".player .title")).to_have_text("Candidate A")
    said = json.dumps(api("rita", "GET", "next").json()) + rita.content()
    assert "demo-" not in said
    assert "segue-v" not in said


def test_what_is_mastered_loudly_is_played_quietly(rita):
    rita.locator("body").click()
    assert rita.evaluate(LOUDNESS, "demo-jazz-1") == pytest.approx([0.5, 1], abs=1e-3)


def test_raters_have_orders_and_names_of_their_own(api, planned):
    heard = {}
    for name in ("rita", "theo"):
        trial = api(name, "GET", "next").json()
        assert trial == api(name, "GET", "next").json()
        heard[name] = [one["sound"] for one in trial["candidates"]]
        assert trial["progress"]["trials"] == planned["trials"]
    trial = api("theo", "GET", "next").json()
    path = f"trials/{trial['trial']}/{trial['query']['sound']}/audio"
    assert api("theo", "HEAD", path).status_code == 200
    assert api("rita", "HEAD", path).status_code == 404
    assert not set(heard["rita"]) & set(heard["theo"])


def test_what_is_no_rating_is_refused(api, planned):
    trial = api("theo", "GET", "next").json()
    sounds = [one["sound"] for one in trial["candidates"]]
    right = {"trial": trial["trial"], "ratings": dict.fromkeys(sounds, 5)}
    for wrong in (
        {},
        [],
        {"trial": trial["trial"]},
        {**right, "ratings": {}},
        {**right, "ratings": {**right["ratings"], sounds[0]: 11}},
        {**right, "ratings": {**right["ratings"], sounds[0]: True}},
        {**right, "ratings": {**right["ratings"], sounds[0]: 5.5}},
        {**right, "ratings": {**right["ratings"], trial["query"]["sound"]: 5}},
        {**right, "skip": True},
        {**right, "mood": "good"},
    ):
        answer = api("theo", "POST", "ratings", json=wrong)
        assert answer.status_code == 400, wrong
        assert answer.json()["error"]["reason"] == "INVALID_ARGUMENT"
    unknown = api("theo", "POST", "ratings", json={**right, "trial": "none"})
    assert (unknown.status_code, unknown.json()["error"]["reason"]) == (404, "TRIAL_NOT_FOUND")
    assert api("theo", "GET", "next").json() == trial
    for method, path in (("GET", "next"), ("POST", "ratings")):
        answer = api(None, method, path, **({"json": right} if method == "POST" else {}))
        assert (answer.status_code, answer.json()["error"]["reason"]) == (403, "ACCOUNT_NEEDED")


def test_all_is_rated_by_two_raters_and_evaluated(api, planned, page_stack, run_segue, tmp_path):
    for name in ("rita", "theo"):
        while (answer := api(name, "GET", "next")).status_code == 200:
            trial = answer.json()
            ratings = {one["sound"]: 1 + int(one["sound"], 16) % 10 for one in trial["candidates"]}
            said = {"trial": trial["trial"], "ratings": ratings}
            for _ in range(2):
                assert api(name, "POST", "ratings", json=said).status_code == 200
        assert answer.json()["error"]["reason"] == "LISTENING_TEST_DONE"
    target = tmp_path / "ratings.csv"
    rows = exported(run_segue, page_stack, target)
    assert len({row["rater"] for row in rows}) == 2

    shown = run_segue("listening", "show", "--json", stack=page_stack).json
    rated = sum(one["rated"] for one in shown["raters"].values())
    assert len(rows) == 3 * rated
    found = run_segue("evaluate", "--ratings", target, "--output", tmp_path / "evaluation")
    assert found.code == 0, found.stderr
    numbers = json.loads((tmp_path / "evaluation" / "ratings.json").read_text())
    assert (numbers["raters"], numbers["answers"]) == (2, rated)
    assert {one["name"] for one in numbers["systems"]} == set(planned["systems"])

    assert run_segue("listening", "forget", "theo", stack=page_stack).code == 0
    rows = exported(run_segue, page_stack, target)
    assert len({row["rater"] for row in rows}) == 1


def test_it_is_accessible_also_on_a_phone_and_in_the_dark(new_page, keys, planned, api):
    page = new_page(color_scheme="dark", **PHONE)
    assert page.evaluate(SIGN_IN, keys["theo"]) == 200
    page.goto(page.url.partition("#")[0] + ROUTE)
    page.reload()
    page.wait_for_selector(".trial")
    wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wider <= 0
    assert violations(page) == []


def test_guests_see_that_it_is_for_accounts(new_page, planned):
    page = new_page(ROUTE)
    page.wait_for_selector(".empty")
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    expect(page.get_by_role("link", name="Listening test")).to_have_count(0)
