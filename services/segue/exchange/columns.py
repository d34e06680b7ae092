"""The columns of a catalogue file: one table, by which files are written, read and documented.

A file holds one row per track. A new field of a track is one more entry of ``COLUMNS``, with the
next ``VERSION`` as its ``since``: files of earlier versions, which lack it, stay readable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import pyarrow as pa

from segue.tracks import METADATA_FIELDS, Provenance, Track, TrackMetadata

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
    """A column that holds one field of a track.

    Attributes
    ----------
    about
        What it holds, for the documentation. Of every column, null says: not known, or not given.
    written
        Its value of a track; None becomes null.
    read
        What the track's field of the same name becomes, from a value that is not null.
    since
        Version of the columns that brought it.
    """

    name: str
    type: pa.DataType
    about: str
    written: Callable[[Track], Any]
    read: Callable[[Any], Any] = lambda value: value
    since: int = 1


def _of_track(
    name: str,
    kind: pa.DataType,
    about: str,
    written: Callable[[Any], Any] = lambda value: value,
    read: Callable[[Any], Any] = lambda value: value,
) -> Column:
    return Column(name, kind, about, lambda track: written(getattr(track, name)), read)


def _of_metadata(name: str, kind: pa.DataType, about: str) -> Column:
    if pa.types.is_list(kind):
        return Column(name, kind, about, lambda track: list(getattr(track.metadata, name)), tuple)
    return Column(name, kind, about, lambda track: getattr(track.metadata, name))


def _probabilities(predicted: Mapping[str, float]) -> list[dict[str, Any]]:
    return [{"label": label, "probability": one} for label, one in predicted.items()]


def _predicted(entries: list[dict[str, Any] | None]) -> dict[str, float]:
    if any(entry is None or None in entry.values() for entry in entries):
        raise ValueError("a predicted label or its probability is null")
    return {entry["label"]: entry["probability"] for entry in entries if entry}


_TEXT, _TEXTS = pa.string(), pa.list_(pa.string())

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
    _of_track("duration_seconds", pa.float64(), "Decoded length; 0: only a vector was given"),
    _of_track("source_uri", _TEXT, "Where the audio came from, without secrets"),
    _of_track("file_name", _TEXT, "Name that the file of an upload had"),
    _of_track("content_sha256", _TEXT, "Hex digest of the bytes that were embedded"),
    _of_track("ingested_at", pa.timestamp("us", tz="UTC"), "When it was ingested"),
    _of_track("predicted_genres", _LABELS, "What the model hears: label and probability",
              _probabilities, _predicted),
    _of_track("predicted_moods", _LABELS, "As `predicted_genres`", _probabilities, _predicted),
    _of_track("provenance", _TEXT, "Whose word it is: `owner`, `ingested` or `given`",
              lambda one: None if one is None else one.value, Provenance),
    _of_track("damage", _TEXT, "What is missing of a damaged source"),
)  # fmt: skip
"""Everything but the vectors."""

VECTOR_COLUMNS: Mapping[str, tuple[pa.DataType, str]] = {
    VECTOR: (FLOATS, "Song vector, of unit length; never null"),
    GENRE_VECTOR: (FLOATS, "Position in the genre space"),
    PASSAGES: (PASSAGE_LIST, "Passages in order of time, with their vectors"),
}

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
    ValueError
        When a value is none of its column's.
    """
    said = {
        one.name: one.read(values[one.name]) for one in COLUMNS if values.get(one.name) is not None
    }
    metadata = TrackMetadata(**{name: said[name] for name in METADATA_FIELDS if name in said})
    others = {name: said[name] for name in _TRACK_FIELDS if name in said}
    return Track(metadata=metadata, **others)
