"""Rendering with the real MMA, FluidSynth, sound font and FFmpeg, where they are installed."""

import numpy as np
import pytest

from segue.trainer.corpus import external_programs
from segue.trainer.corpus.composition import Commission, commission, compose
from segue.trainer.corpus.production import active_rms
from segue.trainer.corpus.rendering import play_stem, render

RATE = 22_050


def level_db(audio):
    return 20 * np.log10(np.sqrt(np.mean(np.square(audio, dtype=np.float64))) + 1e-12)


@pytest.mark.parametrize("genre", ["metal", "jazz", "electronic"])
def test_a_track_sounds_throughout_at_a_sane_level(installed, genre):
    piece = compose(2, 1, Commission(genre, "energetic", "train", 3, 0), 8.0)
    audio = render(piece, 8.0, RATE, external_programs.sound_font())
    assert audio.shape == (8 * RATE, 2)
    assert np.isfinite(audio).all()
    assert np.abs(audio).max() <= 1
    assert -32 < level_db(audio) < -6
    seconds = audio[: 7 * RATE].reshape(7, -1)
    assert min(level_db(second) for second in seconds) > -55


def test_rendering_is_repeatable(installed):
    piece, font = compose(2, 3, commission(2, 3), 5.0), external_programs.sound_font()
    first, again = (render(piece, 5.0, RATE, font) for _ in range(2))
    np.testing.assert_allclose(again, first, atol=1e-5)


def test_the_melody_plays(installed):
    piece = compose(2, 1, Commission("metal", "energetic", "train", 3, 0), 20.0)
    lead = play_stem(piece, "lead", 20 * RATE, RATE, external_programs.sound_font())
    assert active_rms(lead, RATE) > 1e-3
