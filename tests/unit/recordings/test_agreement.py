"""Fingerprints laid over each other, where what they share is known."""

from __future__ import annotations

import numpy as np
import pytest

from random_fingerprints import noisy, random_codes
from segue.fingerprints import NOTHING
from segue.recordings.agreement import Agreement, agreement

SONG = random_codes(1, 1_000)


def test_a_fingerprint_agrees_with_itself_wholly() -> None:
    assert agreement(SONG, SONG) == Agreement(0, 1.0, 1.0, 0.0)


@pytest.mark.parametrize("share", [0.05, 0.12, 0.2])
def test_turned_bits_are_counted(share: float) -> None:
    shared = agreement(SONG, noisy(SONG, share))
    assert shared.offset_steps == 0
    assert min(shared.of_first, shared.of_second) > 0.99
    assert shared.wrong == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize("cut", [1, 77, 400])
def test_a_cut_copy_lies_where_it_was_cut(cut: int) -> None:
    shared = agreement(SONG, noisy(SONG[cut:], 0.1))
    assert shared.offset_steps == cut
    assert shared.of_first == pytest.approx(1 - cut / 1_000, abs=0.01)
    assert shared.of_second == pytest.approx(1.0, abs=0.01)
    other = agreement(noisy(SONG[cut:], 0.1), SONG)
    assert other.offset_steps == -cut
    assert (other.of_first, other.of_second) == (shared.of_second, shared.of_first)


def test_sound_of_its_own_at_the_ends_is_not_shared() -> None:
    longer = np.concatenate([random_codes(2, 250), SONG, random_codes(3, 250)])
    shared = agreement(longer, SONG)
    assert shared.offset_steps == 250
    assert shared.of_second == 1.0
    # Windows at the border reach over it by at most their own length.
    assert shared.of_first == pytest.approx(1_000 / 1_500, abs=64 / 1_500)


def test_silence_counts_for_nothing() -> None:
    quiet = np.full(300, NOTHING)
    shared = agreement(SONG, np.concatenate([quiet, SONG, quiet]))
    assert shared == Agreement(-300, 1.0, 1.0, 0.0)


def test_different_recordings_share_nothing() -> None:
    for seed in range(10, 40):
        shared = agreement(SONG, random_codes(seed, 900))
        assert (shared.of_first, shared.of_second, shared.wrong) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("other", [np.empty(0, np.uint16), np.full(50, NOTHING)])
def test_nothing_agrees_with_what_tells_nothing(other: np.ndarray) -> None:
    assert agreement(SONG, other) == agreement(other, SONG) == Agreement()


def test_a_short_fingerprint_is_compared_as_a_whole() -> None:
    shared = agreement(SONG, SONG[500:520])
    assert (shared.offset_steps, shared.of_second) == (500, 1.0)
