"""Filters of searches and listings."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from segue.errors import InvalidArgument
from segue.limits import checked_count, checked_labels, checked_size
from segue.notation import isrc_of, key_of, language_of, musicbrainz_id_of, text_key
from segue.ranges import CountedRange, ranges_of
from segue.track_order import TrackOrder
from segue.tracks import (
    LEAST_PROBABILITY,
    ONLY_HEARD,
    PREDICTED_LABELS,
    LabelMatch,
    LabelSource,
    NumberRange,
    TrackFilter,
    source_of,
)
from segue.v1 import track_pb2

_NO_FILTER = TrackFilter()


def order_from_message(order_by: str) -> TrackOrder | None:
    """Read ``order_by`` of a request; None: no order was asked for.

    Raises
    ------
    InvalidArgument
        When tracks cannot be ordered so.
    """
    try:
        return TrackOrder.of(checked_size(order_by, "order_by", "order_by"))
    except ValueError as exc:
        raise InvalidArgument("order_by", str(exc)) from exc


def ranges_from_message(request: Any, field: str) -> list[CountedRange]:
    """Read ranges by their bounds out of a request; empty: none were given.

    Raises
    ------
    InvalidArgument
        When they do not rise, are not finite, or are too many.
    """
    try:
        return ranges_of(getattr(request, field))
    except ValueError as exc:
        raise InvalidArgument(field, str(exc)) from exc


_SOURCES = {
    LabelSource.GIVEN: track_pb2.LABEL_SOURCE_GIVEN,
    LabelSource.PREDICTED: track_pb2.LABEL_SOURCE_PREDICTED,
    LabelSource.EITHER: track_pb2.LABEL_SOURCE_EITHER,
}
_SOURCES_BACK = {
    track_pb2.LABEL_SOURCE_UNSPECIFIED: LabelSource.GIVEN,
    **{number: source for source, number in _SOURCES.items()},
}

_MATCHES: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "genres": ("label", text_key),
    "moods": ("label", text_key),
    "artists": ("artist", text_key),
    "albums": ("album", text_key),
    "album_artists": ("artist", text_key),
    "isrcs": ("isrc", isrc_of),
    "musicbrainz_ids": ("musicbrainz_id", musicbrainz_id_of),
    "keys": ("key", key_of),
    "languages": ("language", language_of),
    "descriptors": ("label", text_key),
}
"""Parts that match labels: their kind in ``TEXT_BYTES``, and what brings them into their form."""


def filter_to_message(where: TrackFilter) -> track_pb2.TrackFilter:
    """Write a filter. ``only_track_ids`` serves searches from within and has no place in the API.

    Raises
    ------
    ValueError
        When ``only_track_ids`` is set.
    """
    if where.only_track_ids is not None:
        raise ValueError("only_track_ids cannot be sent")
    message = track_pb2.TrackFilter(exclude_track_ids=where.exclude_track_ids)
    for name in _MATCHES:
        match: LabelMatch = getattr(where, name)
        if match:
            getattr(message, name).CopyFrom(
                track_pb2.LabelMatch(
                    any_of=match.any_of,
                    all_of=match.all_of,
                    none_of=match.none_of,
                    source=_SOURCES[source_of(name, match)],
                    minimum_probability=match.minimum_probability,
                )
            )
    if where.year:
        minimum, maximum = where.year.minimum, where.year.maximum
        message.year.CopyFrom(
            track_pb2.YearRange(
                minimum=None if minimum is None else int(minimum),
                maximum=None if maximum is None else int(maximum),
            )
        )
    if where.duration_seconds:
        message.duration.CopyFrom(
            track_pb2.DurationRange(
                minimum_seconds=where.duration_seconds.minimum,
                maximum_seconds=where.duration_seconds.maximum,
            )
        )
    if where.bpm:
        message.bpm.CopyFrom(
            track_pb2.BpmRange(minimum=where.bpm.minimum, maximum=where.bpm.maximum)
        )
    if where.explicit is not None:
        message.explicit = where.explicit
    if where.tempo_and_key_source is not LabelSource.GIVEN:
        message.tempo_and_key_source = _SOURCES[where.tempo_and_key_source]
    return message


def filter_from_message(message: track_pb2.TrackFilter, field: str = "filter") -> TrackFilter:
    """Read a filter; labels and names in their normal form.

    Raises
    ------
    InvalidArgument
        When a label is blank or not what its part is for, a range is reversed or out of bounds, or
        a text or list is too long.
    """
    if not message.ByteSize():
        return _NO_FILTER
    excluded = message.exclude_track_ids
    checked_count(excluded, "exclude_track_ids", f"{field}.exclude_track_ids")
    for number, track_id in enumerate(excluded):
        checked_size(track_id, "track_id", f"{field}.exclude_track_ids[{number}]")
    matches: dict[str, Any] = {
        name: _match(name, getattr(message, name), f"{field}.{name}", kind, normal)
        for name, (kind, normal) in _MATCHES.items()
        if message.HasField(name)
    }
    return TrackFilter(
        **matches,
        bpm=_numbers(message.bpm, ("minimum", "maximum"), f"{field}.bpm"),
        explicit=message.explicit if message.HasField("explicit") else None,
        tempo_and_key_source=_source(message.tempo_and_key_source, f"{field}.tempo_and_key_source"),
        year=_years(message.year, f"{field}.year"),
        duration_seconds=_numbers(
            message.duration, ("minimum_seconds", "maximum_seconds"), f"{field}.duration"
        ),
        exclude_track_ids=tuple(dict.fromkeys(excluded)),
    )


def probability_from_message(message: Any, field: str) -> float | None:
    """Read from where on a predicted label counts: ``minimum_probability`` of a message.

    Raises
    ------
    InvalidArgument
        When it lies outside [``LEAST_PROBABILITY``, 1]; it names ``field``.
    """
    if not message.HasField("minimum_probability"):
        return None
    minimum = float(message.minimum_probability)
    if not LEAST_PROBABILITY <= minimum <= 1:
        raise InvalidArgument(field, f"{minimum} lies outside [{LEAST_PROBABILITY:g}, 1]")
    return minimum


def _match(
    name: str,
    message: track_pb2.LabelMatch,
    field: str,
    kind: str,
    normal: Callable[[str], str],
) -> LabelMatch:
    source = _source(message.source, f"{field}.source")
    if name in ONLY_HEARD:
        if message.source == track_pb2.LABEL_SOURCE_GIVEN:
            raise InvalidArgument(f"{field}.source", f"{name} are heard, and never given")
        source = LabelSource.PREDICTED
    if source is not LabelSource.GIVEN:
        if name not in PREDICTED_LABELS:
            raise InvalidArgument(
                f"{field}.source", "only genres, moods and descriptors are predicted"
            )
        for side in ("any_of", "all_of", "none_of"):
            checked_count(getattr(message, side), "heard_labels", f"{field}.{side}")
    return LabelMatch(
        source=source,
        minimum_probability=probability_from_message(message, f"{field}.minimum_probability"),
        any_of=_labels(message.any_of, f"{field}.any_of", kind, normal),
        all_of=_labels(message.all_of, f"{field}.all_of", kind, normal),
        none_of=_labels(message.none_of, f"{field}.none_of", kind, normal),
    )


def _source(number: track_pb2.LabelSource, field: str) -> LabelSource:
    source = _SOURCES_BACK.get(number)
    if source is None:
        raise InvalidArgument(field, f"{number} is not a LabelSource")
    return source


def _labels(
    labels: Sequence[str], field: str, kind: str, normal: Callable[[str], str]
) -> tuple[str, ...]:
    checked_labels([label.strip() for label in labels], "labels", field, text_kind=kind)
    keys = [normal(label) for label in labels]
    # Left out, it would turn "one of these" into "anything".
    if "" in keys:
        wrong = labels[keys.index("")].strip()
        raise InvalidArgument(
            field, f"{wrong!r} is none of the kind" if wrong else "holds a blank label"
        )
    return tuple(dict.fromkeys(keys))


def _years(message: track_pb2.YearRange, field: str) -> NumberRange:
    return _range(
        message.minimum if message.HasField("minimum") else None,
        message.maximum if message.HasField("maximum") else None,
        field,
    )


def _numbers(
    message: track_pb2.DurationRange | track_pb2.BpmRange, names: tuple[str, str], field: str
) -> NumberRange:
    bounds: list[float | None] = []
    for name in names:
        bound = getattr(message, name) if message.HasField(name) else None
        if bound is not None and not (bound >= 0 and math.isfinite(bound)):
            raise InvalidArgument(f"{field}.{name}", f"{bound} is no bound of such a range")
        bounds.append(bound)
    return _range(bounds[0], bounds[1], field)


def _range(minimum: float | None, maximum: float | None, field: str) -> NumberRange:
    if minimum is not None and maximum is not None and minimum > maximum:
        raise InvalidArgument(field, f"its minimum {minimum:g} is above its maximum {maximum:g}")
    return NumberRange(minimum, maximum)
