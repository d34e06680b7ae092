"""Playlists over small catalogues whose right order is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from segue.index.exact import ExactIndex
from segue.playlists.contours import GenreContour
from segue.playlists.selection import Length
from segue.playlists.spacing import ALBUM_SPAN
from segue.query.candidates import KnownSeeds, NearestToOne
from segue.query.playlist_building import (
    DEFAULT_VARIETY,
    Playlist,
    PlaylistBuilder,
    PlaylistQuery,
)
from segue.query.search import SimilaritySearch
from segue.tracks import EmbeddedTrack, Track, TrackMetadata, Vector
from segue.variety import Variety

SPACE = "test-v1"
NOW = datetime(2026, 5, 4, tzinfo=UTC)
SEED = np.array([1.0, 0.0], dtype=np.float32)


def stored(degrees: int, *, genre: str, album: str = "") -> EmbeddedTrack:
    """A track of an artist of its own, at an angle from the seed."""
    angle = np.radians(degrees)
    metadata = TrackMetadata(artist=f"artist {degrees}", album=album, genres=(genre,))
    return EmbeddedTrack(
        Track(f"t{degrees:02}", metadata, duration_seconds=180.0, ingested_at=NOW),
        SPACE,
        np.array([np.cos(angle), np.sin(angle)], dtype=np.float32),
    )


def of_vector(track_id: str, vector: Vector) -> EmbeddedTrack:
    """A track of jazz by an artist of its own."""
    metadata = TrackMetadata(artist=track_id, genres=("jazz",))
    return EmbeddedTrack(
        Track(track_id, metadata, duration_seconds=180.0, ingested_at=NOW),
        SPACE,
        vector / np.float32(np.linalg.norm(vector)),
    )


async def built(
    tracks: Sequence[EmbeddedTrack],
    number: int,
    *,
    seed: Vector = SEED,
    contour: GenreContour | None = None,
    variety: Variety = DEFAULT_VARIETY,
    random_seed: int = 0,
) -> Playlist:
    index = ExactIndex(space=SPACE, dimension=len(seed))
    await index.upsert(tracks)
    candidates = NearestToOne(index, KnownSeeds(), seed)
    builder = PlaylistBuilder(SimilaritySearch(None, collaborative_timeout_seconds=1.0))
    return await builder.build(
        index,
        PlaylistQuery(
            candidates, Length(number), contour=contour, variety=variety, random_seed=random_seed
        ),
    )


async def test_no_album_stands_twice_in_five_where_a_genre_ends() -> None:
    # By sound alone, the two of the album would be the fourth and the sixth.
    jazz = [stored(n, genre="jazz", album="One" if n == 30 else "") for n in range(0, 50, 10)]
    metal = [stored(n, genre="metal", album="One" if n == 50 else "") for n in range(50, 90, 5)]
    made = await built([*jazz, *metal], 10, contour=GenreContour(("jazz", "metal")))
    genres = [track.metadata.genres[0] for track in made.tracks]
    assert genres == ["jazz"] * 5 + ["metal"] * 5
    first, second = (n for n, track in enumerate(made.tracks) if track.metadata.album)
    assert second - first >= ALBUM_SPAN


@pytest.mark.parametrize("contour", [None, GenreContour(("jazz",))])
async def test_a_random_seed_leaves_a_varied_playlist_varied(contour: GenreContour | None) -> None:
    # Twenty that sound all alike and like the seed, and twenty of which each sounds like nothing.
    axes = np.eye(41, dtype=np.float32)
    alike = [of_vector(f"alike{n}", axes[0] + 0.1 * axes[n]) for n in range(1, 21)]
    others = [of_vector(f"other{n}", axes[0] + axes[n]) for n in range(21, 41)]

    async def number_of_others(diversity: float, random_seed: int) -> int:
        made = await built(
            [*alike, *others],
            12,
            seed=axes[0],
            contour=contour,
            variety=Variety(diversity=diversity),
            random_seed=random_seed,
        )
        return sum(track.track_id.startswith("other") for track in made.tracks)

    assert await number_of_others(0.0, 0) == 0
    assert await number_of_others(0.8, 0) == 11
    assert [await number_of_others(0.8, seed) >= 6 for seed in range(1, 6)] == [True] * 5
