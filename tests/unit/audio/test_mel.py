import librosa
import numpy as np
import pytest

from librosa_mel import librosa_log_mel
from segue.audio.front_end import FrontEnd
from segue.audio.mel import LogMelStream, log_mel, mel_weights
from segue.errors import AudioError

FRONT_ENDS = {
    "default": FrontEnd(),
    "production": FrontEnd(
        rate_hz=16_000, fft_size=2_048, hop=1_024, bands=96, low_hz=20.0, high_hz=8_000.0
    ),
    "odd": FrontEnd(
        rate_hz=11_025, fft_size=735, hop=211, bands=37, low_hz=60.0, high_hz=5_000.0,
        floor_db=-93.0,
    ),
    "referenced": FrontEnd(reference_power=250.0, floor_db=-60.0),
    "below-amin": FrontEnd(reference_power=10.0, floor_db=-140.0),
}  # fmt: skip


@pytest.fixture(params=FRONT_ENDS, name="front")
def _front(request) -> FrontEnd:
    return FRONT_ENDS[request.param]


def steep_music(rate_hz: int, seconds: float) -> np.ndarray:
    """A loud low chord, a faint hiss, a click and a silent end: 100 dB between the bands."""
    rng = np.random.default_rng(7)
    time = np.arange(int(seconds * rate_hz)) / rate_hz
    signal = sum(0.3 * np.sin(2 * np.pi * hz * time) for hz in (110.0, 220.5, 331.0))
    signal += 10 ** (-90 / 20) * rng.standard_normal(time.size)
    signal[time.size // 2] += 0.5
    signal[-time.size // 8 :] = 0
    return signal.astype(np.float32)


@pytest.mark.parametrize("seconds", [4.0, 0.2])
def test_equals_librosa(front, seconds):
    samples = steep_music(front.rate_hz, seconds)
    expected = librosa_log_mel(samples, front)
    got = log_mel(samples, front)
    assert got.dtype == np.float32
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-4)


def test_filter_bank_equals_librosa(front):
    expected = librosa.filters.mel(
        sr=front.rate_hz, n_fft=front.fft_size, n_mels=front.bands,
        fmin=front.low_hz, fmax=front.high_hz,
    )  # fmt: skip
    np.testing.assert_allclose(mel_weights(front), expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("block", [1, 333, 22_050, 10**6])
def test_stream_equals_whole(front, block):
    samples = steep_music(front.rate_hz, 0.4 if block == 1 else 3.0)
    stream = LogMelStream(front)
    blocks = [samples[at : at + block] for at in range(0, samples.size, block)]
    pieces = [stream.push(one) for one in blocks]
    streamed = np.concatenate([*pieces, stream.finish()], axis=1)
    together = LogMelStream(front)
    joined = [together.push(*blocks), together.push(), together.finish()]
    np.testing.assert_allclose(np.concatenate(joined, axis=1), streamed, rtol=0, atol=2e-5)
    np.testing.assert_allclose(streamed, log_mel(samples, front), rtol=0, atol=2e-5)


def test_tone_is_loudest_in_its_own_band():
    front = FrontEnd()
    tone = np.sin(2 * np.pi * 1_000 * np.arange(front.rate_hz) / front.rate_hz)
    centres = librosa.mel_frequencies(n_mels=front.bands + 2, fmin=0, fmax=11_025)[1:-1]
    loudest = log_mel(0.01 * tone.astype(np.float32), front)[:, 10].argmax()
    assert abs(centres[loudest] - 1_000) < 20


def test_stays_within_floor_and_zero(front):
    rng = np.random.default_rng(3)
    loud = rng.standard_normal(front.rate_hz).astype(np.float32)
    assert log_mel(loud, front).max() <= 0
    assert log_mel(np.zeros(front.rate_hz, np.float32), front).min() >= front.floor_db


def test_no_samples_are_refused():
    with pytest.raises(AudioError) as caught:
        log_mel(np.empty(0, np.float32), FrontEnd())
    assert caught.value.reason == "AUDIO_EMPTY"


def test_stream_of_nothing_gives_no_frames():
    assert LogMelStream(FrontEnd()).finish().shape == (128, 0)
