"""Encoders give what serving and the definitions give."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from scipy.spatial.distance import pdist

from segue.audio.chunking import chunks
from segue.audio.signals import LogMel
from segue.embedding.pooling import song_vector
from segue.errors import InvalidRequest, ModelMisconfigured
from segue.trainer.configuration import find_configuration
from segue.trainer.evaluation.baselines import RandomEncoder, mfcc, mfcc_encoders
from segue.trainer.evaluation.encoders import model_encoder, run_encoder, untrained_encoder
from segue.trainer.evaluation.results import require_chunks
from segue.trainer.evaluation.sets import ClipPlan, EvaluationImpossible
from small_model import GENRES


def random_clips(bands: int, frames: int, count: int) -> list[LogMel]:
    random = np.random.default_rng(5)
    levels = random.uniform(-60, -10, (count, bands, 1))
    return list((levels + random.normal(0, 5, (count, bands, frames))).astype(np.float32))


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


def test_clips_must_hold_a_chunk(repository: Path) -> None:
    encoder = model_encoder(repository / "tiny")
    require_chunks([encoder], ClipPlan(2, 0.8))
    with pytest.raises(EvaluationImpossible, match="shorter than the chunks of tiny"):
        require_chunks([encoder], ClipPlan(2, 0.7))


def test_mfcc_by_the_definition_of_the_cosine_transform() -> None:
    (clip,) = random_clips(128, 50, 1)
    bands, orders = np.arange(128), np.arange(20)[:, None]
    cosines = np.cos(np.pi * orders * (2 * bands + 1) / 256) * np.sqrt(2 / 128)
    cosines[0] /= np.sqrt(2)
    np.testing.assert_allclose(mfcc(clip).T, cosines @ clip, atol=1e-3)


def test_decorrelation_alone_keeps_distances() -> None:
    clips = random_clips(128, 300, 20)
    plain, whitened = mfcc_encoders(clips, "themselves")
    means = np.stack([mfcc(clip).mean(axis=0) for clip in clips])
    np.testing.assert_allclose(pdist(plain.encode(clips).clip_vectors()), pdist(means), rtol=1e-3)
    assert not np.allclose(pdist(whitened.encode(clips).clip_vectors()), pdist(means), rtol=0.1)


def test_whitened_frames_have_unit_variance_and_no_correlation() -> None:
    clips = random_clips(128, 300, 20)
    _, whitened = mfcc_encoders(clips, "themselves")
    frames = [frame[:, None] for clip in clips for frame in clip.T]
    found = np.cov(whitened.encode(frames).clip_vectors().T)
    np.testing.assert_allclose(found, np.eye(20), atol=0.05)


def test_random_vectors_follow_from_their_seed() -> None:
    clips = random_clips(4, 3, 5)
    vectors = RandomEncoder(1).encode(clips).clip_vectors()
    assert vectors.shape == (5, 128)
    np.testing.assert_allclose(vectors, RandomEncoder(1).encode(clips).clip_vectors(), atol=1e-5)
    assert not np.allclose(vectors, RandomEncoder(2).encode(clips).clip_vectors())
