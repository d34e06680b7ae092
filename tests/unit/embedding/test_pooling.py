"""Song vectors and passages from chunk vectors whose answer is known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from segue.embedding.halves import Half
from segue.embedding.pooling import (
    genre_distribution,
    mean_probabilities,
    segments,
    song_vector,
)
from segue.errors import InvalidVector

CHUNK = 3.0  # multiples of it are exact, and so are the times of passages


def axis(number: int, dimension: int = 16) -> np.ndarray:
    return np.eye(dimension, dtype=np.float32)[number]


def test_song_vector_points_between_its_chunks() -> None:
    vector = song_vector(np.stack([axis(0), axis(1)]))
    np.testing.assert_allclose(vector[:2], [np.sqrt(0.5)] * 2, rtol=1e-6)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


def test_song_vector_does_not_depend_on_order() -> None:
    random = np.random.default_rng(1)
    chunks = random.normal(size=(1_000, 16)).astype(np.float32)
    chunks /= np.linalg.norm(chunks, axis=1, keepdims=True)
    np.testing.assert_allclose(song_vector(chunks), song_vector(chunks[::-1]), atol=1e-6)


def test_each_half_keeps_its_share_however_much_it_varies() -> None:
    halves = (Half("sound", 2, 0.25), Half("style", 2, 0.75))
    steady, turning = np.array([1.0, 0.0]), np.array([[1.0, 0.0], [0.0, 1.0]])
    chunks = np.stack([np.concatenate([0.5 * steady, 0.75**0.5 * own]) for own in turning])
    vector = song_vector(chunks.astype(np.float32), halves)
    np.testing.assert_allclose(np.linalg.norm(vector[:2]), 0.5, rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(vector[2:]), 0.75**0.5, rtol=1e-6)
    (passage,) = segments(chunks, np.array([0.0, CHUNK]), chunk_seconds=CHUNK, halves=halves)
    np.testing.assert_allclose(passage.vector, vector, rtol=1e-6)


def test_a_half_without_a_direction_is_refused() -> None:
    halves = (Half("sound", 1, 0.5), Half("style", 1, 0.5))
    with pytest.raises(InvalidVector):
        song_vector(np.array([[0.7, 0.7], [0.7, -0.7]], np.float32), halves)


@pytest.mark.parametrize("chunks", [np.empty((0, 16), np.float32), np.stack([axis(0), -axis(0)])])
def test_chunks_without_a_common_direction_are_refused(chunks: np.ndarray) -> None:
    with pytest.raises(InvalidVector):
        song_vector(chunks)


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (1, [1]),
        (2, [2]),
        (3, [3]),
        (4, [4]),  # one chunk is less than half a passage: it joins the one before
        (5, [3, 2]),
        (6, [3, 3]),
        (7, [3, 4]),
        (10, [3, 3, 4]),
        (0, []),
    ],
)
def test_passages_take_three_chunks_and_the_tail_follows_its_rule(
    count: int, sizes: list[int]
) -> None:
    starts = np.arange(count) * CHUNK
    found = segments(np.stack([axis(n) for n in range(count)] or [axis(0)])[:count], starts,
                     chunk_seconds=CHUNK)  # fmt: skip
    assert [round((s.end_seconds - s.start_seconds) / CHUNK) for s in found] == sizes
    assert [s.number for s in found] == list(range(len(sizes)))
    first = 0
    for segment, size in zip(found, sizes, strict=True):
        # A mean of axes is exactly 0 beside them.
        assert list(np.flatnonzero(segment.vector)) == list(range(first, first + size))
        assert segment.start_seconds == first * CHUNK
        first += size


def test_a_last_chunk_that_overlaps_ends_the_last_passage() -> None:
    starts = np.array([0.0, 3.0, 6.0, 7.5])
    (only,) = segments(np.stack([axis(0)] * 4), starts, chunk_seconds=CHUNK)
    assert (only.start_seconds, only.end_seconds) == (0.0, 10.5)


def test_a_three_hour_mix_is_covered_without_gaps() -> None:
    count = 3_600
    found = segments(np.stack([axis(0)] * count), np.arange(count) * CHUNK, chunk_seconds=CHUNK)
    assert found[0].start_seconds == 0
    assert found[-1].end_seconds == count * CHUNK
    assert all(a.end_seconds == b.start_seconds for a, b in pairwise(found))


def test_mean_probabilities_by_hand() -> None:
    values = np.array([[0.7, 0.3], [0.5, 0.5]], np.float32)
    assert mean_probabilities(("jazz", "rock"), values) == pytest.approx({"jazz": 0.6, "rock": 0.4})
    assert mean_probabilities((), None) == {}


def test_genres_share_a_track_out_among_them() -> None:
    each_for_itself = genre_distribution({"jazz": 0.9, "pop": 0.6, "rock": 0.0})
    np.testing.assert_allclose(each_for_itself, [0.6, 0.4, 0.0], rtol=1e-6)
    shared_already = genre_distribution({"jazz": 0.25, "pop": 0.75})
    np.testing.assert_allclose(shared_already, [0.25, 0.75], rtol=1e-6)
    assert shared_already is not None
    assert shared_already.dtype == np.float32


@pytest.mark.parametrize("probabilities", [{}, {"jazz": 0.0, "pop": 0.0}])
def test_without_a_likely_genre_there_is_no_place_among_genres(
    probabilities: dict[str, float],
) -> None:
    assert genre_distribution(probabilities) is None
