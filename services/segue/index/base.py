"""What every searchable index is: tracks of one embedding space, checked before they are stored."""

from __future__ import annotations

from collections.abc import Sequence

from segue.index.schema import TRACKS, collection_name
from segue.index.validation import unit_tracks
from segue.tracks import EmbeddedTrack


class IndexBase:
    """The part of an index that does not depend on its engine.

    Parameters
    ----------
    space
        Name of the embedding space.
    dimension, genre_dimension
        Lengths of song vectors and of genre vectors (None: none are stored).

    Raises
    ------
    SpaceMismatch
        When ``space`` cannot be the name of a space.
    """

    def __init__(self, *, space: str, dimension: int, genre_dimension: int | None) -> None:
        collection_name(TRACKS, space)
        self._space = space
        self._dimension = dimension
        self._genre_dimension = genre_dimension

    @property
    def space(self) -> str:
        """Name of the embedding space."""
        return self._space

    @property
    def dimension(self) -> int:
        """Length of the vectors."""
        return self._dimension

    def _unit_tracks(self, tracks: Sequence[EmbeddedTrack]) -> list[EmbeddedTrack]:
        """The tracks as they may be stored here, before the first of them is."""
        return unit_tracks(
            tracks,
            space=self._space,
            dimension=self._dimension,
            genre_dimension=self._genre_dimension,
        )
