"""The catalogue: found, corrected, added to, and what failed on the way."""

import re
import shutil

import pytest
from playwright.sync_api import expect

from e2e.page.accessibility import violations
from e2e.page.conftest import PHONE
from e2e.tones import write_tone
from waiting import until


@pytest.fixture
def api(owner_api):
    """Ask the HTTP API as the owner: ``api("PATCH", "tracks/x1", {...})``."""

    def ask(method, path, body=None):
        answer = owner_api.request(method, f"/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    return ask


def rows(page):
    page.wait_for_selector(".table [data-row]")
    return page.locator(".table [data-row]")


def field(page, name):
    return page.locator(f'.fields [data-field="{name}"]')


@pytest.fixture
def total(api):
    """How many tracks there are."""
    return int(api("GET", "facets?page_size=1")["total_tracks"])


def written(page, label):
    return page.locator(".correct").get_by_label(label, exact=True)


def test_tracks_are_found_by_words_and_filters_and_the_address_says_so(owner, api, total):
    page = owner("#/catalogue")
    rows(page)
    page.get_by_text(f"{total} tracks", exact=True).wait_for()

    page.get_by_role("searchbox", name="Title, artist or album").fill("river")
    page.wait_for_url("**words=river*")
    count = len(api("POST", "tracks:search", {"query": "river"})["tracks"])
    assert 0 < count < 10
    found = page.locator(".table [data-row]")
    expect(found).to_have_text([re.compile("river", re.IGNORECASE)] * count)

    page.get_by_role("searchbox", name="Title, artist or album").fill("")
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("checkbox", name=re.compile("^jazz")).check()
    page.get_by_text("4 tracks", exact=True).wait_for()
    page.reload()
    page.get_by_text("4 tracks", exact=True).wait_for()


def test_words_that_settle_keep_what_was_chosen_meanwhile(owner):
    page = owner("#/catalogue")
    rows(page)

    page.evaluate(
        """() => {
          const words = document.querySelector('input[type="search"]');
          words.value = "the";
          words.dispatchEvent(new Event("input", { bubbles: true }));
          location.hash = "#/catalogue?genre=jazz";
        }"""
    )

    page.wait_for_url("**words=the*")
    expect(page).to_have_url(re.compile("genre=jazz"))


def test_the_table_is_walked_by_keyboard_and_keeps_its_place(owner, total):
    page = owner("#/catalogue")
    rows(page).first.focus()

    page.keyboard.press("End")
    last = f'[data-row="{total - 1}"]'
    expect(page.locator(last)).to_be_focused()
    page.wait_for_url(re.compile(r"row=\d+"))
    page.reload()
    page.wait_for_selector(last)

    page.locator(last).focus()
    page.keyboard.press("Enter")
    page.get_by_role("complementary", name="Details of the track").wait_for()
    expect(page).to_have_url(re.compile("track="))


def test_a_correction_says_whose_word_it_is_and_is_taken_back(owner):
    page = owner("#/catalogue?track=demo-folk-1")
    expect(field(page, "genres").locator(".source")).to_have_text("given")

    page.get_by_role("button", name="Correct").click()
    written(page, "Genres").fill("folk; acoustic")
    written(page, "Year").fill("12345")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("A number from 1 to 9,999.").wait_for()
    written(page, "Year").fill("1971")
    page.get_by_role("button", name="Save").click()

    page.locator('[data-field="genres"] .corrected').wait_for()
    expect(field(page, "genres")).to_contain_text("folk, acoustic")
    expect(field(page, "genres")).to_contain_text("Before: folk")
    page.get_by_role("button", name="Take back Genres").click()
    page.locator('[data-field="genres"] .given').wait_for()
    page.get_by_role("button", name="Take back Year").click()
    page.locator('[data-field="year"] .given').wait_for()


def test_a_correction_over_another_one_is_told_and_nothing_is_lost(owner, api):
    page = owner("#/catalogue?track=demo-rock-1")
    page.get_by_role("button", name="Correct").click()
    written(page, "Album").fill("Mine")
    theirs = {"metadata": {"album": "Theirs", "year": 1999}, "update_mask": "album,year"}
    api("PATCH", "tracks/demo-rock-1", theirs)

    page.get_by_role("button", name="Save").click()
    page.get_by_text("TRACK_CHANGED").wait_for()
    page.get_by_text("It says now: Theirs").wait_for()
    expect(written(page, "Album")).to_have_value("Mine")
    page.get_by_role("button", name="Save").click()
    page.locator('[data-field="album"] .corrected').wait_for()

    stored = api("GET", "tracks/demo-rock-1?view=TRACK_VIEW_FULL")["track"]["metadata"]
    assert (stored["album"], stored["year"]) == ("Mine", 1999)
    api("PATCH", "tracks/demo-rock-1", {"reset_mask": "*"})


def test_files_are_added_and_a_broken_one_says_why_and_is_tried_again(owner, api, tmp_path):
    write_tone(tmp_path / "good.wav", 330, seed=3)
    (tmp_path / "broken.mp3").write_bytes(bytes(range(256)) * 200)
    (tmp_path / "notes.txt").write_text("no audio")
    page = owner("#/catalogue?tab=add")
    page.locator("[data-pick=files]").set_input_files(
        [tmp_path / "good.wav", tmp_path / "broken.mp3", tmp_path / "notes.txt"]
    )

    page.get_by_text("2 of 2 done · 1 failed").wait_for()
    left_out = "1 file that is no audio was left out."
    expect(page.locator(".catalogue")).to_contain_text(left_out)
    added = page.locator('.entry[data-state="indexed"] .title')
    expect(added).to_have_text("good.wav")
    expect(added).to_have_attribute("href", re.compile("track="))
    track_id = added.get_attribute("href").rpartition("track=")[2]
    assert api("DELETE", f"tracks/{track_id}") == {}
    failure = page.locator(".entry .failure")
    failure.get_by_role("button", name="Try again").wait_for()
    expect(failure.locator("code")).to_have_text("AUDIO_NOT_AUDIO")
    expect(failure.locator("p")).to_have_count(2)

    (before,) = api("GET", "dead-letters")["dead_letters"]
    failure.get_by_role("button", name="Try again").click()

    def failed_again():
        after = api("GET", "dead-letters").get("dead_letters", [])
        return [one["job_id"] for one in after] not in ([], [before["job_id"]])

    until(failed_again)
    page.locator('.entry[data-state="dead"] .title', has_text="broken.mp3").wait_for()

    page.get_by_role("link", name="Failures").click()
    letter = page.locator(".letter")
    expect(letter).to_contain_text("broken.mp3")
    letter.get_by_role("button", name=re.compile("^Forget")).click()
    page.get_by_role("dialog").get_by_role("button", name="Forget").click()
    page.get_by_role("heading", name="Nothing failed").wait_for()


def test_copies_are_shown_together_and_one_is_deleted(owner, api, tmp_path):
    write_tone(tmp_path / "one.wav", 440, seed=5)
    shutil.copy(tmp_path / "one.wav", tmp_path / "two.wav")
    for name in ("one", "two"):
        api("POST", "ingest", {"items": [{"track_id": f"copy-{name}",
            "uri": (tmp_path / f"{name}.wav").as_uri()}]})  # fmt: skip
    page = owner("#/catalogue?tab=duplicates")

    def found():
        page.reload()
        page.wait_for_selector(".groups, .empty")
        return page.locator(".groups").count()

    until(found, every=0.5)  # a moment after they are stored
    page.get_by_text("Copies of one file").wait_for()
    page.get_by_role("button", name="Delete copy-two").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    page.get_by_text("1 track deleted").wait_for()
    missing = api("POST", "tracks:get", {"track_ids": ["copy-one", "copy-two"]})
    assert missing["missing_track_ids"] == ["copy-two"]
    api("DELETE", "tracks/copy-one")


def test_chosen_tracks_become_a_playlist(owner):
    page = owner("#/catalogue?words=river")
    rows(page)
    boxes = page.get_by_role("checkbox", name=re.compile("^Select "))
    boxes.nth(0).check()
    boxes.nth(1).check()

    page.get_by_text("2 tracks selected").wait_for()
    page.get_by_role("link", name="As a playlist").click()

    expect(page.locator(".tracks > li")).to_have_count(2)


def test_guests_see_the_catalogue_but_change_nothing(new_page):
    page = new_page("#/catalogue?track=demo-folk-1")
    field(page, "title").wait_for()

    page.get_by_text("Only the owner of the catalogue corrects").wait_for()
    for name in ("Correct", "Delete"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    page.get_by_role("link", name="Add music").click()
    page.get_by_role("heading", name="Only the owner adds music").wait_for()
    page.get_by_role("link", name="Failures").click()
    page.get_by_role("heading", name="Only the owner sees what failed").wait_for()


def test_accounts_are_not_led_to_what_is_the_owners(new_page, page_stack, run_segue):
    assert run_segue("users", "add", "nina", "--no-password", stack=page_stack).code == 0
    key = run_segue("users", "api-key", "nina", "--json", stack=page_stack).json["secret"]
    page = new_page("#/catalogue", extra_http_headers={"Authorization": f"Bearer {key}"})
    tabs = page.get_by_role("navigation", name="Parts of the catalogue").get_by_role("link")
    expect(tabs).to_have_text(["Tracks", "Duplicates"])

    for tab, title in (
        ("add", "Only the owner adds music"),
        ("failures", "Only the owner sees what failed"),
    ):
        page.goto(f"{page_stack.page}#/catalogue?tab={tab}")
        expect(page.get_by_role("heading", name=title)).to_be_visible()
        expect(page.get_by_role("main")).to_contain_text("Ask the owner.")
        expect(page.get_by_role("main")).not_to_contain_text("Sign in")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_the_catalogue(owner, scheme):
    page = owner("#/catalogue?track=demo-folk-1")
    page.emulate_media(color_scheme=scheme)
    field(page, "title").wait_for()
    rows(page)
    shown = violations(page)
    page.get_by_role("button", name="Correct").click()
    expect(page.locator(".correct")).to_be_visible()

    assert shown + violations(page) == []


def test_a_phone_shows_the_table_and_the_details(new_page):
    page = new_page("#/catalogue", **PHONE)
    rows(page).first.click()

    field(page, "title").wait_for()

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
