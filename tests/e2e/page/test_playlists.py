"""Playlists and paths: built, put in order by keyboard and by hand, heard, kept, given as files."""

import json
import re
import xml.etree.ElementTree as ElementTree

import pytest
from playwright.sync_api import expect

from e2e.page.accessibility import violations
from e2e.page.conftest import PHONE

SEEDED = "#/playlists?for=track:demo-jazz-1&tracks=6"
PATH = "#/playlists?mode=path&from=demo-jazz-1&to=demo-metal-1&tracks=8"


def titles(page):
    page.wait_for_selector('.result [aria-busy="false"] .tracks > li')
    return page.locator(".tracks .title").all_inner_texts()


def until_titles_are(page, expected):
    page.wait_for_function(
        """(expected) => JSON.stringify(expected) === JSON.stringify(
          [...document.querySelectorAll(".tracks .title")].map((one) => one.innerText))
          && document.querySelector('.result [aria-busy="false"]')""",
        arg=expected,
    )


def grip(page, place):
    return page.locator(".grip").nth(place)


def expect_said(page, words):
    expect(page.locator("[data-said]")).to_have_text(words)


def exported(page, form):
    return given(page, form).path().read_text("utf-8")


def given(page, form):
    """The file that "Export" gives, which stands beside "Save"."""
    page.locator(".made > header .actions").get_by_text("Export", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=form).click()
    return waiting.value


@pytest.mark.parametrize(
    ("route", "name"),
    [
        ("#/playlists?for=artist:Restless%20Station&tracks=3", "From Restless Station"),
        (SEEDED, "From {demo-jazz-1}"),
        (PATH, "From {demo-jazz-1}"),
        ("#/playlists?track=demo-metal-1&track=demo-jazz-1", "From {demo-metal-1}"),
    ],
)
def test_the_file_of_an_unsaved_playlist_is_named_after_what_it_begins_with(
    owner, owner_api, route, name
):
    asked = {"track_ids": ["demo-jazz-1", "demo-metal-1"]}
    tracks = owner_api.post("/tracks:get", json=asked).json()["tracks"]
    for track in tracks:
        name = name.replace(f"{{{track['track_id']}}}", track["metadata"]["title"])
    page = owner(route)
    titles(page)
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    assert given(page, "M3U8").suggested_filename == f"{name}.m3u8"


def test_a_playlist_is_built_put_in_order_by_keyboard_and_given_as_files(owner):
    page = owner("#/playlists")
    page.get_by_role("combobox", name="Add a track").fill("jazz")
    page.goto(page.url.partition("#")[0] + SEEDED)
    first, second, third, *rest = titles(page)
    assert len(rest) == 3
    expect(page.locator(".properties")).to_contain_text("Flow")

    grip(page, 0).focus()
    page.keyboard.press("ArrowDown")
    until_titles_are(page, [second, first, third, *rest])
    expect_said(page, f"{first} is number 2 of 6 now")
    page.keyboard.press("End")
    until_titles_are(page, [second, third, *rest, first])
    expect(page.get_by_role("button", name=f"Move {first}", exact=True)).to_be_focused()

    page.get_by_role("button", name=f"Take {third} out").click()
    ordered = [second, *rest, first]
    until_titles_are(page, ordered)

    m3u8 = exported(page, "M3U8")
    assert [line.rpartition(" - ")[2] for line in m3u8.splitlines() if "#EXTINF" in line] == ordered
    xspf = ElementTree.fromstring(exported(page, "XSPF"))
    assert [one.text for one in xspf.iter("{http://xspf.org/ns/0/}title")][1:] == ordered
    jspf = json.loads(exported(page, "JSPF"))
    assert [one["title"] for one in jspf["playlist"]["track"]] == ordered

    # The address holds what was changed by hand, too.
    page.reload()
    until_titles_are(page, ordered)
    page.get_by_role("button", name="Make it anew").click()
    until_titles_are(page, [first, second, third, *rest])


def test_a_track_is_moved_by_dragging_and_by_clicks(owner):
    page = owner(SEEDED)
    first, second, third, *rest = titles(page)

    start, goal = grip(page, 0).bounding_box(), grip(page, 2).bounding_box()
    page.mouse.move(start["x"] + 8, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(goal["x"] + 8, goal["y"] + 20, steps=8)
    page.mouse.up()
    until_titles_are(page, [second, third, first, *rest])

    page.wait_for_timeout(400)  # a click at once would be the end of the drag
    grip(page, 1).click()
    expect_said(page, f"{third} is taken up. Choose where it goes.")
    grip(page, 0).click()
    until_titles_are(page, [third, second, first, *rest])


def test_another_one_has_other_tracks_and_an_address_of_its_own(owner):
    page = owner(SEEDED)
    before = titles(page)

    page.get_by_role("button", name="Another one").click()
    page.wait_for_function(
        """(before) => document.querySelector('.result [aria-busy="false"]') &&
          [...document.querySelectorAll(".tracks .title")].map((one) => one.innerText).join()
          !== before.join()""",
        arg=before,
    )

    expect(page).to_have_url(re.compile(r"random=\d+"))


def test_its_energy_is_drawn_by_keyboard(owner):
    page = owner(SEEDED)
    titles(page)
    page.get_by_label("How it runs").select_option("energy")
    point = page.get_by_role("slider", name="Energy at point 1 of 5")
    expect(point).to_have_attribute("aria-valuenow", "20")

    point.press("ArrowUp")

    page.wait_for_url(re.compile(r"energy=0\.25%2C"))
    expect(page.locator('.energy [aria-valuenow="25"]')).to_have_count(1)
    assert len(titles(page)) == 6


def test_a_path_leads_from_one_track_to_the_other(owner):
    page = owner(PATH)

    path = titles(page)

    assert len(path) == 8
    expect(page.locator(".end .title")).to_have_text([path[0], path[-1]])
    expect(page.locator(".properties")).to_contain_text("Unevenness")
    page.get_by_role("button", name="Turn around").click()
    page.wait_for_function(
        """(last) => document.querySelector(".tracks .title")?.innerText === last
          && document.querySelector('.result [aria-busy="false"]')""",
        arg=path[-1],
    )
    assert titles(page)[-1] == path[0]


def test_a_playlist_is_kept_opened_renamed_and_deleted(owner):
    page = owner(SEEDED)
    made = titles(page)
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Evening")
    dialog.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**saved=*")
    page.get_by_role("heading", name="Evening").wait_for()
    until_titles_are(page, made)

    page.get_by_role("link", name="Saved").click()
    page.get_by_role("button", name="Rename Evening").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Night")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("^Night")).click()
    until_titles_are(page, made)

    page.get_by_role("link", name="Saved").click()
    page.get_by_role("button", name="Delete Night").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("“Night” is deleted.").wait_for()
    page.get_by_role("link", name=re.compile("^Night")).wait_for(state="detached")


def test_a_playlist_is_played_through(owner):
    page = owner(SEEDED)
    first, *_ = titles(page)

    page.get_by_role("button", name=f"Play {first}").first.click()

    page.wait_for_function(
        """() => [...document.querySelectorAll("audio")]
          .some((one) => !one.paused && one.currentTime > 0)"""
    )
    expect(page.get_by_role("region", name="Player")).to_contain_text(first)


def test_what_cannot_be_made_says_why(owner):
    page = owner("#/playlists?for=artist:Nobody&tracks=5")

    reason = re.compile("SEEDS_UNKNOWN|PLAYLIST_IMPOSSIBLE")
    expect(page.get_by_role("alert")).to_contain_text(reason)


def test_guests_make_playlists_but_keep_none(new_page):
    page = new_page(SEEDED)

    assert len(titles(page)) == 6
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Saved").click()
    page.get_by_role("heading", name="Guests keep no playlists").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_playlists(new_page, scheme):
    page = new_page(SEEDED + "&energy=0.2,0.8,0.3", color_scheme=scheme)
    titles(page)

    assert violations(page) == []


def test_a_phone_shows_all_of_a_playlist(new_page):
    page = new_page(PATH, **PHONE)

    titles(page)

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
