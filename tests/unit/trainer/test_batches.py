"""Batches: what is in them, in which order, and that seed and step alone decide them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from segue.trainer.answer_store import AnswerStore
from segue.trainer.batches import Batches, batch_tracks, gather, random_starts
from segue.trainer.configuration import TrainingConfig, from_dict
from segue.trainer.data import TrainingTrack
from segue.trainer.features import FeatureStore
from segue.trainer.networks.answers import ANSWER_NUMBERS
from segue.trainer.teacher import Teacher
from segue.trainer.training_set import TrainingSet

TRACKS, FRAMES, BANDS = 60, 90, 4


@pytest.fixture
def store() -> FeatureStore:
    """Track n has the level -n - frame / 1000 in every band."""
    tracks = tuple(
        TrainingTrack(
            f"t{n}", Path(), artist=f"a{n // 4}", genres=(("folk", "jazz")[n % 2],) if n else ()
        )
        for n in range(TRACKS)
    )
    level = -np.arange(TRACKS)[:, None] / 2 - np.arange(FRAMES)[None, :] / 1000
    frames = np.repeat(level.reshape(-1, 1), BANDS, axis=1).astype(np.float16)
    starts, counts = np.arange(TRACKS) * FRAMES, np.full(TRACKS, FRAMES)
    return FeatureStore(frames, tracks, starts, counts, ())


def config(**views: object) -> TrainingConfig:
    return from_dict(
        {
            "name": "tiny",
            "front_end": {"bands": BANDS, "chunk_frames": 20, "chunk_hop_frames": 20},
            "labels": {"genres": ["folk", "jazz"]},
            "views": views,
            "losses": {"genre": 1.0},
            "optimiser": {"tracks": 6},
        }
    )


def test_views_of_a_track_stand_in_the_same_row_of_each_part(store: FeatureStore) -> None:
    batches = Batches(config(places=2, copies=2, noise_db=0.01), TrainingSet(store))
    batch = batches.draw(3)
    assert batch.mel_NBF.shape == (24, BANDS, 20)
    levels = (-batch.mel_NBF.mean(dim=(1, 2)) * 2).round().long()
    assert (levels - batch.track_N).abs().max() <= 1
    for part in (batch.track_N, batch.genre_NL):
        for view in part.chunk(4):
            torch.testing.assert_close(view, part[:6])
    first, second = batch.clip_N.chunk(4)[:2]
    assert not set(first.tolist()) & set(second.tolist())
    torch.testing.assert_close(batch.clip_N[:12], batch.clip_N[12:])


def test_copies_without_changes_are_equal_and_with_noise_they_are_not(store: FeatureStore) -> None:
    for noise, equal in ((0.0, True), (1.0, False)):
        batch = Batches(config(copies=2, noise_db=noise), TrainingSet(store)).draw(0)
        first, second = batch.mel_NBF.chunk(2)
        # Without changes both are copies of the same stored numbers.
        assert torch.equal(first, second) is equal


def test_a_step_draws_the_same_batch_whenever_it_is_asked(store: FeatureStore) -> None:
    settings = config(places=2, gain_db=3.0, noise_db=1.0)
    early, late = (Batches(settings, TrainingSet(store)) for _ in range(2))
    early.draw(0)
    for step in (1, 30):
        torch.testing.assert_close(early.draw(step).mel_NBF, late.draw(step).mel_NBF)
    assert not torch.allclose(early.draw(1).mel_NBF, early.draw(2).mel_NBF)


def test_only_training_tracks_are_drawn_and_every_one_in_an_epoch(store: FeatureStore) -> None:
    batches = Batches(config(), TrainingSet(store))
    wanted = {number for number, track in enumerate(store.tracks) if track.split == "train"}
    steps = len(wanted) // 6
    drawn = [number for step in range(steps) for number in batches.draw(step).track_N.tolist()]
    assert set(drawn) <= wanted
    assert len(set(drawn)) == steps * 6


def test_every_chunk_that_was_answered_for_comes_once_an_epoch_with_its_answer(
    store: FeatureStore,
) -> None:
    # Row p of track n begins with n and p.
    counts = 1 + np.arange(TRACKS) % 3
    of_track = np.repeat(np.arange(TRACKS), counts)
    place = np.concatenate([np.arange(count) for count in counts])
    rows = np.zeros((len(place), ANSWER_NUMBERS), np.float16)
    rows[:, 0], rows[:, 1] = of_track, place
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    answers = AnswerStore(
        FeatureStore(rows, store.tracks, starts, counts, ()), Teacher("made up", Path(), "0"), 30
    )
    batches = Batches(config(), TrainingSet(store, answers=answers))
    wanted = [
        (number, own)
        for number in batches.training_tracks.tolist()
        for own in range(counts[number])
    ]
    steps = len(wanted) // 6
    drawn: list[tuple[int, int]] = []
    for step in range(steps):
        batch = batches.draw(step)
        assert batch.taught is not None
        assert batch.mel_NBF.shape == (6, BANDS, 20)
        for track, answer, mel in zip(
            batch.track_N.tolist(), batch.taught.rows_NA, batch.mel_NBF, strict=True
        ):
            assert round(float(answer[0])) == track
            own = round(float(answer[1]))
            drawn.append((track, own))
            assert float(mel[0, 0]) == pytest.approx(-track / 2 - own * 30 / 1000, abs=0.02)
    assert len(set(drawn)) == len(drawn) == steps * 6
    assert set(drawn) <= set(wanted)


def test_mates_bring_tracks_of_one_artist_together() -> None:
    artists = [f"a{n // 4}" for n in range(40)] + [""] * 8
    chosen = batch_tracks(np.arange(48), artists, 12, 4, seed=1, step=0)
    known = [artists[number] for number in chosen if artists[number]]
    assert len(set(known)) <= 3
    everything = np.concatenate(
        [batch_tracks(np.arange(48), artists, 12, 4, 1, n) for n in range(4)]
    )
    assert sorted(everything.tolist()) == list(range(48))


@pytest.mark.parametrize(("places", "apart", "kept"), [(1, 50, 0), (2, 30, 30), (3, 60, 23)])
def test_places_keep_their_distance_as_far_as_the_track_allows(
    store: FeatureStore, places: int, apart: int, kept: int
) -> None:
    random = np.random.default_rng(1)
    tracks = np.zeros(300, np.int64)
    firsts = random_starts(store, tracks, places, 20, apart, random)
    chunks = gather(store, np.tile(tracks, places), firsts, 20)
    starts = np.round(-chunks[:, 0, 0] * 1000).reshape(places, 300)
    np.testing.assert_array_equal(starts.ravel(), firsts)
    assert starts.min() >= 0
    assert starts.max() <= FRAMES - 20
    if places > 1:
        assert np.diff(np.sort(starts, axis=0), axis=0).min() >= kept
        assert 0.4 < (starts[0] < starts[1]).mean() < 0.6
