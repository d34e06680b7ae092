"""The catalogue: found, corrected, added to, and what failed on the way."""

import re
import shutil

import pytest
from playwright.sync_api import expect

from e2e.page.accessibility import violations
from e2e.page.conftest import PHONE
from e2e.tones import write_tone

WAIT_MILLISECONDS = 30_000


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


def test_tracks_are_found_by_words_and_filters_and_the_address_says_so(owner, total):
    page = owner("#/catalogue")
    rows(page)
    page.get_by_text(f"{total} tracks", exact=True).wait_for()

    page.get_by_role("searchbox", name="Title, artist or album").fill("river")
    page.wait_for_url("**words=river*")
    page.wait_for_function("() => document.querySelectorAll('.table [data-row]').length < 10")
    found = rows(page).all_inner_texts()
    assert all("river" in text.lower() for text in found)

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
    assert "genre=jazz" in page.url


def test_the_table_is_walked_by_keyboard_and_keeps_its_place(owner, total):
    page = owner("#/catalogue")
    rows(page).first.focus()

    page.keyboard.press("End")
    last = f'[data-row="{total - 1}"]'
    page.wait_for_function("(last) => document.activeElement.matches(last)", arg=last)
    page.wait_for_url(re.compile(r"row=\d+"))
    page.reload()
    page.wait_for_selector(last)

    page.locator(last).focus()
    page.keyboard.press("Enter")
    page.get_by_role("complementary", name="Details of the track").wait_for()
    assert "track=" in page.url


def test_a_correction_says_whose_word_it_is_and_is_taken_back(owner):
    page = owner("#/catalogue?track=demo-folk-1")
    field(page, "genres").wait_for()
    assert field(page, "genres").locator(".source").inner_text() == "given"

    page.get_by_role("button", name="Correct").click()
    written(page, "Genres").fill("folk; acoustic")
    written(page, "Year").fill("12345")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("A number from 1 to 9,999.").wait_for()
    written(page, "Year").fill("1971")
    page.get_by_role("button", name="Save").click()

    page.locator('[data-field="genres"] .corrected').wait_for()
    assert "folk, acoustic" in field(page, "genres").inner_text()
    assert "Before: folk" in field(page, "genres").inner_text()
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
    assert written(page, "Album").input_value() == "Mine"
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
    assert "1 file that is no audio was left out." in page.inner_text(".catalogue")
    added = page.locator('.entry[data-state="indexed"] .title')
    assert added.inner_text() == "good.wav"
    track_id = added.get_attribute("href").rpartition("track=")[2]
    assert api("DELETE", f"tracks/{track_id}") == {}
    failure = page.locator(".entry .failure")
    failure.get_by_role("button", name="Try again").wait_for()
    assert failure.locator("code").inner_text() == "AUDIO_NOT_AUDIO"
    assert len(failure.locator("p").all()) == 2

    (before,) = api("GET", "dead-letters")["dead_letters"]
    failure.get_by_role("button", name="Try again").click()
    for _ in range(100):
        page.wait_for_timeout(200)
        after = api("GET", "dead-letters").get("dead_letters", [])
        if after and after[0]["job_id"] != before["job_id"]:
            break
    page.locator('.entry[data-state="dead"] .title', has_text="broken.mp3").wait_for()
    assert after[0]["job_id"] != before["job_id"]

    page.get_by_role("link", name="Failures").click()
    letter = page.locator(".letter")
    letter.wait_for()
    assert "broken.mp3" in letter.inner_text()
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

    # Copies are found a moment after they are stored.
    for _ in range(60):
        page.wait_for_timeout(500)
        page.reload()
        page.wait_for_selector(".groups, .empty")
        if page.locator(".groups").count():
            break
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

    page.wait_for_selector(".tracks > li:nth-child(2)")
    assert page.locator(".tracks > li").count() == 2


def test_guests_see_the_catalogue_but_change_nothing(new_page):
    page = new_page("#/catalogue?track=demo-folk-1")
    page.set_default_timeout(WAIT_MILLISECONDS)
    field(page, "title").wait_for()

    for name in ("Correct", "Delete"):
        assert page.get_by_role("button", name=name).count() == 0
    page.get_by_text("Only the owner of the catalogue corrects").wait_for()
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
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    field(page, "title").wait_for()
    rows(page)
    shown = violations(page)
    page.get_by_role("button", name="Correct").click()

    assert shown + violations(page) == []


def test_a_phone_shows_the_table_and_the_details(new_page):
    page = new_page("#/catalogue", **PHONE)
    rows(page).first.click()

    page.get_by_role("complementary", name="Details of the track").wait_for()

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
