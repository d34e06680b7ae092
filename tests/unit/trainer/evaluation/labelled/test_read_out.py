"""What is read for genres and emotions, whatever names a model publishes."""

from __future__ import annotations

import numpy as np
import pytest

from segue.trainer.evaluation.labelled.read_out import Published, name_key, reads_emotion

MOODS = ("calm", "dark", "dreamy", "energetic", "epic", "happy", "melancholic", "romantic")


def published(moods: tuple[str, ...] = MOODS) -> Published:
    """Three clips; a mood's probability is its place, in tenths, plus hundredths by clip."""
    columns = [0.1 * MOODS.index(mood) + np.array([0.0, 0.01, 0.02]) for mood in moods]
    return Published((), None, moods, np.stack(columns, axis=1))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hiphop", "Hip-Hop"),
        ("Hip hop", "rap"),
        ("R&B", "rnb"),
        ("classic", "classical"),
        ("joyful_activation", "Joyful activation"),
        ("sad", "melancholic"),
    ],
)
def test_names_that_mean_the_same(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_names_that_do_not() -> None:
    assert len(set(map(name_key, ("rock", "rock and roll", "soul", "rnb", "metal")))) == 5


def test_a_genre_is_read_by_any_of_its_names() -> None:
    tags = Published(("rock", "Hip-Hop", "rap"), np.array([[0.5, 0.1, 0.3], [0.2, 0.4, 0.0]]))
    found = tags.genre("hiphop")
    assert found is not None
    assert found.what == "Hip-Hop or rap"
    assert found.scores == pytest.approx([0.3, 0.4])
    assert tags.genre("disco") is None


def test_tags_in_one_output_are_genres_and_moods() -> None:
    tags = Published(("rock", "sad"), np.array([[0.5, 0.1]]))
    found = tags.emotion("sadness")
    assert found is not None
    assert (found.what, found.scores.tolist()) == ("sad", pytest.approx([0.1]))


@pytest.mark.parametrize(
    ("emotion", "what", "first"),
    [
        ("calmness", "calm", 0.0),
        ("power", "energetic", 0.3),
        ("joyful_activation", "happy", 0.5),
        ("Sadness", "melancholic", 0.6),
        ("tenderness", "romantic", 0.7),
        ("epic", "epic", 0.4),
    ],
)
def test_emotions_have_a_fixed_read_out(emotion: str, what: str, first: float) -> None:
    found = published().emotion(emotion)
    assert found is not None
    assert found.what == what
    assert found.scores == pytest.approx([first, first + 0.01, first + 0.02])


def test_tension_is_the_lack_of_calm() -> None:
    found = published().emotion("tension")
    assert found is not None
    assert found.what == "-calm"
    assert found.scores == pytest.approx([0.0, -0.01, -0.02])


def test_tenderness_is_calm_where_romantic_is_not_published() -> None:
    found = published(("calm", "dark")).emotion("tenderness")
    assert found is not None
    assert found.what == "calm"
    assert published(("dark",)).emotion("tenderness") is None
    assert published().emotion("amazement") is None


def test_axes_are_means_over_the_moods_that_are_published() -> None:
    # Arousal: (0.3 + 0.5 + 0.4) / 3 - (0.0 + 0.6 + 0.2 + 0.7) / 4; every clip's hundredth cancels.
    arousal, valence = published().axis("arousal"), published().axis("valence")
    assert arousal is not None
    assert valence is not None
    assert arousal.scores == pytest.approx([0.4 - 0.375] * 3)
    # Valence: (0.5 + 0.0 + 0.7 + 0.2) / 4 - (0.1 + 0.6) / 2.
    assert valence.scores == pytest.approx([0.0] * 3)
    few = published(("calm", "energetic", "happy")).axis("arousal")
    assert few is not None
    assert few.what == "mean(energetic, happy) -mean(calm)"
    assert few.scores == pytest.approx([0.4] * 3)


def test_an_axis_with_one_side() -> None:
    found = published(("happy",)).axis("valence")
    assert found is not None
    assert found.scores == pytest.approx([0.5, 0.51, 0.52])
    assert published(("epic",)).axis("valence") is None


def test_columns_that_something_is_read_for() -> None:
    assert reads_emotion("joyful_activation", ())
    assert reads_emotion("Happy", MOODS)
    assert not reads_emotion("happy", ())
    assert not reads_emotion("raters", MOODS)


def test_names_and_probabilities_must_fit() -> None:
    with pytest.raises(ValueError, match="2 labels"):
        Published(("rock", "pop"), np.zeros((3, 1)))
