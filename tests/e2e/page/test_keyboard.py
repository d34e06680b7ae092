"""From a search to a playlist in a file by keyboard alone; it is seen where one is."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from e2e.page.accessibility import violations
from e2e.page.conftest import hands_the_focus_on

MOST_STOPS = 120
WHERE = """
(wanted) => {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  return {
    what: element.outerHTML.slice(0, 200),
    seen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
    nowhere: element === document.body,
    there: element.matches(wanted),
  };
}
"""


@pytest.fixture
def keyboard(owner):
    """A page of the owner, and a function that goes on to what a selector names by the Tab key."""
    page = owner("#/search")
    page.emulate_media(reduced_motion="reduce")

    def tab_to(selector):
        for _ in range(MOST_STOPS):
            page.keyboard.press("Tab")
            where = page.evaluate(WHERE, selector)
            assert where["seen"] or where["nowhere"], f"nothing shows the focus: {where['what']}"
            if where["there"]:
                return
        pytest.fail(f"the Tab key does not reach {selector}")

    return page, tab_to


def test_music_is_found_narrowed_down_put_into_a_playlist_and_exported(keyboard):
    page, tab_to = keyboard
    press = page.keyboard.press
    expect(page.locator(".tiles li")).to_have_count(12)

    tab_to('[role="combobox"]')
    page.keyboard.type("restless harb")
    expect(page.get_by_role("option", name="Restless Harbour")).to_be_visible()
    press("Enter")
    expect(page.locator(".card").first).to_be_visible()
    # What had the focus is gone: the reader goes on at the beginning of what came.
    expect(page.locator("main")).to_be_focused()
    assert violations(page) == []

    tab_to(".card .cover button")
    press("Enter")
    player = page.get_by_role("region", name="Player")
    expect(player.get_by_label("Pause", exact=True)).to_be_visible()
    page.locator("main").focus()
    press("Space")
    expect(player.get_by_label("Play", exact=True)).to_be_visible()

    tab_to(".facets input")
    press("Space")
    page.wait_for_url("**genre=**")
    expect(page.locator(".facets input:checked")).to_have_count(1)
    expect(page.locator(".facets input:checked")).to_be_focused()
    expect(page.locator(".results")).to_have_attribute("aria-busy", "false")
    assert violations(page) == []

    page.get_by_role("link", name="Segue").focus()
    tab_to('nav a[href^="#/playlists"]')
    press("Enter")
    expect(page.locator("main")).to_be_focused()
    tab_to('[role="combobox"]')
    page.keyboard.type("restless harb")
    page.get_by_role("listbox", name="Add a track").get_by_role("option").first.wait_for()
    press("Enter")
    expect(page.locator(".made .tracks > li")).to_have_count(20)
    assert violations(page) == []

    tab_to(".exports summary")
    press("Enter")
    tab_to(".exports button")
    with page.expect_download() as given:
        press("Enter")
    written = given.value.path().read_text("utf-8")
    assert written.startswith("#EXTM3U")
    assert written.count("#EXTINF") == 20
    expect(page.locator(".exports summary")).to_be_focused()


def test_the_catalogue_is_used_without_a_mouse(keyboard):
    page, tab_to = keyboard
    press = page.keyboard.press
    page.get_by_role("link", name="Segue").focus()
    tab_to('nav a[href^="#/catalogue"]')
    press("Enter")
    page.locator("[data-row]").first.wait_for()
    tab_to("[data-row]")
    press("ArrowDown")
    press("Space")
    expect(page.get_by_text("1 track selected")).to_be_visible()
    press("Enter")
    details = page.get_by_role("complementary", name="Details of the track")
    expect(details).to_be_visible()
    assert violations(page) == []
    tab_to("aside .leave")
    press("Enter")
    expect(details).to_have_count(0)
    expect(page.locator('[data-row="1"]')).to_be_focused()


@pytest.mark.parametrize(
    ("control", "then"), [("Correct", ".correct input"), ("Delete", "dialog button")]
)
def test_the_focus_goes_on_at_once_where_a_control_leads_elsewhere(owner, control, then):
    page = owner("#/catalogue?track=demo-folk-2")
    button = page.get_by_role("complementary").get_by_role("button", name=control, exact=True)
    assert hands_the_focus_on(button, then)
