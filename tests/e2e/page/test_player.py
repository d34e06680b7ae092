"""The player: one track fades into the next, and what cannot be heard says why."""

import re

import pytest
from playwright.sync_api import expect

PLAY = """
async ([ids, options]) => {
  const main = document.querySelector("script[type=module]").src;
  const player = await import(main.replace("main.js", "player.js"));
  const queue = ids.map((id) => player.playable({ track_id: id, duration_seconds: 22 }));
  player.play(queue, 0, options);
}
"""
# Functions: a text would have to be evaluated in the page, whose policy refuses that.
FADING = """
() => {
  const audios = [...document.querySelectorAll("audio")];
  const volumes = audios.filter((one) => !one.paused).map((one) => one.volume);
  return volumes.length === 2 && Math.min(...volumes) > 0.2 && volumes;
}
"""
FADED = """
() => {
  const [leaving, coming] = [...document.querySelectorAll("audio")];
  return leaving.paused && !coming.paused && coming.volume === 1;
}
"""


@pytest.fixture
def player(signed_in):
    """A function that plays tracks on a page of the owner, and the page itself."""
    # A browser plays only where its reader has done something.
    signed_in.locator("body").click()
    return signed_in, lambda ids, **options: signed_in.evaluate(PLAY, [ids, options])


def test_a_track_fades_into_the_next_as_loud_together_as_alone(player):
    page, play = player

    play(["demo-jazz-1", "demo-folk-1"], startSeconds=16, crossfadeSeconds=4)

    volumes = page.wait_for_function(FADING).json_value()
    assert sum(volume**2 for volume in volumes) == pytest.approx(1, abs=0.05)
    page.wait_for_function(FADED)
    expect(page.locator(".player .title")).to_have_text("demo-folk-1")


def test_what_cannot_be_heard_says_why(player):
    page, play = player

    play(["nobody-has-this"])

    page.get_by_text("This track is not in the catalogue.").wait_for()


def test_what_cannot_be_heard_is_named_and_passed_over(player):
    page, play = player

    play(["nobody-has-this", "nor-this", "demo-jazz-1"])

    expect(page.locator(".player .title")).to_have_text("demo-jazz-1")
    expect(
        page.get_by_role("region", name="Player").get_by_role("button", name="Pause")
    ).to_be_visible()
    for title in ("nobody-has-this", "nor-this"):
        passed = page.locator(".toast").filter(has_text=f"Passed over: {title}.")
        expect(passed).to_contain_text("This track is not in the catalogue.")


def test_a_list_of_which_nothing_can_be_heard_is_not_run_through(player):
    page, play = player

    play([f"nobody-has-{number}" for number in range(9)])

    expect(page.locator(".player .said")).to_be_visible()
    expect(page.locator(".player .title")).to_have_text("nobody-has-3")
    expect(page.locator(".toast")).to_have_count(3)


def test_the_position_moves_by_keys(player):
    page, play = player
    play(["demo-jazz-1"])
    slider = page.get_by_role("slider", name="Position")
    page.get_by_role("region", name="Player").get_by_role("button", name="Pause").click()

    # Encoded audio is taken up at a frame, which may be a moment before.
    for key, position in (("PageUp", "0:2[12]"), ("ArrowLeft", "0:1[67]")):
        slider.press(key)
        said = re.compile(f"^{position} of 0:22$")
        expect(slider).to_have_attribute("aria-valuetext", said)
