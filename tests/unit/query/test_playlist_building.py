"""Playlists over small catalogues whose right order is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from segue.index.exact import ExactIndex
from segue.playlists.contours import GenreContour
from segue.playlists.selection import Length
from segue.playlists.spacing import ALBUM_SPAN
from segue.query.candidates import KnownSeeds, NearestToOne
from segue.query.playlist_building import Playlist, PlaylistBuilder, PlaylistQuery
from segue.query.search import SimilaritySearch
from segue.tracks import EmbeddedTrack, Track, TrackMetadata

SPACE = "test-v1"
NOW = datetime(2026, 5, 4, tzinfo=UTC)


def stored(degrees: int, *, genre: str, album: str = "") -> EmbeddedTrack:
    """A track of an artist of its own, at an angle from the seed."""
    angle = np.radians(degrees)
    metadata = TrackMetadata(artist=f"artist {degrees}", album=album, genres=(genre,))
    return EmbeddedTrack(
        Track(f"t{degrees:02}", metadata, duration_seconds=180.0, ingested_at=NOW),
        SPACE,
        np.array([np.cos(angle), np.sin(angle)], dtype=np.float32),
    )


async def built(tracks: Sequence[EmbeddedTrack], contour: GenreContour, number: int) -> Playlist:
    index = ExactIndex(space=SPACE, dimension=2)
    await index.upsert(tracks)
    seed = NearestToOne(index, KnownSeeds(), np.array([1.0, 0.0], dtype=np.float32))
    builder = PlaylistBuilder(SimilaritySearch(None, collaborative_timeout_seconds=1.0))
    return await builder.build(index, PlaylistQuery(seed, Length(number), contour=contour))


async def test_no_album_stands_twice_in_five_where_a_genre_ends() -> None:
    # By sound alone, the two of the album would be the fourth and the sixth.
    jazz = [stored(n, genre="jazz", album="One" if n == 30 else "") for n in range(0, 50, 10)]
    metal = [stored(n, genre="metal", album="One" if n == 50 else "") for n in range(50, 90, 5)]
    made = await built([*jazz, *metal], GenreContour(("jazz", "metal")), 10)
    genres = [track.metadata.genres[0] for track in made.tracks]
    assert genres == ["jazz"] * 5 + ["metal"] * 5
    first, second = (n for n, track in enumerate(made.tracks) if track.metadata.album)
    assert second - first >= ALBUM_SPAN
