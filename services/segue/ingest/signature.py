"""What producers send: the arguments of ``segue.ingest_track``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segue.errors import InvalidArgument
from segue.jobs.port import IngestItem
from segue.jobs.records import derived_track_id
from segue.tracks import TrackMetadata, normalise_labels

LONGEST_TRACK_ID = 512
LONGEST_TEXT = 8_192

_ARGUMENTS = {"uri", "track_id", "metadata", "force"}
_TEXTS = ("title", "artist", "album")
_LABELS = ("genres", "moods")


def read_signature(args: Sequence[Any], kwargs: Mapping[str, Any]) -> IngestItem:
    """The item that a producer asked for.

    Raises
    ------
    InvalidArgument
        When an argument is unknown, missing, of the wrong type or out of range.
    """
    if args:
        raise InvalidArgument("args", "give keyword arguments only")
    _known("", kwargs, _ARGUMENTS)
    uri = _text("uri", kwargs.get("uri"))
    if not uri:
        raise InvalidArgument("uri", "is missing")
    track_id = _text("track_id", kwargs.get("track_id"))
    if len(track_id) > LONGEST_TRACK_ID:
        raise InvalidArgument("track_id", f"is longer than {LONGEST_TRACK_ID} characters")
    force = kwargs.get("force", False)
    if not isinstance(force, bool):
        raise InvalidArgument("force", "is no boolean")
    return IngestItem(
        track_id=track_id or derived_track_id("uri", uri),
        uri=uri,
        metadata=_metadata(kwargs.get("metadata")),
        force=force,
    )


def salvage(kwargs: Mapping[str, Any]) -> IngestItem:
    """What can be told of an item whose signature is wrong, for its dead letter."""
    uri = kwargs.get("uri")
    track_id = kwargs.get("track_id")
    return IngestItem(
        track_id=track_id[:LONGEST_TRACK_ID] if isinstance(track_id, str) else "",
        uri=uri[:LONGEST_TEXT] if isinstance(uri, str) else "",
    )


def _metadata(value: object) -> TrackMetadata:
    if value is None:
        return TrackMetadata()
    if not isinstance(value, Mapping):
        raise InvalidArgument("metadata", "is no object")
    _known("metadata.", value, {*_TEXTS, *_LABELS, "year"})
    title, artist, album = (_text(f"metadata.{name}", value.get(name)) for name in _TEXTS)
    genres, moods = (_labels(f"metadata.{name}", value.get(name)) for name in _LABELS)
    year = value.get("year")
    if year is not None and (type(year) is not int or not 1000 <= year <= 9999):
        raise InvalidArgument("metadata.year", "is no year between 1000 and 9999")
    return TrackMetadata(title, artist, album, genres, moods, year)


def _known(prefix: str, given: Mapping[Any, Any], names: set[str]) -> None:
    for name in given:
        if name not in names:
            raise InvalidArgument(f"{prefix}{name}", f"is none of {', '.join(sorted(names))}")


def _text(field: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidArgument(field, "is no text")
    if len(value) > LONGEST_TEXT:
        raise InvalidArgument(field, f"is longer than {LONGEST_TEXT} characters")
    return value.strip()


def _labels(field: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        raise InvalidArgument(field, "is no list of texts")
    return normalise_labels(value)
