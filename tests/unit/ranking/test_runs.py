"""Runs by one artist."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.ranking.runs import broken_runs


def broken(text: str, most: int, before: str = "", limit: int = 100) -> tuple[str, str]:
    """Tracks as letters, each by the artist of its letter; ``-`` is by nobody."""
    order, stuck = broken_runs([artists(one) for one in text], most, limit=limit,
                               before=[artists(one) for one in before])  # fmt: skip
    return "".join(text[place] for place in order), "".join(sorted(stuck))


def artists(letter: str) -> frozenset[str]:
    return frozenset() if letter == "-" else frozenset(letter)


@pytest.mark.parametrize(
    ("text", "most", "order", "stuck"),
    [
        ("", 1, "", ""),
        ("abc", 1, "abc", ""),
        ("aab", 1, "aba", ""),
        ("aab", 2, "aab", ""),
        ("aaab", 2, "aaba", ""),
        ("aaa", 1, "aaa", "a"),
        ("aabbb", 1, "ababb", "b"),
        ("aaabbb", 2, "aababb", ""),
        ("a-a-", 1, "a-a-", ""),
        ("--a--", 1, "--a--", ""),
        ("aa-", 1, "a-a", ""),
    ],
)
def test_what_is_one_too_many_waits(text: str, most: int, order: str, stuck: str) -> None:
    assert broken(text, most) == (order, stuck)


def test_what_came_before_counts() -> None:
    assert broken("aab", 2, before="aa") == ("baa", "")
    assert broken("aab", 2, before="ba") == ("aba", "")
    assert broken("aab", 2, before="a-") == ("aab", "")


def test_a_run_behind_the_limit_is_no_matter() -> None:
    assert broken("abaa", 1, limit=3) == ("aba", "")


def test_a_track_by_two_goes_on_with_both_runs() -> None:
    order, stuck = broken_runs([{"a", "b"}, {"b"}, {"c"}, {"a"}], 1, limit=9)
    assert (order, stuck) == ([0, 2, 1, 3], frozenset())
    # Who has no part in a track starts anew after it.
    assert broken_runs([{"a"}, {"b"}, {"a"}], 1, limit=9)[0] == [0, 1, 2]


@given(st.text(alphabet="aabc-", max_size=30), st.integers(1, 3))
def test_nothing_is_lost_and_runs_are_short_where_they_can_be(text: str, most: int) -> None:
    order, stuck = broken(text, most)
    assert sorted(order) == sorted(text)
    if not stuck:
        for artist in "abc":
            assert artist * (most + 1) not in order
    # Tracks by one artist keep their order among each other.
    places = broken_runs([artists(one) for one in text], most, limit=100)[0]
    for artist in "abc":
        own = [place for place in places if text[place] == artist]
        assert own == sorted(own)
