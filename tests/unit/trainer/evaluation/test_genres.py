"""Genre predictions and playlists on songs whose answer is known.

``correct`` holds 1 for right and 0 for wrong, and a confusion counts: both are exact.
"""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix

from segue.trainer.evaluation.genres import (
    classify_by_neighbours,
    classify_by_probabilities,
    score_playlists,
)

LABELS = ("classical", "hip-hop", "rock")


def test_probabilities_are_judged_as_scikit_learn_does() -> None:
    random = np.random.default_rng(4)
    probabilities = random.dirichlet(np.ones(3), 50)
    truth = random.choice(LABELS, 50).tolist()
    found = classify_by_probabilities(probabilities, LABELS, [(label,) for label in truth])
    predicted = [LABELS[place] for place in probabilities.argmax(axis=1)]
    assert found.correct.mean() == pytest.approx(accuracy_score(truth, predicted))
    np.testing.assert_array_equal(
        found.confusion, confusion_matrix(truth, predicted, labels=list(LABELS))
    )


def test_the_choice_can_be_restricted() -> None:
    probabilities = np.array([[0.5, 0.3, 0.2], [0.6, 0.1, 0.3], [0.1, 0.5, 0.4]])
    genres = [("hip-hop",), ("rock",), ("classical",)]
    found = classify_by_probabilities(probabilities, LABELS, genres, among=("hip-hop", "rock"))
    assert found.labels == ("hip-hop", "rock")
    assert found.songs.tolist() == [0, 1]
    assert found.correct.tolist() == [1.0, 1.0]


def test_a_second_genre_counts_as_right() -> None:
    found = classify_by_probabilities(np.array([[0.1, 0.8, 0.1]]), LABELS, [("rock", "hip-hop")])
    assert found.correct.tolist() == [1.0]
    assert found.confusion[2, 1] == 1


def test_songs_of_unknown_genres_are_left_out() -> None:
    found = classify_by_probabilities(np.eye(3), LABELS, [("polka",), (), ("rock",)])
    assert found.songs.tolist() == [2]


def test_neighbours_vote_without_the_own_artist() -> None:
    # Two clusters. Song 0 lies among rock, but only its own artist's songs there are classical.
    vectors = np.array([[0.0], [0.01], [0.02], [0.1], [0.2], [0.3], [9.0], [9.1]])
    genres = [("classical",)] * 3 + [("rock",)] * 3 + [("classical",)] * 2
    artists = np.array([1, 1, 1, 2, 3, 4, 5, 6])
    found = classify_by_neighbours(vectors, genres, artists)
    assert found.correct[:3].tolist() == [0.0, 0.0, 0.0]
    assert found.labels == ("classical", "rock")


def test_the_nearest_song_settles_an_equal_vote() -> None:
    vectors = np.array([[0.0], [1.0], [2.0]])
    found = classify_by_neighbours(vectors, [("a",), ("a",), ("b",)], np.arange(3))
    assert found.correct.tolist() == [1.0, 1.0, 0.0]


def test_playlists_by_hand() -> None:
    # Six rock songs and six jazz songs far away: a list of ten holds 5 of the own genre.
    vectors = np.concatenate([np.arange(6.0), 100 + np.arange(6.0)])[:, None]
    membership = np.repeat(np.eye(2, dtype=bool), 6, axis=0)
    found = score_playlists(vectors, membership)
    assert found.seed_cohesion == pytest.approx(np.full(12, 0.5))
    # 11 songs, 6 of the own genre and 5 of the other: (15 + 10) of 55 pairs.
    assert found.cohesion == pytest.approx(np.full(12, 25 / 55))
    assert found.genre_entropy == pytest.approx(np.full(12, 1.0))


def test_a_playlist_of_one_genre_has_no_entropy() -> None:
    found = score_playlists(np.arange(5.0)[:, None], np.ones((5, 1), bool))
    assert found.cohesion == pytest.approx(np.ones(5))
    assert found.genre_entropy == pytest.approx(np.zeros(5), abs=1e-12)


def test_playlists_leave_out_the_own_artist() -> None:
    vectors = np.array([[0.0], [0.1], [5.0]])
    membership = np.array([[True, False], [True, False], [False, True]])
    found = score_playlists(vectors, membership, np.array([1, 1, 2]))
    assert found.seed_cohesion == pytest.approx(np.zeros(3))
    assert np.isnan(score_playlists(vectors, membership, np.ones(3)).cohesion).all()
