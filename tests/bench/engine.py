"""The embedded engine on its own, without any adapter: what everything is held against."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import qdrant_edge as edge

from segue.index.edge.engine import ShardLayout, create_shard
from segue.index.payload import segment_payload, track_payload
from segue.index.schema import AUDIO, DEFAULT_GRAPH, GENRE, SEGMENTS, TRACKS
from segue.tracks import EmbeddedTrack, segment_point_id, track_point_id


def bare_upsert(folder: Path, tracks: list[EmbeddedTrack]) -> Callable[[int], object]:
    """A function that upserts the n-th track and its passages into shards of the engine."""
    shards = {}
    dimension, genre = len(tracks[0].vector), tracks[0].genre_vector
    genres = {TRACKS: None if genre is None else len(genre), SEGMENTS: None}
    for kind in (TRACKS, SEGMENTS):
        path = folder / kind
        path.mkdir(parents=True)
        layout = ShardLayout(kind, dimension, genres[kind], DEFAULT_GRAPH, 2_000)
        shards[kind] = create_shard(path, layout)

    def upsert(number: int) -> None:
        one = tracks[number]
        vectors = {AUDIO: one.vector.tolist()}
        if one.genre_vector is not None:
            vectors[GENRE] = one.genre_vector.tolist()
        song = edge.Point(track_point_id(one.track.track_id), vectors, track_payload(one.track))
        passages = [
            edge.Point(
                segment_point_id(one.track.track_id, segment.number),
                {AUDIO: segment.vector.tolist()},
                segment_payload(one.track, segment),
            )
            for segment in one.segments
        ]
        shards[TRACKS].update(edge.UpdateOperation.upsert_points([song]))
        shards[SEGMENTS].update(edge.UpdateOperation.upsert_points(passages))

    return upsert
