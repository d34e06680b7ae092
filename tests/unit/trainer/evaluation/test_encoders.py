"""Encoders give what serving and the definitions give."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from random_clips import random_clips
from segue.audio.chunking import chunks
from segue.embedding.pooling import song_vector
from segue.errors import InvalidRequest, ModelMisconfigured
from segue.trainer.configuration import find_configuration
from segue.trainer.evaluation.encoders import model_encoder, run_encoder, untrained_encoder
from small_model import GENRES


def test_a_model_pools_chunks_as_serving_does(repository: Path) -> None:
    encoder = model_encoder(repository / "tiny")
    clips = random_clips(40, 130, 30)
    encoded = encoder.encode(clips)
    session = onnxruntime.InferenceSession(str(repository / "tiny" / "1" / "model.onnx"))
    for clip, vector in zip(clips, encoded.clip_vectors(), strict=True):
        (batch,) = chunks([clip], encoder.front_end)
        made = session.run(["embedding"], {"log_mel": batch.mels})[0]
        np.testing.assert_allclose(vector, song_vector(made), atol=1e-6)
    assert encoded.genres == GENRES
    together = encoded.probabilities(np.array([0, 1]))
    assert together.sum() == pytest.approx(1.0)
    assert together == pytest.approx(
        np.concatenate([encoded.genre_probabilities[clip] for clip in (0, 1)]).mean(axis=0)
    )


def test_the_newest_version_of_a_model_counts(repository: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(repository / "tiny", tmp_path / "two")
    (folder / "10").mkdir()
    (folder / "10" / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelMisconfigured, match="cannot be read as a graph"):
        model_encoder(folder)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelMisconfigured, match="no model"):
        model_encoder(tmp_path)


def test_a_broken_configuration(repository: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(repository / "tiny", tmp_path / "tiny")
    (folder / "config.pbtxt").write_text("input [ { what")
    with pytest.raises(ModelMisconfigured, match="cannot be read"):
        model_encoder(folder)


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest):
        run_encoder(tmp_path)


def test_an_untrained_network_follows_from_its_seed() -> None:
    clips = random_clips(128, 129, 2)
    first, again, other = (
        untrained_encoder(find_configuration("contrastive"), seed=seed).encode(clips).clip_vectors()
        for seed in (1, 1, 2)
    )
    np.testing.assert_allclose(first, again, atol=1e-5)
    assert not np.allclose(first, other)
    assert np.linalg.norm(first, axis=1) == pytest.approx(1.0, abs=1e-5)
