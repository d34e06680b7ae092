"""Who may follow whom: no artist twice in a row, no album twice in five tracks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segue.tracks import Track
from segue.variety import albums_of, artists_of

ALBUM_SPAN = 5
"""No two of so many tracks in a row shall be of one album."""


@dataclass(frozen=True, slots=True, eq=False)
class Kinship:
    """Which of some tracks share an artist, and which an album: shape (n, n) each."""

    artist: npt.NDArray[np.bool_]
    album: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, tracks: Sequence[Track]) -> Kinship:
        """That of tracks; no track is kin to itself."""
        return cls(_shared(tracks, artists_of), _shared(tracks, albums_of))

    def breaches(self, order: Sequence[int] | npt.NDArray[np.int64]) -> int:
        """Pairs of tracks that stand nearer to one another than they should.

        Those of one artist next to each other, and those of one album within ``ALBUM_SPAN``.
        """
        places = np.asarray(order)
        count = int(self.artist[places[:-1], places[1:]].sum())
        for distance in range(1, min(ALBUM_SPAN, len(places))):
            count += int(self.album[places[:-distance], places[distance:]].sum())
        return count


def _shared(
    tracks: Sequence[Track], keys: Callable[[Track], Collection[str]]
) -> npt.NDArray[np.bool_]:
    holders: dict[str, list[int]] = {}
    for place, track in enumerate(tracks):
        for key in keys(track):
            holders.setdefault(key, []).append(place)
    shared = np.zeros((len(tracks), len(tracks)), dtype=np.bool_)
    for places in holders.values():
        if len(places) > 1:
            shared[np.ix_(places, places)] = True
    np.fill_diagonal(shared, False)
    return shared
