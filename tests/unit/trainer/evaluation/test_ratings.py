"""Ratings whose evaluation is known."""

from __future__ import annotations

import json
import math
from itertools import product

import numpy as np
import pytest

from segue.listening_test.ratings import Rating
from segue.trainer.evaluation.ratings import RatingsTooFew, agreement_of, evaluate_ratings
from segue.trainer.evaluation.ratings_report import (
    RatingsReportNotWritten,
    ratings_json,
    ratings_markdown,
    write_ratings,
)

# Krippendorff's own example: four observers, twelve units; 0 is not observed.
OBSERVED = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
]


def rating(trial, rater, system, value, candidate=None):
    return Rating(f"t{trial}", f"r{rater}", system, candidate or f"{system}{trial}", value)


def made(of, queries=12, raters=5):
    """Ratings of three systems; ``of`` gives theirs by query and rater."""
    return [
        rating(query, rater, system, value)
        for query, rater in product(range(queries), range(raters))
        for system, value in zip(("new", "old", "random"), of(query, rater), strict=True)
    ]


def test_means_differences_and_wins_are_those_of_the_answers():
    # The new one is two above the old one, but in every third query they are even.
    found = evaluate_ratings(made(lambda query, _: (8 if query % 3 else 6, 6, 2)), seed=1)
    assert (found.queries, found.raters, found.answers) == (12, 5, 60)
    assert [one.name for one in found.systems] == ["new", "old", "random"]
    means = [one.mean.value for one in found.systems]
    assert means == pytest.approx([22 / 3, 6, 2])
    assert [one.best.value for one in found.systems] == pytest.approx([5 / 6, 1 / 6, 0])
    first = found.differences[0]
    assert (first.first, first.second) == ("new", "old")
    assert first.difference.value == pytest.approx(4 / 3)
    assert (first.won.value, first.tied, first.lost) == pytest.approx((2 / 3, 1 / 3, 0))
    assert 0 < first.difference.low < 4 / 3 < first.difference.high <= 2
    # What does not vary has no width.
    assert (found.systems[2].mean.low, found.systems[2].mean.high) == pytest.approx((2, 2))


def test_an_interval_is_as_wide_as_queries_and_raters_vary():
    rng = np.random.default_rng(5)
    of_query, of_rater = rng.normal(0, 1.2, 40), rng.normal(0, 0.8, 20)

    def value(query, rater):
        return int(np.clip(np.rint(5.5 + of_query[query] + of_rater[rater]), 1, 10))

    found = evaluate_ratings(
        made(lambda query, rater: (value(query, rater), 5, 5), queries=40, raters=20), seed=1
    )
    new = next(one for one in found.systems if one.name == "new").mean
    # Both effects add: the deviation of the mean is sqrt(1.2² / 40 + 0.8² / 20).
    expected = 2 * 1.96 * math.sqrt(of_query.var() / 40 + of_rater.var() / 20)
    assert new.high - new.low == pytest.approx(expected, rel=0.25)


def test_what_nobody_tells_apart_has_an_interval_around_zero():
    rng = np.random.default_rng(3)
    found = evaluate_ratings(made(lambda *_: tuple(rng.integers(1, 11, 3))), seed=1)
    for one in found.differences:
        assert one.difference.low < 0 < one.difference.high
    assert found.agreement == pytest.approx(0, abs=0.15)


def test_the_seed_gives_the_same_intervals():
    ratings = made(lambda query, rater: (5 + query % 4, 4 + rater % 3, 2))
    assert evaluate_ratings(ratings, seed=1) == evaluate_ratings(list(reversed(ratings)), seed=1)


def test_agreement_is_krippendorffs_alpha():
    ratings = [
        rating(unit, observer, "s", value)
        for observer, line in enumerate(OBSERVED)
        for unit, value in enumerate(line)
        if value
    ]
    assert agreement_of(ratings) == pytest.approx(0.849, abs=5e-4)


def test_what_several_systems_answer_with_is_one_candidate():
    pairs = [(3, 5), (7, 6), (2, 2)]
    alone = [
        rating(t, r, "one", value, "c")
        for t, pair in enumerate(pairs)
        for r, value in enumerate(pair)
    ]
    twice = [
        rating(t, r, "two", value, "c")
        for t, pair in enumerate(pairs)
        for r, value in enumerate(pair)
    ]
    assert agreement_of(alone + twice) == pytest.approx(agreement_of(alone))


def test_one_rater_agrees_with_nobody():
    found = evaluate_ratings(made(lambda query, _: (7, 5 + query % 2, 2), raters=1), seed=1)
    assert math.isnan(found.agreement)
    assert "intervals): –." in ratings_markdown(found)
    assert ratings_json(found, seed=1)["agreement"] is None


@pytest.mark.parametrize(
    "ratings",
    [
        [],
        made(lambda *_: (7, 5, 2), queries=4, raters=20),
        made(lambda *_: (7, 5, 2), queries=9, raters=1),
        [one for one in made(lambda *_: (7, 5, 2)) if one.system == "new"],
        # Of every answer one system is missing.
        [
            one
            for one in made(lambda *_: (7, 5, 2))
            if one.system != ("new", "old")[int(one.trial[1:]) % 2]
        ],
    ],
)
def test_too_little_is_refused(ratings):
    with pytest.raises(RatingsTooFew, match="it takes 10, 5 and 2"):
        evaluate_ratings(ratings, seed=1)


def test_reports_hold_every_number():
    found = evaluate_ratings(made(lambda query, rater: (8, 5 + query % 2, 1 + rater % 2)), seed=1)
    text = ratings_markdown(found)
    assert "60 answers of 5 raters to 12 queries" in text
    assert "| new | 8.000 [8.000, 8.000] | 1.000 [1.000, 1.000] |" in text
    assert "| new – old | 2.500 [" in text
    numbers = json.loads(json.dumps(ratings_json(found, seed=1)))
    assert numbers["systems"][0]["mean"]["value"] == pytest.approx(8)


def test_reports_are_written_or_it_is_said_why_not(tmp_path):
    found = evaluate_ratings(made(lambda query, _: (8, 5 + query % 2, 1)), seed=1)
    write_ratings(found, tmp_path / "new" / "folder", seed=1)
    assert (tmp_path / "new" / "folder" / "ratings.md").read_text() == ratings_markdown(found)
    (tmp_path / "file").touch()
    with pytest.raises(RatingsReportNotWritten, match="cannot be written"):
        write_ratings(found, tmp_path / "file", seed=1)
