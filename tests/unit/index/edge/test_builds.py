"""When a graph is rebuilt."""

from __future__ import annotations

import pytest

from segue.index.edge.builds import BuildPolicy
from segue.index.edge.engine import ShardLayout
from segue.index.schema import GraphSettings


@pytest.mark.parametrize(
    ("unindexed", "points", "due"),
    [
        (4_999, 4_999, False),
        (5_000, 5_000, True),
        (5_000, 25_000, True),
        (5_000, 25_001, False),
        (19_999, 100_000, False),
        (20_000, 100_000, True),
        (0, 0, False),
    ],
)
def test_policy(unindexed: int, points: int, due: bool) -> None:
    assert BuildPolicy().asks_for(unindexed, points) is due


def test_builds_of_a_growing_catalogue_cost_a_few_final_ones() -> None:
    policy, covered, cost = BuildPolicy(), 0, 0
    for points in range(0, 1_000_001, 1_000):
        if policy.asks_for(points - covered, points):
            covered, cost = points, cost + points
    assert cost < 6 * 1_000_000


def test_layout_reaches_the_child_unchanged() -> None:
    layout = ShardLayout("tracks", 128, 12, GraphSettings(quantisation=True), 2_500)
    assert ShardLayout.from_json(layout.to_json()) == layout
