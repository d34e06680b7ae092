"""What keeps the answers of a search from being all of one kind, and what raises their scores."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from segue.notation import text_key
from segue.tracks import Track, TrackFilter

DEFAULT_HALF_LIFE_YEARS = 10.0


@dataclass(frozen=True, slots=True)
class Variety:
    """Rules for the answers of one search, on all its pages together; false when it asks nothing.

    Artists and albums are told apart as filters do: by their names, without regard to case. Tracks
    that name none have no part in rules about them.

    Attributes
    ----------
    most_per_artist, most_per_album
        0: any number. A track counts for each of its artists.
    most_in_a_row
        By one artist; 0: any number.
    not_seed_albums, not_seed_artists
        Leave out what is of an album or by an artist of a seed's.
    diversity
        In [0, 1]: 0 orders by likeness alone, 1 by how little an answer is like those before it.
    """

    most_per_artist: int = 0
    most_per_album: int = 0
    most_in_a_row: int = 0
    not_seed_albums: bool = False
    not_seed_artists: bool = False
    diversity: float = 0.0

    def __bool__(self) -> bool:
        return self != _ANY

    @property
    def drops(self) -> bool:
        """Whether it leaves out what would be an answer without it."""
        return bool(
            self.most_per_artist
            or self.most_per_album
            or self.not_seed_albums
            or self.not_seed_artists
        )


_ANY = Variety()


@dataclass(frozen=True, slots=True)
class PopularityBoost:
    """Adds ``weight`` times the popularity of a track, in [0, 1]."""

    weight: float


@dataclass(frozen=True, slots=True)
class RecencyBoost:
    """Adds ``weight`` for a track of this year, half of it for one ``half_life_years`` older."""

    weight: float
    half_life_years: float = DEFAULT_HALF_LIFE_YEARS


@dataclass(frozen=True, slots=True)
class LabelBoost:
    """Adds ``weight`` for a track that satisfies ``where``."""

    weight: float
    where: TrackFilter


Boost: TypeAlias = PopularityBoost | RecencyBoost | LabelBoost


def artists_of(track: Track) -> frozenset[str]:
    """Its artists, as filters compare them; a name of spaces alone is none."""
    return _keys(track.metadata.artist, *track.metadata.artists)


def albums_of(track: Track) -> frozenset[str]:
    """Its album, as filters compare it, or nothing."""
    return _keys(track.metadata.album)


@lru_cache(maxsize=16_384)
def _keys(*names: str) -> frozenset[str]:
    # The same few names come again and again in one search, and from one to the next.
    return frozenset(map(text_key, names)) - {""}
