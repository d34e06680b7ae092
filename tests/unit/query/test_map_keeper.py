"""When a catalogue that changed is mapped again."""

from __future__ import annotations

from segue.query.map_keeper import (
    LONGEST_CHANGE_SECONDS,
    OLDEST_SECONDS,
    QUIET_SECONDS,
    Debounce,
)


def test_a_catalogue_without_a_map_is_mapped_once_it_is_quiet() -> None:
    debounce = Debounce(0.0)
    assert not debounce.due(0, -1, 0.0, 1_000.0)  # there is nothing to map
    assert not debounce.due(5, -1, 0.0, 1_001.0)
    assert not debounce.due(9, -1, 0.0, 1_002.0 + QUIET_SECONDS)  # it still grows
    assert debounce.due(9, -1, 0.0, 1_003.0 + 2 * QUIET_SECONDS)


def test_one_that_never_rests_is_mapped_all_the_same() -> None:
    debounce = Debounce(0.0)
    moments = range(0, int(LONGEST_CHANGE_SECONDS) + 40, 10)
    due = [now for now in moments if debounce.due(100 + now, 100, 0.0, float(now))]
    assert due[0] == LONGEST_CHANGE_SECONDS + 10 - 10 or due[0] == LONGEST_CHANGE_SECONDS + 10


def test_one_that_is_mapped_rests_for_a_day() -> None:
    debounce = Debounce(0.0)
    assert not debounce.due(5, 5, 10.0, 1_000.0)
    assert debounce.due(5, 5, OLDEST_SECONDS + 1, 2_000.0)
    assert not debounce.due(0, 0, OLDEST_SECONDS + 1, 3_000.0)


def test_a_difference_that_stays_is_not_mapped_again_and_again() -> None:
    debounce = Debounce(0.0)
    debounce.due(5, 4, 0.0, 0.0)
    assert debounce.due(5, 4, 0.0, QUIET_SECONDS)
    assert not debounce.due(5, 4, 0.0, 2 * QUIET_SECONDS)
    assert not debounce.due(6, 4, 0.0, 3 * QUIET_SECONDS)
    assert debounce.due(6, 4, 0.0, 4 * QUIET_SECONDS)
