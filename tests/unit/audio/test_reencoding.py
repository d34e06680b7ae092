"""Other encodings hold the same sound, cut to the sample."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from segue.audio.decoding import AudioLimits, probe
from segue.audio.media_types import browsers_play
from segue.audio.reencoding import Encoding, reencode
from segue.errors import AudioError

RATE_HZ = 44_100


def sweep(seconds: float, channels: int = 2, rate_hz: int = RATE_HZ) -> np.ndarray:
    time = np.arange(round(rate_hz * seconds)) / rate_hz
    tone = 0.4 * np.sin(2 * np.pi * (200 * time + 100 * time**2))
    return np.stack([tone / (1 + number) for number in range(channels)], axis=1)


def written(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ) -> Path:
    soundfile.write(path, samples, rate_hz, subtype="PCM_16")
    return path


@pytest.mark.parametrize("encoding", Encoding)
def test_the_whole_of_a_file(tmp_path, encoding):
    samples = sweep(5)
    source = written(tmp_path / "a.aiff", samples)
    seconds = reencode(source, tmp_path / "b", encoding)
    assert seconds == pytest.approx(5, abs=1e-4)
    info = probe(tmp_path / "b")
    assert browsers_play(info.container, info.codec)
    assert (info.rate_hz, info.channels) == (RATE_HZ, 2)
    if encoding is not Encoding.MP3:
        heard, _ = soundfile.read(tmp_path / "b")
        np.testing.assert_allclose(heard, samples, atol=1 / 32_000)


@pytest.mark.parametrize("suffix", ["flac", "aiff", "ogg"])
def test_a_passage_is_cut_to_the_sample(tmp_path, suffix):
    source = tmp_path / f"a.{suffix}"
    soundfile.write(source, sweep(9), RATE_HZ)
    whole, _ = soundfile.read(source)
    seconds = reencode(source, tmp_path / "b", Encoding.FLAC, start_seconds=2.5, length_seconds=3)
    heard, _ = soundfile.read(tmp_path / "b")
    assert seconds == 3
    first = round(2.5 * RATE_HZ)
    assert len(heard) == 3 * RATE_HZ
    np.testing.assert_allclose(heard, whole[first : first + len(heard)], atol=2e-3)


def test_a_passage_up_to_the_end(tmp_path):
    source = written(tmp_path / "a.flac", sweep(4))
    assert reencode(source, tmp_path / "b", Encoding.WAV, start_seconds=1.5) == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("channels", "rate_hz", "kept", "rate"),
    [(1, 8_000, 1, 8_000), (6, 48_000, 2, 48_000), (2, 96_000, 2, 48_000), (1, 9_000, 1, 11_025)],
)
def test_channels_and_rates_that_browsers_play(tmp_path, channels, rate_hz, kept, rate):
    source = written(tmp_path / "a.wav", sweep(2, channels, rate_hz), rate_hz)
    assert reencode(source, tmp_path / "b", Encoding.FLAC) == pytest.approx(2, abs=0.01)
    info = probe(tmp_path / "b")
    assert (info.channels, info.rate_hz) == (kept, rate)


def test_what_decodes_of_a_damaged_file_is_heard(tmp_path):
    whole = written(tmp_path / "a.flac", sweep(20)).read_bytes()
    source = tmp_path / "half.flac"
    source.write_bytes(whole[: len(whole) // 2])
    assert 5 < reencode(source, tmp_path / "b", Encoding.FLAC) < 15


def test_what_is_refused(tmp_path):
    source = written(tmp_path / "a.wav", sweep(2))
    with pytest.raises(AudioError) as raised:
        reencode(source, tmp_path / "b", Encoding.FLAC, start_seconds=10)
    assert raised.value.reason == "AUDIO_EMPTY"
    for limits in (AudioLimits(max_samples=1_000), AudioLimits(max_duration_seconds=1)):
        with pytest.raises(AudioError) as raised:
            reencode(source, tmp_path / "b", Encoding.FLAC, limits=limits)
        assert raised.value.reason == "AUDIO_TOO_LONG"
    source.write_text("words")
    with pytest.raises(AudioError) as raised:
        reencode(source, tmp_path / "b", Encoding.FLAC)
    assert raised.value.reason == "AUDIO_NOT_AUDIO"


def test_apples_lossless_is_not_played_as_it_is(tmp_path):
    path = tmp_path / "a.m4a"
    with av.open(str(path), "w") as muxer:
        stream = muxer.add_stream("alac", rate=RATE_HZ, layout="stereo")
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(sweep(1).T.astype(np.float32)), format="fltp", layout="stereo"
        )
        frame.sample_rate = RATE_HZ
        muxer.mux(stream.encode(frame))
        muxer.mux(stream.encode(None))
    info = probe(path)
    assert not browsers_play(info.container, info.codec)
    assert reencode(path, tmp_path / "b", Encoding.FLAC) == pytest.approx(1, abs=0.001)
