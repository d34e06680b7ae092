"""Waveforms and spectrograms show what is there, in few columns however long it lasts."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from segue.audio.decoding import AudioLimits
from segue.audio.drawing import MOST_COLUMNS, drawing, grey_png
from segue.audio.front_end import FrontEnd
from segue.audio.mel import band_centres_hz
from segue.errors import AudioError

RATE_HZ = 22_050


def written(path: Path, *parts: tuple[float, float, float]) -> Path:
    """Sines one after the other: frequency in Hz, loudness, seconds."""
    samples = [
        level * np.sin(2 * np.pi * hz * np.arange(round(RATE_HZ * seconds)) / RATE_HZ)
        for hz, level, seconds in parts
    ]
    soundfile.write(path, np.concatenate(samples), RATE_HZ)
    return path


def pixels(png: bytes) -> np.ndarray:
    with av.open(io.BytesIO(png)) as file:
        return next(file.decode(video=0)).to_ndarray(format="gray")


def test_a_picture_is_what_was_put_in():
    rows = np.random.default_rng(0).integers(0, 256, (7, 31), dtype=np.uint8)
    assert np.array_equal(pixels(grey_png(rows)), rows)


def test_what_is_loud_and_where_it_sounds(tmp_path):
    path = written(tmp_path / "a.flac", (440, 0.5, 4), (440, 0, 2), (3_520, 0.25, 4))
    drawn = drawing(path)
    assert drawn.duration_seconds == pytest.approx(10, abs=0.01)
    assert drawn.media_type == "audio/flac"
    seconds = np.linspace(0, 10, len(drawn.peaks))
    np.testing.assert_allclose(drawn.peaks[seconds < 3.9], 0.5, atol=0.02)
    assert drawn.peaks[(seconds > 4.2) & (seconds < 5.8)].max() < 0.02
    np.testing.assert_allclose(drawn.peaks[seconds > 6.1], 0.25, atol=0.02)
    picture = pixels(drawn.spectrogram)
    assert picture.shape[0] == 128
    centres = band_centres_hz(FrontEnd())[::-1]  # the highest band is on top
    for place, hz in ((0.2, 440), (0.8, 3_520)):
        column = picture[:, round(place * picture.shape[1])]
        assert centres[column.argmax()] == pytest.approx(hz, rel=0.06)
    assert picture[:, picture.shape[1] // 2].max() < 40


def test_a_long_file_has_no_more_columns(tmp_path):
    path = written(
        tmp_path / "a.flac", *((220, 0.1 * (1 + number % 5), 12) for number in range(10))
    )
    drawn = drawing(path)
    assert drawn.duration_seconds == pytest.approx(120, abs=0.01)
    assert MOST_COLUMNS / 2 < len(drawn.peaks) <= MOST_COLUMNS
    seconds = np.linspace(0, 120, len(drawn.peaks))
    for number in range(10):
        inside = (seconds > 12 * number + 1) & (seconds < 12 * number + 11)
        np.testing.assert_allclose(drawn.peaks[inside], 0.1 * (1 + number % 5), atol=0.02)
    assert MOST_COLUMNS / 2 < pixels(drawn.spectrogram).shape[1] <= MOST_COLUMNS


def test_a_passage(tmp_path):
    path = written(tmp_path / "a.wav", (440, 0.5, 2), (440, 0.1, 2))
    drawn = drawing(path, start_seconds=2.5, length_seconds=1)
    assert drawn.duration_seconds == pytest.approx(1, abs=0.01)
    assert drawn.peaks.max() == pytest.approx(0.1, abs=0.01)


def test_what_breaks_off_is_drawn_where_that_is_permitted(tmp_path):
    whole = written(tmp_path / "a.flac", (440, 0.5, 20)).read_bytes()
    half = tmp_path / "half.flac"
    half.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(AudioError, match=r"decoded|broken|ends"):
        drawing(half)
    assert 8 < drawing(half, damage_permitted=True).duration_seconds < 12


def test_what_cannot_be_drawn(tmp_path):
    text = tmp_path / "a.mp3"
    text.write_text("no audio at all, but words " * 20)
    with pytest.raises(AudioError) as raised:
        drawing(text, damage_permitted=True)
    assert raised.value.reason == "AUDIO_EMPTY"
    short = written(tmp_path / "a.flac", (440, 0.5, 2))
    with pytest.raises(AudioError):
        drawing(short, limits=AudioLimits(max_samples=1_000))
