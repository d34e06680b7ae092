"""How much a request, a track or a clip may hold, the same for every way into Segue.

The table of texts holds for the gRPC API, for Celery tasks and for manifests alike. The API's
answers name these numbers, and so do the comments in ``protos/``. What a deployment may choose is
in :mod:`segue.settings` instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from segue.errors import InvalidArgument
from segue.fingerprints import MOST_LANDMARKS, MOST_STEPS, Fingerprint
from segue.ingest_jobs import IngestItem
from segue.kept_names import kept_digest
from segue.layers import MetadataLayers, corrections_to, with_layers
from segue.media_fragments import names_impossible_part
from segue.notation import EARLIEST_YEAR, LATEST_YEAR, SPELLINGS, key_of
from segue.object_names import ObjectName, is_object_uri
from segue.texts import cleaned, control_character, cut, shown_uri
from segue.tracks import EstimatedKey, EstimatedTempo, Track, TrackMetadata, normalise_labels

TEXT_BYTES = {
    "track_id": 256,
    "title": 4_096,
    "artist": 4_096,
    "album": 4_096,
    "label": 256,
    "isrc": 32,
    "musicbrainz_id": 128,
    "key": 32,
    "language": 64,
    "uri": 16_384,
    "file_name": 1_024,
    "content_sha256": 64,
    "damage": 256,
    "embedding_space": 256,
    "user_id": 256,
    "job_id": 256,
    "dead_letter_id": 272,
    "request_id": 64,
    "reason": 64,
    "message": 4_096,
    "query": 256,
    "order_by": 64,
}
"""Most bytes of a text in UTF-8. A URI: as many as the longest path takes when every byte of it is
escaped, and more. A label is a genre or a mood. A job's id may hold the id of a Celery task, which
its producer chose; a dead letter's has a number in addition. What has one spelling, such as an
ISRC, is measured before it is brought into it."""

LIST_ENTRIES = {
    "labels": 1_000,
    "artists": 100,
    "heard_labels": 100,
    "exclude_track_ids": 10_000,
    "predicted_labels": 1_000,
    "segments": 20_000,
    "landmarks": MOST_LANDMARKS,
    "dead_letter_ids": 10_000,
}
"""Most entries of a list. Labels: of a track, or on one side of a filter. Artists: of a track.
Heard labels: on one side of a filter that looks at what the model hears."""


@dataclass(frozen=True, slots=True)
class NumberLimit:
    """Closed range of a number, in its unit; ``whole``: it has no fraction."""

    least: float
    most: float
    whole: bool = True

    def allows(self, number: float) -> bool:
        """Say whether the number may be stored."""
        return self.least <= number <= self.most and not (self.whole and number != int(number))


METADATA_TEXTS: Mapping[str, str] = {
    "title": "title",
    "artist": "artist",
    "album": "album",
    "album_artist": "artist",
    "isrc": "isrc",
    "musicbrainz_recording_id": "musicbrainz_id",
    "musicbrainz_release_id": "musicbrainz_id",
    "key": "key",
    "language": "language",
}
"""Texts of a track's metadata, with their kind in ``TEXT_BYTES``."""

METADATA_LISTS: Mapping[str, tuple[str, str]] = {
    "genres": ("labels", "label"),
    "moods": ("labels", "label"),
    "artists": ("artists", "artist"),
    "musicbrainz_artist_ids": ("artists", "musicbrainz_id"),
}
"""Lists of a track's metadata, with their kinds in ``LIST_ENTRIES`` and ``TEXT_BYTES``."""

METADATA_NUMBERS: Mapping[str, NumberLimit] = {
    "year": NumberLimit(EARLIEST_YEAR, LATEST_YEAR),
    "track_number": NumberLimit(1, 9_999),
    "disc_number": NumberLimit(1, 999),
    "bpm": NumberLimit(1, 1_000, whole=False),
    "track_gain_db": NumberLimit(-100, 100, whole=False),
}
"""Numbers of a track's metadata."""

METADATA_FLAGS = ("explicit",)
"""What of a track's metadata is true, false or not known."""

URI_SCHEMES = ("file", "http", "https", "s3", "kept")
"""Of audio that clients name; uploads that are kept, the owner alone."""

MOST_INGEST_ITEMS = 10_000
"""Tracks in one call of IngestTracks."""

MOST_UPSERTED_TRACKS = 1_000
"""Tracks in one call of UpsertTracks."""

MOST_READ_TRACKS = 1_000
"""Tracks in one call of GetTracks."""

MOST_DELETED_TRACKS = 1_000
"""Tracks in one call of DeleteTracks."""

MOST_MOVED_TRACKS = 1_000
"""Tracks in one call of MoveTracks."""

MOST_INTERACTIONS = 1_000
"""Interactions in one call of RecordInteractions."""

MOST_MAP_LABELS = 8
"""Labels whose columns one answer with the map carries."""

MOST_GIVEN_SCORES = 1_000
"""Collaborative scores that a search brings along."""

MOST_BOOSTS = 20
"""What may raise the scores of one search."""

MOST_SEEDS = 20
"""Seeds of a search that count for, and as many that count against."""

MOST_SEED_WEIGHT = 100.0

MOST_PLAYLIST_SEED_TRACKS = 1_000
"""Tracks of a playlist that is a seed."""

LONGEST_HALF_LIFE_DAYS = 3_650.0
"""In which a listener's play loses half of its weight, at the longest."""

MOST_BATCH_SEARCHES, MOST_BATCH_ANSWERS = 100, 2_000
"""Searches of one batch, and the answers that their pages hold together."""

MOST_BATCH_SEEDS = 400
"""Seeds of all searches of a batch."""

MOST_PASSAGES_EACH = 3
"""Passages that a track shows."""

MOST_QUERY_WORDS = 32
"""Words that tracks are found by in one call: each costs the engine time."""

DEFAULT_SEARCH_PAGE, LARGEST_SEARCH_PAGE = 10, 100

MOST_SEARCH_ANSWERS = 1_000
"""Answers that the pages of one unmixed search give: each page costs as much as all before it."""

DEFAULT_LIST_PAGE, LARGEST_LIST_PAGE = 100, 1_000
"""Of tracks, and of dead letters."""

LARGEST_ENTRIES_PAGE = 10_000
"""Of the tracks of a job, and of each list of labels: what is small, or was sent at once."""

LARGEST_LIST_BYTES = 1_000_000
"""Of the entries in one answer, unless one alone is larger: with all else that it says, an answer
stays below 1 MiB. A gRPC client that sets nothing reads 4 MiB."""

LARGEST_REQUEST_BYTES = 4 * 1024 * 1024
"""Of a request that does not carry many tracks, without its clip, and of a piece of an upload."""

LARGEST_VECTOR = 65_536
"""Values of a vector."""

LARGEST_CLIP_BYTES = 32 * 1024 * 1024
"""Of a clip that is sent to be searched by."""

LONGEST_CLIP_SECONDS = 600.0
"""What is used of a clip."""

LONGEST_CLIP_FILE_SECONDS = 3_600.0
"""Of a file that a passage is used of: it is decoded up to there, and drawn as a whole."""

MOST_CLIP_SAMPLES = 1 << 28
"""Samples of all channels that are decoded up to the end of what is used of a clip: ten minutes of
stereo at 192 kHz, or 50 minutes at 44.1 kHz. A few seconds of one processor."""

DEFAULT_PLAYLIST_TRACKS, MOST_PLAYLIST_TRACKS, MOST_PLAYLIST_MINUTES = 20, 500, 1_440.0
"""Of a playlist that is made."""

DEFAULT_PATH_TRACKS, MOST_PATH_TRACKS = 10, 100
"""Of a path from one track to another, with both."""

MOST_LISTED_TRACKS = 1_000
"""Tracks of a list that is described or written as a file."""

MOST_CONTOUR_TARGETS, MOST_CONTOUR_GENRES = 100, 20

_LABELS = ("genres", "moods")
_MEANT = {
    "isrc": "an ISRC such as USRC17607839",
    "musicbrainz_recording_id": "a MusicBrainz id",
    "musicbrainz_release_id": "a MusicBrainz id",
    "musicbrainz_artist_ids": "a MusicBrainz id",
    "key": "a musical key such as C, F#m or 8A",
    "language": "a language",
}


def checked_size(text: str, kind: str, field: str) -> str:
    """Return a text that takes no more bytes than its kind in ``TEXT_BYTES`` may.

    Raises
    ------
    InvalidArgument
        When it is longer; it names ``field``.
    """
    largest = TEXT_BYTES[kind]
    # No character takes more than four bytes.
    if len(text) * 4 > largest:
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > largest:
            raise InvalidArgument(field, f"has {size} bytes, over {largest}")
    return text


def checked_text(text: str, kind: str, field: str) -> str:
    """Return a text that may be stored and shown.

    Raises
    ------
    InvalidArgument
        When it is longer than its kind in ``TEXT_BYTES`` may be, or holds a control character (C0,
        C1, a line separator, one that turns the direction of writing, half of a surrogate pair); it
        names ``field``.
    """
    checked_size(text, kind, field)
    place = control_character(text)
    if place is not None:
        raise InvalidArgument(
            field, f"holds the control character U+{ord(text[place]):04X} at place {place + 1}"
        )
    return text


def checked_count(entries: Sequence[object], kind: str, field: str) -> None:
    """See that a list has no more entries than its kind in ``LIST_ENTRIES`` may.

    Raises
    ------
    InvalidArgument
        When it has more; it names ``field``.
    """
    most = LIST_ENTRIES[kind]
    if len(entries) > most:
        raise InvalidArgument(field, f"holds {len(entries)} entries, over {most}")


def checked_track_id(track_id: str, field: str = "track_id") -> str:
    """Return the id if it can name a track.

    Raises
    ------
    InvalidArgument
        When it is empty or no text that may be stored (:func:`checked_text`); it names ``field``.
    """
    if not track_id:
        raise InvalidArgument(field, "must not be empty")
    return checked_text(track_id, "track_id", field)


def wanted_track_id(track_id: str, field: str = "track_id") -> str:
    """Return an id to look up. Catalogues of earlier versions may hold ids that none gets today.

    Raises
    ------
    InvalidArgument
        When it is empty or too long; it names ``field``.
    """
    if not track_id:
        raise InvalidArgument(field, "must not be empty")
    return checked_size(track_id, "track_id", field)


def checked_metadata(metadata: TrackMetadata, field: str = "metadata") -> TrackMetadata:
    """Return the metadata as the catalogue holds it: texts trimmed, each in its one spelling.

    Raises
    ------
    InvalidArgument
        When a text or list is too long, a text holds a control character or is not what its field
        is for, or a number is out of range; it names the field in ``field``.
    """
    values: dict[str, Any] = {"explicit": metadata.explicit}
    joined = _joins_artists(metadata)
    for name, kind in METADATA_TEXTS.items():
        if name == "artist" and joined:
            continue
        text = checked_text(getattr(metadata, name).strip(), kind, _within(field, name))
        values[name] = _spelt(name, text, _within(field, name))
    for name, (count_kind, text_kind) in METADATA_LISTS.items():
        values[name] = _checked_list(
            name, getattr(metadata, name), count_kind, text_kind, _within(field, name)
        )
    if joined:
        values["artist"] = _joined(values["artists"])
    for name, limit in METADATA_NUMBERS.items():
        number = getattr(metadata, name)
        if number is not None and not limit.allows(number):
            kind = "a whole number in " if limit.whole else ""
            raise InvalidArgument(
                _within(field, name),
                f"{number} lies outside {kind}[{limit.least:g}, {limit.most:g}]",
            )
        values[name] = number
    return TrackMetadata(**values)


def cleaned_metadata(metadata: TrackMetadata) -> TrackMetadata:
    """What is left of metadata that nobody can be asked to correct: of a file's own tags.

    Control characters become spaces, what is too long is cut, a label that is too long is left out,
    as is what is not what its field is for.
    """
    values: dict[str, Any] = {"explicit": metadata.explicit}
    for name, (count_kind, text_kind) in METADATA_LISTS.items():
        values[name] = _cleaned_list(name, getattr(metadata, name), count_kind, text_kind)
    for name, kind in METADATA_TEXTS.items():
        text = cut(cleaned(getattr(metadata, name)), TEXT_BYTES[kind]).rstrip()
        values[name] = SPELLINGS[name](text) if name in SPELLINGS else text
    if _joins_artists(metadata):
        values["artist"] = _joined(values["artists"])
    for name, limit in METADATA_NUMBERS.items():
        number = getattr(metadata, name)
        values[name] = number if number is not None and limit.allows(number) else None
    return TrackMetadata(**values)


def checked_uri(uri: str, field: str = "uri") -> str:
    """Return the URI if it can name audio: ``file:///path``, ``http(s)://``, ``s3://bucket/key``.

    Raises
    ------
    InvalidArgument
        When it cannot; it names ``field``, and shows no secret of the URI.
    """
    checked_text(uri, "uri", field)
    told = repr(shown_uri(uri))
    if is_object_uri(uri):
        return _checked_object(uri, told, field)
    if kept_digest(uri) is not None:
        return uri
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError as exc:
        raise InvalidArgument(field, f"{told} is not a URI") from exc
    if parts.scheme == "kept":
        raise InvalidArgument(field, f"{told} is not kept:// with the SHA-256 of an upload")
    if parts.scheme not in URI_SCHEMES:
        raise InvalidArgument(
            field, f"{told} is not file:///path, http(s)://host/path or s3://bucket/key"
        )
    if parts.scheme == "file":
        if host not in (None, "localhost") or not PurePosixPath(unquote(parts.path)).is_absolute():
            raise InvalidArgument(field, f"{told} is not an absolute path on the worker's machine")
        if names_impossible_part(uri):
            raise InvalidArgument(field, f"{told} names a part that ends before it begins")
    elif not host:
        raise InvalidArgument(field, f"{told} names no host")
    return uri


def _checked_object(uri: str, told: str, field: str) -> str:
    try:
        name = ObjectName.of(uri)
    except ValueError as exc:
        raise InvalidArgument(field, f"{told} {exc}") from exc
    if name.is_folder:
        raise InvalidArgument(field, f"{told} names a folder: segue ingest lists those")
    return str(name)


def checked_item(item: IngestItem, field: str = "") -> IngestItem:
    """Return a track to ingest as it may be accepted, whatever way it came.

    Its id may be empty.

    Raises
    ------
    InvalidArgument
        As :func:`checked_uri`, :func:`checked_track_id` and :func:`checked_metadata`.
    """
    uri = checked_uri(item.uri, _within(field, "uri"))
    if item.track_id:
        checked_track_id(item.track_id, _within(field, "track_id"))
    metadata = checked_metadata(item.metadata, _within(field, "metadata"))
    return replace(item, uri=uri, metadata=metadata)


def checked_track(track: Track, field: str = "track") -> Track:
    """Return a track as the catalogue holds it.

    Raises
    ------
    InvalidArgument
        As :func:`checked_track_id` and :func:`checked_metadata`, and when its source, hash,
        damage, file name or predicted labels are no texts that may be stored.
    """
    checked_track_id(track.track_id, f"{field}.track_id")
    checked_text(track.source_uri, "uri", f"{field}.source_uri")
    checked_text(track.content_sha256, "content_sha256", f"{field}.content_sha256")
    checked_text(track.damage, "damage", f"{field}.damage")
    checked_text(track.file_name, "file_name", f"{field}.file_name")
    for name in ("predicted_genres", "predicted_moods", "predicted_descriptors"):
        checked_labels(list(getattr(track, name)), "predicted_labels", f"{field}.{name}")
    if track.layers is not None:
        return with_layers(track, _checked_layers(track.layers, field))
    return replace(track, metadata=checked_metadata(track.metadata, f"{field}.metadata"))


def checked_tempo(bpm: float, confidence: float, field: str) -> EstimatedTempo:
    """Return a tempo that was heard.

    Raises
    ------
    InvalidArgument
        When it is none, or its confidence lies outside [0, 1]; it names ``field``.
    """
    if not METADATA_NUMBERS["bpm"].allows(bpm):
        raise InvalidArgument(f"{field}.bpm", f"{bpm} is no tempo")
    return EstimatedTempo(bpm, _confidence(confidence, field))


def checked_key(key: str, confidence: float, field: str) -> EstimatedKey:
    """Return a key that was heard, in its one spelling.

    Raises
    ------
    InvalidArgument
        As :func:`checked_tempo`.
    """
    spelt = key_of(checked_text(key, "key", f"{field}.key"))
    if not spelt:
        raise InvalidArgument(f"{field}.key", f"{key!r} is not a musical key")
    return EstimatedKey(spelt, _confidence(confidence, field))


def checked_fingerprint(code_bytes: bytes, landmarks: Sequence[int], field: str) -> Fingerprint:
    """Return a fingerprint.

    Raises
    ------
    InvalidArgument
        When it is none, or too long; it names the part in ``field``.
    """
    size = len(code_bytes)
    if size % 2 or size > 2 * MOST_STEPS:
        raise InvalidArgument(
            f"{field}.fingerprint", f"has {size} bytes, not two per step of at most {MOST_STEPS}"
        )
    checked_count(landmarks, "landmarks", f"{field}.landmarks")
    if landmarks and not size:
        raise InvalidArgument(f"{field}.landmarks", "belong to a fingerprint, and none is given")
    return Fingerprint(code_bytes, tuple(sorted(set(landmarks))))


def checked_labels(
    labels: Sequence[str], kind: str, field: str, *, text_kind: str = "label"
) -> None:
    """See that labels are few and short enough, and only writing.

    Raises
    ------
    InvalidArgument
        When they are not; it names ``field``.
    """
    checked_count(labels, kind, field)
    for number, label in enumerate(labels):
        checked_text(label, text_kind, f"{field}[{number}]")


def _confidence(confidence: float, field: str) -> float:
    if not 0 <= confidence <= 1:
        raise InvalidArgument(f"{field}.confidence", f"{confidence} lies outside [0, 1]")
    return confidence


def _checked_layers(layers: MetadataLayers, field: str) -> MetadataLayers:
    # What holds is told of as metadata, wherever it comes from.
    corrected = TrackMetadata(**layers.corrections)
    tags, given, corrected = (
        checked_metadata(said, f"{field}.metadata") if said.given() else said
        for said in (layers.tags, layers.given, corrected)
    )
    return MetadataLayers(tags, given, corrections_to(corrected, layers.corrections.keys()))


def _joins_artists(metadata: TrackMetadata) -> bool:
    """Whether ``artist`` is only what :class:`TrackMetadata` made of several ``artists``."""
    return len(metadata.artists) > 1 and metadata.artist == ", ".join(metadata.artists)


def _joined(artists: Sequence[str]) -> str:
    # Each name is bounded by itself: the line that joins them is cut, not refused.
    return cut(", ".join(artists), TEXT_BYTES["artist"])


def _checked_list(
    name: str, entries: Sequence[str], count_kind: str, text_kind: str, field: str
) -> tuple[str, ...]:
    stripped = [entry.strip() for entry in entries]
    checked_labels(stripped, count_kind, field, text_kind=text_kind)
    if name in _LABELS:
        return normalise_labels(stripped)
    spelt = (_spelt(name, text, f"{field}[{number}]") for number, text in enumerate(stripped))
    return tuple(dict.fromkeys(text for text in spelt if text))


def _spelt(name: str, text: str, field: str) -> str:
    """A text in the one spelling of its field."""
    if not text or name not in SPELLINGS:
        return text
    spelt = SPELLINGS[name](text)
    if not spelt:
        raise InvalidArgument(field, f"{text!r} is not {_MEANT[name]}")
    return spelt


def _cleaned_list(
    name: str, entries: Sequence[str], count_kind: str, text_kind: str
) -> tuple[str, ...]:
    texts = [cleaned(entry) for entry in entries]
    largest = TEXT_BYTES[text_kind]
    if name in _LABELS:
        spelt = [text for text in normalise_labels(texts) if len(text.encode()) <= largest]
    else:
        spell = SPELLINGS.get(name, str)
        spelt = [spell(cut(text, largest).rstrip()) for text in texts]
    return tuple(dict.fromkeys(text for text in spelt if text))[: LIST_ENTRIES[count_kind]]


def _within(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name
