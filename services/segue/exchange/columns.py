"""The columns of a catalogue file: one table, by which files are written, read and documented.

A file holds one row per track. A new field of a track is one more entry of ``COLUMNS``, with the
next ``VERSION`` as its ``since``: files of earlier versions, which lack it, stay readable.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import pyarrow as pa

from segue.errors import InvalidArgument
from segue.fingerprints import NO_FINGERPRINT, Fingerprint
from segue.layers import FieldSource, layers_from_sources, with_layers
from segue.limits import checked_fingerprint, checked_key, checked_tempo
from segue.tracks import (
    METADATA_FIELDS,
    EmbeddedTrack,
    EstimatedKey,
    EstimatedTempo,
    Provenance,
    Track,
    TrackMetadata,
)

VERSION = 1
"""Of the columns. It grows with every column that is added."""

VECTOR, GENRE_VECTOR, PASSAGES = "vector", "genre_vector", "passages"

FLOATS = pa.list_(pa.float32())
_LABELS = pa.list_(pa.struct([("label", pa.string()), ("probability", pa.float32())]))
PASSAGE_LIST = pa.list_(
    pa.struct([("start_seconds", pa.float64()), ("end_seconds", pa.float64()), ("vector", FLOATS)])
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column that holds one field of a track, or what becomes one together with others.

    Attributes
    ----------
    about
        What it holds, for the documentation. Of every column, null says: not known, or not given.
    written
        Its value of a track; None becomes null.
    read
        What the field of the same name becomes, from a value that is not null.
    since
        Version of the columns that brought it.
    """

    name: str
    type: pa.DataType
    about: str
    written: Callable[[EmbeddedTrack], Any]
    read: Callable[[Any], Any] = lambda value: value
    since: int = 1


def _of_track(
    name: str,
    kind: pa.DataType,
    about: str,
    written: Callable[[Any], Any] = lambda value: value,
    read: Callable[[Any], Any] = lambda value: value,
) -> Column:
    return Column(name, kind, about, lambda one: written(getattr(one.track, name)), read)


def _of_metadata(name: str, kind: pa.DataType, about: str) -> Column:
    if pa.types.is_list(kind):
        return Column(
            name, kind, about, lambda one: list(getattr(one.track.metadata, name)), _texts
        )
    return Column(name, kind, about, lambda one: getattr(one.track.metadata, name))


def _texts(entries: list[str | None]) -> tuple[str, ...]:
    texts = tuple(one for one in entries if one is not None)
    if len(texts) < len(entries):
        raise ValueError("an entry of a list is null")
    return texts


def _probabilities(predicted: Mapping[str, float]) -> list[dict[str, Any]]:
    return [{"label": label, "probability": one} for label, one in predicted.items()]


def _predicted(entries: list[dict[str, Any] | None]) -> dict[str, float]:
    if any(entry is None or None in entry.values() for entry in entries):
        raise ValueError("a predicted label or its probability is null")
    return {entry["label"]: entry["probability"] for entry in entries if entry}


def _sources(one: EmbeddedTrack) -> list[dict[str, str]] | None:
    layers = one.track.layers
    if layers is None:
        return None
    sources = layers.sources()
    return [{"field": name, "source": sources[name].value} for name in sorted(sources)]


def _sources_read(entries: list[dict[str, str | None] | None]) -> dict[str, FieldSource]:
    if any(entry is None or None in entry.values() for entry in entries):
        raise ValueError("a field or its source is null")
    said = {entry["field"]: FieldSource(entry["source"]) for entry in entries if entry}
    # A field that a later version wrote is not known here.
    return {name: source for name, source in said.items() if name in METADATA_FIELDS}


def _hidden(place: int) -> Callable[[EmbeddedTrack], str | None]:
    """Write what one of ``MetadataLayers.hidden`` says."""

    def written(one: EmbeddedTrack) -> str | None:
        said = {} if one.track.layers is None else one.track.layers.hidden()[place].given()
        return json.dumps(said, ensure_ascii=False) if said else None

    return written


def _hidden_read(text: str) -> TrackMetadata:
    record = json.loads(text)
    if not isinstance(record, dict):
        raise TypeError(f"{text[:40]!r} is no JSON object")
    # Values are what those of the columns of the same names may be.
    said = pa.scalar(record, _METADATA).as_py()
    given: dict[str, Any] = {
        name: _texts(value) if isinstance(value, list) else value
        for name, value in said.items()
        if value is not None
    }
    return TrackMetadata(**given)


def _tempo_read(said: dict[str, float]) -> EstimatedTempo:
    return checked_tempo(said["bpm"], said["confidence"], "estimated_tempo")


def _key_read(said: dict[str, Any]) -> EstimatedKey:
    return checked_key(said["key"], said["confidence"], "estimated_key")


_TEXT, _TEXTS = pa.string(), pa.list_(pa.string())
_FIELD_SOURCES = pa.list_(pa.struct([("field", pa.string()), ("source", pa.string())]))
_TEMPO = pa.struct([("bpm", pa.float64()), ("confidence", pa.float64())])
_KEY = pa.struct([("key", pa.string()), ("confidence", pa.float64())])

FIELD_SOURCES, HIDDEN_TAGS, HIDDEN_GIVEN = "field_sources", "hidden_tags", "hidden_given"
FINGERPRINT, LANDMARKS = "fingerprint", "landmarks"

COLUMNS: tuple[Column, ...] = (
    _of_track("track_id", _TEXT, "Id of the track; never null"),
    _of_metadata("title", _TEXT, "Title"),
    _of_metadata("artist", _TEXT, "Artists as they are shown together"),
    _of_metadata("album", _TEXT, "Album"),
    _of_metadata("genres", _TEXTS, "Given genres"),
    _of_metadata("moods", _TEXTS, "Given moods"),
    _of_metadata("year", pa.int32(), "Year of release"),
    _of_metadata("artists", _TEXTS, "Each artist by name"),
    _of_metadata("album_artist", _TEXT, "Artist of the album"),
    _of_metadata("isrc", _TEXT, "ISRC, of 12 signs"),
    _of_metadata("musicbrainz_recording_id", _TEXT, "MusicBrainz id of the recording"),
    _of_metadata("musicbrainz_release_id", _TEXT, "MusicBrainz id of the release"),
    _of_metadata("musicbrainz_artist_ids", _TEXTS, "MusicBrainz ids of the artists"),
    _of_metadata("track_number", pa.int32(), "Number on its disc"),
    _of_metadata("disc_number", pa.int32(), "Number of the disc"),
    _of_metadata("bpm", pa.float64(), "Beats per minute"),
    _of_metadata("key", _TEXT, "Musical key: `C`, `F#`, `Am`"),
    _of_metadata("language", _TEXT, "Language of the words"),
    _of_metadata("explicit", pa.bool_(), "Whether the words are marked as explicit"),
    _of_metadata("track_gain_db", pa.float64(), "ReplayGain 2.0 of the track in dB"),
    Column(FIELD_SOURCES, _FIELD_SOURCES,
           "Whose word each field above is: `tags`, `given` or `corrected`", _sources,
           _sources_read),
    Column(HIDDEN_TAGS, _TEXT, "What the file's tags say where that does not hold: JSON",
           _hidden(0), _hidden_read),
    Column(HIDDEN_GIVEN, _TEXT, "What was given where that does not hold: JSON",
           _hidden(1), _hidden_read),
    _of_track("duration_seconds", pa.float64(), "Decoded length; 0: only a vector was given"),
    _of_track("source_uri", _TEXT, "Where the audio came from, without secrets"),
    _of_track("file_name", _TEXT, "Name that the file of an upload had"),
    _of_track("content_sha256", _TEXT, "Hex digest of the bytes that were embedded"),
    _of_track("ingested_at", pa.timestamp("us", tz="UTC"), "When it was ingested"),
    _of_track("predicted_genres", _LABELS, "What the model hears: label and probability",
              _probabilities, _predicted),
    _of_track("predicted_moods", _LABELS, "As `predicted_genres`", _probabilities, _predicted),
    _of_track("predicted_descriptors", _LABELS, "As `predicted_genres`: instruments, voices, pace",
              _probabilities, _predicted),
    _of_track("estimated_tempo", _TEMPO, "What is heard: beats per minute, and how sure that is",
              lambda one: None if one is None else asdict(one), _tempo_read),
    _of_track("estimated_key", _KEY, "As `estimated_tempo`: `C`, `F#`, `Am`",
              lambda one: None if one is None else asdict(one), _key_read),
    _of_track("provenance", _TEXT, "Whose word it is: `owner`, `ingested` or `given`",
              lambda one: None if one is None else one.value, Provenance),
    _of_track("damage", _TEXT, "What is missing of a damaged source"),
    _of_track("recording", _TEXT,
              "What copies of one recording have in common; an import finds it out anew"),
    Column(FINGERPRINT, pa.binary(), "Acoustic fingerprint: two bytes per step",
           lambda one: one.fingerprint.code_bytes or None),
    Column(LANDMARKS, pa.list_(pa.uint32()), "What copies have in common of their fingerprints",
           lambda one: list(one.fingerprint.landmarks) or None),
)  # fmt: skip
"""Everything but the vectors."""

VECTOR_COLUMNS: Mapping[str, tuple[pa.DataType, str]] = {
    VECTOR: (FLOATS, "Song vector, of unit length; never null"),
    GENRE_VECTOR: (FLOATS, "Position in the genre space"),
    PASSAGES: (PASSAGE_LIST, "Passages in order of time, with their vectors"),
}

_METADATA = pa.struct([(one.name, one.type) for one in COLUMNS if one.name in METADATA_FIELDS])
_TRACK_FIELDS = tuple(one.name for one in fields(Track) if one.name != "metadata")


def schema(metadata: Mapping[str, str]) -> pa.Schema:
    """All columns in their order; ``metadata`` goes into the file's own."""
    types = [(one.name, one.type) for one in COLUMNS]
    types += [(name, kind) for name, (kind, _) in VECTOR_COLUMNS.items()]
    return pa.schema(types, metadata=dict(metadata))


def track_from_values(values: Mapping[str, Any]) -> Track:
    """Build a track from its row; what is null or missing is not given.

    Raises
    ------
    ValueError, TypeError, InvalidArgument
        When a value is none of its column's.
    """
    said = {
        one.name: one.read(values[one.name]) for one in COLUMNS if values.get(one.name) is not None
    }
    metadata = TrackMetadata(**{name: said[name] for name in METADATA_FIELDS if name in said})
    others = {name: said[name] for name in _TRACK_FIELDS if name in said}
    track = Track(metadata=metadata, **others)
    if FIELD_SOURCES not in said:
        return track
    hidden = (said.get(name, TrackMetadata()) for name in (HIDDEN_TAGS, HIDDEN_GIVEN))
    return with_layers(track, layers_from_sources(metadata, said[FIELD_SOURCES], *hidden))


def fingerprint_from_values(values: Mapping[str, Any]) -> Fingerprint:
    """Build a fingerprint from its row; empty where it has none.

    Raises
    ------
    InvalidArgument
        When it is none.
    """
    codes, landmarks = values.get(FINGERPRINT), values.get(LANDMARKS)
    if not (codes or landmarks):
        return NO_FINGERPRINT
    if landmarks and None in landmarks:
        raise InvalidArgument("row.landmarks", "holds a number that is null")
    return checked_fingerprint(codes or b"", landmarks or (), "row")
