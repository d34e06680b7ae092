"""Messages of the API to the domain, with the checks that a message alone allows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from google.protobuf.timestamp_pb2 import Timestamp

from segue.errors import InvalidArgument
from segue.tracks import (
    EmbeddedTrack,
    LabelMatch,
    NumberRange,
    Segment,
    Track,
    TrackFilter,
    TrackMetadata,
    Vector,
    artist_key,
    label_key,
    normalise_labels,
)
from segue.v1 import catalog_service_pb2, track_pb2

LARGEST_TRACK_ID_BYTES = 256
LARGEST_LABEL_LIST = 1_000
LARGEST_ID_LIST = 10_000
LARGEST_TEXT_BYTES = 4_096
YEARS = (1000, 9999)

_NO_FILTER = TrackFilter()


def checked_track_id(track_id: str, field: str = "track_id") -> str:
    """Return the id if it can name a track.

    Raises
    ------
    InvalidArgument
        When it is empty or longer than 256 bytes.
    """
    if not track_id:
        raise InvalidArgument(field, "must not be empty")
    # No character takes more than four bytes.
    if len(track_id) * 4 > LARGEST_TRACK_ID_BYTES:
        size = len(track_id.encode("utf-8"))
        if size > LARGEST_TRACK_ID_BYTES:
            raise InvalidArgument(field, f"has {size} bytes, over {LARGEST_TRACK_ID_BYTES}")
    return track_id


def vector_of(values: Sequence[float]) -> Vector:
    """Shape (n,), float32, as given: the index checks length, finiteness and direction."""
    return np.fromiter(values, np.float32, len(values))


def filter_of(message: track_pb2.TrackFilter, field: str = "filter") -> TrackFilter:
    """Read a filter; labels and artists in their normal form.

    Raises
    ------
    InvalidArgument
        When a label is blank, a range is reversed or no range, or a list is too long.
    """
    if not message.ByteSize():
        return _NO_FILTER
    excluded = message.exclude_track_ids
    if len(excluded) > LARGEST_ID_LIST:
        raise InvalidArgument(
            f"{field}.exclude_track_ids", f"holds {len(excluded)} ids, over {LARGEST_ID_LIST}"
        )
    return TrackFilter(
        genres=_match_of(message.genres, f"{field}.genres", label_key),
        moods=_match_of(message.moods, f"{field}.moods", label_key),
        artists=_match_of(message.artists, f"{field}.artists", artist_key),
        year=_years_of(message.year, f"{field}.year"),
        duration_seconds=_durations_of(message.duration, f"{field}.duration"),
        exclude_track_ids=tuple(dict.fromkeys(excluded)),
    )


def metadata_of(message: track_pb2.TrackMetadata, field: str = "metadata") -> TrackMetadata:
    """Read metadata; texts trimmed, labels in their normal form.

    Raises
    ------
    InvalidArgument
        When the year lies outside [1000, 9999], or a text or list is too long.
    """
    for name in ("title", "artist", "album"):
        if len(getattr(message, name)) > LARGEST_TEXT_BYTES:
            raise InvalidArgument(f"{field}.{name}", f"is longer than {LARGEST_TEXT_BYTES}")
    for name in ("genres", "moods"):
        if len(getattr(message, name)) > LARGEST_LABEL_LIST:
            raise InvalidArgument(f"{field}.{name}", f"holds over {LARGEST_LABEL_LIST} labels")
    year = message.year if message.HasField("year") else None
    if year is not None and not YEARS[0] <= year <= YEARS[1]:
        raise InvalidArgument(f"{field}.year", f"{year} lies outside [{YEARS[0]}, {YEARS[1]}]")
    return TrackMetadata(
        title=message.title.strip(),
        artist=message.artist.strip(),
        album=message.album.strip(),
        genres=normalise_labels(message.genres),
        moods=normalise_labels(message.moods),
        year=year,
    )


def embedded_track_of(
    message: catalog_service_pb2.TrackVectors, *, space: str, now: datetime, field: str
) -> EmbeddedTrack:
    """Read a track with its vectors; ``now`` stands in for a missing time of ingest.

    Raises
    ------
    InvalidArgument
        When the track's id, metadata, duration, probabilities or passages are out of range.
    """
    about = message.track
    track = Track(
        track_id=checked_track_id(about.track_id, f"{field}.track.track_id"),
        metadata=metadata_of(about.metadata, f"{field}.track.metadata"),
        duration_seconds=_duration(about.duration_seconds, f"{field}.track.duration_seconds"),
        source_uri=about.source_uri,
        content_sha256=about.content_sha256,
        ingested_at=datetime_of(about.ingested_at) if about.HasField("ingested_at") else now,
        predicted_genres=_probabilities(about.predicted_genres, f"{field}.track.predicted_genres"),
        predicted_moods=_probabilities(about.predicted_moods, f"{field}.track.predicted_moods"),
    )
    return EmbeddedTrack(
        track=track,
        space=space,
        vector=vector_of(message.values),
        genre_vector=vector_of(message.genre_values) if message.genre_values else None,
        segments=[
            _segment_of(number, segment, f"{field}.segments[{number}]")
            for number, segment in enumerate(message.segments)
        ],
    )


def datetime_of(message: Timestamp) -> datetime:
    """Read a point in time, in UTC."""
    return message.ToDatetime(tzinfo=UTC)


def _match_of(
    message: track_pb2.LabelMatch, field: str, normal: Callable[[str], str]
) -> LabelMatch:
    return LabelMatch(
        any_of=_labels(message.any_of, f"{field}.any_of", normal),
        all_of=_labels(message.all_of, f"{field}.all_of", normal),
        none_of=_labels(message.none_of, f"{field}.none_of", normal),
    )


def _labels(labels: Sequence[str], field: str, normal: Callable[[str], str]) -> tuple[str, ...]:
    if len(labels) > LARGEST_LABEL_LIST:
        raise InvalidArgument(field, f"holds {len(labels)} labels, over {LARGEST_LABEL_LIST}")
    keys = tuple(dict.fromkeys(map(normal, labels)))
    # Left out, a blank label would turn "one of these" into "anything".
    if "" in keys:
        raise InvalidArgument(field, "holds a blank label")
    return keys


def _years_of(message: track_pb2.YearRange, field: str) -> NumberRange:
    return _range(
        message.minimum if message.HasField("minimum") else None,
        message.maximum if message.HasField("maximum") else None,
        field,
    )


def _durations_of(message: track_pb2.DurationRange, field: str) -> NumberRange:
    bounds: list[float | None] = []
    for name in ("minimum_seconds", "maximum_seconds"):
        bound = getattr(message, name) if message.HasField(name) else None
        if bound is not None and not (bound >= 0 and math.isfinite(bound)):
            raise InvalidArgument(f"{field}.{name}", f"{bound} is not a duration")
        bounds.append(bound)
    return _range(bounds[0], bounds[1], field)


def _range(minimum: float | None, maximum: float | None, field: str) -> NumberRange:
    if minimum is not None and maximum is not None and minimum > maximum:
        raise InvalidArgument(field, f"its minimum {minimum:g} is above its maximum {maximum:g}")
    return NumberRange(minimum, maximum)


def _duration(seconds: float, field: str) -> float:
    if not (seconds >= 0 and math.isfinite(seconds)):
        raise InvalidArgument(field, f"{seconds} is not a duration")
    return seconds


def _segment_of(number: int, message: track_pb2.SegmentVector, field: str) -> Segment:
    start, end = message.start_seconds, message.end_seconds
    if not (0 <= start < end and math.isfinite(end)):
        raise InvalidArgument(field, f"{start} to {end} s is not a passage")
    return Segment(number, start, end, vector_of(message.values))


def _probabilities(
    messages: Iterable[track_pb2.LabelProbability], field: str
) -> Mapping[str, float]:
    probabilities = {message.label: message.probability for message in messages}
    for label, probability in probabilities.items():
        if not 0 <= probability <= 1:
            raise InvalidArgument(field, f"{label!r} has probability {probability}")
    return probabilities
