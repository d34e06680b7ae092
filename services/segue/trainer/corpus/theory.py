"""Scales, chords and progressions: what the composer may choose from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from segue.errors import InvalidArgument

NOTE_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")

SCALES: Mapping[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
}
"""Scale name to pitch classes above the tonic."""

QUALITIES: Mapping[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "dim": (0, 3, 6),
    "5": (0, 7),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "M7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "m7b5": (0, 3, 6, 10),
    "9": (0, 4, 7, 10, 14),
    "m9": (0, 3, 7, 10, 14),
    "M9": (0, 4, 7, 11, 14),
}
"""Chord suffix, as MMA writes it, to intervals above the root in semitones."""

_NUMERALS = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}
_ROMAN = re.compile(r"^([b#]?)([IViv]+)(.*)$")

MAJOR_PROGRESSIONS = (
    "I V vi IV",
    "I IV V IV",
    "I vi IV V",
    "I IV vi V",
    "vi IV I V",
    "I iii IV V",
    "I V IV I",
    "I bVII IV I",
    "I ii IV V",
    "IV I V vi",
    "I V vi iii IV I IV V",
    "I Isus4 IV V",
    "I III IV iv",
    "I ii iii IV",
    "I II IV I",
    "I vi ii V",
)
MINOR_PROGRESSIONS = (
    "i bVI bIII bVII",
    "i bVII bVI bVII",
    "i iv bVII bIII",
    "i bVI iv V",
    "i iv V i",
    "i bVII bVI V",
    "i i bVI bVII",
    "i v iv i",
    "i bIII bVII iv",
    "i bII i bVII",
    "i IV i IV",
    "i iv bVI V",
    "bVI bVII i i",
    "i bVI bVII iv",
    "i bIII iv bVI",
    "i V bVI iv",
)
JAZZ_MAJOR_PROGRESSIONS = (
    "iim7 V7 IM7 vim7",
    "IM7 vim7 iim7 V7",
    "IM7 IVM7 iiim7 VI7",
    "iiim7 VI7 iim7 V7",
    "IM7 bIII7 iim7 V7",
    "I6 iim7 iiim7 iim7",
    "IVM7 ivm6 iiim7 VI7",
    "IM9 iim9 IM9 iim9",
)
JAZZ_MINOR_PROGRESSIONS = (
    "im7 ivm7 iim7b5 V7",
    "im7 bVII7 bVIM7 V7",
    "im9 im9 ivm9 im9",
    "im6 iim7b5 V7 im6",
    "im7 IV9 im7 IV9",
    "ivm7 bVII7 bIIIM7 bVIM7",
    "im7 bIIIM7 bVIM7 V7",
    "im9 bVIM7 im9 bVIM7",
)
BLUES_PROGRESSIONS = (
    "I7 I7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7",
    "I7 IV7 I7 I7 IV7 IV7 I7 VI7 II7 V7 I7 V7",
    "i7 i7 i7 i7 iv7 iv7 i7 i7 bVI7 V7 i7 V7",
    "I7 I7 IV7 I7",
    "I7 IV7 V7 I7",
    "im7 ivm7 im7 V7",
)


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord: root pitch class in [0, 11] and a quality out of ``QUALITIES``."""

    root: int
    quality: str

    @property
    def symbol(self) -> str:
        """The name that MMA reads, such as ``Ebm7``."""
        return NOTE_NAMES[self.root] + self.quality

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Pitch classes in [0, 11], the root first."""
        return tuple((self.root + step) % 12 for step in QUALITIES[self.quality])

    def voiced(self, low: int, notes: int = 4) -> tuple[int, ...]:
        """Ascending MIDI pitches of a close voicing whose lowest note is at or just above low."""
        pitches = sorted(
            pitch for pitch in range(low, low + 36) if pitch % 12 in self.pitch_classes
        )
        return tuple(pitches[:notes])


def parse_roman(numeral: str, tonic: int) -> Chord:
    """Chord of a Roman numeral: case gives major or minor, degrees count along the major scale.

    Parameters
    ----------
    numeral
        ``b``, ``#`` or neither; a numeral; a suffix of ``QUALITIES``.
    tonic
        Pitch class, in [0, 11].

    Raises
    ------
    InvalidArgument
        When ``numeral`` is of another form.
    """
    match = _ROMAN.match(numeral)
    if match is None or match[2].lower() not in _NUMERALS:
        raise InvalidArgument("numeral", f"{numeral!r} is not a Roman numeral")
    accidental, degree, suffix = match.groups()
    quality = suffix
    if degree.islower():
        quality = {"": "m", "7": "m7", "9": "m9"}.get(suffix, suffix)
    if quality not in QUALITIES:
        raise InvalidArgument("numeral", f"{numeral!r} has an unknown chord quality")
    shift = {"": 0, "b": -1, "#": 1}[accidental]
    return Chord((tonic + _NUMERALS[degree.lower()] + shift) % 12, quality)


def parse_progression(progression: str, tonic: int) -> tuple[Chord, ...]:
    """Chords of a progression of Roman numerals separated by spaces, one chord per bar."""
    return tuple(parse_roman(numeral, tonic) for numeral in progression.split())


def scale_pitches(tonic: int, scale: str, low: int, high: int) -> tuple[int, ...]:
    """MIDI pitches of a scale within the closed range [low, high], ascending."""
    steps = SCALES[scale]
    return tuple(pitch for pitch in range(low, high + 1) if (pitch - tonic) % 12 in steps)


def is_minor(scale: str) -> bool:
    """Whether a scale's third is minor."""
    return 3 in SCALES[scale]


def nearest(pitch: float, allowed: Sequence[int]) -> int:
    """The allowed pitch that is nearest; the lower one when two are equally near."""
    return min(allowed, key=lambda candidate: (abs(candidate - pitch), candidate))
