"""What producers send: the arguments of ``segue.ingest_track``.

A producer holds the queue's password, with which it could write into the job ledger itself: it asks
as the owner does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from segue.callers import Caller
from segue.catalogues import ONLY_DEFAULT, Catalogues
from segue.errors import InvalidArgument
from segue.ingest_jobs import IngestItem, uri_track_id
from segue.limits import (
    METADATA_FLAGS,
    METADATA_LISTS,
    METADATA_NUMBERS,
    METADATA_TEXTS,
    TEXT_BYTES,
    checked_item,
)
from segue.texts import cleaned, cut
from segue.tracks import METADATA_FIELDS, TrackMetadata

_ARGUMENTS = {"uri", "track_id", "metadata", "force", "replace_given", "catalogue"}


def read_task_arguments(
    args: Sequence[Any], kwargs: Mapping[str, Any], catalogues: Catalogues = ONLY_DEFAULT
) -> IngestItem:
    """The item that a producer asked for, for one of the catalogues that there are.

    Raises
    ------
    InvalidArgument
        When an argument is unknown, missing, of the wrong type or out of range.
    CatalogueUnknown
        When there is no catalogue of that name.
    """
    if args:
        raise InvalidArgument("args", "give keyword arguments only")
    _known("", kwargs, _ARGUMENTS)
    uri = _text("uri", kwargs.get("uri"))
    if not uri:
        raise InvalidArgument("uri", "is missing")
    force = _flag("force", kwargs.get("force")) or False
    replace_given = _flag("replace_given", kwargs.get("replace_given")) or False
    catalogue = _text("catalogue", kwargs.get("catalogue"))
    track_id = _text("track_id", kwargs.get("track_id"))
    metadata = _metadata(kwargs.get("metadata"))
    item = IngestItem(
        track_id,
        uri,
        metadata,
        force,
        Caller.OWNER,
        replace_given=replace_given,
        catalogue=catalogues.checked(catalogue),
    )
    item = checked_item(item)
    return replace(item, track_id=item.track_id or uri_track_id(item.uri))


def salvaged_item(kwargs: Mapping[str, Any]) -> IngestItem:
    """What can be told of an item whose arguments are wrong, for its dead letter."""
    return IngestItem(
        _salvaged(kwargs.get("track_id"), "track_id"),
        _salvaged(kwargs.get("uri"), "uri"),
        caller=Caller.OWNER,
    )


def _salvaged(value: object, kind: str) -> str:
    return cut(cleaned(value), TEXT_BYTES[kind]) if isinstance(value, str) else ""


def _metadata(value: object) -> TrackMetadata:
    if value is None:
        return TrackMetadata()
    if not isinstance(value, Mapping):
        raise InvalidArgument("metadata", "must be an object")
    _known("metadata.", value, set(METADATA_FIELDS))
    given: dict[str, Any] = {}
    for name in METADATA_TEXTS:
        given[name] = _text(f"metadata.{name}", value.get(name))
    for name in METADATA_LISTS:
        given[name] = _labels(f"metadata.{name}", value.get(name))
    for name, limit in METADATA_NUMBERS.items():
        given[name] = _number(f"metadata.{name}", value.get(name), whole=limit.whole)
    for name in METADATA_FLAGS:
        given[name] = _flag(f"metadata.{name}", value.get(name))
    return TrackMetadata(**given)


def _known(prefix: str, given: Mapping[Any, Any], names: set[str]) -> None:
    for name in given:
        if name not in names:
            told = cut(cleaned(str(name)), TEXT_BYTES["reason"])
            raise InvalidArgument(f"{prefix}{told}", f"is none of {', '.join(sorted(names))}")


def _text(field: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidArgument(field, "must be text")
    return value.strip()


def _labels(field: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        raise InvalidArgument(field, "must be a list of texts")
    return tuple(value)


def _number(field: str, value: object, *, whole: bool) -> float | None:
    kinds = (int,) if whole else (int, float)
    # True is an int too.
    if value is not None and type(value) not in kinds:
        raise InvalidArgument(field, f"must be a {'whole ' if whole else ''}number")
    return value  # type: ignore[return-value]


def _flag(field: str, value: object) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise InvalidArgument(field, "must be true or false")
    return value
