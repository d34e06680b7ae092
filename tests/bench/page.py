"""How soon the page is useful, what it weighs, and how soon answers are drawn.

Held against the same browser at the same server on an answer of three bytes: what Chromium itself
takes to open anything at all.
"""

from __future__ import annotations

import shutil
import statistics
import time
from pathlib import Path

import pytest
from tests.bench.report import Row, at_most
from tests.bench.stack import BenchStack

from segue.sign_in_codes import sign_in_link

ROUNDS = 7
USEFUL_SECONDS = 1.5
PAGE_KB = 600.0
DRAWN_MS = 150.0

_USEFUL = """() => new Promise((found) => {
  const look = () => {
    if (document.querySelector(".tiles a .title")) found(performance.now());
    else requestAnimationFrame(look);
  };
  look();
})"""
"""Milliseconds from the beginning of the navigation until there is a track to click."""

_OPENED = "() => performance.getEntriesByType('navigation')[0].loadEventEnd"

_WEIGHT = """() => performance
  .getEntries()
  .filter((one) => "transferSize" in one && !/\\/(audio|cover)$/.test(new URL(one.name).pathname))
  .reduce((sum, one) => sum + one.transferSize, 0)"""

_DRAWN = """() => {
  const [answer] = performance.getEntriesByName("segue.answer").slice(-1);
  const [drawn] = performance.getEntriesByName("segue.drawn").slice(-1);
  return answer && drawn ? Math.max(0, drawn.startTime - answer.startTime) : 0;
}"""


def measure(catalogue: Path, folder: Path) -> tuple[list[Row], dict[str, object]]:
    """Rows and raw numbers; none where no browser is."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        return [Row("page", "chromium is not installed", "")], {}
    folder.mkdir(parents=True, exist_ok=True)
    with BenchStack(folder / "data") as stack, playwright.sync_playwright() as started:
        stack.segue("ingest", str(catalogue))
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        empty, useful, weights = [], [], []
        for _ in range(ROUNDS):
            # Nothing is kept from one round to the next.
            context = browser.new_context()
            page = context.new_page()
            page.goto(f"{stack.page}healthz")
            empty.append(page.evaluate(_OPENED))
            page = context.new_page()
            page.goto(stack.page)
            useful.append(page.evaluate(_USEFUL) / 1000)
            page.wait_for_load_state("networkidle")
            weights.append(page.evaluate(_WEIGHT) / 1000)
            context.close()
        drawn = _drawn(browser, stack)
        browser.close()
    rows = [
        Row("page", "an answer of three bytes, opened", f"{statistics.median(empty):.0f} ms"),
        at_most(
            "page", "first useful view, median", statistics.median(useful), USEFUL_SECONDS, "s"
        ),
        at_most("page", "without audio and covers", max(weights), PAGE_KB, "kB"),
        at_most(
            "page",
            "results drawn after the answer, median",
            statistics.median(drawn),
            DRAWN_MS,
            "ms",
        ),
    ]
    return rows, {"empty_ms": empty, "useful_s": useful, "kb": weights, "drawn_ms": drawn}


def _drawn(browser: object, stack: BenchStack) -> list[float]:
    """Milliseconds from the answers of searches to their cards on the screen."""
    page = browser.new_context().new_page()  # type: ignore[attr-defined]
    page.goto(sign_in_link(stack.page, stack.token, time.time()))
    page.wait_for_selector(".tiles a .title")
    routes = [one.get_attribute("href") for one in page.query_selector_all(".tiles a")]
    found: list[float] = []
    for route in routes[:ROUNDS]:
        page.evaluate("performance.clearMarks()")
        page.goto(f"{stack.page}{route}")
        page.wait_for_function(_DRAWN)
        found.append(page.evaluate(_DRAWN))
    return found
