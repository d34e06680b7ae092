"""A track filter as the conditions that a vector engine understands.

Both engines take the same conditions under different type names; each adapter turns these neutral
ones into its own.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from segue.index.payload import explicit_label, heard_as_stored, heard_field
from segue.index.schema import LABEL_FIELDS, WORDS, WORDS_RULE
from segue.notation import KEYS
from segue.tracks import (
    LABEL_FILTERS,
    LabelMatch,
    LabelSource,
    NumberRange,
    TrackFilter,
    probability_from,
    source_of,
)
from segue.words import RULE, beginnings


@dataclass(frozen=True, slots=True)
class HasLabel:
    """The keyword field holds at least one of the labels."""

    field: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HasWord:
    """The field of words holds one that begins like this."""

    field: str
    beginning: str


@dataclass(frozen=True, slots=True)
class Within:
    """The number is known and lies in the closed range; None: open on that side."""

    field: str
    minimum: float | None
    maximum: float | None


@dataclass(frozen=True, slots=True)
class IsMissing:
    """Nothing is known of the field."""

    field: str


@dataclass(frozen=True, slots=True)
class Unless:
    """The one condition holds, and the other one does not."""

    condition: HasLabel | Within
    exception: HasLabel | Within


Alternative: TypeAlias = HasLabel | Within | Unless


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the conditions holds."""

    conditions: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class IsTrack:
    """The point belongs to one of the tracks."""

    track_ids: tuple[str, ...]


Condition: TypeAlias = HasLabel | HasWord | AnyOf | Within | IsMissing | Unless | IsTrack


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conjunction of conditions, and of negated ones.

    Attributes
    ----------
    impossible
        No track can satisfy the filter, so that there is nothing to ask the engine.
    """

    must: tuple[Condition, ...] = ()
    must_not: tuple[Condition, ...] = ()
    impossible: bool = False

    def __bool__(self) -> bool:
        return bool(self.must or self.must_not)


_NONE = Conditions()


def conditions(where: TrackFilter) -> Conditions:
    """Conditions with exactly the meaning of :meth:`TrackFilter.matches`."""
    if not where:
        return _NONE
    must: list[Condition] = []
    must_not: list[Condition] = []
    for name in LABEL_FILTERS:
        _add_labels(name, where, must, must_not)
    if where.explicit is not None:
        must.append(HasLabel("explicit", (explicit_label(where.explicit),)))
    for field, bounds in (
        ("year", where.year),
        ("duration_seconds", where.duration_seconds),
        ("bpm", where.bpm),
    ):
        if not bounds:
            continue
        if _is_empty(bounds):
            return Conditions(impossible=True)
        within = Within(field, bounds.minimum, bounds.maximum)
        must.append(_one_of(_of_source(within, where)) if field == "bpm" else within)
    if where.only_track_ids is not None:
        allowed = tuple(dict.fromkeys(where.only_track_ids))
        if not allowed:
            return Conditions(impossible=True)
        must.append(IsTrack(allowed))
    if where.exclude_track_ids:
        must_not.append(IsTrack(where.exclude_track_ids))
    return Conditions(tuple(must), tuple(must_not))


def found_by(where: TrackFilter, words: str) -> Conditions:
    """As :func:`conditions`, and each word of a query has to be found."""
    asked = conditions(where)
    sought = (HasWord(WORDS, one) for one in beginnings(words))
    return replace(asked, must=(*asked.must, *sought))


WITHOUT_WORDS = Conditions(must_not=(HasLabel(WORDS_RULE, (RULE,)),))
"""Of tracks whose words are to be made, or made anew."""


def also(asked: Conditions, condition: Condition) -> Conditions:
    """The same conditions, and one more."""
    return replace(asked, must=(*asked.must, condition))


def without(asked: Conditions, track_ids: Iterable[str]) -> Conditions:
    """The same conditions, and none of these tracks."""
    return replace(asked, must_not=(*asked.must_not, IsTrack(tuple(track_ids))))


def _add_labels(
    name: str, where: TrackFilter, must: list[Condition], must_not: list[Condition]
) -> None:
    match: LabelMatch = getattr(where, name)

    def holders(labels: tuple[str, ...]) -> tuple[Alternative, ...]:
        if name == "keys":
            return _of_source(HasLabel(LABEL_FIELDS[name], labels), where)
        return _holders(name, match, labels)

    if match.any_of:
        must.append(_one_of(holders(match.any_of)))
    must.extend(_one_of(holders((label,))) for label in match.all_of)
    if match.none_of:
        must_not.extend(holders(match.none_of))


def _one_of(alternatives: tuple[Alternative, ...]) -> Condition:
    return alternatives[0] if len(alternatives) == 1 else AnyOf(alternatives)


def _of_source(given: HasLabel | Within, where: TrackFilter) -> tuple[Alternative, ...]:
    """What a condition on the given tempo or key asks of the one that is looked at."""
    if where.tempo_and_key_source is LabelSource.GIVEN:
        return (given,)
    heard = replace(given, field=f"heard_{given.field}")
    if where.tempo_and_key_source is LabelSource.PREDICTED:
        return (heard,)
    known = HasLabel("key", KEYS) if isinstance(given, HasLabel) else Within("bpm", 0, None)
    return given, Unless(heard, known)


def _holders(name: str, match: LabelMatch, labels: tuple[str, ...]) -> tuple[HasLabel, ...]:
    """Fields that hold the labels of one side, each with the labels as it stores them."""
    source = source_of(name, match)
    holders: list[HasLabel] = []
    if source is not LabelSource.PREDICTED:
        holders.append(HasLabel(LABEL_FIELDS[name], _as_stored(labels)))
    if source is not LabelSource.GIVEN:
        least = probability_from(name, match.minimum_probability)
        stored = (one for label in labels for one in heard_as_stored(name, label, least))
        holders.append(HasLabel(heard_field(name, least), tuple(dict.fromkeys(stored))))
    return tuple(holders)


def _as_stored(labels: Iterable[str]) -> tuple[str, ...]:
    """The labels, and their decomposed forms: earlier versions stored names as they came."""
    forms = (form for label in labels for form in (label, unicodedata.normalize("NFD", label)))
    return tuple(dict.fromkeys(forms))


def _is_empty(bounds: NumberRange) -> bool:
    low = -math.inf if bounds.minimum is None else bounds.minimum
    high = math.inf if bounds.maximum is None else bounds.maximum
    # Comparisons with NaN are false, so that a NaN bound makes the range empty, as in NumberRange.
    return not low <= high
