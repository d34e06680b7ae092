"""Fingerprints of music made by rule: seeded notes over a beat."""

from __future__ import annotations

import numpy as np
import pytest

from segue.audio.fingerprint import FingerprintStream
from segue.audio.front_end import FrontEnd
from segue.audio.mel import band_centres_hz, log_mel, mel_weights
from segue.audio.signals import Mono
from segue.fingerprints import MOST_LANDMARKS, MOST_STEPS, NO_FINGERPRINT, NOTHING, Fingerprint
from segue.recordings.rule import same_recording
from segue.tracks import Track

FRONTS = {
    "22 kHz": FrontEnd(reference_power=100.0),
    "16 kHz": FrontEnd(16_000, 512, 256, 96, 0.0, 8_000.0, -110.0, 1_000.0, 187, 187),
    "long hop": FrontEnd(22_050, 2_048, 1_024, 128, reference_power=316.0),
}
SECONDS = 40


def music(seed: int, rate_hz: int, seconds: int = SECONDS) -> Mono:
    """Chords of three notes that change every 0.3 s, over noise on every beat."""
    rng = np.random.default_rng(seed)
    length = round(0.3 * rate_hz)
    times = np.arange(length) / rate_hz
    pieces = []
    for _ in range(round(seconds / 0.3)):
        notes = 110.0 * 2 ** (rng.integers(0, 48, 3) / 12)
        harmonics = notes[:, None] * np.arange(1, 6)
        waves = np.sin(2 * np.pi * harmonics[..., None] * times) / np.arange(1, 6)[:, None]
        beat = rng.standard_normal(length) * np.exp(-times / 0.03)
        pieces.append((waves.sum(axis=(0, 1)) * np.exp(-times / 0.2) + 0.5 * beat) / 8)
    return np.concatenate(pieces).astype(np.float32)


def printed(samples: Mono, front: FrontEnd, piece: int | None = None) -> Fingerprint:
    stream = FingerprintStream(front)
    mel = log_mel(samples, front)
    for start in range(0, mel.shape[1], piece or mel.shape[1]):
        stream.push(mel[:, start : start + (piece or mel.shape[1])])
    return stream.finish()


def same(one: Fingerprint, other: Fingerprint) -> bool:
    found = same_recording(Track("one"), one, Track("other"), other)
    # Whatever is the same has to be looked at in the first place.
    assert not found or set(one.landmarks) & set(other.landmarks)
    return found


@pytest.fixture(params=FRONTS)
def front(request: pytest.FixtureRequest) -> FrontEnd:
    return FRONTS[request.param]


def test_pieces_of_any_length_give_the_same_fingerprint(front: FrontEnd) -> None:
    samples = music(1, front.rate_hz)
    whole = printed(samples, front)
    assert whole.codes.dtype == np.uint16
    assert 0 < len(whole.landmarks) <= MOST_LANDMARKS
    assert list(whole.landmarks) == sorted(set(whole.landmarks))
    for piece in (1, 7, 100):
        assert printed(samples, front, piece) == whole


def test_copies_are_known(front: FrontEnd) -> None:
    samples = music(2, front.rate_hz)
    original = printed(samples, front)
    noise = np.random.default_rng(3).standard_normal(samples.size).astype(np.float32)
    cut = round(3.21 * front.rate_hz)
    quiet = np.zeros(round(2.05 * front.rate_hz), np.float32)
    assert same(original, printed(samples * np.float32(0.3), front))
    assert same(original, printed(samples + np.float32(0.002) * noise, front))
    assert same(original, printed(samples[cut:], front))
    assert same(original, printed(np.concatenate([quiet, samples, quiet]), front))


def test_other_recordings_are_not(front: FrontEnd) -> None:
    original = printed(music(2, front.rate_hz), front)
    assert not any(same(original, printed(music(seed, front.rate_hz), front)) for seed in (4, 5, 6))


def test_another_speed_is_another_recording(front: FrontEnd) -> None:
    samples = music(2, front.rate_hz)
    places = np.arange(0, samples.size - 1, 1.02)
    faster = np.interp(places, np.arange(samples.size), samples).astype(np.float32)
    assert not same(printed(samples, front), printed(faster, front))


def test_a_held_tone_and_silence_tell_nothing(front: FrontEnd) -> None:
    times = np.arange(20 * front.rate_hz) / front.rate_hz
    tone = (0.5 * np.sin(2 * np.pi * 440.0 * times)).astype(np.float32)
    held = printed(tone, front)
    assert (held.codes == NOTHING).mean() > 0.75
    assert not same(held, printed(tone[front.rate_hz :], front))
    assert printed(np.zeros(front.rate_hz * 20, np.float32), front) == NO_FINGERPRINT
    assert printed(tone[: front.rate_hz // 4], front) == NO_FINGERPRINT


def test_a_front_end_with_few_bands_gives_none() -> None:
    few = FrontEnd(bands=16, reference_power=100.0)
    assert printed(music(1, few.rate_hz), few) == NO_FINGERPRINT


def test_a_long_signal_ends_at_the_most_steps() -> None:
    front = FRONTS["16 kHz"]
    stream = FingerprintStream(front)
    mel = log_mel(music(1, front.rate_hz), front)
    for _ in range(MOST_STEPS * 8 // mel.shape[1] + 2):
        stream.push(mel)
    assert MOST_STEPS - 10 <= len(stream.finish().codes) <= MOST_STEPS


def test_centres_are_where_bands_are_loudest(front: FrontEnd) -> None:
    bins_hz = np.arange(front.fft_size // 2 + 1) * front.rate_hz / front.fft_size
    loudest = bins_hz[mel_weights(front).argmax(axis=1)]
    assert band_centres_hz(front) == pytest.approx(loudest, abs=front.rate_hz / front.fft_size)
