"""Published trees: evaluated as LightGBM does, and refused when they are something else."""

from __future__ import annotations

import json

import numpy as np
import pytest

from segue.errors import RankerUnusable
from segue.ranker import RankerAbout, Trees, trees_from_bytes, trees_to_bytes

NAMES = ("a", "b")

# a <= 1 (unknown: left) ? (b <= -2 (unknown: right) ? 10 : 20) : 30;  and one leaf of 1.
TREES = Trees(
    roots=np.array([0, 5], np.int32),
    feature=np.array([0, 1, -1, -1, -1, -1], np.int32),
    threshold=np.array([1.0, -2.0, 0, 0, 0, 0]),
    left=np.array([1, 2, -1, -1, -1, -1], np.int32),
    right=np.array([4, 3, -1, -1, -1, -1], np.int32),
    value=np.array([0, 0, 10.0, 20.0, 30.0, 1.0]),
    unknown_left=np.array([True, False, False, False, False, False]),
)


@pytest.mark.parametrize(
    ("row", "score"),
    [
        ([1.0, -2.0], 11.0),
        ([1.0, -1.9], 21.0),
        ([1.1, -5.0], 31.0),
        ([np.nan, -5.0], 11.0),
        ([np.nan, np.nan], 21.0),
        ([0.0, np.nan], 21.0),
    ],
)
def test_a_candidate_goes_through_every_tree(row: list[float], score: float) -> None:
    assert TREES.scores(np.array([row])) == pytest.approx([score])


def test_many_candidates_have_the_scores_that_each_has_alone() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 2), scale=3)
    together = TREES.scores(rows)
    assert together == pytest.approx([float(TREES.scores(row[None])[0]) for row in rows])
    assert TREES.scores(np.empty((0, 2))).shape == (0,)


def test_what_is_written_is_read_back() -> None:
    read = trees_from_bytes(trees_to_bytes(TREES, NAMES), NAMES)
    rows = np.random.default_rng(1).normal(size=(20, 2), scale=3)
    assert read.scores(rows) == pytest.approx(TREES.scores(rows))
    assert read.used == {0, 1}


def changed(**parts: object) -> bytes:
    return json.dumps({**json.loads(trees_to_bytes(TREES, NAMES)), **parts}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        trees_to_bytes(TREES, NAMES)[:-20],
        changed(format=2),
        changed(roots=[]),
        changed(roots=[9]),
        changed(left=[0, 2, -1, -1, -1, -1]),  # it would never end
        changed(right=[4, 99, -1, -1, -1, -1]),
        changed(left=[1, -1, -1, -1, -1, -1]),  # a node with one child
        changed(feature=[7, 1, -1, -1, -1, -1]),
        changed(feature=[0, -1, -1, -1, -1, -1]),
        changed(threshold=[1.0, float("nan"), 0, 0, 0, 0]),
        changed(value=[0, 0, float("inf"), 0, 0, 0]),
        changed(value=[0, 0]),
    ],
)
def test_what_is_no_trees_is_refused(data: bytes) -> None:
    with pytest.raises(RankerUnusable):
        trees_from_bytes(data, NAMES)


def test_trees_over_other_features_are_refused_by_their_names() -> None:
    with pytest.raises(RankerUnusable, match="other features than are known here: b, c"):
        trees_from_bytes(trees_to_bytes(TREES, NAMES), ("a", "c"))
    with pytest.raises(RankerUnusable, match="their order"):
        trees_from_bytes(trees_to_bytes(TREES, NAMES), ("b", "a"))


def test_trees_are_given_all_features() -> None:
    with pytest.raises(ValueError, match="look at more"):
        TREES.scores(np.zeros((3, 1)))


def test_what_is_said_of_a_ranker_is_read_back() -> None:
    about = RankerAbout("v", 1.5, "m-v1", "f", ["a"], 3, 4, 5, {"NDCG@10 x": 0.25}, 6)
    assert RankerAbout.from_json(about.to_json()) == about
    for text in ("", "[]", '{"version": "v"}'):
        with pytest.raises(RankerUnusable):
            RankerAbout.from_json(text)
