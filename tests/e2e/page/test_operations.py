"""Operations: how the parts are, how fast it goes, what failed; by itself, to whom it may."""

import re

import pytest
from playwright.sync_api import expect

from e2e.page.accessibility import violations
from e2e.page.conftest import PHONE
from waiting import until


@pytest.fixture
def operations(owner):
    """The view as the owner sees it, filled."""
    page = owner("#/operations")
    page.wait_for_selector(".parts-of-stack")
    return page


def test_the_owner_sees_how_every_part_is_and_how_fast_it_goes(operations):
    page = operations

    expect(page.locator('.parts-of-stack > [data-state="serving"]')).to_have_count(4)
    index = page.locator('[data-part="index"]')
    expect(index).to_contain_text(re.compile(r"Tracks\s+\d+"), use_inner_text=True)
    # Too few tracks for a graph.
    expect(index).to_contain_text(re.compile(r"Searched\s+exactly"), use_inner_text=True)
    expect(index).not_to_contain_text("graph")
    expect(page.locator('[data-part="inference"]')).to_contain_text("CPU")
    # Rates need two readings.
    page.wait_for_function(
        """() => /\\d a second/.test(document.querySelector('[data-figure="calls"]').innerText)"""
    )
    latency = page.get_by_role("table", name="Latency of calls")
    figures = re.compile(r"[A-Z]\w+\s+\d+\s+[\d.,]+ ms")
    expect(latency).to_contain_text(figures, use_inner_text=True)
    expect(page.get_by_role("table", name="Workers").get_by_role("row")).to_have_count(2)
    expect(page.locator('.metrics [data-state="serving"]').nth(1)).to_be_visible()
    # The stack is on the browser's own machine.
    expect(page.locator(".metrics").get_by_role("link")).to_have_count(2)


def test_a_failure_appears_by_itself_and_is_tried_again_and_forgotten(
    operations, owner_api, tmp_path
):
    page = operations
    page.get_by_role("heading", name="Nothing failed").wait_for()
    broken = tmp_path / "broken.flac"
    broken.write_bytes(bytes(range(256)) * 40)

    item = {"track_id": "operations-broken", "uri": broken.as_uri()}
    assert owner_api.post("/ingest", json={"items": [item]}).is_success

    letter = page.locator(".letter")
    expect(letter).to_contain_text("broken.flac")
    letter.get_by_role("button", name="Try again").click()
    page.get_by_text("Back in the queue.").wait_for()
    # In between it stands in the queue.
    page.get_by_role("button", name="Forget all").click()
    page.get_by_role("dialog").get_by_role("button", name="Forget").click()
    page.get_by_role("heading", name="Nothing failed").wait_for()


def test_failures_that_were_asked_for_stay_while_it_looks_again(owner, owner_api, tmp_path):
    items = []
    for number in range(3):
        broken = tmp_path / f"broken-{number}.flac"
        broken.write_bytes(bytes(range(256)) * (40 + number))
        items.append({"track_id": f"failing-{number}", "uri": broken.as_uri()})
    # The queue counts what failed in other catalogues, too: here that is not all that failed.
    for catalogue, some in (("", items), ("archive", items[:1])):
        sent = owner_api.post("/ingest", json={"items": some, "catalogue": catalogue})
        assert sent.is_success
    until(lambda: int(owner_api.get("/status").json()["queue"].get("dead_letters", 0)) >= 4)

    page = owner("#/search")

    def one_by_one(route):
        route.continue_(url=route.request.url.replace("page_size=100", "page_size=1"))

    page.route("**/dead-letters?*", one_by_one)
    page.get_by_role("link", name="Operations").click()
    letters = page.locator(".letter .title")
    for count in (1, 2, 3):
        expect(letters).to_have_count(count)
        if count < 3:
            page.get_by_role("button", name="Show more").dblclick()
    # When it asks for the second time, what it was told at the first one is drawn.
    for _ in range(2):
        with page.expect_request("**/dead-letters?*"):
            pass

    assert sorted(letters.all_inner_texts()) == [f"broken-{number}.flac" for number in range(3)]
    page.get_by_role("link", name="archive: 1 track failed").click()
    expect(letters).to_have_text(["broken-0.flac"])
    expect(page.get_by_role("link", name="Default catalogue: 3 tracks failed")).to_be_visible()
    for catalogue in ("", "archive"):
        said = {"all": True, "catalogue": catalogue}
        assert owner_api.post("/dead-letters:dismiss", json=said).is_success


def test_what_is_old_is_told_to_be_old_until_the_service_answers_again(operations):
    page = operations
    page.get_by_text("Everything serves").wait_for()

    page.context.set_offline(True)
    page.get_by_text(re.compile("This is .* old: the service does not answer")).wait_for()
    expect(page.get_by_text("Everything serves")).to_have_count(0)

    page.context.set_offline(False)
    page.get_by_text("Everything serves").wait_for()


def test_guests_see_the_parts_but_neither_figures_nor_failures(new_page):
    page = new_page("#/operations")
    page.wait_for_selector(".parts-of-stack")

    page.get_by_text("Only the owner sees how fast the services are.").wait_for()
    expect(page.get_by_role("heading", name="Failed tracks")).to_have_count(0)
    expect(page.get_by_role("table", name="Latency of calls")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_operations(operations, scheme):
    operations.emulate_media(color_scheme=scheme)

    assert violations(operations) == []


def test_a_phone_shows_operations(new_page):
    page = new_page("#/operations", **PHONE)
    page.wait_for_selector(".parts-of-stack")

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
