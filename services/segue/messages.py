"""Tracks as messages of the API: what Segue answers, what its clients and workers send."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from segue.tracks import Track, TrackMetadata
from segue.v1 import track_pb2


def track_message(track: Track, view: track_pb2.TrackView) -> track_pb2.Track:
    """Write as much of a track as ``view`` asks for; unspecified is BASIC."""
    if view == track_pb2.TRACK_VIEW_ID:
        return track_pb2.Track(track_id=track.track_id)
    message = track_pb2.Track(
        track_id=track.track_id,
        metadata=metadata_message(track.metadata),
        duration_seconds=track.duration_seconds,
    )
    if view == track_pb2.TRACK_VIEW_FULL:
        message.source_uri = track.source_uri
        message.content_sha256 = track.content_sha256
        if track.ingested_at is not None:
            message.ingested_at.CopyFrom(timestamp(track.ingested_at))
        message.predicted_genres.extend(_probability_messages(track.predicted_genres))
        message.predicted_moods.extend(_probability_messages(track.predicted_moods))
    return message


def metadata_message(metadata: TrackMetadata) -> track_pb2.TrackMetadata:
    """Write metadata."""
    return track_pb2.TrackMetadata(
        title=metadata.title,
        artist=metadata.artist,
        album=metadata.album,
        genres=metadata.genres,
        moods=metadata.moods,
        year=metadata.year,
    )


def timestamp(moment: datetime) -> Timestamp:
    """Write a point in time; one without a zone is in UTC."""
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def _probability_messages(
    probabilities: Mapping[str, float],
) -> list[track_pb2.LabelProbability]:
    falling = sorted(probabilities.items(), key=lambda pair: (-pair[1], pair[0]))
    return [
        track_pb2.LabelProbability(label=label, probability=probability)
        for label, probability in falling
    ]
