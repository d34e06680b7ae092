"""Best passages per track, and when enough was asked for.

Similarities are numbers of the tests, chosen among and never computed with: they are exact.
"""

from __future__ import annotations

from segue.index.order import MOST_TIES, past_ties
from segue.index.passages import BestPassages
from segue.tracks import Passage, Track


def test_an_answer_that_is_too_short_is_the_last() -> None:
    best = BestPassages(limit=3)
    assert best.add([("a", 0.0, 1.0, 0.9), ("a", 1.0, 2.0, 0.8)])
    assert best.found == {"a": Passage(0.0, 1.0, 0.9)}


def test_a_track_that_fills_the_answer_asks_for_more() -> None:
    best = BestPassages(limit=2)
    assert not best.add([("a", float(n), n + 1.0, 0.9 - n / 1000) for n in range(best.fetch)])
    assert best.add([("b", 0.0, 1.0, 0.5)])
    found = best.neighbours([Track("b"), Track("a")])
    assert [one.track.track_id for one in found] == ["a", "b"]


def test_ties_across_the_limit_ask_for_more() -> None:
    best = BestPassages(limit=2)
    tied = [(f"t{n:02d}", 0.0, 1.0, 0.5) for n in range(best.fetch)]
    assert not best.add(reversed(tied))
    assert best.add([("t-first", 0.0, 1.0, 0.5), ("last", 0.0, 1.0, 0.4)])
    found = best.neighbours(map(Track, best.found))
    assert [one.track.track_id for one in found] == ["t-first", "t00"]


def test_the_earlier_of_two_equal_passages_counts() -> None:
    best = BestPassages(limit=1)
    best.add([("a", 20.0, 30.0, 0.5), ("a", 10.0, 20.0, 0.5), ("a", 30.0, 40.0, 0.5)])
    assert best.found["a"].start_seconds == 10.0


def test_tracks_that_are_gone_are_left_out() -> None:
    best = BestPassages(limit=2)
    best.add([("gone", 0.0, 1.0, 0.9), ("a", 0.0, 1.0, 1.0000001)])
    (found,) = best.neighbours([Track("a")])
    assert found.similarity == 1.0
    assert found.passage == Passage(0.0, 1.0, 1.0)


def test_when_ties_are_complete() -> None:
    assert past_ties([0.9, 0.8], limit=1, fetch=2)
    assert not past_ties([0.9, 0.9], limit=1, fetch=2)
    assert past_ties([0.9], limit=1, fetch=2)
    assert past_ties([0.9] * (1 + MOST_TIES), limit=1, fetch=1 + MOST_TIES)
