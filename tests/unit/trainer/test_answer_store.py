"""A teacher's answers: those of its network for what a student hears, kept per teacher."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from segue.errors import AudioError
from segue.trainer.answer_store import AnswerRecipe, AnswerStore
from segue.trainer.data import TrainingTrack
from segue.trainer.features import FeatureStore, Recording, TrackAnalysis, store_folder
from segue.trainer.networks.answers import ANSWER_NUMBERS, answer_rows
from segue.trainer.networks.musicnn import FRONT_END, UNITS
from segue.trainer.networks.tag_labels import ALL_TAGS
from segue.trainer.teacher import Teacher, find_teacher
from tones import write_tone

FRONT = FRONT_END
HOP = 30


@pytest.fixture(scope="module")
def recipe() -> AnswerRecipe:
    return AnswerRecipe(FRONT, find_teacher("musicnn"), HOP)


def test_rows_are_the_answers_for_each_chunk(recipe: AnswerRecipe, tmp_path: Path) -> None:
    recording = Recording(TrainingTrack("t", write_tone(tmp_path / "t.wav", 5, 4.0)))
    rows = recipe.frames(recording)
    frames = TrackAnalysis(FRONT).frames(recording)
    assert rows.shape == (1 + (len(frames) - 187) // HOP, ANSWER_NUMBERS)
    assert len(rows) == 3
    heard = np.stack([frames[first:][:187].T for first in (0, HOP, 2 * HOP)]).astype(np.float32)
    network = recipe.teacher.network()
    with torch.inference_mode():
        wanted = network.answers(torch.from_numpy(heard))
    (units, _, tags), (other_units, _, other_tags) = wanted
    parts = np.split(rows.astype(np.float32), [50, ALL_TAGS, ALL_TAGS + UNITS], axis=1)
    for found, theirs in zip(parts, (tags, other_tags, units, other_units), strict=True):
        np.testing.assert_allclose(found, theirs.numpy(), atol=0.02, rtol=1e-3)
    np.testing.assert_allclose(rows, answer_rows(wanted).numpy(), atol=0.02, rtol=1e-3)


def test_a_track_shorter_than_a_chunk_has_no_answers(recipe: AnswerRecipe, tmp_path: Path) -> None:
    short = Recording(TrainingTrack("t", write_tone(tmp_path / "t.wav", 5, 2.9)))
    with pytest.raises(AudioError) as caught:
        recipe.frames(short)
    assert caught.value.reason == "AUDIO_TOO_SHORT"


def test_whatever_changes_answers_has_a_store_of_its_own(
    recipe: AnswerRecipe, tmp_path: Path
) -> None:
    others = [
        replace(recipe, teacher=replace(recipe.teacher, sha256="0" * 64)),
        replace(recipe, hop_frames=31),
        replace(recipe, front_end=replace(FRONT, chunk_frames=211)),
    ]
    folders = {store_folder(tmp_path, one) for one in (recipe, *others)}
    assert len(folders) == 4
    # Where the graph lies is no part of it.
    moved = replace(recipe, teacher=replace(recipe.teacher, path=tmp_path))
    assert store_folder(tmp_path, moved) == store_folder(tmp_path, recipe)


def test_answers_are_found_by_track_and_place_and_their_scale_standardises() -> None:
    counts = np.array([2, 1, 3])
    tracks = tuple(TrainingTrack(f"t{n}", Path()) for n in range(3))
    rows = np.random.default_rng(1).normal(3.0, 2.0, (6, ANSWER_NUMBERS)).astype(np.float16)
    features = FeatureStore(rows, tracks, np.array([0, 2, 3]), counts, ())
    store = AnswerStore(features, Teacher("made up", Path(), "0"), 10)
    chunks = store.chunks(np.array([0, 2]))
    assert chunks.tolist() == [[0, 0], [0, 1], [2, 0], [2, 1], [2, 2]]
    assert store.first_frames(chunks).tolist() == [0, 10, 0, 10, 20]
    chosen = rows[[0, 1, 3, 4, 5]]
    np.testing.assert_allclose(store.answers(chunks), chosen)
    first, second = store.scale(np.array([0, 2])).of(torch.from_numpy(store.answers(chunks)))
    assert first.shape == second.shape == (5, UNITS)
    for units in (first, second):
        torch.testing.assert_close(units.mean(dim=0), torch.zeros(UNITS), atol=1e-4, rtol=0)
        spread = units.std(dim=0, correction=0)
        torch.testing.assert_close(spread, torch.ones(UNITS), atol=0.01, rtol=0)
