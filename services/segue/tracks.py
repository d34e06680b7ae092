"""The domain: tracks, their segments, filters and answers. No I/O."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import Enum
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from segue.fingerprints import NO_FINGERPRINT, Fingerprint
from segue.notation import text_key

if TYPE_CHECKING:
    from segue.layers import MetadataLayers

Vector: TypeAlias = npt.NDArray[np.float32]
"""Shape (dimension,), float32, L2-normalised unless said otherwise."""

Matrix: TypeAlias = npt.NDArray[np.float32]
"""Shape (n, dimension), float32, rows L2-normalised unless said otherwise."""

_NAMESPACE = uuid.UUID("6d6a3a55-5f43-5f0c-9a59-0f6d7b8f2c11")


@lru_cache(maxsize=16_384)
def track_point_id(track_id: str) -> uuid.UUID:
    """Point id of a track: the same id for the same track, so that an upsert overwrites."""
    return uuid.uuid5(_NAMESPACE, track_id)


def segment_point_id(track_id: str, number: int) -> uuid.UUID:
    """Point id of a track's ``number``-th segment, counted from 0."""
    return uuid.uuid5(_NAMESPACE, f"{track_id}\x1f{number}")


@dataclass(frozen=True, slots=True)
class TrackMetadata:
    """What a catalogue says about a track. Empty strings, empty lists and None mean: not given.

    Attributes
    ----------
    artist
        The artists' name as it is shown, such as ``Ann feat. Bob``. Where only ``artists`` are
        given it joins them.
    genres, moods
        Given labels in their normal form, without repetition, in the order given.
    year
        Year of release, in [1000, 9999], or None.
    artists
        Each artist by name. Where only ``artist`` is given it is the only one.
    isrc, musicbrainz_recording_id, musicbrainz_release_id, musicbrainz_artist_ids, key, language
        As :mod:`segue.notation` spells them.
    bpm
        Beats per minute.
    explicit
        Whether the words are marked as explicit.
    track_gain_db
        ReplayGain 2.0 of the track in dB: what brings it to -18 LUFS.
    """

    title: str = ""
    artist: str = ""
    album: str = ""
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    year: int | None = None
    artists: tuple[str, ...] = ()
    album_artist: str = ""
    isrc: str = ""
    musicbrainz_recording_id: str = ""
    musicbrainz_release_id: str = ""
    musicbrainz_artist_ids: tuple[str, ...] = ()
    track_number: int | None = None
    disc_number: int | None = None
    bpm: float | None = None
    key: str = ""
    language: str = ""
    explicit: bool | None = None
    track_gain_db: float | None = None

    def __post_init__(self) -> None:
        if self.artist and not self.artists:
            object.__setattr__(self, "artists", (self.artist,))
        elif self.artists and not self.artist:
            object.__setattr__(self, "artist", ", ".join(self.artists))

    def given(self) -> dict[str, Any]:
        """The fields that say something, by name; ``artists`` only where ``artist`` is not enough.

        ``TrackMetadata(**metadata.given())`` is the same metadata again.
        """
        # Every answer of a search comes here: what is false or 0 says something, what is empty not.
        values = zip(METADATA_FIELDS, _metadata_values(self), strict=True)
        said = {name: value for name, value in values if value or value == 0}
        if self.artists == (self.artist,):
            said.pop("artists", None)
        return said

    def replaced(self, changes: Mapping[str, Any]) -> TrackMetadata:
        """The metadata with some fields changed.

        Of ``artist`` and ``artists``, one that is changed alone says anew what the other is.
        """
        values = {name: getattr(self, name) for name in METADATA_FIELDS} | dict(changes)
        if "artist" in changes and "artists" not in changes:
            values["artists"] = ()
        elif "artists" in changes and "artist" not in changes:
            values["artist"] = ""
        return TrackMetadata(**values)


METADATA_FIELDS = tuple(one.name for one in fields(TrackMetadata))
_metadata_values = attrgetter(*METADATA_FIELDS)


class Provenance(Enum):
    """Whose word a track's vectors and metadata are.

    ``OWNER``: the owner gave them, or had the file ingested. ``INGESTED``: somebody else had it
    ingested; the vectors are those of its content, the metadata what they said. ``GIVEN``: somebody
    else gave all of it, and nothing says that the vectors belong to the content.
    """

    OWNER = "owner"
    INGESTED = "ingested"
    GIVEN = "given"

    @staticmethod
    def is_trusted(provenance: Provenance | None, *, by_owner: bool) -> bool:
        """Whether a track's vectors and metadata may stand for its content to the owner, or others.

        The owner has not agreed to the metadata of what somebody else had ingested.
        """
        if provenance is Provenance.INGESTED:
            return not by_owner
        return provenance is Provenance.OWNER


LEAST_CONFIDENCE = 0.5
"""Filters look at no estimate below it: it is more likely wrong than right."""


@dataclass(frozen=True, slots=True)
class EstimatedTempo:
    """A tempo as it was heard, in beats per minute, and how likely it is right, in [0, 1]."""

    bpm: float
    confidence: float


@dataclass(frozen=True, slots=True)
class EstimatedKey:
    """A key as it was heard, as ``TrackMetadata.key``, and how likely it is right, in [0, 1]."""

    key: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Track:
    """One track of the catalogue, without its vectors.

    Attributes
    ----------
    duration_seconds
        Decoded length in seconds, or 0 when only a ready-made vector was given.
    source_uri
        Where the audio came from: a file, or a part of one (:mod:`segue.media_fragments`).
    content_sha256
        Hex digest of the source bytes: an unchanged file is not embedded again. Of a part of a file
        what stands for it (:func:`segue.media_fragments.part_digest`).
    predicted_genres, predicted_moods
        Label to probability in [0, 1], from the model; kept apart from the given labels.
    predicted_descriptors
        As those: instruments, voices and pace.
    provenance
        None: not known, of an earlier version.
    damage
        What is missing of the source, such as ``decoded 171.2 s of 180.0 s; 3 broken frames``;
        empty where nothing is known to be.
    file_name
        Name that the file of an upload had; empty for what came in by URI.
    layers
        Whose word the metadata are, which are what holds of them
        (:func:`segue.layers.with_layers` makes both). None: not known, of an earlier version.
    estimated_tempo, estimated_key
        What is heard where nothing says it; None: not listened for, or nothing heard.
    recording
        What all tracks of the catalogue that are the same recording have in common; empty where no
        other is known. The index says it, whatever a track that is stored brings along.
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
    file_name: str = ""
    layers: MetadataLayers | None = None
    estimated_tempo: EstimatedTempo | None = None
    estimated_key: EstimatedKey | None = None
    recording: str = ""
    predicted_descriptors: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrackSource:
    """Where a track's audio came from, the hex digest of its bytes, and whose word that is."""

    track_id: str
    source_uri: str
    content_sha256: str
    provenance: Provenance | None = None

    @classmethod
    def of(cls, track: Track) -> TrackSource:
        """The source of a track."""
        return cls(track.track_id, track.source_uri, track.content_sha256, track.provenance)


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
    fingerprint
        Empty when none was given, or nothing in the audio tells anything.
    """

    track: Track
    space: str
    vector: Vector
    genre_vector: Vector | None = None
    segments: Sequence[Segment] = ()
    fingerprint: Fingerprint = NO_FINGERPRINT


class LabelSource(Enum):
    """Whose labels a filter looks at: those that were given, what the model hears, or both."""

    GIVEN = "given"
    PREDICTED = "predicted"
    EITHER = "either"


LEAST_PROBABILITY = 0.1
"""Labels below it are not looked at: noise that nearly every track has."""

DEFAULT_PROBABILITIES: Mapping[str, float] = {"genres": 0.5, "moods": 0.3, "descriptors": 0.5}
"""From where on a label counts as heard. Moods are predicted more cautiously than genres: of 28
real recordings with music, all have a genre of 0.5, 2 a mood of 0.5, and 22 a mood of 0.3."""


def hundredths(probability: float) -> int:
    """The probability in whole hundredths, rounded down: how exactly filters know it."""
    # What was meant as 0.29 may be 0.28999999165534973 by now.
    return int(probability * 100 + 1e-4)


def probability_from(name: str, minimum: float | None) -> float:
    """From where on labels of a kind (``name``) count as heard; ``minimum`` None: by default."""
    return max(DEFAULT_PROBABILITIES[name] if minimum is None else minimum, LEAST_PROBABILITY)


def heard_labels(probabilities: Mapping[str, float], minimum: float) -> tuple[str, ...]:
    """Labels whose probability is at least ``minimum``, compared in hundredths."""
    least = hundredths(minimum)
    return tuple(label for label, one in probabilities.items() if hundredths(one) >= least)


def are_shares(probabilities: Iterable[float]) -> bool:
    """Whether labels share one probability among them, as a softmax gives it.

    Such labels are shares of a whole. Where each has a probability of its own, a track may have
    none of them: it is unknown.
    """
    return math.isclose(math.fsum(probabilities), 1.0, abs_tol=0.01)


def most_heard(name: str, probabilities: Mapping[str, float]) -> str:
    """Label of a kind (``name``) that is heard most; empty where none counts as heard."""
    top = max(probabilities, key=lambda label: probabilities[label], default="")
    if are_shares(probabilities.values()):
        return top
    return top if top in heard_labels(probabilities, DEFAULT_PROBABILITIES[name]) else ""


@dataclass(frozen=True, slots=True)
class LabelMatch:
    """Three-sided match over a set of labels; an empty side asks nothing.

    ``any_of``: at least one; ``all_of``: every one; ``none_of``: not a single one.

    Attributes
    ----------
    source
        Of genres and moods only; descriptors are always predicted, all others are given.
    minimum_probability
        From where on a predicted label counts, in [``LEAST_PROBABILITY``, 1], in hundredths. None:
        as ``DEFAULT_PROBABILITIES`` say.
    """

    any_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    source: LabelSource = LabelSource.GIVEN
    minimum_probability: float | None = None

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
    genres, moods, artists, albums, album_artists
        Compared in their normal form (:func:`segue.notation.text_key`). A track has each of its
        artists, and the name under which they are shown together.
    isrcs, musicbrainz_ids, keys, languages
        In the one spelling of :mod:`segue.notation`. The MusicBrainz ids of a track are those of
        its recording, its release and its artists.
    year, duration_seconds, bpm
        Tracks without a year or bpm (or with duration 0) lie in no bounded range.
    explicit
        When not None, only tracks that are marked like this.
    only_track_ids
        When not None, only these tracks can be answers.
    descriptors
        Instruments, voices and pace that the model hears.
    tempo_and_key_source
        Whose tempo and key are looked at. PREDICTED: what is heard with at least
        ``LEAST_CONFIDENCE``; EITHER: what is given, else what is heard.
    """

    genres: LabelMatch = LabelMatch()
    moods: LabelMatch = LabelMatch()
    artists: LabelMatch = LabelMatch()
    year: NumberRange = NumberRange()
    duration_seconds: NumberRange = NumberRange()
    exclude_track_ids: tuple[str, ...] = ()
    only_track_ids: tuple[str, ...] | None = None
    albums: LabelMatch = LabelMatch()
    album_artists: LabelMatch = LabelMatch()
    isrcs: LabelMatch = LabelMatch()
    musicbrainz_ids: LabelMatch = LabelMatch()
    keys: LabelMatch = LabelMatch()
    languages: LabelMatch = LabelMatch()
    bpm: NumberRange = NumberRange()
    explicit: bool | None = None
    tempo_and_key_source: LabelSource = LabelSource.GIVEN
    descriptors: LabelMatch = LabelMatch()

    def __bool__(self) -> bool:
        if self == _EVERY_TRACK:  # as most do
            return False
        return bool(
            any(getattr(self, name) for name in LABEL_FILTERS)
            or self.year
            or self.duration_seconds
            or self.bpm
            or self.explicit is not None
            or self.exclude_track_ids
            or self.only_track_ids is not None
        )

    def matches(self, track: Track) -> bool:
        """The filter's meaning, which every index adapter must reproduce."""
        meta = track.metadata
        return (
            all(
                match.matches(
                    _given(tempo_and_key(track, self.tempo_and_key_source)[1])
                    if name == "keys"
                    else _looked_at(name, match, track)
                )
                for name in LABEL_FILTERS
                if (match := getattr(self, name))
            )
            and self.year.matches(meta.year)
            and self.duration_seconds.matches(track.duration_seconds or None)
            and self.bpm.matches(tempo_and_key(track, self.tempo_and_key_source)[0])
            and self.explicit in (None, meta.explicit)
            and track.track_id not in self.exclude_track_ids
            and (self.only_track_ids is None or track.track_id in self.only_track_ids)
        )


_EVERY_TRACK = TrackFilter()


def _keys(*texts: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text_key(text) for text in texts if text))


def _given(*texts: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


LABEL_FILTERS: Mapping[str, Callable[[TrackMetadata], tuple[str, ...]]] = {
    "genres": lambda meta: meta.genres,
    "moods": lambda meta: meta.moods,
    "artists": lambda meta: _keys(meta.artist, *meta.artists),
    "albums": lambda meta: _keys(meta.album),
    "album_artists": lambda meta: _keys(meta.album_artist),
    "isrcs": lambda meta: _given(meta.isrc),
    "musicbrainz_ids": lambda meta: _given(
        meta.musicbrainz_recording_id, meta.musicbrainz_release_id, *meta.musicbrainz_artist_ids
    ),
    "keys": lambda meta: _given(meta.key),
    "languages": lambda meta: _given(meta.language),
    "descriptors": lambda _: (),
}
"""Parts of a filter that match labels, and what a track has for each of them."""

PREDICTED_LABELS: Mapping[str, Callable[[Track], Mapping[str, float]]] = {
    "genres": lambda track: track.predicted_genres,
    "moods": lambda track: track.predicted_moods,
    "descriptors": lambda track: track.predicted_descriptors,
}
"""Those of the parts that can look at what the model hears."""

ONLY_HEARD = frozenset({"descriptors"})
"""Those that look at nothing else: nobody gives them."""


def source_of(name: str, match: LabelMatch) -> LabelSource:
    """Whose labels a part of a filter looks at."""
    if name in ONLY_HEARD:
        return LabelSource.PREDICTED
    return match.source if name in PREDICTED_LABELS else LabelSource.GIVEN


def _looked_at(name: str, match: LabelMatch, track: Track) -> tuple[str, ...]:
    given, source = LABEL_FILTERS[name](track.metadata), source_of(name, match)
    if source is LabelSource.GIVEN:
        return given
    minimum = probability_from(name, match.minimum_probability)
    heard = heard_labels(PREDICTED_LABELS[name](track), minimum)
    return heard if source is LabelSource.PREDICTED else (*given, *heard)


def heard_tempo_and_key(track: Track) -> tuple[float | None, str]:
    """Tempo and key that are heard with at least ``LEAST_CONFIDENCE``."""
    tempo, key = track.estimated_tempo, track.estimated_key
    return (
        None if tempo is None or tempo.confidence < LEAST_CONFIDENCE else tempo.bpm,
        "" if key is None or key.confidence < LEAST_CONFIDENCE else key.key,
    )


def tempo_and_key(track: Track, source: LabelSource) -> tuple[float | None, str]:
    """Tempo and key of a track by a source; None and empty where it knows none."""
    bpm, key = track.metadata.bpm, track.metadata.key
    if source is LabelSource.GIVEN:
        return bpm, key
    heard_bpm, heard_key = heard_tempo_and_key(track)
    if source is LabelSource.PREDICTED:
        return heard_bpm, heard_key
    return heard_bpm if bpm is None else bpm, key or heard_key


class Granularity(Enum):
    """Which vectors a search compares: whole songs, passages of about 10 s, or shares of genres."""

    TRACKS = "tracks"
    PASSAGES = "passages"
    GENRES = "genres"


@dataclass(frozen=True, slots=True)
class Passage:
    """A matched passage of an answer; ``similarity`` is its cosine with the query."""

    start_seconds: float
    end_seconds: float
    similarity: float


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One answer of an index search.

    Attributes
    ----------
    similarity
        Cosine in [-1, 1]; in the genre space what ``genre_similarity`` gives, in [0, 1]. By the
        best of several seeds, a score that may lie below.
    passages
        Best passages, best first, where passages were compared.
    vector
        Song vector, where it was asked for.
    to_best_seed
        Where ``similarity`` is a score by several seeds, that to the best of those for.
    """

    track: Track
    similarity: float
    passages: tuple[Passage, ...] = ()
    vector: Vector | None = None
    to_best_seed: float | None = None

    @property
    def likeness(self) -> float:
        """How similar it is to what is sought, in [-1, 1], whatever the order follows."""
        return self.similarity if self.to_best_seed is None else self.to_best_seed

    @property
    def passage(self) -> Passage | None:
        """The best passage, where passages were compared."""
        return self.passages[0] if self.passages else None


def genre_similarity(distance: float) -> float:
    """Similarity in the genre space: 1 less the Euclidean distance over √2, the largest."""
    return max(0.0, 1.0 - distance / math.sqrt(2.0))


@dataclass(frozen=True, slots=True)
class FacetCount:
    """A label and the number of tracks that carry it."""

    label: str
    tracks: int


def normalise_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """Labels in their normal form, without empty ones and repetitions, order kept."""
    return tuple(dict.fromkeys(key for key in map(text_key, labels) if key))
