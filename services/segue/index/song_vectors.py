"""All tracks with their song vectors and nothing else of their vectors: a tenth of the reading."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from segue.index.port import TrackIndex
from segue.tracks import EmbeddedTrack, TrackFilter

PAGE_TRACKS = 128


async def song_vectors(
    index: TrackIndex, *, after: str | None = None, where: TrackFilter = TrackFilter()
) -> AsyncGenerator[EmbeddedTrack, None]:
    """Tracks with their song vectors, one by one, in the order of ``list_tracks``.

    A track that is deleted meanwhile is passed over.

    Parameters
    ----------
    after
        Where to begin: a cursor of ``list_tracks``, or the point id of a track.

    Raises
    ------
    IndexUnavailable
        When the engine does not answer.
    """
    while True:
        tracks, after = await index.list_tracks(limit=PAGE_TRACKS, after=after, where=where)
        vectors = await index.vectors([track.track_id for track in tracks])
        for track in tracks:
            if track.track_id in vectors:
                yield EmbeddedTrack(track, index.space, vectors[track.track_id])
        if after is None:
            return
