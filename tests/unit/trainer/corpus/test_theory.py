import pytest

from segue.errors import InvalidArgument
from segue.trainer.corpus import theory
from segue.trainer.corpus.theory import Chord, parse_progression, parse_roman, scale_pitches


@pytest.mark.parametrize(
    ("numeral", "tonic", "symbol", "pitch_classes"),
    [
        ("I", 0, "C", (0, 4, 7)),
        ("vi", 0, "Am", (9, 0, 4)),
        ("bVII", 2, "C", (0, 4, 7)),
        ("iim7", 0, "Dm7", (2, 5, 9, 0)),
        ("V7", 9, "E7", (4, 8, 11, 2)),
        ("iv", 9, "Dm", (2, 5, 9)),
        ("i7", 4, "Em7", (4, 7, 11, 2)),
        ("iim7b5", 0, "Dm7b5", (2, 5, 8, 0)),
    ],
)
def test_roman_numerals(numeral, tonic, symbol, pitch_classes):
    chord = parse_roman(numeral, tonic)
    assert chord.symbol == symbol
    assert chord.pitch_classes == pitch_classes


@pytest.mark.parametrize("numeral", ["", "H", "Ifoo", "iiii", "7"])
def test_what_is_no_numeral_is_refused(numeral):
    with pytest.raises(InvalidArgument):
        parse_roman(numeral, 0)


@pytest.mark.parametrize(
    "pool",
    [
        theory.MAJOR_PROGRESSIONS,
        theory.MINOR_PROGRESSIONS,
        theory.JAZZ_MAJOR_PROGRESSIONS,
        theory.JAZZ_MINOR_PROGRESSIONS,
        theory.BLUES_PROGRESSIONS,
    ],
)
def test_every_progression_can_be_read(pool):
    assert len(set(pool)) == len(pool)
    for progression in pool:
        assert len(parse_progression(progression, 5)) == len(progression.split())


def test_scales():
    assert scale_pitches(0, "major", 60, 72) == (60, 62, 64, 65, 67, 69, 71, 72)
    assert scale_pitches(9, "minor pentatonic", 57, 69) == (57, 60, 62, 64, 67, 69)
    assert theory.is_minor("dorian")
    assert not theory.is_minor("lydian")


def test_voicings_ascend_from_the_lowest_pitch():
    assert Chord(0, "").voiced(55, 4) == (55, 60, 64, 67)
    assert theory.nearest(61, (60, 62)) == 60
