"""How genres and emotions are read out of a model's outputs: fixed before anything is measured.

Genres and moods are looked up by name, in the genre outputs and the mood outputs of a model; names
that mean the same are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.trainer.evaluation.metrics import Numbers

_SAME = (
    ("hip-hop", "rap"),
    ("rnb", "r&b", "r'n'b", "rhythm and blues"),
    ("classical", "classic", "classical music"),
    ("electronic", "electronica", "electronic music"),
    ("drum and bass", "drum'n'bass", "drum & bass", "dnb"),
    ("rock and roll", "rock'n'roll", "rock & roll"),
    ("world", "world music"),
    ("melancholic", "melancholy", "sad"),
    ("happy", "joyful"),
    ("calm", "relaxed", "relaxing"),
)
"""Names that mean the same, the first being the chief one."""

_AROUSAL = (("energetic", "happy", "epic"), ("calm", "melancholic", "dreamy", "romantic"))
_VALENCE = (("happy", "calm", "romantic", "dreamy"), ("dark", "melancholic"))

CIRCUMPLEX: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "arousal": _AROUSAL,
    "valence": _VALENCE,
}
"""Moods whose mean counts for, and moods whose mean counts against, each of the two axes
(J. Russell, Journal of Personality and Social Psychology 39, 1980)."""

EMOTIONS: Mapping[str, tuple[tuple[int, str], ...]] = {
    "calmness": ((1, "calm"),),
    "power": ((1, "energetic"),),
    "joyful activation": ((1, "happy"),),
    "sadness": ((1, "melancholic"),),
    "tension": ((-1, "calm"),),
    "tenderness": ((1, "romantic"), (1, "calm")),
}
"""By emotion: sign and mood that are read, the first whose mood is published
(the emotions: M. Zentner, D. Grandjean, K. Scherer, Emotion 8, 2008)."""


def name_key(name: str) -> str:
    """Form under which names of genres, moods and emotions are compared.

    Case, hyphens, underscores and spaces do not count, and names that mean the same are one.
    """
    bare = _bare(name)
    return _CHIEF.get(bare, bare)


def _bare(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name.casefold())


_CHIEF = {_bare(name): _bare(names[0]) for names in _SAME for name in names}

_EMOTION_MOODS = {_bare(emotion): moods for emotion, moods in EMOTIONS.items()}


@dataclass(frozen=True, slots=True)
class ReadOut:
    """What is read for a label or an emotion.

    Attributes
    ----------
    what
        The outputs in words, such as ``calm`` or ``-calm``.
    scores
        Shape (n,): larger means more of it.
    """

    what: str
    scores: Numbers


class Published:
    """The labels that a model publishes, with their probabilities for n clips.

    Parameters
    ----------
    genres
        Names of the genre outputs; none when the model has no such output.
    genre_probabilities
        Shape (n, genres); None without such an output.
    moods
        Names of the mood outputs.
    mood_probabilities
        Shape (n, moods).

    Raises
    ------
    ValueError
        When names and probabilities do not fit together.
    """

    def __init__(
        self,
        genres: Sequence[str] = (),
        genre_probabilities: npt.NDArray[np.floating] | None = None,
        moods: Sequence[str] = (),
        mood_probabilities: npt.NDArray[np.floating] | None = None,
    ) -> None:
        self._genres = _columns(genres, genre_probabilities)
        self._moods = _columns(moods, mood_probabilities)

    @property
    def has_genres(self) -> bool:
        """Whether the model has genre outputs at all."""
        return bool(self._genres)

    def genre(self, name: str) -> ReadOut | None:
        """The probability of a genre; the largest one where several outputs mean the same.

        None when the model does not publish it.
        """
        return _read(name, self._genres, self._moods)

    def mood(self, name: str) -> ReadOut | None:
        """The same for a mood."""
        return _read(name, self._moods, self._genres)

    def emotion(self, name: str) -> ReadOut | None:
        """What is read for an emotion: the mood of that name, or the one in ``EMOTIONS``."""
        if (same := self.mood(name)) is not None:
            return same
        for sign, mood in _EMOTION_MOODS.get(_bare(name), ()):
            if (found := self.mood(mood)) is not None:
                return found if sign > 0 else ReadOut(f"-{found.what}", -found.scores)
        return None

    def axis(self, name: str) -> ReadOut | None:
        """Arousal or valence: a mean of moods minus a mean of moods, of those published.

        A side of which no mood is published counts as 0. None when that holds for both.
        """
        sides = [
            [found for found in map(self.mood, moods) if found is not None]
            for moods in CIRCUMPLEX[name]
        ]
        if not any(sides):
            return None
        signed = zip(("", "-"), (1.0, -1.0), sides, strict=True)
        parts = [
            (f"{mark}mean({', '.join(one.what for one in side)})", sign, side)
            for mark, sign, side in signed
            if side
        ]
        scores = sum(
            sign * np.mean([one.scores for one in side], axis=0) for _, sign, side in parts
        )
        return ReadOut(" ".join(what for what, _, _ in parts), np.asarray(scores, np.float64))


def reads_emotion(name: str, labels: Iterable[str]) -> bool:
    """Whether an emotion has a fixed read-out or the name of one of the labels published."""
    return _bare(name) in _EMOTION_MOODS or name_key(name) in set(map(name_key, labels))


def _columns(
    names: Sequence[str], probabilities: npt.NDArray[np.floating] | None
) -> dict[str, list[tuple[str, Numbers]]]:
    if probabilities is None:
        return {}
    if probabilities.ndim != 2 or probabilities.shape[1] != len(names):
        raise ValueError(f"{len(names)} labels but probabilities of shape {probabilities.shape}")
    found: dict[str, list[tuple[str, Numbers]]] = {}
    for name, column in zip(names, np.asarray(probabilities, np.float64).T, strict=True):
        found.setdefault(name_key(name), []).append((name, column))
    return found


def _read(name: str, *tables: Mapping[str, list[tuple[str, Numbers]]]) -> ReadOut | None:
    for table in tables:
        if found := table.get(name_key(name)):
            names, columns = zip(*found, strict=True)
            return ReadOut(" or ".join(names), np.max(columns, axis=0))
    return None
