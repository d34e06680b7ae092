"""How well an encoder ranks while it trains, on chunks whose neighbours are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segue.audio.front_end import FrontEnd
from segue.tracks import Matrix
from segue.trainer.answer_store import Answers, AnswerStore
from segue.trainer.batches import Chunks
from segue.trainer.data import TrainingTrack
from segue.trainer.features import FeatureStore
from segue.trainer.networks.answers import ANSWER_NUMBERS
from segue.trainer.networks.base import Labels
from segue.trainer.networks.tag_labels import ALL_TAGS
from segue.trainer.teacher import Teacher
from segue.trainer.track_labels import TrackLabels
from segue.trainer.training_set import TrainingSet
from segue.trainer.validation import (
    CHUNKS_PER_TRACK,
    agreement,
    likelihood,
    mean_average_precision,
    validate,
)

TRACKS, FRAMES = 6, 8
GENRES = ("folk", "jazz")


@pytest.fixture
def store() -> FeatureStore:
    """Tracks of constant level, of two genres by turns; the artists of the last two are unknown."""
    tracks = tuple(
        TrainingTrack(f"t{n}", Path(), "" if n > 3 else f"a{n}", genres=(GENRES[n % 2],))
        for n in range(TRACKS)
    )
    frames = np.repeat(np.arange(TRACKS, dtype=np.float16), FRAMES)[:, None]
    starts = np.arange(TRACKS) * FRAMES
    return FeatureStore(frames, tracks, starts, np.full(TRACKS, FRAMES), ())


def by_track(chunks: Chunks) -> Matrix:
    return np.eye(TRACKS, dtype=np.float32)[chunks[:, 0, 0].astype(int)]


def by_genre(chunks: Chunks) -> Matrix:
    return np.eye(2, dtype=np.float32)[chunks[:, 0, 0].astype(int) % 2]


def nothing(chunks: Chunks) -> Matrix:
    return np.ones((len(chunks), 1), np.float32)


def test_an_encoder_that_knows_the_tracks_or_their_genres_is_right(store: FeatureStore) -> None:
    chosen = np.arange(TRACKS)
    assert validate(store, chosen, by_track, 4)["track"] == pytest.approx(1)
    found = validate(store, chosen, by_genre, 4)
    assert found["genre"] == pytest.approx(1)
    assert found["track"] < 0.999
    assert "mood" not in found


def test_an_encoder_that_cannot_tell_chunks_apart_gets_what_chance_gets(
    store: FeatureStore,
) -> None:
    found = validate(store, np.arange(TRACKS), nothing, 4)
    others = TRACKS * CHUNKS_PER_TRACK - 1
    assert found["track"] == pytest.approx((CHUNKS_PER_TRACK - 1) / others)


def test_what_is_left_out_and_queries_without_an_answer_do_not_count() -> None:
    similarity = np.array([[-np.inf, 0.9, 0.5, 0.1]] * 2, np.float32)
    relevant = np.array([[True, False, True, False], [True, False, False, False]])
    assert mean_average_precision(similarity, relevant) == pytest.approx(1 / 2)
    assert mean_average_precision(similarity, np.zeros_like(relevant)) == 0  # a mean of nothing


def test_agreement_is_one_with_the_teachers_own_answers_and_less_with_others(
    store: FeatureStore,
) -> None:
    rows = np.random.default_rng(1).normal(size=(TRACKS, ANSWER_NUMBERS)).astype(np.float16)
    one_each = FeatureStore(rows, store.tracks, np.arange(TRACKS), np.ones(TRACKS, np.int64), ())
    answers = AnswerStore(one_each, Teacher("made up", Path(), "0"), 1)
    chosen = np.arange(TRACKS)
    scale = answers.scale(chosen)

    def own(chunks: Chunks) -> Answers:
        return rows[chunks[:, 0, 0].astype(int)].astype(np.float32)

    def opposite(chunks: Chunks) -> Answers:
        mean = rows.astype(np.float32).mean(axis=0)
        return 2 * mean - own(chunks)

    def other_tags(chunks: Chunks) -> Answers:
        changed = own(chunks)
        changed[:, :ALL_TAGS] += 1.0
        return changed

    found = [
        agreement(store, answers, chosen, one, scale, 4) for one in (own, opposite, other_tags)
    ]
    assert found == pytest.approx([1.0, -1.0, 1.0], abs=1e-3)


@pytest.mark.parametrize(
    ("right", "wanted"), [(1.0, 1.0), (0.8, 0.8), (0.5, 0.5), (0.0, float(np.exp(-60)))]
)
def test_likelihood_is_the_probability_of_the_labels(
    store: FeatureStore, right: float, wanted: float
) -> None:
    def classify(chunks: Chunks) -> list[Matrix]:
        with np.errstate(divide="ignore"):
            odd = np.log(np.float32([[right, 1 - right], [1 - right, right]]))
        return [odd[chunks[:, 0, 0].astype(int) % 2], np.zeros((len(chunks), 0), np.float32)]

    front = FrontEnd(chunk_frames=4, chunk_hop_frames=4)
    labels = TrackLabels(Labels(genres=GENRES), TrainingSet(store))
    found = likelihood(store, np.arange(TRACKS), classify, labels, front)
    assert found == pytest.approx(wanted, rel=1e-5)
    # Of labels that no track has, nothing is said.
    others = TrackLabels(Labels(genres=("polka", "ska")), TrainingSet(store))
    assert likelihood(store, np.arange(TRACKS), classify, others, front) == 0.0
