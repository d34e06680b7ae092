"""Factors: what they score, and that they come back as they were packed."""

from __future__ import annotations

import numpy as np
import pytest

from segue.errors import FactorsUnusable
from segue.factors import (
    FactorsAbout,
    FactorTable,
    Origin,
    table_from_bytes,
    table_to_bytes,
)

TABLE = FactorTable(
    ["a", "é 2", "c", "d"],
    np.array([[1, 0], [0.6, 0.8], [0, 2], [-3, 0]], np.float32),
    np.array([0, 0.5, 0, 0], np.float32),
    np.array([3, 1, 0, 0], np.int32),
    np.array([Origin.LISTENED, Origin.LISTENED, Origin.ARTIST, Origin.AUDIO], np.uint8),
)
USER = np.array([1, 0.5], np.float32)
SCORES = {"a": 1.0, "é 2": 1.5, "c": 1.0, "d": -3.0}


def test_a_listener_scores_candidates_by_the_product_of_factors_and_the_bias() -> None:
    found = TABLE.for_listener(USER, ["d", "x", "a"], limit=0, without=())
    assert found == pytest.approx({"d": SCORES["d"], "a": SCORES["a"]})
    assert list(found) == ["d", "a"]


@pytest.mark.parametrize(
    ("candidates", "without", "limit", "others"),
    [
        ((), (), 1, {"é 2"}),
        (("é 2",), (), 2, {"a", "c"}),
        (("d",), ("é 2", "x"), 9, {"a", "c"}),
        (("a", "c"), ("d", "é 2"), 5, set()),
    ],
)
def test_the_best_other_tracks_are_suggested(
    candidates: tuple[str, ...], without: tuple[str, ...], limit: int, others: set[str]
) -> None:
    found = TABLE.for_listener(USER, candidates, limit=limit, without=without)
    assert found.keys() - set(candidates) == others
    assert found == pytest.approx({track: SCORES[track] for track in found})


@pytest.mark.parametrize("limit", [0, 4])
def test_without_a_listener_tracks_score_by_the_cosine_to_the_seeds(limit: int) -> None:
    found = TABLE.for_seeds(["a", "unknown"], ["é 2", "d"], limit=limit)
    assert {track: found[track] for track in ("é 2", "d")} == pytest.approx({"é 2": 0.6, "d": -1})
    assert "a" not in found
    assert ("c" in found) is (limit > 0)
    both = TABLE.for_seeds(["a", "c"], ["é 2"], limit=0)
    assert both == pytest.approx({"é 2": (0.6 + 0.8) / 2})
    assert TABLE.for_seeds(["unknown"], ["a"], limit=limit) == {}


def test_an_empty_table_scores_nothing() -> None:
    empty = FactorTable(
        [],
        np.empty((0, 2), np.float32),
        np.empty(0, np.float32),
        np.empty(0, np.int32),
        np.empty(0, np.uint8),
    )
    assert empty.for_listener(USER, ["a"], limit=3, without=()) == {}
    assert table_from_bytes(table_to_bytes(empty)).track_ids == []
    assert len(empty.popularity) == 0


def test_popularity_is_the_logarithm_of_listeners_to_the_most_heard() -> None:
    expected = np.log([4, 2, 1, 1]) / np.log(4)
    np.testing.assert_allclose(TABLE.popularity, expected, rtol=1e-6)


def test_a_table_comes_back_as_it_was_packed() -> None:
    again = table_from_bytes(table_to_bytes(TABLE))
    assert list(again.track_ids) == TABLE.track_ids
    for name in ("factors", "biases", "listeners", "origins"):
        np.testing.assert_array_equal(getattr(again, name), getattr(TABLE, name))
    assert again.origin_counts() == {"listened": 2, "artist": 1, "audio": 1}


def test_damage_is_told() -> None:
    packed = table_to_bytes(TABLE)
    for cut in range(len(packed)):
        with pytest.raises(FactorsUnusable):
            table_from_bytes(packed[:cut])
    with pytest.raises(FactorsUnusable):
        table_from_bytes(packed + b"x")
    with pytest.raises(FactorsUnusable):
        table_from_bytes(b"SEGUE-FACTORS-2\n" + packed[16:])
    not_finite = FactorTable(
        TABLE.track_ids,
        TABLE.factors * np.float32("nan"),
        TABLE.biases,
        TABLE.listeners,
        TABLE.origins,
    )
    with pytest.raises(FactorsUnusable):
        table_from_bytes(table_to_bytes(not_finite))


def test_what_is_said_of_a_version_comes_back_or_is_refused() -> None:
    about = FactorsAbout("v", "als", 1.5, 2, 4, 3, {"listened": 2}, "m-v1", 99, {"recall@20": 0.5})
    assert FactorsAbout.from_json(about.to_json()) == about
    for other in ("", "{}", "[]", '{"version": "v", "of": "later"}'):
        with pytest.raises(FactorsUnusable):
            FactorsAbout.from_json(other)
