"""Best passages per track, and when enough was asked for.

Similarities are numbers of the tests, chosen among and never computed with: they are exact.
"""

from __future__ import annotations

import numpy as np

from segue.index.conditions import Conditions, IsTrack
from segue.index.order import MOST_TIES, past_ties
from segue.index.passages import MOST_AT_ONCE, BestPassages
from segue.tracks import Passage, Track

NOTHING = Conditions()


def test_an_answer_that_is_too_short_is_the_last() -> None:
    best = BestPassages(limit=3)
    assert best.conditions(NOTHING) == NOTHING
    assert best.add([("a", 0.0, 1.0, 0.9), ("a", 1.0, 2.0, 0.8)])
    assert best.found == {"a": [Passage(0.0, 1.0, 0.9)]}


def test_a_track_that_fills_the_answer_asks_for_more() -> None:
    best = BestPassages(limit=2)
    assert not best.add([("a", float(n), n + 1.0, 0.9 - n / 1000) for n in range(best.fetch)])
    assert best.conditions(NOTHING) == Conditions(must_not=(IsTrack(("a",)),))
    assert best.add([("b", 0.0, 1.0, 0.5)])
    assert best.ranking() == ["a", "b"]


def test_ties_across_the_limit_ask_for_more() -> None:
    best = BestPassages(limit=2)
    tied = [(f"t{n:02d}", 0.0, 1.0, 0.5) for n in range(best.fetch)]
    assert not best.add(reversed(tied))
    assert not best.add([("t-first", 0.0, 1.0, 0.5), ("last", 0.0, 1.0, 0.4)])
    assert best.ranking()[:2] == ["t-first", "t00"]
    # An earlier passage of one found first may be as similar.
    assert best.conditions(NOTHING) == Conditions(must=(IsTrack(("t00",)),))
    assert best.add([("t00", 0.0, 1.0, 0.5), ("t00", 9.0, 10.0, 0.2)])
    assert best.found["t00"] == [Passage(0.0, 1.0, 0.5)]


def test_the_earlier_of_two_equal_passages_counts() -> None:
    best = BestPassages(limit=1)
    best.add([("a", 20.0, 30.0, 0.5), ("a", 10.0, 20.0, 0.5), ("a", 30.0, 40.0, 0.5)])
    assert best.found["a"][0].start_seconds == 10.0


def test_further_passages_are_asked_for_of_the_shown_tracks_alone() -> None:
    best = BestPassages(limit=2, each=2)
    first = [("a", float(n), n + 1.0, 0.9 - n / 1000) for n in range(best.fetch - 2)]
    assert not best.add([*first, ("b", 0.0, 1.0, 0.5), ("c", 0.0, 1.0, 0.4)])
    assert best.conditions(NOTHING) == Conditions(must=(IsTrack(("b",)),))
    assert best.add([("b", 0.0, 1.0, 0.5), ("b", 5.0, 6.0, 0.1)])
    assert best.found["a"] == [Passage(0.0, 1.0, 0.9), Passage(1.0, 2.0, 0.9 - 1 / 1000)]
    assert best.found["b"] == [Passage(0.0, 1.0, 0.5), Passage(5.0, 6.0, 0.1)]


def test_a_track_of_equal_passages_is_asked_for_ever_more_and_not_for_ever() -> None:
    best = BestPassages(limit=1, each=2)

    def alike(number: int) -> list[tuple[str, float, float, float]]:
        return [("a", float(n), n + 1.0, 0.5) for n in range(number, 0, -1)]

    assert not best.add(alike(best.fetch))
    assert not best.add([])  # there is no other track
    assert best.conditions(NOTHING) == Conditions(must=(IsTrack(("a",)),))
    rounds = 1
    while not best.add(alike(best.fetch)):
        rounds += 1
        assert rounds < 10
    assert best.fetch >= MOST_TIES
    assert best.found["a"] == [Passage(1.0, 2.0, 0.5), Passage(2.0, 3.0, 0.5)]


def test_an_answer_brings_its_passages_and_its_vector() -> None:
    best = BestPassages(limit=2, each=2)
    best.add([("a", 0.0, 1.0, 1.0000001), ("a", 1.0, 2.0, 0.5)])
    vector = np.ones(2, np.float32)
    found = best.neighbour(Track("a"), vector)
    assert found.similarity == 1.0
    assert found.passages == (Passage(0.0, 1.0, 1.0), Passage(1.0, 2.0, 0.5))
    assert found.vector is vector


def test_when_ties_are_complete() -> None:
    assert past_ties([0.9, 0.8], limit=1, fetch=2)
    assert not past_ties([0.9, 0.9], limit=1, fetch=2)
    assert past_ties([0.9], limit=1, fetch=2)
    assert past_ties([0.9] * (1 + MOST_TIES), limit=1, fetch=1 + MOST_TIES)


def test_passages_that_are_gone_since_count_as_answered() -> None:
    best = BestPassages(limit=1)
    best.take([("a", float(n), n + 1.0, 0.5) for n in range(best.fetch - 3)])
    best.take([("a", 0.0, 1.0, 0.5)], lost=2)
    # The engine may have more: another track may be as similar.
    assert not best.close()
    assert best.conditions(NOTHING) == Conditions(must_not=(IsTrack(("a",)),))


def test_no_round_asks_for_more_than_an_engine_gives_in_a_moment() -> None:
    best = BestPassages(limit=100_000)
    assert best.fetch == MOST_AT_ONCE
    assert not best.add([(f"t{n}", 0.0, 1.0, 0.9 - n / 10_000) for n in range(best.fetch)])
    assert best.fetch == MOST_AT_ONCE
    assert best.conditions(NOTHING) == Conditions(must_not=(IsTrack(tuple(best.found)),))
