"""Several catalogues behind one page: one is chosen, the address says which, no view mixes them."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import expect

from e2e.page.accessibility import violations
from segue.resources import resource_folder
from waiting import until

DEMO = resource_folder("deploy/demo/catalogue")
ELSEWHERE = {"demo-folk-4": "Elsewhere", "archive-1": "Archived One", "archive-2": "Archived Two"}
"""Of the catalogue ``archive``: ids and titles. One id is also that of another track elsewhere."""


@pytest.fixture(scope="module")
def shelves(page_stack):
    """Tracks in the catalogue ``archive``."""
    files = sorted(DEMO.rglob("*.mp3"))[: len(ELSEWHERE)]
    items = [
        {"track_id": one, "uri": file.as_uri(), "metadata": {"title": title, "artist": "Archivist"}}
        for (one, title), file in zip(ELSEWHERE.items(), files, strict=True)
    ]
    headers = {"Authorization": f"Bearer {page_stack.token}"}
    with httpx.Client(base_url=f"{page_stack.page}api/v1/", headers=headers, timeout=30) as client:
        sent = client.post("ingest", json={"items": items, "catalogue": "archive"})
        assert sent.is_success, sent.text
        job, query = sent.json()["job_id"], {"catalogue": "archive"}
        until(lambda: client.get(f"jobs/{job}", params=query).json()["job"].get("done"))


def chooser(page):
    return page.get_by_label("Catalogue to look at")


@pytest.fixture
def archive(owner, shelves):
    """Go to a route of the catalogue ``archive`` as the owner: ``archive("#/search")``."""
    return lambda route: owner(f"{route}{'&' if '?' in route else '?'}catalogue=archive")


def test_a_catalogue_is_chosen_and_every_view_is_of_it(owner, shelves):
    page = owner("#/search?for=track:demo-folk-4")
    expect(page.get_by_role("heading", name="Engine in Little Light")).to_be_visible()

    with page.expect_response("**/api/v1/server-info?catalogue=archive") as told:
        chooser(page).select_option("archive")
    assert told.value.ok
    page.wait_for_url("**/#/search?catalogue=archive")
    tiles = page.locator(".tiles .title")
    expect(tiles).to_have_count(len(ELSEWHERE))
    assert sorted(tiles.all_inner_texts()) == sorted(ELSEWHERE.values())
    expect(page).to_have_title(re.compile("archive"))

    # The same id is another track here, whatever the page has learnt of the one before.
    page.get_by_role("link", name="Elsewhere").click()
    expect(page.locator(".seeds")).to_contain_text("Archivist – Elsewhere")
    expect(page.locator(".card")).to_have_count(2)
    found = page.locator(".card .title").all_inner_texts()
    assert sorted(found) == ["Archived One", "Archived Two"]
    expect(page.locator(".filters [role=status]")).to_have_text("3 of 3 tracks")

    page.get_by_role("link", name="Catalogue", exact=True).click()
    expect(page.get_by_text("3 tracks", exact=True)).to_be_visible()
    page.get_by_role("link", name="Playlists", exact=True).click()
    page.get_by_role("combobox", name="Add a track").fill("archivist")
    offered = page.get_by_role("listbox", name="Add a track").get_by_role("option")
    expect(offered).to_have_count(len(ELSEWHERE))
    expect(page).to_have_url(re.compile("catalogue=archive"))

    chooser(page).select_option("Default catalogue")
    page.wait_for_url("**/#/playlists")
    page.go_back()
    expect(chooser(page)).to_have_value("archive")


def test_what_is_heard_is_of_the_catalogue_and_ends_with_it(archive):
    page = archive("#/search?for=track:archive-1")
    played = []
    page.on("request", lambda request: "/audio" in request.url and played.append(request.url))

    with page.expect_request("**/audio?*"):
        page.get_by_role("button", name="Play Elsewhere").click()
    player = page.get_by_role("region", name="Player")
    player.get_by_role("button", name="Pause").wait_for()
    assert all(url.endswith("tracks/demo-folk-4/audio?catalogue=archive") for url in played)

    chooser(page).select_option("Default catalogue")
    expect(player).to_have_count(0)
    assert page.evaluate("[...document.querySelectorAll('audio')].every((one) => one.paused)")


def test_a_playlist_that_is_kept_is_of_its_catalogue(archive, owner):
    page = archive("#/playlists?track=archive-1&track=archive-2")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Of the archive")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Of the archive")).to_be_visible()
    expect(page.locator(".tracks .title")).to_have_text(["Archived One", "Archived Two"])
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as given:
        page.get_by_role("button", name="M3U8").click()
    assert "Archived Two" in given.value.path().read_text("utf-8")

    page = owner("#/playlists?mode=saved")
    page.locator(".saved, .empty").wait_for()
    expect(page.locator(".saved").get_by_text("Of the archive")).to_have_count(0)


def test_music_is_added_to_the_catalogue_that_is_looked_at(archive, owner_api):
    page = archive("#/catalogue?tab=add")
    [file] = sorted((DEMO / "jazz").rglob("*.mp3"))[:1]
    page.locator("[data-pick=files]").set_input_files(file)
    entry = page.locator('.entry[data-state="indexed"], .entry[data-state="skipped"]')
    entry.wait_for()

    entry.get_by_role("link").click()
    details = page.get_by_role("complementary", name="Details of the track")
    details.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("3 tracks", exact=True)).to_be_visible()
    facets = owner_api.get("facets", params={"catalogue": "archive"}).json()
    assert int(facets["total_tracks"]) == len(ELSEWHERE)


def test_a_catalogue_that_is_not_there_is_told_and_another_can_be_chosen(owner):
    page = owner("#/search?catalogue=nowhere")
    expect(page.get_by_role("alert")).to_contain_text("There is no catalogue of this name.")
    expect(chooser(page)).to_have_value("nowhere")
    # Those that are there are offered all the same.
    expect(chooser(page).get_by_role("option", name="archive")).to_have_count(1)

    chooser(page).select_option("Default catalogue")
    expect(page.locator(".tiles")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_another_search_begins_at_its_top_and_the_way_back_where_it_was_left(archive):
    page = archive("#/search?for=track:archive-1")
    page.locator(".card").last.wait_for()
    page.evaluate("scrollTo(0, 400)")
    page.wait_for_function("() => scrollY > 300")
    page.locator(".card .title").last.click()
    page.wait_for_function("() => scrollY === 0")
    expect(page.locator(".card").last).to_be_visible()

    page.go_back()
    page.wait_for_url("**for=track:archive-1**")
    page.wait_for_function("() => scrollY > 300")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_the_choice(archive, scheme):
    page = archive("#/search")
    page.locator(".tiles").wait_for()
    page.emulate_media(color_scheme=scheme)

    expect(page).to_have_title(re.compile("archive"))
    assert violations(page) == []
