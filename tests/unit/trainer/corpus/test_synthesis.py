"""Synthesised voices."""

import numpy as np
import pytest

from segue.trainer.corpus.midi import Note
from segue.trainer.corpus.synthesis import synthesise

RATE = 22_050


@pytest.mark.parametrize("program", range(128, 136))
def test_synthesised_voices_play_in_tune(program):
    note = Note(0, 1, 69, 100)
    audio = synthesise(program, 5, [(0.0, 1.0, note)], RATE * 2, RATE)
    assert np.isfinite(audio).all()
    assert np.abs(audio[: RATE // 2]).max() > 0.01
    assert np.abs(audio[RATE + RATE // 2 :]).max() == 0  # nothing was written there
    spectrum = np.abs(np.fft.rfft(audio[:RATE, 0] * np.hanning(RATE)))
    partials = spectrum[[220, 440, 660, 880, 1320]]
    if program != 130:  # FM voices have inharmonic partials
        assert partials[1:].max() > 20 * np.median(spectrum)
