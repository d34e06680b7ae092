"""How many of the candidates make a playlist of a length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.tracks import Track
from segue.variety import albums_of, artists_of

_SPREAD = 0.5
"""How far likeness is shaken, in standard deviations of the candidates' likeness."""


@dataclass(frozen=True, slots=True)
class Length:
    """How long a playlist is to be: so many tracks, or where ``seconds`` are given, so long."""

    tracks: int
    seconds: float | None = None


def nearest_count(durations_seconds: Sequence[float], seconds: float) -> int:
    """How many of the tracks, from the first, come nearest to a length: of two, the fewer.

    At least 1 where there are any.
    """
    if not len(durations_seconds):
        return 0
    return int(np.argmin(np.abs(np.cumsum(durations_seconds) - seconds))) + 1


def within_caps(
    tracks: Sequence[Track],
    before: Sequence[Track],
    *,
    most_per_artist: int,
    most_per_album: int,
) -> list[int]:
    """Places of the tracks that stay when no artist and album has too many, the first ones first.

    Parameters
    ----------
    before
        Tracks of the playlist that stay whatever they are, and count. No recording stands there
        twice.
    most_per_artist, most_per_album
        0: any number. A track counts for each of its artists.
    """
    artists, albums = Counter[str](), Counter[str]()
    recordings: set[str] = set()

    def take(track: Track) -> None:
        artists.update(artists_of(track))
        albums.update(albums_of(track))
        recordings.update(filter(None, (track.recording,)))

    for track in before:
        take(track)
    stay = []
    for place, track in enumerate(tracks):
        full = (
            track.recording in recordings
            or (
                most_per_artist
                and any(artists[one] >= most_per_artist for one in artists_of(track))
            )
            or (most_per_album and any(albums[one] >= most_per_album for one in albums_of(track)))
        )
        if not full:
            take(track)
            stay.append(place)
    return stay


def shaken(similarities: npt.NDArray[np.float64], random_seed: int) -> npt.NDArray[np.float64]:
    """Similarities with something added that a number decides, shape (n,); 0 adds nothing.

    Gumbel noise: choosing the largest of the sums draws without replacement, the more similar the
    likelier (Kool, van Hoof and Welling, ICML 2019).
    """
    if not random_seed or not len(similarities):
        return similarities
    draw = np.random.default_rng(random_seed & (2**64 - 1))
    spread = _SPREAD * float(similarities.std())
    return similarities + spread * draw.gumbel(size=len(similarities))
