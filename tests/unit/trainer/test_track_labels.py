"""Labels of batches: those of their tracks, and what a teacher hears where a chunk lies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segue.trainer.answer_store import AnswerStore
from segue.trainer.data import TrainingTrack
from segue.trainer.features import FeatureStore
from segue.trainer.heard_labels import HeardLabels, hear
from segue.trainer.networks.answers import ANSWER_NUMBERS
from segue.trainer.networks.base import Labels
from segue.trainer.tags import MSD_TAGS
from segue.trainer.teacher import find_teacher
from segue.trainer.track_labels import TrackLabels, known_labels, shares
from segue.trainer.training_set import TrainingSet

HOP_FRAMES = 374
PATCH_SECONDS = 187 * 256 / 16_000
HOP_SECONDS = HOP_FRAMES * 256 / 16_000


@pytest.fixture(scope="module")
def heard() -> HeardLabels:
    """One track of jazz that ends as soul, and one of nothing; four chunks and one."""
    rows = np.full((5, ANSWER_NUMBERS), -9.0, np.float16)
    for place, tag in enumerate(("jazz", "jazz", "jazz", "soul")):
        rows[place, MSD_TAGS.index(tag)] = 9.0
    rows[3, [MSD_TAGS.index(tag) for tag in ("rnb", "funk")]] = 9.0
    tracks = (TrainingTrack("changing", Path()), TrainingTrack("nothing", Path()))
    store = FeatureStore(rows, tracks, np.array([0, 4]), np.array([4, 1]), ())
    return hear(AnswerStore(store, find_teacher("musicnn"), HOP_FRAMES))


@pytest.fixture(scope="module")
def data(heard: HeardLabels) -> TrainingSet:
    """A labelled track between those two, and one that the teacher never heard."""
    tracks = (
        TrainingTrack("changing", Path(), genres=("jazz",)),
        TrainingTrack("labelled", Path(), genres=("reggae",), moods=("dark",)),
        TrainingTrack("nothing", Path()),
        TrainingTrack("unheard", Path()),
    )
    frames = np.zeros((4, 4), np.float16)
    return TrainingSet(FeatureStore(frames, tracks, np.arange(4), np.ones(4, int), ()), heard=heard)


def test_a_track_has_the_labels_that_most_of_it_is(heard: HeardLabels) -> None:
    assert heard.track(0)[0] == ("jazz",)
    assert heard.track(1) == ((), ())


def test_shares_are_odds_among_the_labels_that_are_asked_for(heard: HeardLabels) -> None:
    found = heard.shares("genres", ("soul", "reggae", "jazz"))
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(found[:, 1], 0)
    assert found[0, 2] > 0.99
    assert found[3, 0] > 0.99
    logits = heard.logits["genres"][4, [11, 7]]
    assert found[4, 0] / found[4, 2] == pytest.approx(np.exp(logits[0] - logits[1]), rel=1e-3)
    assert heard.shares("moods", ("dark",)).tolist() == [[0.0]] * 5


def test_a_place_is_told_by_the_nearest_chunk(heard: HeardLabels) -> None:
    middles = PATCH_SECONDS / 2 + HOP_SECONDS * np.arange(4)
    seconds = np.concatenate([middles, middles + 0.4 * HOP_SECONDS, [0.0, 1e6]])
    rows = heard.rows(np.zeros(len(seconds), np.int64), seconds)
    assert rows.tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 0, 3]
    assert heard.rows(np.array([1]), np.array([50.0])).tolist() == [4]


def test_chunks_have_their_own_labels_and_whole_tracks_those_of_all(data: TrainingSet) -> None:
    labels = TrackLabels(Labels(genres=("jazz", "reggae", "soul"), moods=("dark",)), data)
    tracks = np.array([0, 0, 1, 2, 3])
    end = PATCH_SECONDS / 2 + 3 * HOP_SECONDS
    genres, moods = labels.of(tracks, np.array([0.0, end, end, 0.0, 0.0]))
    assert genres.argmax(axis=1).tolist()[:3] == [0, 2, 1]
    assert genres[2].tolist() == [0, 1, 0]
    # Of what is nothing at all it still says what it is rather.
    assert genres[3].sum() == pytest.approx(1)
    assert genres[4].tolist() == [0, 0, 0]
    assert moods.tolist() == [[0], [0], [1], [0], [0]]
    genres, _ = labels.of(tracks)
    assert genres.tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0]]


def test_shares_of_labels_sum_to_one_or_to_nothing() -> None:
    named = [("folk",), (), ("jazz", "folk"), ("polka",), ("polka", "jazz")]
    found = shares(named, ("folk", "jazz"))
    np.testing.assert_allclose(found, [[1, 0], [0, 0], [0.5, 0.5], [0, 0], [0, 1]])
    assert known_labels(named) == ("folk", "jazz", "polka")
