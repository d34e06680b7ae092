"""Tracks, their metadata and their vectors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np

from segue.errors import InvalidArgument, InvalidVector
from segue.layers import (
    FieldSource,
    MetadataLayers,
    layers_from_sources,
    with_layers,
)
from segue.limits import (
    LARGEST_VECTOR,
    METADATA_LISTS,
    checked_count,
    checked_fingerprint,
    checked_key,
    checked_metadata,
    checked_tempo,
    checked_track,
    wanted_track_id,
)
from segue.texts import shown_uri
from segue.tracks import (
    METADATA_FIELDS,
    EmbeddedTrack,
    EstimatedKey,
    EstimatedTempo,
    Provenance,
    Segment,
    Track,
    TrackMetadata,
    TrackSource,
    Vector,
)
from segue.v1 import catalog_service_pb2, track_pb2
from segue.wire.times import time_from_message, time_to_message

_PROVENANCES = {
    None: track_pb2.TRACK_PROVENANCE_UNSPECIFIED,
    Provenance.OWNER: track_pb2.TRACK_PROVENANCE_OWNER,
    Provenance.INGESTED: track_pb2.TRACK_PROVENANCE_INGESTED,
    Provenance.GIVEN: track_pb2.TRACK_PROVENANCE_GIVEN,
}
_SOURCES = {
    FieldSource.TAGS: track_pb2.FIELD_SOURCE_TAGS,
    FieldSource.GIVEN: track_pb2.FIELD_SOURCE_GIVEN,
    FieldSource.CORRECTED: track_pb2.FIELD_SOURCE_CORRECTED,
}
_SOURCES_BACK = {number: source for source, number in _SOURCES.items()}
_PROVENANCES_BACK = {number: provenance for provenance, number in _PROVENANCES.items()}


def metadata_to_message(metadata: TrackMetadata) -> track_pb2.TrackMetadata:
    """Write metadata."""
    message = track_pb2.TrackMetadata()
    write_metadata(metadata, message)
    return message


def write_metadata(metadata: TrackMetadata, message: track_pb2.TrackMetadata) -> None:
    """Write metadata into an empty message."""
    # Every answer of a search comes here. Field by field it takes half as long as by their names.
    if metadata.title:
        message.title = metadata.title
    if metadata.artist:
        message.artist = metadata.artist
    if metadata.artists:
        message.artists.extend(metadata.artists)
    if metadata.album:
        message.album = metadata.album
    if metadata.genres:
        message.genres.extend(metadata.genres)
    if metadata.moods:
        message.moods.extend(metadata.moods)
    if metadata.year is not None:
        message.year = metadata.year
    if metadata.album_artist:
        message.album_artist = metadata.album_artist
    if metadata.isrc:
        message.isrc = metadata.isrc
    if metadata.musicbrainz_recording_id:
        message.musicbrainz_recording_id = metadata.musicbrainz_recording_id
    if metadata.musicbrainz_release_id:
        message.musicbrainz_release_id = metadata.musicbrainz_release_id
    if metadata.musicbrainz_artist_ids:
        message.musicbrainz_artist_ids.extend(metadata.musicbrainz_artist_ids)
    if metadata.track_number is not None:
        message.track_number = metadata.track_number
    if metadata.disc_number is not None:
        message.disc_number = metadata.disc_number
    if metadata.bpm is not None:
        message.bpm = metadata.bpm
    if metadata.key:
        message.key = metadata.key
    if metadata.language:
        message.language = metadata.language
    if metadata.explicit is not None:
        message.explicit = metadata.explicit
    if metadata.track_gain_db is not None:
        message.track_gain_db = metadata.track_gain_db


def metadata_from_message(
    message: track_pb2.TrackMetadata, field: str = "metadata"
) -> TrackMetadata:
    """Read metadata; texts trimmed, labels in their normal form.

    Raises
    ------
    InvalidArgument
        As :func:`segue.limits.checked_metadata`.
    """
    return checked_metadata(plain_metadata(message), field)


def plain_metadata(message: track_pb2.TrackMetadata) -> TrackMetadata:
    """Read metadata as they stand; :func:`segue.limits.checked_metadata` has to follow."""
    # Only what is given is listed: most tracks say little of the many things that there are.
    said: dict[str, Any] = {
        one.name: tuple(value) if one.name in METADATA_LISTS else value
        for one, value in message.ListFields()
    }
    return TrackMetadata(**said)


def track_to_message(track: Track, view: track_pb2.TrackView) -> track_pb2.Track:
    """Write as much of a track as ``view`` asks for; unspecified is BASIC.

    Secrets of its source's URI are left out.
    """
    if view == track_pb2.TRACK_VIEW_ID:
        return track_pb2.Track(track_id=track.track_id)
    if view == track_pb2.TRACK_VIEW_SOURCE:
        return source_to_message(TrackSource.of(track))
    message = track_pb2.Track(
        track_id=track.track_id,
        duration_seconds=track.duration_seconds,
        recording=track.recording,
    )
    message.metadata.SetInParent()
    write_metadata(track.metadata, message.metadata)
    if view == track_pb2.TRACK_VIEW_FULL:
        message.source_uri = shown_uri(track.source_uri)
        message.content_sha256 = track.content_sha256
        if track.ingested_at is not None:
            message.ingested_at.CopyFrom(time_to_message(track.ingested_at))
        message.predicted_genres.extend(_probability_messages(track.predicted_genres))
        message.predicted_moods.extend(_probability_messages(track.predicted_moods))
        message.predicted_descriptors.extend(_probability_messages(track.predicted_descriptors))
        message.provenance = _PROVENANCES[track.provenance]
        message.damage = track.damage
        message.file_name = track.file_name
        if track.layers is not None:
            _write_layers(message, track.layers)
        if (tempo := track.estimated_tempo) is not None:
            message.estimated_tempo.bpm = tempo.bpm
            message.estimated_tempo.confidence = tempo.confidence
        if (key := track.estimated_key) is not None:
            message.estimated_key.key = key.key
            message.estimated_key.confidence = key.confidence
    return message


def source_to_message(source: TrackSource) -> track_pb2.Track:
    """Write a track in the view SOURCE; secrets of the URI are left out."""
    return track_pb2.Track(
        track_id=source.track_id,
        source_uri=shown_uri(source.source_uri),
        content_sha256=source.content_sha256,
        provenance=_PROVENANCES[source.provenance],
    )


def source_from_message(message: track_pb2.Track) -> TrackSource:
    """Read a track in the view SOURCE."""
    return TrackSource(
        message.track_id,
        message.source_uri,
        message.content_sha256,
        _PROVENANCES_BACK.get(message.provenance),
    )


def track_from_message(message: track_pb2.Track, field: str = "track") -> Track:
    """Read a track in the view FULL, its texts as they stand.

    One that a client gives has to pass :func:`segue.limits.checked_track` too.

    Raises
    ------
    InvalidArgument
        When it has no id, or its duration, probabilities or estimates are out of range.
    """
    track = Track(
        track_id=wanted_track_id(message.track_id, f"{field}.track_id"),
        metadata=plain_metadata(message.metadata),
        duration_seconds=_duration(message.duration_seconds, f"{field}.duration_seconds"),
        source_uri=message.source_uri,
        content_sha256=message.content_sha256,
        ingested_at=(
            time_from_message(message.ingested_at) if message.HasField("ingested_at") else None
        ),
        predicted_genres=_probabilities(message.predicted_genres, f"{field}.predicted_genres"),
        predicted_moods=_probabilities(message.predicted_moods, f"{field}.predicted_moods"),
        predicted_descriptors=_probabilities(
            message.predicted_descriptors, f"{field}.predicted_descriptors"
        ),
        # One of a later version is not known here.
        provenance=_PROVENANCES_BACK.get(message.provenance),
        damage=message.damage,
        file_name=message.file_name,
        estimated_tempo=_tempo(message, f"{field}.estimated_tempo"),
        estimated_key=_key(message, f"{field}.estimated_key"),
        recording=message.recording,
    )
    layers = _layers_from_message(message, track.metadata)
    return track if layers is None else with_layers(track, layers)


def embedded_track_to_message(embedded: EmbeddedTrack) -> catalog_service_pb2.TrackVectors:
    """Write a track with its vectors. Its space is named once per request, not per track."""
    genre = embedded.genre_vector
    return catalog_service_pb2.TrackVectors(
        track=track_to_message(embedded.track, track_pb2.TRACK_VIEW_FULL),
        values=embedded.vector.tolist(),
        genre_values=[] if genre is None else genre.tolist(),
        segments=map(segment_to_message, embedded.segments),
        fingerprint=embedded.fingerprint.code_bytes,
        landmarks=embedded.fingerprint.landmarks,
    )


def segment_to_message(segment: Segment) -> track_pb2.SegmentVector:
    """Write a passage with its vector."""
    return track_pb2.SegmentVector(
        start_seconds=segment.start_seconds,
        end_seconds=segment.end_seconds,
        values=segment.vector.tolist(),
    )


def embedded_track_from_message(
    message: catalog_service_pb2.TrackVectors, *, space: str, now: datetime, field: str
) -> EmbeddedTrack:
    """Read a track with its vectors; ``now`` stands in for a missing time of ingest.

    Metadata of which no source is told count as given.

    Raises
    ------
    InvalidArgument
        As :func:`track_from_message` and :func:`segue.limits.checked_track`, when a passage does
        not end after it starts, and when a fingerprint is none.
    """
    track = track_from_message(message.track, f"{field}.track")
    if track.layers is None:
        track = with_layers(track, MetadataLayers(given=track.metadata))
    track = checked_track(track, f"{field}.track")
    checked_count(message.segments, "segments", f"{field}.segments")
    if track.ingested_at is None:
        track = replace(track, ingested_at=now)
    return _with_vectors(track, message, space, field)


def stored_track_from_message(
    message: catalog_service_pb2.TrackVectors, *, space: str
) -> EmbeddedTrack:
    """Read a track with its vectors as a catalogue holds it, its texts as they stand."""
    return _with_vectors(track_from_message(message.track), message, space, "track")


def _with_vectors(
    track: Track, message: catalog_service_pb2.TrackVectors, space: str, field: str
) -> EmbeddedTrack:
    return EmbeddedTrack(
        track=track,
        space=space,
        vector=vector_from_values(message.values),
        genre_vector=vector_from_values(message.genre_values) if message.genre_values else None,
        segments=[
            _segment(number, segment, f"{field}.segments[{number}]")
            for number, segment in enumerate(message.segments)
        ],
        fingerprint=checked_fingerprint(message.fingerprint, message.landmarks, field),
    )


def vector_from_values(values: Sequence[float]) -> Vector:
    """Shape (n,), float32, as given: the index checks length, finiteness and direction.

    Raises
    ------
    InvalidVector
        When no vector is that long.
    """
    if len(values) > LARGEST_VECTOR:
        raise InvalidVector(f"the vector has {len(values)} values, over {LARGEST_VECTOR}")
    return np.fromiter(values, np.float32, len(values))


def _write_layers(message: track_pb2.Track, layers: MetadataLayers) -> None:
    """Write whose word the metadata are, and what others say that does not hold."""
    for name, source in layers.sources().items():
        message.field_sources[name] = _SOURCES[source]
    tags, given = layers.hidden()
    if tags.given():
        message.hidden_tags.MergeFrom(track_pb2.TrackMetadata(**tags.given()))
    if given.given():
        message.hidden_given.MergeFrom(track_pb2.TrackMetadata(**given.given()))


def _layers_from_message(
    message: track_pb2.Track, metadata: TrackMetadata
) -> MetadataLayers | None:
    """Read what :func:`_write_layers` wrote; None where no source is told of any metadata."""
    if not message.field_sources:
        return None if metadata.given() else MetadataLayers()
    # A field or a source of a later version is not known here.
    sources = {
        name: _SOURCES_BACK[number]
        for name, number in message.field_sources.items()
        if name in METADATA_FIELDS and number in _SOURCES_BACK
    }
    return layers_from_sources(
        metadata,
        sources,
        plain_metadata(message.hidden_tags),
        plain_metadata(message.hidden_given),
    )


def _duration(seconds: float, field: str) -> float:
    if not (seconds >= 0 and math.isfinite(seconds)):
        raise InvalidArgument(field, f"{seconds} is not a duration")
    return seconds


def _tempo(message: track_pb2.Track, field: str) -> EstimatedTempo | None:
    if not message.HasField("estimated_tempo"):
        return None
    told = message.estimated_tempo
    return checked_tempo(told.bpm, told.confidence, field)


def _key(message: track_pb2.Track, field: str) -> EstimatedKey | None:
    if not message.HasField("estimated_key"):
        return None
    told = message.estimated_key
    return checked_key(told.key, told.confidence, field)


def _segment(number: int, message: track_pb2.SegmentVector, field: str) -> Segment:
    start, end = message.start_seconds, message.end_seconds
    if not (0 <= start < end and math.isfinite(end)):
        raise InvalidArgument(field, f"{start} to {end} s is not a passage")
    return Segment(number, start, end, vector_from_values(message.values))


def _probability_messages(
    probabilities: Mapping[str, float],
) -> list[track_pb2.LabelProbability]:
    falling = sorted(probabilities.items(), key=lambda pair: (-pair[1], pair[0]))
    return [
        track_pb2.LabelProbability(label=label, probability=probability)
        for label, probability in falling
    ]


def _probabilities(
    messages: Iterable[track_pb2.LabelProbability], field: str
) -> Mapping[str, float]:
    probabilities = {message.label: message.probability for message in messages}
    for label, probability in probabilities.items():
        if not 0 <= probability <= 1:
            raise InvalidArgument(field, f"{label!r} has probability {probability}")
    return probabilities
