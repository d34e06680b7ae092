"""The map in a browser: drawn, coloured, hovered, gathered from, by mouse and by keyboard."""

from __future__ import annotations

import gzip
import json
import math
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from itertools import combinations
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, expect

from waiting import until

pytestmark = pytest.mark.timeout(180)

DRAWN = """async () => {
  const { x } = await (await fetch("api/v1/map")).json();
  const canvas = document.querySelector(".stage canvas");
  const gl = canvas.getContext("webgl2");
  const pixelsOnceDrawn = new Promise((resolve) => {
    gl.drawArrays = (mode, first, count) => {
      WebGL2RenderingContext.prototype.drawArrays.call(gl, mode, first, count);
      // A map that moves slowly shows fewer of its points until it rests.
      if (count < x.length) return;
      delete gl.drawArrays;
      const pixels = new Uint8Array(4 * canvas.width * canvas.height);
      gl.readPixels(0, 0, canvas.width, canvas.height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
      resolve(pixels.filter((value, at) => at % 4 === 3 && value).length);
    };
  });
  for (const key of ["ArrowLeft", "ArrowRight"]) {
    canvas.dispatchEvent(new KeyboardEvent("keydown", { key }));
  }
  return pixelsOnceDrawn;
}"""
"""Pixels of the canvas that hold anything."""

PLACES = """async () => {
  const {x, y, track_ids} = await (await fetch("api/v1/map")).json();
  const box = document.querySelector(".stage canvas").getBoundingClientRect();
  const scale = 0.92 * Math.min(box.width, box.height) / 2;
  return Object.fromEntries(track_ids.map((id, row) => [id, [
    box.x + box.width / 2 + x[row] * scale, box.y + box.height / 2 - y[row] * scale]]));
}"""
"""Where the tracks are on the screen, when all of the map is seen."""


# Functions: the page's policy refuses a text that would have to be evaluated in it.
PLAYER_STANDS = "() => document.documentElement.style.getPropertyValue('--player-height')"
LEGEND = """() => Object.fromEntries(
  [...document.querySelectorAll(".legend li")].map((one) => [
    one.querySelector("span").innerText,
    getComputedStyle(one.querySelector("i")).backgroundColor,
  ]))"""
IS_PAINTED_ANEW = """(before) => [...document.querySelectorAll(".legend li")].every(
  (one) => getComputedStyle(one.querySelector("i")).backgroundColor
    !== before[one.querySelector("span").innerText])"""
CARDS_HAVE = """(genres) => {
  const cards = [...document.querySelectorAll(".composition li")].map((one) => [
    one.innerText.replace(/ [^ ]+$/, ""), getComputedStyle(one, "::before").backgroundColor]);
  const shared = cards.filter(([name]) => name in genres);
  return new Set(shared.map(([name]) => name)).size >= 3
    && shared.every(([name, colour]) => colour === genres[name]);
}"""


@pytest.fixture(scope="module")
def map_stack(page_stack, run_segue):
    """The stack once it has a map."""
    built = run_segue("map", "build", "--json", stack=page_stack)
    assert built.code == 0, built.stderr
    return page_stack


@pytest.fixture
def page(map_stack, signed_in: Page) -> Page:
    opened = signed_in
    opened.goto(map_stack.page + "#/map")
    opened.locator(".stage canvas").wait_for()
    opened.locator(".tracks tbody tr").first.wait_for()
    return opened


def lone_track(places: dict[str, list[float]]) -> str:
    """The track with most room around it: nothing else is under the pointer."""

    def room(track: str) -> float:
        x, y = places[track]
        others = (at for name, at in places.items() if name != track)
        return min((x - left) ** 2 + (y - top) ** 2 for left, top in others)

    return max(places, key=room)


def until_drawn(page: Page, right: Callable[[int], bool]) -> None:
    """Wait until as many pixels of the canvas as is right hold anything."""
    until(lambda: right(page.evaluate(DRAWN)))


def test_points_are_drawn_and_the_legend_takes_them_away(page: Page) -> None:
    until_drawn(page, lambda pixels: pixels > 500)
    # To and fro the map comes back to its place but for a rounding.
    all_of_them = 0.98 * page.evaluate(DRAWN)
    entries = page.locator(".legend li button")
    first = entries.first
    first.click()
    expect(first).to_have_attribute("aria-pressed", "false")
    until_drawn(page, lambda pixels: 0 < pixels < all_of_them)
    expect(page).to_have_url(re.compile("hide="))
    page.get_by_role("button", name="Show all").click()
    until_drawn(page, lambda pixels: pixels >= all_of_them)
    page.get_by_role("button", name="Hide all").click()
    until_drawn(page, lambda pixels: pixels == 0)


def oklab(colour: str) -> tuple[float, ...]:
    """OKLab (Ottosson, 2020) of ``rgb(1, 2, 3)``."""
    coded = [int(one) / 255 for one in re.findall(r"\d+", colour)]
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in coded
    )
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_genres_are_told_apart_by_colours_that_cards_have_too(
    page: Page, map_stack: Any, theme: Any
) -> None:
    page.locator(".legend li").first.wait_for()
    legend = page.evaluate(LEGEND)
    if theme == "dark":
        # The page follows the device while it stands open.
        page.emulate_media(color_scheme=theme)
        page.wait_for_function(IS_PAINTED_ANEW, arg=legend)
        legend = page.evaluate(LEGEND)
    genres = {name: colour for name, colour in legend.items() if name != "others"}
    assert 8 <= len(genres) <= 12
    # A difference of 0.02 is just seen where two large fields touch; points are small.
    apart = [math.dist(oklab(one), oklab(other)) for one, other in combinations(legend.values(), 2)]
    assert min(apart) > 0.08

    page.goto(f"{map_stack.page}#/search?for=track:demo-jazz-1")
    page.wait_for_function(CARDS_HAVE, arg=genres)


def test_colours_and_layout_stand_in_the_address(page: Page, map_stack: Any) -> None:
    before = page.evaluate(PLACES)
    page.get_by_role("button", name="Directions").click()
    page.get_by_role("combobox", name=re.compile("^Colours")).select_option("mood")
    expect(page.locator(".legend")).to_contain_text("calm")
    page.get_by_role("combobox", name=re.compile("^Colours")).select_option("label")
    page.get_by_role("combobox", name=re.compile("^Label")).select_option("mood:calm")
    page.locator(".ramp").wait_for()
    for said in ("layout=pca", "colour=label", "label=mood%3Acalm"):
        expect(page).to_have_url(re.compile(said))
    address = page.url
    until_drawn(page, lambda pixels: pixels > 500)
    page.goto("about:blank")
    page.goto(address)
    page.locator(".ramp").wait_for()
    expect(page.get_by_role("button", name="Directions")).to_have_attribute("aria-pressed", "true")
    assert len(page.evaluate(PLACES)) == len(before)


def test_hovering_names_a_track_and_plays_it(page: Page) -> None:
    places = page.evaluate(PLACES)
    track = lone_track(places)
    page.mouse.click(5, 5)  # a browser plays nothing before the reader has done something
    page.mouse.move(*places[track])
    page.locator(".tip span").wait_for()  # what it is called is known
    title = page.locator(".tip strong").inner_text()
    expect(page.get_by_role("region", name="Player")).to_contain_text(title)


@pytest.mark.parametrize("width", [1280, 900])
def test_a_click_marks_the_track_that_is_hovered_and_heard(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.mouse.click(5, 5)  # a browser plays nothing before the reader has done something
    before = page.evaluate(PLACES)
    track = lone_track(before)
    page.mouse.move(*before[track])
    page.wait_for_function(PLAYER_STANDS)
    # The player that opens moves nothing away from under the pointer.
    assert page.evaluate(PLACES) == before
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url(re.compile(f"near={track}"))
    expect(page.locator(".over .near")).to_have_count(1)


def test_a_click_shows_what_sounds_like_a_track(page: Page) -> None:
    places = page.evaluate(PLACES)
    track = lone_track(places)
    page.mouse.click(*places[track])
    page.wait_for_url(re.compile("near="))
    expect(page.get_by_role("heading", name="What sounds like it")).to_be_visible()
    expect(page.locator(".over .near")).to_have_count(1)
    expect(page.locator(".over .neighbour")).to_have_count(12)
    expect(page.locator(".tracks tbody tr")).to_have_count(13)


def test_a_lasso_becomes_a_playlist(page: Page) -> None:
    box = page.locator(".stage canvas").bounding_box()
    assert box is not None
    page.get_by_role("button", name="Lasso").click()
    left, top = box["x"] + 4, box["y"] + 4
    right, bottom = box["x"] + box["width"] / 2, box["y"] + box["height"] - 4
    page.mouse.move(left, top)
    page.mouse.down()
    for corner in ((right, top), (right, bottom), (left, bottom)):
        page.mouse.move(*corner, steps=4)
    page.mouse.up()
    places = page.evaluate(PLACES)
    inside = [track for track, (x, _) in places.items() if x < right]
    assert 5 < len(inside) < 55
    expect(page.get_by_role("heading", name=f"{len(inside)} tracks chosen")).to_be_visible()
    link = page.get_by_role("link", name=f"Playlist of {len(inside)} tracks")
    address = link.get_attribute("href")
    assert address is not None
    assert address.startswith("#/playlists?")
    assert address.count("track=") == len(inside)


def test_everything_is_reached_by_keyboard(page: Page) -> None:
    canvas = page.locator(".stage canvas")
    canvas.focus()
    for key in ("+", "+", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    page.wait_for_url(re.compile("near="))
    page.wait_for_url(re.compile(r"at=[^&]+%2C[^&]+%2C1\.96"))
    expect(page.get_by_role("heading", name="What sounds like it")).to_be_visible()
    expect(page.locator(".tracks tbody tr")).to_have_count(13)
    (near,) = parse_qs(page.url.partition("?")[2])["near"]
    page.locator(".tracks .name").nth(2).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: parse_qs(url.partition("?")[2])["near"] != [near])
    expect(page.locator(".over .near")).to_have_count(1)


def test_a_path_is_drawn_and_a_track_without_a_place_is_told_of(page: Page, map_stack: Any) -> None:
    some = list(page.evaluate(PLACES))[:4]
    page.goto(f"{map_stack.page}#/map?path={','.join(some)}")
    expect(page.locator(".over .step")).to_have_count(4)
    four = re.compile(r"^\S+( \S+){3}$")
    expect(page.locator(".over .path")).to_have_attribute("points", four)
    page.goto(f"{map_stack.page}#/map?near=nobody")
    expect(page.get_by_text("This track has no place on the map yet.")).to_be_visible()


def test_without_webgl_the_map_is_drawn_all_the_same(new_page: Any, map_stack: Any) -> None:
    page = new_page("#/search")
    page.add_init_script("delete window.WebGL2RenderingContext")
    page.goto(map_stack.page + "#/map")
    page.reload()
    page.locator(".tracks tbody tr").first.wait_for()
    page.wait_for_function("""() => {
      const canvas = document.querySelector(".stage canvas");
      const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, at) => at % 4 === 3 && value).length > 500;
    }""")


def test_two_fingers_zoom_it_on_a_phone(new_page: Any, map_stack: Any) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = new_page("#/map", **phone)
    page.locator(".tracks tbody tr").first.wait_for()
    box = page.locator(".stage canvas").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touches = page.context.new_cdp_session(page)

    def touch(kind: str, apart: float) -> None:
        points = [{"x": x + way * apart, "y": y, "id": way} for way in (0, 1)]
        given = [] if kind == "touchEnd" else points
        touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": given})

    touch("touchStart", 40)
    for apart in (60, 80, 120):
        touch("touchMove", apart)
    touch("touchEnd", 0)
    page.wait_for_url(re.compile(r"at=[^&]+%2C[^&]+%2C[23]"))  # three times as near, about


def test_the_map_over_http_is_compressed_and_sent_once(map_stack: Any) -> None:
    def ask(query: str = "", **headers: str) -> Any:
        asked = urllib.request.Request(f"{map_stack.page}api/v1/map{query}", headers=headers)
        try:
            return urllib.request.urlopen(asked)
        except urllib.error.HTTPError as refused:
            return refused

    with ask() as plain, ask(**{"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        text = plain.read()
        assert gzip.decompress(packed.read()) == text
        etag = plain.headers["ETag"]
    columns = json.loads(text)
    assert len(columns["x"]) == len(columns["y"]) == len(columns["track_ids"]) == 56
    assert columns["labels"] == {}
    with ask(**{"If-None-Match": etag}) as known:
        assert (known.status, known.read()) == (304, b"")
    with ask("?label=mood:calm&layout=pca") as labelled:
        assert len(json.load(labelled)["labels"]["mood:calm"]) == 56
        assert labelled.headers["ETag"] != etag
    for query in ("?layout=3d", "?label=mood:none", "?colour=genre"):
        with ask(query) as refused:
            assert refused.status == 400
            assert json.load(refused)["error"]["reason"] == "INVALID_ARGUMENT"
