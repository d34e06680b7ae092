"""Melodies keep to their key, range and chords."""

import numpy as np
import pytest

from segue.trainer.corpus.melody import Voice, compose_melody, harmonise
from segue.trainer.corpus.theory import SCALES, parse_progression

CHORDS = parse_progression("i bVI bIII bVII", 9)


@pytest.mark.parametrize("scale", list(SCALES))
@pytest.mark.parametrize("beats", [3, 4])
def test_melody_stays_in_key_and_range(scale, beats):
    rng = np.random.default_rng(7)
    voice = Voice(9, scale, 60, 84, density=0.6, legato=0.9, velocity=90)
    notes = compose_melody(rng, CHORDS * 2, beats, voice)
    assert len(notes) >= len(CHORDS) * 2
    for note in notes:
        chord = CHORDS[int(note.start // beats) % 4]
        in_scale = (note.pitch - 9) % 12 in SCALES[scale]
        assert in_scale or note.pitch % 12 in chord.pitch_classes
        assert 60 <= note.pitch <= 84
        assert 0 <= note.start < beats * 8
        assert note.length > 0


def test_melody_has_chord_tones_on_the_first_beat():
    rng = np.random.default_rng(1)
    voice = Voice(9, "minor", 60, 84, density=0.8, legato=0.9, velocity=90)
    notes = compose_melody(rng, CHORDS * 4, 4, voice)
    first = [note for note in notes if note.start % 4 == 0]
    assert first
    for note in first:
        assert note.pitch % 12 in CHORDS[int(note.start // 4) % 4].pitch_classes


def test_a_second_voice_lies_a_third_below():
    voice = Voice(0, "major", 60, 84, density=0.5, legato=1.0, velocity=90)
    notes = compose_melody(np.random.default_rng(2), parse_progression("I IV V I", 0), 4, voice)
    for upper, lower in zip(notes, harmonise(notes, voice), strict=True):
        assert upper.pitch - lower.pitch in (3, 4)
