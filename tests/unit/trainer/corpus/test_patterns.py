"""Patterns of accompaniment and drums fill their bars."""

import numpy as np
import pytest

from segue.trainer.corpus.drums import DRUM_PATTERNS
from segue.trainer.corpus.patterns import PATTERNS, Bar, euclidean
from segue.trainer.corpus.theory import parse_progression

CHORDS = parse_progression("i bVI bIII bVII", 9)


@pytest.mark.parametrize("name", list(PATTERNS | DRUM_PATTERNS))
@pytest.mark.parametrize("beats", [3, 4])
def test_patterns_play_within_their_bar(name, beats):
    player = (PATTERNS | DRUM_PATTERNS)[name](np.random.default_rng(4), 40, beats)
    played = []
    for number, chord in enumerate(CHORDS):
        bar = Bar(beats * number, beats, chord, CHORDS[(number + 1) % 4], 90, 0.8, number)
        notes = player(bar)
        played += notes
        for note in notes:
            assert bar.start <= note.start < bar.start + beats + 0.25
            assert 1 <= note.velocity <= 127
            assert 0 < note.pitch <= 127
            assert note.length > 0
    assert played


def test_euclidean_rhythms():
    assert euclidean(3, 8) == (0, 2, 5)
    assert euclidean(4, 16) == (0, 4, 8, 12)
    assert len(euclidean(5, 16, 3)) == 5
