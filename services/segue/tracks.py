"""The domain: tracks, their segments, filters and answers. No I/O."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Vector: TypeAlias = npt.NDArray[np.float32]
"""Shape (dimension,), float32, L2-normalised unless said otherwise."""

Matrix: TypeAlias = npt.NDArray[np.float32]
"""Shape (n, dimension), float32, rows L2-normalised unless said otherwise."""

_NAMESPACE = uuid.UUID("6d6a3a55-5f43-5f0c-9a59-0f6d7b8f2c11")


def track_point_id(track_id: str) -> uuid.UUID:
    """Point id of a track: the same id for the same track, so that an upsert overwrites."""
    return uuid.uuid5(_NAMESPACE, track_id)


def segment_point_id(track_id: str, number: int) -> uuid.UUID:
    """Point id of a track's ``number``-th segment, counted from 0."""
    return uuid.uuid5(_NAMESPACE, f"{track_id}\x1f{number}")


@dataclass(frozen=True, slots=True)
class TrackMetadata:
    """What a catalogue says about a track. Empty strings and None mean: not given.

    Attributes
    ----------
    genres, moods
        Given labels, lower case, without repetition, in the order given.
    year
        Year of release, in [1000, 9999], or None.
    """

    title: str = ""
    artist: str = ""
    album: str = ""
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    year: int | None = None


class Provenance(Enum):
    """Whose word a track's vectors and metadata are.

    ``OWNER``: the owner gave them, or had the file ingested. ``INGESTED``: somebody else had it
    ingested; the vectors are those of its content, the metadata what they said. ``GIVEN``: somebody
    else gave all of it, and nothing says that the vectors belong to the content.
    """

    OWNER = "owner"
    INGESTED = "ingested"
    GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Track:
    """One track of the catalogue, without its vectors.

    Attributes
    ----------
    duration_seconds
        Decoded length in seconds, or 0 when only a ready-made vector was given.
    source_uri
        Where the audio came from.
    content_sha256
        Hex digest of the source bytes: an unchanged file is not embedded again.
    predicted_genres, predicted_moods
        Label to probability in [0, 1], from the model; kept apart from the given labels.
    provenance
        None: not known, of an earlier version.
    damage
        What is missing of the source, such as ``decoded 171.2 s of 180.0 s; 3 broken frames``;
        empty where nothing is known to be.
    """

    track_id: str
    metadata: TrackMetadata = TrackMetadata()
    duration_seconds: float = 0.0
    source_uri: str = ""
    content_sha256: str = ""
    ingested_at: datetime | None = None
    predicted_genres: Mapping[str, float] = field(default_factory=dict)
    predicted_moods: Mapping[str, float] = field(default_factory=dict)
    provenance: Provenance | None = None
    damage: str = ""


@dataclass(frozen=True, slots=True)
class TrackSource:
    """Where a track's audio came from, and the hex digest of its bytes."""

    track_id: str
    source_uri: str
    content_sha256: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A passage of a track with its vector; ``0 <= start_seconds < end_seconds``."""

    number: int
    start_seconds: float
    end_seconds: float
    vector: Vector


@dataclass(frozen=True, slots=True)
class EmbeddedTrack:
    """A track with all its vectors, ready for the index.

    Attributes
    ----------
    space
        Name of the embedding space, ``<model>-v<version>``.
    vector
        Song vector: L2-normalised mean of the chunk vectors.
    genre_vector
        Position in the genre space (shares of sum 1), or None when the model gives none.
    segments
        Passages in order of time; empty when only a song vector was given.
    """

    track: Track
    space: str
    vector: Vector
    genre_vector: Vector | None = None
    segments: Sequence[Segment] = ()


@dataclass(frozen=True, slots=True)
class LabelMatch:
    """Three-sided match over a set of labels; an empty side asks nothing.

    ``any_of``: at least one; ``all_of``: every one; ``none_of``: not a single one.
    """

    any_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.any_of or self.all_of or self.none_of)

    def matches(self, labels: Sequence[str]) -> bool:
        """Say whether ``labels`` satisfy all three sides."""
        have = set(labels)
        return (
            (not self.any_of or not have.isdisjoint(self.any_of))
            and have.issuperset(self.all_of)
            and have.isdisjoint(self.none_of)
        )


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Closed range; a missing side is open."""

    minimum: float | None = None
    maximum: float | None = None

    def __bool__(self) -> bool:
        return self.minimum is not None or self.maximum is not None

    def matches(self, number: float | None) -> bool:
        """Say whether ``number`` lies within; an unknown number lies in no bounded range."""
        if not self:
            return True
        return (
            number is not None
            and (self.minimum is None or number >= self.minimum)
            and (self.maximum is None or number <= self.maximum)
        )


@dataclass(frozen=True, slots=True)
class TrackFilter:
    """What a track must satisfy to be an answer. All parts must hold; false when it asks nothing.

    Attributes
    ----------
    artists
        Compared without regard to case; ``all_of`` with two artists matches nothing.
    year, duration_seconds
        Tracks without a year (or with duration 0) lie in no bounded range.
    only_track_ids
        When not None, only these tracks can be answers.
    """

    genres: LabelMatch = LabelMatch()
    moods: LabelMatch = LabelMatch()
    artists: LabelMatch = LabelMatch()
    year: NumberRange = NumberRange()
    duration_seconds: NumberRange = NumberRange()
    exclude_track_ids: tuple[str, ...] = ()
    only_track_ids: tuple[str, ...] | None = None

    def __bool__(self) -> bool:
        return bool(
            self.genres
            or self.moods
            or self.artists
            or self.year
            or self.duration_seconds
            or self.exclude_track_ids
            or self.only_track_ids is not None
        )

    def matches(self, track: Track) -> bool:
        """The filter's meaning, which every index adapter must reproduce."""
        meta = track.metadata
        artist = (artist_key(meta.artist),) if meta.artist else ()
        return (
            self.genres.matches(meta.genres)
            and self.moods.matches(meta.moods)
            and self.artists.matches(artist)
            and self.year.matches(meta.year)
            and self.duration_seconds.matches(track.duration_seconds or None)
            and track.track_id not in self.exclude_track_ids
            and (self.only_track_ids is None or track.track_id in self.only_track_ids)
        )


class Granularity(Enum):
    """Which vectors a search compares: whole songs, or passages of about 10 s."""

    TRACKS = "tracks"
    PASSAGES = "passages"


@dataclass(frozen=True, slots=True)
class Passage:
    """A matched passage of an answer; ``similarity`` is its cosine with the query."""

    start_seconds: float
    end_seconds: float
    similarity: float


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One answer of an index search: cosine similarity in [-1, 1]."""

    track: Track
    similarity: float
    passage: Passage | None = None


@dataclass(frozen=True, slots=True)
class FacetCount:
    """A label and the number of tracks that carry it."""

    label: str
    tracks: int


def label_key(label: str) -> str:
    """Normal form of a genre or mood label: trimmed, lower case, single spaces."""
    return " ".join(label.lower().split())


def artist_key(artist: str) -> str:
    """Normal form under which artists are compared."""
    return " ".join(artist.casefold().split())


def normalise_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """Labels in their normal form, without empty ones and repetitions, order kept."""
    return tuple(dict.fromkeys(key for key in map(label_key, labels) if key))
