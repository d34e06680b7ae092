"""What producers send: the arguments of ``segue.ingest_track``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segue.errors import InvalidArgument
from segue.ingest_jobs import IngestItem, derived_track_id
from segue.limits import LARGEST_TRACK_ID_BYTES, LONGEST_URI, checked_metadata, checked_track_id
from segue.tracks import TrackMetadata, normalise_labels

_ARGUMENTS = {"uri", "track_id", "metadata", "force"}
_TEXTS = ("title", "artist", "album")
_LABELS = ("genres", "moods")


def read_task_arguments(args: Sequence[Any], kwargs: Mapping[str, Any]) -> IngestItem:
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
    if len(uri) > LONGEST_URI:
        raise InvalidArgument("uri", f"is longer than {LONGEST_URI} characters")
    track_id = _text("track_id", kwargs.get("track_id"))
    if track_id:
        checked_track_id(track_id)
    force = kwargs.get("force", False)
    if not isinstance(force, bool):
        raise InvalidArgument("force", "must be true or false")
    return IngestItem(
        track_id=track_id or derived_track_id("uri", uri),
        uri=uri,
        metadata=_metadata(kwargs.get("metadata")),
        force=force,
    )


def salvaged_item(kwargs: Mapping[str, Any]) -> IngestItem:
    """What can be told of an item whose arguments are wrong, for its dead letter."""
    uri = kwargs.get("uri")
    track_id = kwargs.get("track_id")
    return IngestItem(
        track_id=_cut(track_id, LARGEST_TRACK_ID_BYTES) if isinstance(track_id, str) else "",
        uri=uri[:LONGEST_URI] if isinstance(uri, str) else "",
    )


def _cut(text: str, size_bytes: int) -> str:
    return text.encode("utf-8", "replace")[:size_bytes].decode("utf-8", "ignore")


def _metadata(value: object) -> TrackMetadata:
    if value is None:
        return TrackMetadata()
    if not isinstance(value, Mapping):
        raise InvalidArgument("metadata", "must be an object")
    _known("metadata.", value, {*_TEXTS, *_LABELS, "year"})
    title, artist, album = (_text(f"metadata.{name}", value.get(name)) for name in _TEXTS)
    genres, moods = (_labels(f"metadata.{name}", value.get(name)) for name in _LABELS)
    year = value.get("year")
    if year is not None and type(year) is not int:  # True is an int too
        raise InvalidArgument("metadata.year", "must be a whole number")
    return checked_metadata(TrackMetadata(title, artist, album, genres, moods, year))


def _known(prefix: str, given: Mapping[Any, Any], names: set[str]) -> None:
    for name in given:
        if name not in names:
            raise InvalidArgument(f"{prefix}{name}", f"is none of {', '.join(sorted(names))}")


def _text(field: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidArgument(field, "must be text")
    _check_text(field, value)
    return value.strip()


def _check_text(field: str, text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as exc:
        # JSON can carry one half of a surrogate pair, which is no character.
        raise InvalidArgument(field, "holds half a character, a lone surrogate") from exc


def _labels(field: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        raise InvalidArgument(field, "must be a list of texts")
    for label in value:
        _check_text(field, label)
    return normalise_labels(value)
