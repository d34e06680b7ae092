"""Baselines give what their definitions say."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import pdist

from random_clips import random_clips
from segue.trainer.evaluation.baselines import RandomEncoder, mfcc, mfcc_encoders


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
