"""Encoders judged on labels whose answer is known, by hand and by scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, roc_auc_score

from segue.trainer.evaluation.labelled.label_scores import Labels
from segue.trainer.evaluation.labelled.read_out import Published
from segue.trainer.evaluation.labelled.scores import LabelledScores, cosine_space, score_labelled

LABELS = ("classical", "hip-hop", "rock")
MOODS = ("calm", "energetic", "happy")


def cluster(genre: int, number: int) -> list[float]:
    """Clips of a genre point to one side, far from the origin of all."""
    vector = [10.0, 10.0, 10.0]
    vector[genre] += 1.0 + 0.1 * number
    return vector


def labels_of(genres: list[tuple[str, ...]], **emotions: list[float]) -> Labels:
    return Labels(
        genres,
        np.arange(len(genres)),
        {name: np.array(values, np.float64) for name, values in emotions.items()},
    )


@pytest.fixture(scope="module")
def drawn() -> tuple[Labels, np.ndarray, np.ndarray, np.ndarray]:
    """Sixty clips of twenty artists with random outputs that lean towards their labels."""
    random = np.random.default_rng(3)
    genres = [(LABELS[number % 3],) for number in range(60)]
    probabilities = random.dirichlet(np.ones(3), 60) + 0.3 * np.eye(3)[np.arange(60) % 3]
    moods = random.uniform(size=(60, 3))
    emotions = {
        "calmness": np.clip(moods[:, 0] + random.normal(0, 0.5, 60), 0, 1),
        "happy": (moods[:, 2] + random.normal(0, 0.5, 60) > 0.5).astype(float),
        "arousal": moods[:, 1] - moods[:, 0] + random.normal(0, 0.5, 60),
        "valence": random.normal(size=60),
    }
    labels = Labels(genres, np.arange(60) // 3, emotions)
    return labels, random.normal(size=(60, 8)), probabilities, moods


@pytest.fixture(scope="module")
def scores(drawn: tuple[Labels, np.ndarray, np.ndarray, np.ndarray]) -> LabelledScores:
    labels, vectors, probabilities, moods = drawn
    return score_labelled(labels, vectors, Published(LABELS, probabilities, MOODS, moods))


def test_labels_are_scored_as_scikit_learn_does(
    drawn: tuple[Labels, np.ndarray, np.ndarray, np.ndarray], scores: LabelledScores
) -> None:
    labels, _, probabilities, moods = drawn
    for place, found in enumerate(scores.genres.labels):
        truth = [own == (found.label,) for own in labels.genres]
        column = probabilities[:, place]
        assert found.measures["auc"].value == pytest.approx(roc_auc_score(truth, column))
        assert found.measures["ap"].value == pytest.approx(average_precision_score(truth, column))
        assert found.measures["auc"].count == 20
    assert scores.genres.means["auc"].value == pytest.approx(
        np.mean([one.measures["auc"].value for one in scores.genres.labels])
    )
    by_emotion = {one.label: one for one in scores.emotions.labels}
    assert by_emotion["calmness"].measures["spearman"].value == pytest.approx(
        spearmanr(moods[:, 0], labels.emotions["calmness"]).statistic
    )
    assert by_emotion["happy"].measures["auc"].value == pytest.approx(
        roc_auc_score(labels.emotions["happy"], moods[:, 2])
    )
    assert by_emotion["calmness"].measures["spearman"].count == 60
    assert scores.emotions.means["spearman"].count == 1


def test_genres_whose_scores_are_probabilities_have_a_calibration_error(
    drawn: tuple[Labels, np.ndarray, np.ndarray, np.ndarray], scores: LabelledScores
) -> None:
    labels, vectors, raw, _ = drawn
    assert "calibration" not in scores.genres.means
    probabilities = 1 / (1 + np.exp(-raw))
    judged = score_labelled(labels, vectors, Published(LABELS, probabilities))
    for place, found in enumerate(judged.genres.labels):
        truth = np.array([own == (found.label,) for own in labels.genres])
        column = probabilities[:, place]
        bins = np.minimum((column * 10).astype(int), 9)
        apart = [abs((column - truth)[bins == one].sum()) for one in range(10)]
        assert found.measures["calibration"].value == pytest.approx(sum(apart) / 60)


def test_axes_are_split_at_their_median(
    drawn: tuple[Labels, np.ndarray, np.ndarray, np.ndarray], scores: LabelledScores
) -> None:
    labels, _, _, moods = drawn
    arousal = labels.emotions["arousal"]
    found = {one.label: one.measures["auc"].value for one in scores.circumplex.labels}
    assert found["arousal"] == pytest.approx(
        roc_auc_score(arousal > np.median(arousal), moods[:, 1:].mean(axis=1) - moods[:, 0])
    )


def test_intervals_are_over_artists(
    drawn: tuple[Labels, np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Copies of every clip by its own artist leave the interval as it was."""
    labels, vectors, probabilities, _ = drawn
    alone = Labels(labels.genres, np.arange(60), {})
    copied = Labels([*labels.genres] * 3, np.tile(np.arange(60), 3), {})
    once = score_labelled(alone, vectors, Published(LABELS, probabilities))
    thrice = score_labelled(
        copied, np.tile(vectors, (3, 1)), Published(LABELS, np.tile(probabilities, (3, 1)))
    )
    for measure in ("ap", "auc"):
        first, second = once.genres.means[measure], thrice.genres.means[measure]
        assert (second.value, second.low, second.high) == pytest.approx(
            (first.value, first.low, first.high)
        )
        assert first.low < first.value < first.high


def test_neighbours_by_hand() -> None:
    genres = [(LABELS[genre],) for genre in (0, 0, 0, 1, 1, 1)]
    vectors = np.array([cluster(genre, number) for genre in (0, 1) for number in range(3)])
    found = score_labelled(labels_of(genres), vectors, Published()).neighbours["genre"]
    # Two of the five others are of the genre, whatever their order.
    assert found["own"][5].value == pytest.approx(2 / 5)
    assert found["centred"][10].value == pytest.approx(2 / 5)
    assert found["own"][5].count == 6


def test_centring_takes_away_what_all_have_in_common() -> None:
    shared = np.array([[100.0, 0, 0]] * 4)
    own = np.array([[0.0, 1, 0], [40.0, 2, 0], [0.0, 0, 1], [-40.0, 0, 2]])
    moved = cosine_space(shared + own, "centred")
    lengths = np.linalg.norm(moved, axis=1)
    assert lengths == pytest.approx(1.0)
    assert moved.mean(axis=0) != pytest.approx(cosine_space(shared + own, "own").mean(axis=0))
    assert cosine_space(np.zeros((2, 3)), "centred") == pytest.approx(0.0)


def test_a_vector_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        cosine_space(np.array([[np.nan, 1.0]]), "own")


def test_the_artist_is_left_out_of_its_own_neighbours() -> None:
    """Each clip's one near neighbour is by its artist; by others, half are of its genre."""
    genres = [("rock",), ("rock",), ("rock",), ("pop",), ("pop",), ("pop",)]
    vectors = np.array([cluster(0, 0), cluster(0, 0), cluster(0, 1), *[cluster(1, 0)] * 3])
    artists = np.array([0, 0, 1, 2, 2, 2])
    found = score_labelled(Labels(genres, artists, {}), vectors, Published()).neighbours["genre"]
    # Rock: 1 of 4, 1 of 4, 2 of 5; pop has no other artist: 0 of 3.
    assert found["own"][5].value == pytest.approx((0.25 + 0.25 + 0.4) / 6)


def test_clips_without_a_genre_are_not_judged() -> None:
    genres = [("rock",), ("rock",), (), ("pop",)]
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [1.0, 0.0], [0.1, 0.9]])
    published = Published(("rock", "pop"), probabilities)
    found = score_labelled(labels_of(genres), np.eye(4), published)
    assert found.genres.labels[1].label == "rock"
    assert found.genres.labels[1].measures["auc"].value == pytest.approx(1.0)
    assert found.neighbours["genre"]["own"][5].count == 3


def test_empty_cells_are_not_judged() -> None:
    """Resamples without any of the two clips of the second emotion's artist are left out."""
    labels = Labels(
        [()] * 6,
        np.array([0, 0, 1, 2, 3, 4]),
        {"calm": np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
         "happy": np.array([0.2, 0.6, *[np.nan] * 4])},
    )  # fmt: skip
    outputs = np.linspace(0, 1, 12).reshape(6, 2)
    found = score_labelled(labels, np.eye(6), Published((), None, ("calm", "happy"), outputs))
    calm, happy = (one.measures["spearman"] for one in found.emotions.labels)
    assert (calm.value, calm.count) == pytest.approx((1.0, 6))
    assert (happy.value, happy.low, happy.high, happy.count) == pytest.approx((1.0, 1.0, 1.0, 2))
    assert found.emotions.means["spearman"].value == pytest.approx(1.0)


def test_labels_that_are_not_published_are_named_and_left_out_of_means() -> None:
    genres = [("rock",), ("disco",), ("rock",), ("disco",)]
    published = Published(("rock",), np.array([[0.9], [0.2], [0.1], [0.3]]))
    found = score_labelled(labels_of(genres, calmness=[0, 0.5, 1, 0.2]), np.eye(4), published)
    assert found.genres.not_published == ("disco",)
    assert found.genres.means["auc"].count == 1
    assert found.genres.means["auc"].value == pytest.approx(0.5)
    assert found.emotions.not_published == ("calmness",)
    assert found.emotions.means == {}


def test_chosen_genres_are_told_apart() -> None:
    genres = [("hiphop",), ("rock",), ("classical",), ("polka",)]
    probabilities = np.array([[0.1, 0.3, 0.2], [0.1, 0.6, 0.3], [0.5, 0.1, 0.4], [0.0, 0.9, 0.1]])
    everything, chosen = score_labelled(
        labels_of(genres),
        np.eye(4),
        Published(LABELS, probabilities),
        chosen_genres=("Hip-Hop", "rock"),
    ).accuracies
    assert (chosen.method, chosen.labels) == ("probabilities", ("hiphop", "rock"))
    assert chosen.confusion.tolist() == [[1, 0], [1, 0]]
    assert chosen.accuracy.value == pytest.approx(0.5)
    assert everything.labels == ("classical", "hiphop", "rock")
    assert everything.accuracy.count == 3
    assert everything.accuracy.value == pytest.approx(2 / 3)


def test_a_choice_that_is_not_wholly_published_has_no_accuracy() -> None:
    published = Published(("rock",), np.array([[0.9], [0.1], [0.5]]))
    labels = labels_of([("rock",), ("pop",), ("rock",)])
    everything, chosen = score_labelled(
        labels, np.eye(3), published, chosen_genres=("rock", "pop")
    ).accuracies
    assert everything.labels == ("rock",)
    assert chosen.labels == ()
    assert np.isnan(chosen.accuracy.value)


def test_a_choice_that_the_labels_do_not_have_is_passed_over() -> None:
    found = score_labelled(
        labels_of([("rock",), ("pop",)]), np.eye(2), Published(), chosen_genres=("rock", "jazz")
    )
    assert [one.method for one in found.accuracies] == ["neighbours"]


def test_quadrants_of_arousal_and_valence() -> None:
    labels = labels_of([()] * 4, arousal=[1, 1, 0, 0], valence=[1, 1, 0, 0])
    found = score_labelled(labels, np.array([[1.0, 0], [1, 0.1], [0, 1], [0.1, 1]]), Published())
    assert list(found.neighbours) == ["quadrant"]
    assert found.neighbours["quadrant"]["own"][5].value == pytest.approx(1 / 3)


def test_lengths_must_fit() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        labels_of([("rock",)], happy=[0.1, 0.2])
    with pytest.raises(ValueError, match="3 vectors for 1 clips"):
        score_labelled(labels_of([("rock",)]), np.eye(3), Published())
