"""What axe finds wrong with a page, by the rules of WCAG 2.2 A and AA."""

import os
from pathlib import Path

import pytest

AXE = Path(__file__).parents[3] / ".ci/tools/node_modules/axe-core/axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")

_RUN = """
async (rules) => {
  const { violations } = await axe.run(document, { runOnly: { type: "tag", values: rules } });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}: ${failureSummary}`));
}
"""


def violations(page):
    """Each violation with its element. Skips where axe is not installed; in CI it must be.

    Colours are measured where they rest: without transitions, and once nothing is on its way.
    """
    if not AXE.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("axe-core is not in .ci/tools")
    page.emulate_media(reduced_motion="reduce")
    page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
    # As a script of the page it would be refused by the page's content-security policy.
    page.evaluate(AXE.read_text("utf-8"))
    return page.evaluate(_RUN, list(RULES))
