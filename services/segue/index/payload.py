"""Tracks and segments as payloads of points, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from sys import intern
from typing import Any, TypeAlias

from segue.tracks import Provenance, Segment, Track, TrackMetadata, TrackSource, artist_key

Payload: TypeAlias = dict[str, Any]

PASSAGE_FIELDS = ["track_id", "start_seconds", "end_seconds"]
"""What an answer needs to know of a segment."""


SOURCE_FIELDS = ["track_id", "source_uri", "content_sha256"]
"""What :func:`source_from_payload` needs of a track."""


def source_payload(source_uri: str) -> Payload:
    """Fields that ``move`` replaces on a track."""
    return {"source_uri": source_uri}


def source_from_payload(payload: Mapping[str, Any]) -> TrackSource:
    """Read where a track came from."""
    return TrackSource(payload["track_id"], payload["source_uri"], payload["content_sha256"])


def metadata_payload(metadata: TrackMetadata) -> Payload:
    """Fields that ``update_metadata`` replaces on a track."""
    return {
        "title": metadata.title,
        "artist": metadata.artist,
        "album": metadata.album,
        **filterable_metadata(metadata),
    }


def filterable_metadata(metadata: TrackMetadata) -> Payload:
    """Fields that filters look at; what is not given is None, so that it can be unset."""
    return {
        "genres": list(metadata.genres),
        "moods": list(metadata.moods),
        "artist_key": artist_key(metadata.artist) if metadata.artist else None,
        "year": metadata.year,
    }


def track_payload(track: Track) -> Payload:
    """Payload of a track's point."""
    return {
        "track_id": track.track_id,
        **metadata_payload(track.metadata),
        "duration_seconds": track.duration_seconds or None,
        "source_uri": track.source_uri,
        "content_sha256": track.content_sha256,
        "ingested_at": None if track.ingested_at is None else track.ingested_at.isoformat(),
        "predicted_genres": dict(track.predicted_genres),
        "predicted_moods": dict(track.predicted_moods),
        "provenance": None if track.provenance is None else track.provenance.value,
        "damage": track.damage or None,
    }


def segment_payload(track: Track, segment: Segment) -> Payload:
    """Payload of a segment's point: its place, and the track's filterable fields."""
    return {
        "track_id": track.track_id,
        "start_seconds": segment.start_seconds,
        "end_seconds": segment.end_seconds,
        **filterable_metadata(track.metadata),
        "duration_seconds": track.duration_seconds or None,
    }


def track_from_payload(payload: Mapping[str, Any]) -> Track:
    """Rebuild the track that :func:`track_payload` stored. Engines may drop fields set to None."""
    ingested_at = payload.get("ingested_at")
    provenance = payload.get("provenance")
    return Track(
        payload["track_id"],
        TrackMetadata(
            payload["title"],
            intern(payload["artist"]),
            intern(payload["album"]),
            tuple(map(intern, payload["genres"])),
            tuple(map(intern, payload["moods"])),
            payload.get("year"),
        ),
        payload.get("duration_seconds") or 0.0,
        payload["source_uri"],
        payload["content_sha256"],
        None if ingested_at is None else datetime.fromisoformat(ingested_at),
        _probabilities(payload["predicted_genres"]),
        _probabilities(payload["predicted_moods"]),
        None if provenance is None else Provenance(provenance),
        payload.get("damage") or "",
    )


def _probabilities(stored: Mapping[str, float]) -> dict[str, float]:
    # Thousands of tracks are kept in memory, and all of them carry the same few labels.
    return {intern(label): probability for label, probability in stored.items()}
