"""Whose word each field of a track's metadata is: the file's tags, who gave it, or a correction.

Three layers lie over one another. A correction stands above what was given, and that above the
tags. Each layer is replaced by its own source only, so that what a source no longer says goes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, TypeAlias

from segue.tracks import METADATA_FIELDS, Track, TrackMetadata

Corrections: TypeAlias = Mapping[str, Any]
"""What fields were corrected to, by name; empty values are corrections too. ``artist`` and
``artists`` are there both or not at all."""

_TIED = frozenset(("artist", "artists"))
_NO_METADATA = TrackMetadata()


class FieldSource(Enum):
    """Whose word a field is; of several the last one here holds."""

    TAGS = "tags"
    GIVEN = "given"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class MetadataLayers:
    """What each source says of a track.

    Attributes
    ----------
    tags
        What the file's tags say.
    given
        What was given with the track: by a manifest, or by who had it ingested or stored.
    corrections
        What its fields were corrected to.
    """

    tags: TrackMetadata = _NO_METADATA
    given: TrackMetadata = _NO_METADATA
    corrections: Corrections = field(default_factory=dict)

    def effective(self) -> TrackMetadata:
        """What holds: corrected, else given, else of the tags."""
        said = merged(self.given, self.tags)
        return said.replaced(self.corrections) if self.corrections else said

    def sources(self) -> dict[str, FieldSource]:
        """Source of each field that says something, or was corrected to say nothing."""
        sources = dict.fromkeys(_said(self.tags), FieldSource.TAGS)
        sources |= dict.fromkeys(_said(self.given), FieldSource.GIVEN)
        sources |= dict.fromkeys(self.corrections, FieldSource.CORRECTED)
        return sources

    def hidden(self) -> tuple[TrackMetadata, TrackMetadata]:
        """What the tags, and what was given, say where it does not hold."""
        sources = self.sources()

        def behind(said: TrackMetadata, own: FieldSource) -> TrackMetadata:
            given = said.given().items()
            return TrackMetadata(**{name: one for name, one in given if sources[name] is not own})

        return behind(self.tags, FieldSource.TAGS), behind(self.given, FieldSource.GIVEN)

    def corrected(self, corrections: Corrections, reset: Collection[str] = ()) -> MetadataLayers:
        """The layers with more corrections, and without those of the fields of ``reset``."""
        gone = with_tied(reset)
        kept = {name: value for name, value in self.corrections.items() if name not in gone}
        return replace(self, corrections={**kept, **corrections})

    def inheriting(self, stood: TrackMetadata) -> MetadataLayers:
        """The layers over metadata that stood there before sources were known.

        What neither tags nor who gave the track say of it is kept as a correction: it may be one.
        What stood there empty is not, since earlier versions read fewer fields.
        """
        strange = with_tied(
            name
            for name, value in stood.given().items()
            if value not in (getattr(self.tags, name), getattr(self.given, name))
        )
        return self.corrected(corrections_to(stood, strange))


def merged(given: TrackMetadata, base: TrackMetadata) -> TrackMetadata:
    """``given`` where it says something, ``base`` elsewhere."""
    return base.replaced(given.given())


def with_tied(names: Iterable[str]) -> set[str]:
    """The names, and with one of ``artist`` and ``artists`` the other."""
    chosen = set(names)
    return chosen | _TIED if chosen & _TIED else chosen


def corrections_to(metadata: TrackMetadata, names: Collection[str]) -> dict[str, Any]:
    """Corrections of the named fields to what the metadata say.

    Of ``artist`` and ``artists``, one that is named alone says what the other is corrected to.
    """
    named = {name: getattr(metadata, name) for name in names}
    whole = _NO_METADATA.replaced(named)
    return {name: getattr(whole, name) for name in METADATA_FIELDS if name in with_tied(names)}


def layers_from_sources(
    metadata: TrackMetadata,
    sources: Mapping[str, FieldSource],
    hidden_tags: TrackMetadata = _NO_METADATA,
    hidden_given: TrackMetadata = _NO_METADATA,
) -> MetadataLayers:
    """Build the layers of what holds, of whose word it is, and of what does not hold.

    A field that says something, and of which no source is told, counts as given.
    """
    names = {
        source: {name for name, one in sources.items() if one is source} for source in FieldSource
    }
    names[FieldSource.GIVEN] |= metadata.given().keys() - with_tied(sources)
    return MetadataLayers(
        hidden_tags.replaced(corrections_to(metadata, names[FieldSource.TAGS])),
        hidden_given.replaced(corrections_to(metadata, names[FieldSource.GIVEN])),
        corrections_to(metadata, names[FieldSource.CORRECTED]),
    )


def with_layers(track: Track, layers: MetadataLayers) -> Track:
    """The track with these layers, and with what holds of them as its metadata."""
    return replace(track, metadata=layers.effective(), layers=layers)


def laid_over(track: Track, corrections: Corrections) -> Track:
    """The track with these corrections and no others; one without layers counts as given."""
    layers = track.layers
    if layers is None:
        if not corrections:
            return track
        layers = MetadataLayers(given=track.metadata)
    elif layers.corrections == corrections:
        return track
    return with_layers(track, replace(layers, corrections=corrections))


def layers_to_text(layers: MetadataLayers) -> str:
    """Write layers as JSON; ``{}`` when all that holds is of the tags.

    Reading that takes the metadata that hold: :func:`layers_from_text`.
    """
    if layers.given == _NO_METADATA and not layers.corrections:
        return "{}"
    record = {
        FieldSource.TAGS.value: layers.tags.given(),
        FieldSource.GIVEN.value: layers.given.given(),
        FieldSource.CORRECTED.value: layers.corrections,
    }
    return _json({name: said for name, said in record.items() if said})


def layers_from_text(text: str, metadata: TrackMetadata) -> MetadataLayers:
    """Read what :func:`layers_to_text` wrote of a track with these metadata."""
    if text == "{}":
        return MetadataLayers(tags=metadata)
    record = json.loads(text)
    return MetadataLayers(
        TrackMetadata(**_values(record.get(FieldSource.TAGS.value, {}))),
        TrackMetadata(**_values(record.get(FieldSource.GIVEN.value, {}))),
        _values(record.get(FieldSource.CORRECTED.value, {})),
    )


def corrections_to_text(corrections: Corrections) -> str:
    """Write corrections as JSON."""
    return _json(corrections)


def corrections_from_text(text: str) -> Corrections:
    """Read what :func:`corrections_to_text` wrote."""
    return _values(json.loads(text))


def _said(metadata: TrackMetadata) -> set[str]:
    return with_tied(metadata.given())


def _json(record: object) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def _values(record: Mapping[str, Any]) -> dict[str, Any]:
    # A field that a later version wrote is not known here.
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in record.items()
        if name in METADATA_FIELDS
    }
