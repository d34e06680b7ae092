"""Search by listening: from a file to answers that are heard, narrowed down and shared."""

import base64
import os
import re
import signal

import pytest
from playwright.sync_api import expect

from e2e.page.accessibility import violations
from e2e.page.conftest import PHONE
from segue.resources import resource_folder

EXCERPT = resource_folder("deploy/demo") / "excerpt.mp3"
SEED = "#/search?for=track:demo-jazz-1"
REFINED = f"{SEED}&against=track:demo-metal-3&genre=jazz&descriptor=piano&not-descriptor=drums"
RESTART_MILLISECONDS = 120_000


HEARD = """
(longer) => [...document.querySelectorAll("audio")]
  .some((one) => !one.paused && one.currentTime > longer)
"""


DROP = """
(content) => {
  const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], "dropped.mp3", { type: "audio/mpeg" }));
  for (const kind of ["dragover", "drop"]) {
    const event = new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true });
    document.body.dispatchEvent(event);
  }
}
"""


def test_what_plays_does_not_go_on_to_the_answers_of_a_search_that_was_left(as_owner):
    page = as_owner(SEED)
    heard, other = titles(page)[:2]
    page.locator("body").click(position={"x": 5, "y": 5})
    page.get_by_role("button", name=f"Play {heard}", exact=True).first.click()
    player = page.get_by_role("region", name="Player")
    following = player.get_by_role("button", name="Next track")
    expect(following).to_be_enabled()
    # Reached from other views again, the same search goes on.
    address = page.url
    page.get_by_role("link", name="Operations").click()
    page.go_back()
    assert titles(page)[0] == heard
    expect(page).to_have_url(address)
    expect(following).to_be_enabled()

    page.get_by_role("link", name=other, exact=True).click()
    page.wait_for_url(lambda url: url != address)
    titles(page)
    expect(following).to_be_disabled()
    # What plays is heard to its end, and nothing after it.
    expect(player.get_by_role("button", name="Pause")).to_be_visible()
    player.get_by_role("slider", name="Position").press("End")
    expect(player.get_by_role("button", name="Play", exact=True)).to_be_visible()
    expect(player).to_contain_text(heard)


def until_counted(page, tracks):
    """Wait until the filters say how many tracks they leave, of however many there are by now."""
    page.get_by_text(re.compile(rf"^{tracks} of \d+ tracks")).wait_for()


@pytest.fixture
def as_owner(new_page, page_stack):
    """Open a page of the owner: ``as_owner("#/search", **options of a context)``."""

    def open_page(route="", **options):
        headers = {"Authorization": f"Bearer {page_stack.token}"}
        return new_page(route, extra_http_headers=headers, **options)

    return open_page


def titles(page):
    page.wait_for_selector('.results[aria-busy="false"] .card')
    return page.locator(".card h3").all_inner_texts()


def expect_titles(page, expected):
    expect(page.locator(".card h3")).to_have_text(expected)


def until_titles_differ(page, before):
    page.wait_for_function(
        """(before) => {
          const busy = document.querySelector('.results[aria-busy="true"]');
          const now = [...document.querySelectorAll(".card h3")].map((one) => one.innerText);
          return !busy && now.length > 0 && now.join("|") !== before.join("|");
        }""",
        arg=before,
    )
    return titles(page)


def heard_seconds(page):
    return page.evaluate(
        """() => Math.max(0, ...[...document.querySelectorAll("audio")]
          .filter((one) => !one.paused).map((one) => one.currentTime))"""
    )


def test_a_file_is_searched_heard_and_narrowed_down_and_its_address_shared(as_owner):
    page = as_owner()
    page.locator("input[type=file]").set_input_files(EXCERPT)

    by_clip = titles(page)
    assert len(by_clip) == 12
    expect(page.locator("canvas.spectrogram")).to_be_visible()

    page.get_by_role("button", name="Play ", exact=False).nth(1).click()
    page.wait_for_function(HEARD, arg=0)
    page.wait_for_function(HEARD, arg=heard_seconds(page))

    page.get_by_role("button", name="Choose a passage").click()
    end = page.get_by_role("slider", name="End of the passage")
    end.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"clip%3A[\d.]+-[\d.]+%3A"))
    until_titles_differ(page, by_clip)

    page.get_by_role("checkbox", name=re.compile("^jazz")).check()
    until_counted(page, 4)
    expect(page).to_have_url(re.compile("genre=jazz"))
    expect(page.locator(".card")).to_have_count(4)
    narrowed = titles(page)

    other = as_owner(page.url[page.url.index("#") :])
    expect_titles(other, narrowed)
    expect(other.get_by_role("checkbox", name=re.compile("^jazz"))).to_be_checked()


def test_the_matched_passage_is_heard_first(as_owner):
    page = as_owner(SEED)
    titles(page)
    card = page.locator(".card", has_text=re.compile(r"matched 0:(0[1-9]|1\d)")).first
    start = int(re.search(r"matched 0:(\d\d)", card.inner_text())[1])

    card.get_by_role("button", name=re.compile("^Play ")).click()
    page.wait_for_function(HEARD, arg=0)

    assert heard_seconds(page) >= start


def test_a_file_that_holds_no_audio_says_so_and_what_to_do(as_owner, tmp_path):
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(bytes(range(256)) * 64)
    page = as_owner()

    page.locator("input[type=file]").set_input_files(broken)

    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("AUDIO_")
    assert len(problem.inner_text().splitlines()) >= 3


def test_a_file_is_dropped_anywhere(as_owner):
    page = as_owner()
    page.wait_for_selector(".bring")

    page.evaluate(DROP, base64.b64encode(EXCERPT.read_bytes()).decode())

    assert len(titles(page)) == 12
    expect(page.get_by_text("dropped.mp3").first).to_be_visible()


def test_what_the_microphone_hears_is_searched_by(as_owner):
    page = as_owner(permissions=["microphone"])

    page.get_by_role("button", name="Record").click()
    page.get_by_role("button", name=re.compile(r"Stop 0:0[4-9]")).click()

    assert len(titles(page)) == 12
    expect(page.locator(".sound-plane")).to_be_visible()


def test_seeds_for_and_against_change_what_is_found(as_owner):
    page = as_owner(SEED)
    first = titles(page)

    page.get_by_role("button", name="Less like this").first.click()
    without = until_titles_differ(page, first)
    assert first[0] not in without
    expect(page).to_have_url(re.compile("against=track"))

    page.get_by_role("combobox", name="Add another track").fill("quiet lett")
    page.locator('.picker [role="option"]').first.wait_for()
    page.keyboard.press("Enter")
    until_titles_differ(page, without)
    expect(page).to_have_url(re.compile("for=track.*for=track"))

    page.go_back()
    page.go_back()
    page.wait_for_url(lambda url: "against" not in url)
    expect_titles(page, first)


def test_what_is_compared_is_chosen_and_fits_the_seeds(as_owner):
    page = as_owner(SEED)
    by_sound = titles(page)
    compare = page.get_by_role("combobox", name="Compare")

    compare.select_option("genre")
    by_genres = until_titles_differ(page, by_sound)
    expect(page).to_have_url(re.compile("match=genre"))
    expect(page.locator(".results .problem")).to_have_count(0)

    compare.select_option("late")
    until_titles_differ(page, by_genres)
    page.get_by_role("button", name="Less like this").first.click()
    expect(page).to_have_url(re.compile("against="))
    # Passage by passage takes one seed.
    expect(compare).to_have_value("")
    titles(page)
    expect(page.locator(".results .problem")).to_have_count(0)


def test_more_results_come_when_they_are_asked_for(as_owner):
    page = as_owner(SEED)
    first = titles(page)

    page.get_by_role("button", name="Show more").click()
    page.locator(".card").nth(23).wait_for()

    assert titles(page)[:12] == first


def test_artists_are_found_by_name_and_counted_under_the_filter(as_owner):
    page = as_owner(SEED)
    titles(page)

    page.get_by_role("textbox", name="Name of an artist").fill("castell")
    offered = page.locator(".offered button").filter(has_text="Nils Castell")
    count = int(offered.locator(".numbers").inner_text())
    offered.click()

    until_counted(page, count)
    page.wait_for_url(lambda url: "artist=Nils+Castell" in url)


def test_what_is_heard_in_them_narrows_answers_down(as_owner):
    page = as_owner(SEED)
    before = titles(page)
    piano = page.locator(".descriptors .chip", has_text="piano")
    drums = page.locator(".descriptors .chip", has_text="drums")
    count = int(piano.locator(".numbers").inner_text())

    piano.get_by_role("button", name=re.compile("^piano")).click()
    with_piano = until_titles_differ(page, before)
    until_counted(page, count)
    expect(page).to_have_url(re.compile("descriptor=piano"))
    both = int(drums.locator(".numbers").inner_text())
    assert 0 < both < count
    page.get_by_role("button", name="without drums").click()
    until_titles_differ(page, with_piano)
    until_counted(page, count - both)
    expect(page).to_have_url(re.compile("not-descriptor=drums"))
    expect(page.locator(".card .heard-in").first).to_contain_text("Heard: ")

    other = as_owner(page.url[page.url.index("#") :].replace("#/search", "#/catalogue"))
    until_counted(other, count - both)
    without = other.get_by_role("button", name="without drums")
    expect(without).to_have_attribute("aria-pressed", "true")
    other.locator('[role="row"] .title').first.click()
    share = other.locator(".heard-shares li", has_text="piano").locator(".numbers").inner_text()
    assert 50 <= int(share.rstrip("%")) <= 100


def test_a_track_without_a_cover_is_no_error(as_owner):
    page = as_owner()
    page.wait_for_selector(".tiles li")
    answered = []
    page.on("response", lambda response: answered.append((response.status, response.url)))

    with page.expect_response(lambda answer: "/cover" in answer.url and answer.status == 204):
        page.goto(page.url.partition("#")[0] + SEED)
    titles(page)

    page.locator(".card").nth(5).scroll_into_view_if_needed()
    expect(page.locator(".card").first.locator("img")).to_have_count(0)
    # Tracks that other tests bring along may have one.
    assert {status for status, url in answered if "/cover" in url} <= {200, 204}


def test_genres_of_which_none_is_likely_are_unknown(as_owner):
    page = as_owner()

    def heard_in_one_alone(route):
        answered = route.fetch()
        answer = answered.json()
        for result, loudest in zip(answer["results"], (0.6, 0.4), strict=False):
            first, *others = result["track"]["predicted_genres"]
            first["probability"] = loudest
            for one in others:
                one["probability"] = 0.1
        route.fulfill(response=answered, json=answer)

    page.route("**/similar", heard_in_one_alone)
    page.goto(page.url.partition("#")[0] + SEED)

    titles(page)
    first, second = (page.locator(".card").nth(place) for place in (0, 1))
    heard = "Genres as the model hears them"
    expect(second.get_by_role("list", name=heard)).to_have_text("unknown")
    expect(first.get_by_role("list", name=heard)).to_contain_text("%")


def test_an_answer_explains_itself(as_owner):
    page = as_owner(SEED)
    titles(page)

    why = page.get_by_role("button", name=re.compile("^Why")).first
    why.click()

    expect(why).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".why")).to_contain_text("How it sounds")
    page.get_by_text("How this came about").click()
    sound = re.compile(r"\d+ sound")
    expect(page.locator(".came-about")).to_contain_text(sound, use_inner_text=True)


def test_a_guest_searches_but_is_told_to_sign_in_to_hear(new_page):
    page = new_page(SEED)

    assert len(titles(page)) == 12
    play = page.locator(".card").first.get_by_role("button", name="Sign in to listen")
    expect(play).to_be_disabled()


def test_everything_is_reached_by_keyboard_alone(as_owner):
    page = as_owner()
    page.get_by_role("heading", name="Start from one of these").wait_for()

    def tab_to(selector):
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("(one) => document.activeElement.matches(one)", selector):
                return
        pytest.fail(f"the Tab key does not reach {selector}")

    tab_to('[role="combobox"]')
    page.keyboard.type("towards the mead")
    page.locator('.picker [role="option"]').first.wait_for()
    page.keyboard.press("Enter")
    first = titles(page)
    page.wait_for_selector(".sound-plane")
    tab_to(".sound-head .button.small")
    page.keyboard.press("Enter")
    page.locator(".handle.start").wait_for()
    tab_to('[role="slider"].start')
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    until_titles_differ(page, first)
    tab_to(".card .cover button")
    page.keyboard.press("Enter")
    page.wait_for_function(HEARD, arg=0)


def test_who_is_quicker_than_the_answer_gets_what_they_wrote(as_owner):
    page = as_owner()
    field = page.get_by_role("combobox", name="Or search by title")
    field.fill("under the mirror")
    page.get_by_role("option", name="Under the Mirror").wait_for()

    field.fill("restless harbour")
    field.press("Enter")
    page.locator(".seeds .chip").filter(has_text="Restless Harbour").wait_for()
    expect(page).to_have_url(re.compile("for="))
    assert page.url.count("for=") == 1


def test_a_passage_is_drawn_by_a_finger_on_a_phone(as_owner):
    page = as_owner(SEED, **PHONE)
    titles(page)
    plane = page.locator(".sound-plane")
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()

    finger = page.context.new_cdp_session(page)

    def touch(kind, *shares):
        y = box["y"] + 40
        points = [{"x": box["x"] + share * box["width"], "y": y} for share in shares]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 0.25)
    for share in (0.3, 0.5, 0.75):
        touch("touchMove", share)
    touch("touchEnd")

    page.wait_for_url(lambda url: "passage%3A" in url)
    start, end = map(float, re.search(r"passage%3A([\d.]+)-([\d.]+)", page.url).groups())
    assert (start, end) == pytest.approx((5.5, 16.5), abs=0.5)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("route", ["", REFINED])
def test_axe_finds_nothing_wrong(as_owner, scheme, route):
    page = as_owner(route, color_scheme=scheme)
    page.wait_for_selector(".card" if route else ".tiles li")

    assert violations(page) == []


def test_the_page_says_that_the_service_is_gone_and_goes_on_when_it_is_back(as_owner, page_stack):
    page = as_owner(SEED)
    before = titles(page)

    os.kill(page_stack.state.parts["query"].pid, signal.SIGKILL)
    page.get_by_role("button", name="Less like this").first.click()
    expect(page.locator(".banner")).to_contain_text("does not answer")

    page.locator(".banner").wait_for(state="detached", timeout=RESTART_MILLISECONDS)
    after = until_titles_differ(page, before)
    assert before[0] not in after
